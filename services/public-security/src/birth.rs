//! Birth registration (出生登记): enters a child in a household and gives it its number. A pivot:
//! an error takes a correction case, and the number stays used.

use async_trait::async_trait;
use jiff::civil::Date;
use onething_db::Tx;
use onething_participant::{Action, Call, Effect, Fault, Refusal, Stop};
use onething_proto::public_security::{RegisterBirthRequest, RegisterBirthResponse};

use crate::{
    birth_day,
    day::day,
    issuance, kinship,
    naming::{NamingRule, Parent},
    notification::Notification,
    store::{
        birth::{self, Entry},
        household::{self, Household, Member},
        resident::{self, NewResident, Resident},
        sequence,
    },
};

/// Registers a birth.
pub(crate) struct RegisterBirth {
    naming: NamingRule,
}

/// What the rules found: the child as it will be registered.
struct Child {
    name: String,
    ethnicity: Option<String>,
    relation: &'static str,
}

impl RegisterBirth {
    pub(crate) fn new(naming: NamingRule) -> Self {
        Self { naming }
    }

    /// Judges the notification against the register.
    fn judge(
        &self,
        born: &Notification,
        household: &Household,
        parents: &[Resident],
        today: Date,
    ) -> Result<Child, Refusal> {
        let member = parents
            .iter()
            .find_map(|parent| parent.member_of(&household.id));
        let parents_relation = member.ok_or_else(|| {
            Refusal::new(
                "PARENT_NOT_IN_HOUSEHOLD",
                "Neither parent is a member of the household.",
            )
            .about("household_id")
        })?;
        birth_day::check(born.born_on, today)?;
        let named: Vec<_> = parents
            .iter()
            .map(|parent| Parent {
                name: &parent.name,
                ethnicity: parent.ethnicity.as_deref(),
            })
            .collect();
        let name = self.naming.admit(&born.child_name, &named)?;
        // A parent whom the register does not know leaves the choice open.
        let unknown = born.parents().count() > parents.len();
        let groups = parents.iter().map(|parent| parent.ethnicity.clone());
        Ok(Child {
            name,
            ethnicity: kinship::shared_ethnicity(groups).filter(|_| !unknown),
            relation: kinship::relation_of_child(parents_relation),
        })
    }
}

#[async_trait]
impl Action for RegisterBirth {
    const METHOD: &'static str = "onething.public_security.v1.PublicSecurityService/RegisterBirth";
    type Request = RegisterBirthRequest;
    type Response = RegisterBirthResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let born = Notification::read(request)?;
        let today = day(call.at)?;
        let household = household::lock(tx, &born.household_id).await?;
        let household = household.ok_or_else(household_not_found)?;
        if birth::registered(tx, &born.birth_certificate_number).await? {
            return Err(already_registered().into());
        }
        let mut parents = Vec::new();
        for id_number in born.parents() {
            parents.extend(resident::find(tx, id_number).await?);
        }
        let child = self.judge(&born, &household, &parents, today)?;
        let response = enter(tx, &born, &household, child, today, call.at).await?;
        Ok(Effect {
            response,
            record: (),
        })
    }
}

/// Issues the number and makes the entries.
async fn enter(
    tx: &mut Tx,
    born: &Notification,
    household: &Household,
    child: Child,
    today: Date,
    at: i64,
) -> Result<RegisterBirthResponse, Stop> {
    let division = &household.number_division;
    let issued = issuance::issue(tx, division, born.born_on, born.sex, at).await?;
    let number = issued.ok_or_else(|| {
        Refusal::new(
            "NUMBERS_EXHAUSTED",
            "Every resident number of this division, day and sex is used up; the office assigns another division code.",
        )
    })?;
    let id_number = number.to_string();
    let registration_number = registration_number(tx, &household.region, today).await?;
    let registered_on = today.to_string();
    let entry = Entry {
        registration_number: &registration_number,
        birth_certificate_number: &born.birth_certificate_number,
        id_number: &id_number,
        household_id: &household.id,
        mother_id_number: born.mother_id_number.as_deref(),
        father_id_number: born.father_id_number.as_deref(),
        registered_on: &registered_on,
        registered_at: at,
    };
    // Another household may have been asked to take the same child in the same moment.
    if !birth::insert(tx, entry).await? {
        return Err(already_registered().into());
    }
    let resident = NewResident {
        id_number: &id_number,
        name: &child.name,
        sex: born.sex.code(),
        birth_date: &born.born_on.to_string(),
        ethnicity: child.ethnicity.as_deref(),
    };
    resident::insert(tx, resident).await?;
    let member = Member {
        id_number: &id_number,
        household_id: &household.id,
        relation: child.relation,
        joined_at: at,
    };
    household::join(tx, member).await?;
    Ok(RegisterBirthResponse {
        id_number,
        registration_number,
        registered_on,
    })
}

/// The number of an entry: `DJ` (登记), division, year and a serial of the division and year, for
/// example `DJ150302-2026-000001`.
async fn registration_number(tx: &mut Tx, region: &str, today: Date) -> Result<String, Fault> {
    let series = format!("DJ{region}-{}", today.year());
    let serial = sequence::next(tx, &series, 1).await?;
    Ok(format!("{series}-{serial:06}"))
}

fn household_not_found() -> Refusal {
    Refusal::new(
        "HOUSEHOLD_NOT_FOUND",
        "No household is registered under this number.",
    )
    .about("household_id")
}

fn already_registered() -> Refusal {
    Refusal::new(
        "ALREADY_REGISTERED",
        "The birth with this certificate is registered already.",
    )
    .about("birth_certificate_number")
}
