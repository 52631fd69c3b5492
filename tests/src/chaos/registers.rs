//! The departments' own databases: which rows each action makes there, and what the ledgers say.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::collections::BTreeMap;

use onething_db::{Db, Sql, args};

use super::rules::{Recorded, Rows};
use crate::{process::Spec, suite::Suite};

/// The coordinator's name in every key.
const COORDINATOR: &str = "gateway";

const LEDGER: Sql = Sql::both(
    "SELECT saga, step, item, method, outcome FROM ledger WHERE coordinator = $1 \
     UNION ALL SELECT saga, step, item, method, outcome FROM ledger_past WHERE coordinator = $1",
);

/// Rows that calls of some methods make.
pub(super) struct Register {
    department: &'static str,
    /// The ends of the methods' names.
    pub(super) methods: &'static [&'static str],
    made: Sql,
    standing: Sql,
}

macro_rules! register {
    ($department:literal, [$($method:literal),*], $table:literal, $which:literal, $standing:literal) => {
        Register {
            department: $department,
            methods: &[$(concat!("/", $method)),*],
            made: Sql::both(concat!("SELECT count(*) FROM ", $table, " WHERE ", $which)),
            standing: Sql::both(concat!(
                "SELECT count(*) FROM ", $table, " WHERE ", $which, " AND ", $standing
            )),
        }
    };
}

/// Every action that makes rows of its own. A pivot's and a forward action's rows always stand.
pub(super) const REGISTERS: &[Register] = &[
    register!(
        "enterprise-registry",
        ["LockRecord"],
        "record_lock",
        "1 = 1",
        "state <> 'annulled'"
    ),
    register!(
        "enterprise-registry",
        ["AcceptRelocation"],
        "relocation_acceptance",
        "1 = 1",
        "state <> 'annulled'"
    ),
    register!(
        "enterprise-registry",
        ["ApproveRelease"],
        "relocation_release",
        "1 = 1",
        "state <> 'annulled'"
    ),
    register!(
        "enterprise-registry",
        ["TransferArchive"],
        "archive_transfer",
        "1 = 1",
        "state <> 'annulled'"
    ),
    register!(
        "enterprise-registry",
        ["RegisterRelocation"],
        "licence",
        "1 = 1",
        "1 = 1"
    ),
    register!(
        "public-security",
        ["RegisterBirth"],
        "birth_registration",
        "1 = 1",
        "state = 'registered'"
    ),
    register!(
        "public-security",
        ["RefileSeal"],
        "seal_filing",
        "1 = 1",
        "1 = 1"
    ),
    register!(
        "social-security",
        ["EnrollResidentMedicalInsurance"],
        "resident_enrolment",
        "1 = 1",
        "state = 'in_force'"
    ),
    register!(
        "social-security",
        ["IssueSocialSecurityCard"],
        "card",
        "1 = 1",
        "state = 'in_force'"
    ),
    register!(
        "social-security",
        ["GrantMaternityBenefit"],
        "maternity_benefit",
        "1 = 1",
        "1 = 1"
    ),
    register!(
        "social-security",
        ["TransferSocialInsuranceUnit"],
        "unit_registration",
        "kind = 'social'",
        "1 = 1"
    ),
    register!(
        "social-security",
        ["TransferMedicalInsuranceUnit"],
        "unit_registration",
        "kind = 'medical'",
        "1 = 1"
    ),
    register!(
        "connector",
        ["IssueBirthCertificate"],
        "record",
        "kind = 'birth_certificate'",
        "state = 'in_force'"
    ),
    register!(
        "connector",
        ["OpenVaccinationRecord"],
        "record",
        "kind = 'vaccination'",
        "state = 'in_force'"
    ),
    register!(
        "connector",
        ["AcceptParcel"],
        "record",
        "kind = 'parcel'",
        "state = 'in_force'"
    ),
    register!(
        "connector",
        ["TransferJurisdiction", "TransferUnit"],
        "record",
        "kind = 'transfer'",
        "state = 'in_force'"
    ),
    register!(
        "connector",
        ["NoticeRelocation"],
        "record",
        "kind = 'notice'",
        "state = 'in_force'"
    ),
];

/// What every register has, in the order of [`REGISTERS`].
pub(super) async fn count(suite: &mut Suite) -> Vec<Rows> {
    let mut databases = BTreeMap::new();
    let mut rows = Vec::new();
    for register in REGISTERS {
        if !databases.contains_key(register.department) {
            let db = open(&suite.department(register.department).spec).await;
            databases.insert(register.department, db);
        }
        let db = &databases[register.department];
        let (made,): (i64,) = db.fetch_one(register.made, args![]).await.unwrap();
        let (standing,): (i64,) = db.fetch_one(register.standing, args![]).await.unwrap();
        rows.push(Rows { made, standing });
    }
    for db in databases.into_values() {
        db.close().await;
    }
    rows
}

/// Everything that the departments' ledgers have for the gateway.
pub(super) async fn ledgers(suite: &mut Suite) -> Vec<Recorded> {
    let mut all = Vec::new();
    for department in crate::suite::DEPARTMENTS {
        let db = open(&suite.department(department).spec).await;
        let keeps_one: bool = keeps_a_ledger(&db).await;
        if keeps_one {
            let rows: Vec<(String, String, String, String, String)> =
                db.fetch_all(LEDGER, args![COORDINATOR]).await.unwrap();
            all.extend(
                rows.into_iter()
                    .map(|(saga, step, item, method, outcome)| Recorded {
                        saga,
                        step,
                        item,
                        method,
                        outcome,
                    }),
            );
        }
        db.close().await;
    }
    all
}

/// A department that only answers questions has none.
async fn keeps_a_ledger(db: &Db) -> bool {
    let tables = Sql::each(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'ledger'",
        "SELECT count(*) FROM information_schema.tables WHERE table_name = 'ledger' AND table_schema = 'public'",
    );
    let (count,): (i64,) = db.fetch_one(tables, args![]).await.unwrap();
    count > 0
}

async fn open(spec: &Spec) -> Db {
    let url = spec.settings.iter().find(|(key, _)| key == "DATABASE__URL");
    Db::open(&url.unwrap().1, 1).await.unwrap()
}
