//! Sample forms: a bundle's own, filled out of the synthetic population that a suite starts with.

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use onething_bundle::{Bundle, Catalogue};
use onething_calendar::local_date;
use onething_elements::{Dictionary, Divisions};
use onething_population::{Marriage, Population, SamplePupil};
use onething_proto::Contracts;
use serde_json::{Value, json};

use super::purchases;

/// A built-in bundle.
pub(crate) fn bundle(id: &str) -> anyhow::Result<Bundle> {
    let catalogue = Catalogue::embedded(Contracts::standard(), Dictionary::standard()).map_err(
        |diagnostics| {
            let all: Vec<_> = diagnostics.iter().map(ToString::to_string).collect();
            anyhow::anyhow!(all.join("\n"))
        },
    )?;
    let known: Vec<_> = catalogue.iter().map(|bundle| bundle.id.clone()).collect();
    match catalogue.into_bundles().find(|bundle| bundle.id == id) {
        Some(bundle) => Ok(bundle),
        None => bail!("there is no bundle `{id}`; there are: {}", known.join(", ")),
    }
}

/// A built-in bundle as it is today in a division, if one is named.
pub(super) fn bundle_in(id: &str, region: Option<&str>) -> anyhow::Result<Bundle> {
    let bundle = bundle(id)?;
    let year = u16::try_from(local_date(Timestamp::now()).year())?;
    let regional = region.and_then(|code| bundle.in_region(code, year));
    Ok(regional.map_or_else(|| bundle.clone(), |regional| Bundle::clone(regional)))
}

/// The sample form of a bundle by id.
pub(crate) fn form(id: &str, persons: u32, seed: u64) -> anyhow::Result<Value> {
    form_in(&bundle(id)?, persons, seed, None)
}

/// The sample form of a bundle, in a division if one is named.
pub(super) fn form_in(
    bundle: &Bundle,
    persons: u32,
    seed: u64,
    region: Option<&str>,
) -> anyhow::Result<Value> {
    let population = Population::generate(persons.into(), seed, local_date(Timestamp::now()));
    let mut samples = samples(&population)?;
    if let Some(region) = region {
        move_to(&mut samples, &population, region)?;
    }
    for (name, sample) in purchases::samples(&population, region) {
        samples[name] = sample;
    }
    bundle
        .sample_form(&samples)
        .context("the bundle's sample does not fit the population")
}

fn samples(population: &Population) -> anyhow::Result<Value> {
    let family = population
        .sample_family()
        .context("a population of under four has no family")?;
    let move_ = population
        .sample_enterprise()
        .context("a population of under four has no firm")?;
    let mut enterprise = serde_json::to_value(move_.enterprise)?;
    enterprise["target_registrar"] = move_.target_registrar.into();
    enterprise["target_address"] = move_.target_address.into();
    enterprise["premises_right"] = move_.premises_right.into();
    enterprise["resolution_date"] = move_.resolution_date.to_string().into();
    enterprise["legal_representative"] = serde_json::to_value(move_.legal_representative)?;
    Ok(json!({
        "today": population.today.to_string(),
        "family": {
            "mother": family.mother,
            "father": family.father,
            "household": family.household,
            "child": { "name": family.child_name },
        },
        "enterprise": enterprise,
        "change": population.sample_change(),
        "repair": population.sample_repair(),
        "conversion": population.sample_conversion(),
        "pupil": population.sample_pupil().map(pupil),
        "third_child": population.sample_third_child().map(pupil),
        "retiree": population.sample_retiree().map(|sample| json!({
            "person": sample.person,
            "retires_on": sample.retires_on.to_string(),
        })),
        "couple": population.sample_couple().map(|sample| json!({
            "bride": sample.bride,
            "groom": sample.groom,
            "household": sample.household,
        })),
    }))
}

fn pupil(sample: SamplePupil<'_>) -> Value {
    json!({
        "child": sample.child,
        "guardian": sample.guardian,
        "household": sample.household,
        "login_code": sample.login_code,
    })
}

/// Takes a family that lives in a division, and makes it the enterprise's destination.
fn move_to(samples: &mut Value, population: &Population, region: &str) -> anyhow::Result<()> {
    let divisions = Divisions::standard();
    let Some(division) = divisions.get(region) else {
        bail!("`{region}` is no division of the region (GB/T 2260)");
    };
    let family = population.expected_births.iter().find_map(|birth| {
        let mother = population.person(&birth.mother_id_number)?;
        let household = population.household_of(&mother.id_number)?;
        let marriage = |m: &&Marriage| m.wife_id_number == mother.id_number;
        let marriage = population.marriages.iter().find(marriage)?;
        let father = population.person(&marriage.husband_id_number)?;
        let here = divisions.is_within(&household.region, region);
        here.then_some((mother, father, household))
    });
    match family {
        Some((mother, father, household)) => {
            samples["family"]["mother"] = serde_json::to_value(mother)?;
            samples["family"]["household"] = serde_json::to_value(household)?;
            // A Mongol name may stand without a surname; any other begins with the father's.
            if father.mongolian_name.is_none() {
                let surname: String = father.name.chars().take(1).collect();
                samples["family"]["child"]["name"] = format!("{surname}安宁").into();
            }
        }
        None => samples["family"] = Value::Null,
    }
    samples["enterprise"]["target_registrar"] = region.into();
    samples["enterprise"]["target_address"] = format!(
        "{}政务大道1号",
        divisions.full_name(&division.code).unwrap_or_default()
    )
    .into();
    Ok(())
}
