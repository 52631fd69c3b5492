//! The departments' own gRPC, as another service would read it: what is on record there, whatever
//! the gateway's journal says.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::collections::BTreeMap;

use onething_proto::{
    connector::{
        GetRecordRequest, GetRecordResponse, connector_service_client::ConnectorServiceClient,
    },
    enterprise_registry::{
        Enterprise, GetEnterpriseRequest,
        enterprise_registry_service_client::EnterpriseRegistryServiceClient,
    },
    participant::{
        Effect, ListEffectsRequest, participant_service_client::ParticipantServiceClient,
    },
    public_security::{
        GetResidentRequest, GetSealRequest, Resident, Seal,
        public_security_service_client::PublicSecurityServiceClient,
    },
    social_security::{
        GetEnrolmentRequest, GetEnrolmentResponse, GetUnitRequest, GetUnitResponse,
        social_security_service_client::SocialSecurityServiceClient,
    },
};
use tonic::{Status, transport::Channel};

/// Clients of every department.
#[derive(Debug, Clone)]
pub struct Departments {
    channels: BTreeMap<&'static str, Channel>,
    urls: BTreeMap<&'static str, String>,
}

impl Departments {
    /// Clients of the departments at these URLs; nothing is connected yet.
    #[must_use]
    pub fn new(urls: BTreeMap<&'static str, String>) -> Self {
        let channel = |url: String| Channel::from_shared(url).unwrap().connect_lazy();
        Self {
            channels: urls
                .iter()
                .map(|(name, url)| (*name, channel(url.clone())))
                .collect(),
            urls,
        }
    }

    /// The names of the departments' processes.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.channels.keys().copied()
    }

    /// The way to one department's process.
    #[must_use]
    pub fn channel(&self, name: &str) -> Channel {
        self.channels[name].clone()
    }

    /// Where one department's process listens.
    #[must_use]
    pub fn url(&self, name: &str) -> String {
        self.urls[name].clone()
    }

    /// A person in the household register.
    ///
    /// # Errors
    /// What the department answers.
    pub async fn resident(&self, id_number: &str) -> Result<Resident, Status> {
        let request = GetResidentRequest {
            id_number: id_number.to_owned(),
        };
        let mut client = PublicSecurityServiceClient::new(self.channel("public-security"));
        Ok(client
            .get_resident(request)
            .await?
            .into_inner()
            .resident
            .unwrap())
    }

    /// A person's medical insurance and social security card.
    pub async fn enrolment(&self, id_number: &str) -> GetEnrolmentResponse {
        let request = GetEnrolmentRequest {
            id_number: id_number.to_owned(),
        };
        let mut client = SocialSecurityServiceClient::new(self.channel("social-security"));
        client.get_enrolment(request).await.unwrap().into_inner()
    }

    /// An enterprise's record.
    pub async fn enterprise(&self, credit_code: &str) -> Enterprise {
        let request = GetEnterpriseRequest {
            credit_code: credit_code.to_owned(),
        };
        let mut client = EnterpriseRegistryServiceClient::new(self.channel("enterprise-registry"));
        client
            .get_enterprise(request)
            .await
            .unwrap()
            .into_inner()
            .enterprise
            .unwrap()
    }

    /// An enterprise's seal filing.
    pub async fn seal(&self, credit_code: &str) -> Seal {
        let request = GetSealRequest {
            credit_code: credit_code.to_owned(),
        };
        let mut client = PublicSecurityServiceClient::new(self.channel("public-security"));
        client
            .get_seal(request)
            .await
            .unwrap()
            .into_inner()
            .seal
            .unwrap()
    }

    /// An enterprise's insured unit.
    pub async fn unit(&self, credit_code: &str) -> GetUnitResponse {
        let request = GetUnitRequest {
            credit_code: credit_code.to_owned(),
        };
        let mut client = SocialSecurityServiceClient::new(self.channel("social-security"));
        client.get_unit(request).await.unwrap().into_inner()
    }

    /// A record of a department behind the connector.
    ///
    /// # Errors
    /// What the connector answers.
    pub async fn record(
        &self,
        department: &str,
        kind: &str,
        key: &str,
    ) -> Result<GetRecordResponse, Status> {
        let request = GetRecordRequest {
            department: department.to_owned(),
            kind: kind.to_owned(),
            key: key.to_owned(),
        };
        let mut client = ConnectorServiceClient::new(self.channel("connector"));
        Ok(client.get_record(request).await?.into_inner())
    }

    /// Everything that one department's process has recorded for a gateway, page by page; of one
    /// case if `saga` is not empty.
    pub async fn effects(&self, name: &str, coordinator: &str, saga: &str) -> Vec<Effect> {
        let mut client = ParticipantServiceClient::new(self.channel(name));
        let mut effects = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListEffectsRequest {
                coordinator: coordinator.to_owned(),
                saga: saga.to_owned(),
                // Small, so that pages are turned.
                page_size: 3,
                page_token,
            };
            let page = client.list_effects(request).await.unwrap().into_inner();
            effects.extend(page.effects);
            if page.next_page_token.is_empty() {
                return effects;
            }
            page_token = page.next_page_token;
        }
    }
}
