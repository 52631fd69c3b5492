//! What applicants of the synthetic population know and fill in. The departments of a suite have the
//! same population, generated from the same seed.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use onething_calendar::local_date;
use onething_elements::ResidentNumber;
use onething_population::{Enterprise, Population};
use serde_json::{Map, Value, json};

use crate::rest::Client;

/// The applicants.
#[derive(Debug)]
pub struct Samples {
    /// The population behind them.
    pub population: Population,
}

impl Samples {
    /// The applicants of a population.
    #[must_use]
    pub fn new(persons: u32, seed: u64) -> Self {
        Self {
            population: Population::generate(persons.into(), seed, today()),
        }
    }

    /// What parents know who have just had a child. The first are the sample family.
    ///
    /// # Panics
    /// When there are not so many births.
    #[must_use]
    pub fn parents(&self, index: usize) -> Value {
        let population = &self.population;
        let birth = &population.expected_births[index];
        let marriages = &mut population.marriages.iter();
        let marriage = marriages
            .find(|m| m.wife_id_number == birth.mother_id_number)
            .unwrap();
        let mother = population.person(&marriage.wife_id_number).unwrap();
        let father = population.person(&marriage.husband_id_number).unwrap();
        let household = population.household_of(&father.id_number).unwrap();
        let sample = population.sample_family().unwrap();
        let child = if index == 0 {
            sample.child_name
        } else if father.mongolian_name.is_some() {
            // A Mongol family has no surname.
            "阿古达木".to_owned()
        } else {
            format!("{}安宁", father.name.chars().next().unwrap())
        };
        // Every other family has its documents sent home.
        let even = index.is_multiple_of(2);
        let address = even.then_some(&household.address);
        json!({
            "mother": mother,
            "father": father,
            "child": { "name": child },
            "household": { "follows": if even { "mother" } else { "father" } },
            "card": { "bank": even.then_some("ccb") },
            "delivery": { "address": address },
        })
    }

    /// What an enterprise knows that wants to move to another registrar. The first is the sample.
    ///
    /// # Panics
    /// When there are not so many enterprises.
    #[must_use]
    pub fn mover(&self, index: usize) -> Value {
        let sample = self.population.sample_enterprise().unwrap();
        let enterprise = self.movers().nth(index).unwrap();
        self.moving(enterprise, sample.target_registrar, &sample.target_address)
    }

    /// The same enterprise, moving back to where the population has it.
    ///
    /// # Panics
    /// When there are not so many enterprises.
    #[must_use]
    pub fn homecomer(&self, index: usize) -> Value {
        let enterprise = self.movers().nth(index).unwrap();
        self.moving(enterprise, &enterprise.registrar, &enterprise.address)
    }

    /// The enterprises that can move.
    pub fn movers(&self) -> impl Iterator<Item = &Enterprise> {
        let sample = self.population.sample_enterprise().unwrap();
        let movable = move |enterprise: &&Enterprise| {
            enterprise.is_clean() && enterprise.registrar != sample.target_registrar
        };
        self.population.enterprises.iter().filter(movable)
    }

    fn moving(&self, enterprise: &Enterprise, registrar: &str, address: &str) -> Value {
        let sample = self.population.sample_enterprise().unwrap();
        let mut role = serde_json::to_value(enterprise).unwrap();
        role["target_registrar"] = json!(registrar);
        role["target_address"] = json!(address);
        role["premises_right"] = json!(sample.premises_right);
        role["resolution_date"] = json!(sample.resolution_date);
        let number = &enterprise.legal_representative_id_number;
        let representative = self.population.person(number).unwrap();
        json!({ "enterprise": role, "representative": representative })
    }

    /// The number of a child of whom no department knows anything.
    #[must_use]
    pub fn newcomer(&self) -> String {
        let household = self.population.sample_family().unwrap().household;
        let born_on = today().yesterday().unwrap();
        let number = ResidentNumber::compose(&household.number_division, born_on, 998).unwrap();
        number.as_str().to_owned()
    }

    /// The newborn's form, filled in by the first parents.
    pub async fn newborn(&self, client: &Client) -> Value {
        fill(client, "newborn", &self.parents(0)).await
    }

    /// The relocation's form, filled in by the first enterprise.
    pub async fn relocation(&self, client: &Client) -> Value {
        fill(client, "enterprise-relocation", &self.mover(0)).await
    }
}

/// The day in the region.
#[must_use]
pub fn today() -> jiff::civil::Date {
    local_date(jiff::Timestamp::now())
}

/// Fills in a bundle's form as an app does: it asks the gateway for the fields, and the applicant for
/// each of them.
///
/// # Panics
/// When a required field is asked that the applicant does not know.
pub async fn fill(client: &Client, bundle: &str, applicant: &Value) -> Value {
    let answer = client.get(&format!("/v1/bundles/{bundle}")).await.json();
    let mut form: Map<String, Value> = Map::new();
    for field in answer["form"].as_array().unwrap() {
        let (role, attribute) = (
            field["role"].as_str().unwrap(),
            field["attribute"].as_str().unwrap(),
        );
        let value = &applicant[role][attribute];
        if value.is_null() {
            assert_ne!(
                field["required"], "always",
                "{role}.{attribute}: the applicant cannot say"
            );
            continue;
        }
        let role = form.entry(role).or_insert_with(|| json!({}));
        role[attribute] = value.clone();
    }
    Value::Object(form)
}
