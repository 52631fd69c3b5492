//! What the departments themselves have on record after a case: read over their own gRPC, not out of
//! the journal.

use std::net::SocketAddr;

use anyhow::Context as _;
use onething_proto::{
    enterprise_registry::{
        GetEnterpriseRequest, enterprise_registry_service_client::EnterpriseRegistryServiceClient,
    },
    public_security::{
        GetResidentRequest, public_security_service_client::PublicSecurityServiceClient,
    },
    social_security::{
        GetEnrolmentRequest, social_security_service_client::SocialSecurityServiceClient,
    },
};
use serde::Serialize;
use serde_json::Value;
use tonic::{Code, transport::Channel};

use super::client::Case;
use crate::suite::Suite;

/// One thing that a department has on record.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Fact {
    pub(super) department: &'static str,
    pub(super) what: &'static str,
    pub(super) value: String,
}

/// Reads back what a case of this bundle touched. A bundle that this page does not know has none.
pub(super) async fn facts(
    bundle: &str,
    form: &Value,
    case: &Case,
    suite: &Suite,
) -> anyhow::Result<Vec<Fact>> {
    match bundle {
        "enterprise-relocation" => enterprise(form, suite).await,
        "newborn" => child(case, suite).await,
        _ => Ok(Vec::new()),
    }
}

async fn enterprise(form: &Value, suite: &Suite) -> anyhow::Result<Vec<Fact>> {
    let code = form["enterprise"]["credit_code"]
        .as_str()
        .unwrap_or_default();
    let registry = "enterprise-registry";
    let channel = connect(suite, registry).await?;
    let request = GetEnterpriseRequest {
        credit_code: code.to_owned(),
    };
    let answer = EnterpriseRegistryServiceClient::new(channel)
        .get_enterprise(request)
        .await?;
    let record = answer
        .into_inner()
        .enterprise
        .context("the registry has no such record")?;
    let locked = if record.lock_number.is_empty() {
        "no".to_owned()
    } else {
        record.lock_number
    };
    let fact = |what, value| Fact {
        department: registry,
        what,
        value,
    };
    Ok(vec![
        fact("credit code", record.credit_code),
        fact("registrar", record.registrar),
        fact("address", record.address),
        fact("locked", locked),
        fact("archive held by", record.archive_holder),
        fact("licence", record.licence_number),
    ])
}

async fn child(case: &Case, suite: &Suite) -> anyhow::Result<Vec<Fact>> {
    let registered = case
        .certificates
        .iter()
        .find(|c| c.step == "birth-registration");
    let Some(number) = registered.map(|certificate| certificate.value.clone()) else {
        return Ok(Vec::new());
    };
    let mut facts = Vec::new();
    let channel = connect(suite, "public-security").await?;
    let request = GetResidentRequest {
        id_number: number.clone(),
    };
    match PublicSecurityServiceClient::new(channel)
        .get_resident(request)
        .await
    {
        Ok(answer) => {
            let resident = answer.into_inner().resident.unwrap_or_default();
            let fact = |what, value| Fact {
                department: "public-security",
                what,
                value,
            };
            facts.push(fact(
                "resident",
                format!("{} {}", resident.id_number, resident.name),
            ));
            facts.push(fact("household", resident.household_id));
        }
        Err(status) if status.code() == Code::NotFound => {}
        Err(status) => return Err(status.into()),
    }
    let channel = connect(suite, "social-security").await?;
    let request = GetEnrolmentRequest { id_number: number };
    let answer = SocialSecurityServiceClient::new(channel)
        .get_enrolment(request)
        .await?;
    let enrolment = answer.into_inner();
    let none = |value: String| {
        if value.is_empty() {
            "none".to_owned()
        } else {
            value
        }
    };
    let fact = |what, value| Fact {
        department: "social-security",
        what,
        value: none(value),
    };
    facts.push(fact("medical insurance", enrolment.insurance_number));
    facts.push(fact("social security card", enrolment.card_number));
    Ok(facts)
}

async fn connect(suite: &Suite, department: &str) -> anyhow::Result<Channel> {
    let address = suite
        .departments
        .iter()
        .find(|(name, _)| *name == department);
    let (_, address): &(&str, SocketAddr) = address.context("the suite has no such department")?;
    Ok(Channel::from_shared(format!("http://{address}"))?
        .connect()
        .await?)
}
