//! How the synthetic population becomes records of the departments behind the connector.

mod trade;

use jiff::ToSpan;
use onething_db::Tx;
use onething_population::{
    BusinessTitle, Enterprise, ExpectedBirth, FundAccount, Penalty, Population, Reorganisation,
    Title,
};
use serde_json::json;

use crate::{
    catalogue::Catalogue,
    store::{self, Body, Seed},
};

/// A department's code, a kind of record, and the records to begin with.
type Register = (&'static str, &'static str, Vec<Seed>);

/// Puts the population's births, enterprises, homes and housing fund accounts into the records of
/// health, tax, bank, natural resources, housing fund, courts and others. A department whose file declares other
/// records than the built-in one gets none.
pub(crate) async fn plant(
    tx: &mut Tx,
    catalogue: &Catalogue,
    population: &Population,
    at: i64,
) -> Result<(), onething_db::Error> {
    let births = population.expected_births.iter().map(birth).collect();
    let enterprises = |seed: fn(&Enterprise) -> Seed| -> Vec<Seed> {
        population.enterprises.iter().map(seed).collect()
    };
    let subjects = population
        .enterprises
        .iter()
        .map(|e| subject(e, population));
    let trademarks = population.enterprises.iter().filter_map(trademark);
    let titles = population.titles().iter().map(title).collect();
    let funds = population
        .fund_accounts()
        .iter()
        .map(fund_account)
        .collect();
    let mut registers: Vec<Register> = vec![
        ("HC", "birth", births),
        ("TX", "taxpayer", enterprises(taxpayer)),
        ("HF", "unit", enterprises(unit)),
        ("BK", "account", enterprises(account)),
        ("DR", "subject", subjects.collect()),
        ("IP", "trademark", trademarks.collect()),
        (
            "FI",
            "fine_bill",
            population.penalties.iter().map(fine).collect(),
        ),
        (
            "JU",
            "reorganisation",
            population
                .reorganisations()
                .iter()
                .map(reorganisation)
                .collect(),
        ),
        ("JU", "equity_freeze", equity_freezes(population)),
        ("RE", "title", titles),
        (
            "RE",
            "business_title",
            population
                .business_titles()
                .iter()
                .map(business_title)
                .collect(),
        ),
        ("HF", "account", funds),
    ];
    registers.extend(trade::registers(population));
    for (department, kind, seeds) in registers {
        let declared = catalogue
            .department(department)
            .and_then(|found| found.records.get(kind))
            .filter(|declared| seeds.iter().all(|seed| declared.accepts(&seed.body)));
        match declared {
            Some(declared) => {
                store::plant(tx, department, kind, &seeds, &declared.indexed, at).await?;
            }
            None => tracing::warn!(
                department,
                kind,
                "the department's file declares no such records: the population has none there"
            ),
        }
    }
    Ok(())
}

fn birth(birth: &ExpectedBirth) -> Seed {
    seed(
        &birth.record_number,
        json!({
            "mother_id_number": birth.mother_id_number,
            "hospital": birth.hospital,
            "born_on": birth.born_on().to_string(),
            "child_sex": birth.child_sex.code(),
        }),
    )
}

fn taxpayer(enterprise: &Enterprise) -> Seed {
    seed(
        &enterprise.credit_code,
        json!({
            "office": enterprise.registrar,
            "arrears_fen": enterprise.tax_arrears_fen,
            "unfinished_matters": 0,
            "state": "normal",
        }),
    )
}

fn unit(enterprise: &Enterprise) -> Seed {
    seed(
        &enterprise.credit_code,
        json!({
            "unit_number": enterprise.housing_fund_number,
            "centre": enterprise.registrar,
        }),
    )
}

fn account(enterprise: &Enterprise) -> Seed {
    seed(
        &enterprise.credit_code,
        json!({
            "bank": enterprise.bank_name,
            "account_number": enterprise.bank_account_number,
            "address": enterprise.address,
        }),
    )
}

fn subject(enterprise: &Enterprise, population: &Population) -> Seed {
    let code = &enterprise.credit_code;
    let published = population
        .penalties
        .iter()
        .filter(|p| &p.credit_code == code);
    seed(code, json!({ "published_records": published.count() }))
}

fn fine(penalty: &Penalty) -> Seed {
    let mut body = json!({
        "credit_code": penalty.credit_code,
        "fine_fen": penalty.fine_fen,
    });
    if let Some(day) = penalty.paid_on {
        body["paid_on"] = day.to_string().into();
    }
    seed(&penalty.bill_number, body)
}

fn reorganisation(ruling: &Reorganisation) -> Seed {
    seed(
        &ruling.ruling_number,
        json!({
            "credit_code": ruling.credit_code,
            "court": ruling.court,
            "ruled_on": ruling.ruled_on.to_string(),
            "plan_until": ruling.plan_until.to_string(),
            "ended": false,
        }),
    )
}

/// A freeze of each enterprise whose shares are frozen, for three years from today on
/// (最高人民法院关于人民法院强制执行股权若干问题的规定).
fn equity_freezes(population: &Population) -> Vec<Seed> {
    let until = population.today.saturating_add(3.years());
    let frozen = population.enterprises.iter().filter(|e| e.equity_frozen);
    let freezes = frozen.map(|enterprise| {
        let body = json!({
            "credit_code": enterprise.credit_code,
            "until": until.to_string(),
        });
        seed(&format!("DJ{}", enterprise.credit_code), body)
    });
    freezes.collect()
}

fn trademark(enterprise: &Enterprise) -> Option<Seed> {
    let number = enterprise.trademark_number.as_ref()?;
    let body = json!({
        "credit_code": enterprise.credit_code,
        "holder_name": enterprise.name,
    });
    Some(seed(number, body))
}

fn title(title: &Title) -> Seed {
    seed(
        &title.title_number,
        json!({
            "owner_id_number": title.owner_id_number,
            "region": title.region,
            "address": title.address,
        }),
    )
}

fn business_title(title: &BusinessTitle) -> Seed {
    seed(
        &title.title_number,
        json!({
            "credit_code": title.credit_code,
            "holder_name": title.holder_name,
            "region": title.region,
            "address": title.address,
        }),
    )
}

fn fund_account(account: &FundAccount) -> Seed {
    seed(
        &account.account_number,
        json!({
            "id_number": account.id_number,
            "centre": account.centre,
            "balance_fen": account.balance_fen,
            "state": "open",
            "loan_fen": 0,
        }),
    )
}

fn seed(key: &str, body: serde_json::Value) -> Seed {
    let body: Body = match body {
        serde_json::Value::Object(body) => body,
        _ => Body::new(),
    };
    Seed {
        key: key.to_owned(),
        body,
    }
}
