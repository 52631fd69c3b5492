//! Properties that every population has.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use jiff::ToSpan;
use jiff::civil::date;
use onething_elements::{
    CreditCode, Dictionary, Divisions, MarriageCertificate, ResidentNumber, Sex,
};

use super::*;
use crate::SYNTHETIC_PREFIX;
use crate::family::{REFERENCE, Relation};

const TODAY: Date = date(2026, 11, 23);

fn population(persons: u64) -> Population {
    Population::generate(persons, 7, TODAY)
}

#[test]
fn the_count_is_exact_and_nobody_gives_nothing() {
    for persons in [0, 1, 2, 3, 4, 5, 17, 1_000] {
        assert_eq!(population(persons).persons.len() as u64, persons);
    }
    let nobody = population(0);
    assert!(nobody.households.is_empty() && nobody.enterprises.is_empty());
    assert!(nobody.school_areas.is_empty() && nobody.sample_family().is_none());
}

#[test]
fn it_follows_from_its_arguments() {
    assert_eq!(population(500), population(500));
    let other = Population::generate(500, 8, TODAY);
    assert_ne!(population(500).persons, other.persons);
    let later = Population::generate(500, 7, date(2027, 3, 1));
    let follow_the_day = [
        population(500)
            .sample_retiree()
            .unwrap()
            .person
            .id_number
            .clone(),
        later.sample_retiree().unwrap().person.id_number.clone(),
    ];
    let others = |population: &Population| -> Vec<Person> {
        let persons = population.persons.iter();
        let others = persons.filter(|person| !follow_the_day.contains(&person.id_number));
        others.cloned().collect()
    };
    assert_eq!(others(&population(500)), others(&later));
    assert_eq!(population(500).enterprises, later.enterprises);
    assert_ne!(population(500).expected_births, later.expected_births);
}

#[test]
fn the_samples_do_not_depend_on_the_size() {
    let whole = population(3_000);
    let (family, move_) = (
        whole.sample_family().unwrap(),
        whole.sample_enterprise().unwrap(),
    );
    for persons in [4, 5, 6, 50] {
        let small = population(persons);
        let sample = small.sample_family().unwrap();
        assert_eq!(
            (
                sample.mother,
                sample.father,
                sample.birth,
                &sample.child_name
            ),
            (
                family.mother,
                family.father,
                family.birth,
                &family.child_name
            )
        );
        assert_eq!(
            (sample.household, sample.marriage),
            (family.household, family.marriage)
        );
        let sample = small.sample_enterprise().unwrap();
        assert_eq!(sample.enterprise, move_.enterprise);
        assert_eq!(sample.legal_representative, move_.legal_representative);
        assert_eq!(sample.target_address, move_.target_address);
        assert_eq!(small.enterprises[..6], whole.enterprises[..6]);
    }
}

#[test]
fn every_number_is_valid_unique_and_nobodys() {
    let population = population(10_000);
    let mut seen = HashSet::new();
    for person in &population.persons {
        let number = ResidentNumber::parse(&person.id_number).unwrap();
        assert!(person.id_number.starts_with(SYNTHETIC_PREFIX));
        assert_eq!(
            (number.birth_date(), number.sex()),
            (person.birth_date, person.sex)
        );
        assert!(seen.insert(person.id_number.as_str()));
    }
    for enterprise in &population.enterprises {
        let code = CreditCode::parse(&enterprise.credit_code).unwrap();
        assert_eq!(code.division(), enterprise.registrar);
        assert!(code.organisation_code().starts_with("YYYY"));
        assert!(seen.insert(&enterprise.credit_code));
        assert!(seen.insert(&enterprise.name));
    }
    for marriage in &population.marriages {
        let number = MarriageCertificate::parse(&marriage.certificate_number).unwrap();
        assert_eq!(number.division(), marriage.region);
        assert!(seen.insert(&marriage.certificate_number));
    }
    for birth in &population.expected_births {
        assert!(seen.insert(&birth.record_number));
    }
    for household in &population.households {
        assert!(seen.insert(&household.id));
    }
}

#[test]
fn what_it_says_passes_the_dictionary() {
    let population = population(400);
    let check = |id: &str, value: &str| {
        let element = Dictionary::standard().get(id).unwrap();
        assert_eq!(element.validate(value).unwrap().as_str(), value, "{id}");
    };
    for person in &population.persons {
        check("person.name", &person.name);
        check("person.sex", person.sex.code());
        check("person.ethnicity", &person.ethnicity);
        if let Some(mobile) = &person.mobile {
            check("person.mobile", mobile);
        }
    }
    for household in &population.households {
        check("household.id", &household.id);
        check("household.region", &household.region);
        check("household.address", &household.address);
        for member in &household.members {
            check("household.relation", member.relation.code());
        }
    }
    for birth in &population.expected_births {
        check("birth.record_number", &birth.record_number);
        check("birth.hospital", &birth.hospital);
    }
    for enterprise in &population.enterprises {
        check("enterprise.name", &enterprise.name);
        check("enterprise.kind", enterprise.kind.code());
        check("enterprise.status", enterprise.status.code());
        check("enterprise.address", &enterprise.address);
        check("seal.filing_number", &enterprise.seal_filing_number);
        check(
            "unit.social_insurance_number",
            &enterprise.social_insurance_number,
        );
        check("bank.account_number", &enterprise.bank_account_number);
        check("tax.office", &enterprise.tax_office);
    }
    let sample = population.sample_enterprise().unwrap();
    check("enterprise.premises_right", sample.premises_right);
}

#[test]
fn the_living_are_in_one_household_and_the_dead_in_none() {
    let population = population(5_000);
    let mut homes: HashMap<&str, u32> = HashMap::new();
    for household in &population.households {
        assert_eq!(household.members[0].relation, Relation::Head);
        assert_eq!(household.members[0].id_number, household.head_id_number);
        for member in &household.members {
            *homes.entry(&member.id_number).or_default() += 1;
            assert!(member.id_number.starts_with(SYNTHETIC_PREFIX));
        }
        let divisions = Divisions::standard();
        assert!(divisions.is_within(&household.region, "150000"));
        assert!(
            household
                .address
                .starts_with(&divisions.full_name(&household.region).unwrap())
        );
        assert!(household.number_division.starts_with(SYNTHETIC_PREFIX));
    }
    for person in &population.persons {
        let count = homes.get(person.id_number.as_str()).copied().unwrap_or(0);
        assert_eq!(count, u32::from(person.alive));
    }
    assert!(population.persons.iter().any(|person| !person.alive));
}

#[test]
fn families_are_coherent() {
    let population = population(5_000);
    let people: HashMap<&str, &Person> = population
        .persons
        .iter()
        .map(|person| (person.id_number.as_str(), person))
        .collect();
    let age = |id: &str, day| ResidentNumber::parse(id).unwrap().age_on(day);
    let married: HashMap<&str, &Marriage> = population
        .marriages
        .iter()
        .map(|marriage| (marriage.wife_id_number.as_str(), marriage))
        .collect();
    for marriage in &population.marriages {
        assert!(age(&marriage.husband_id_number, marriage.registered_on) >= 22);
        assert!(age(&marriage.wife_id_number, marriage.registered_on) >= 20);
        assert!(marriage.registered_on < REFERENCE);
        assert_eq!(people[marriage.husband_id_number.as_str()].sex, Sex::Male);
        assert_eq!(people[marriage.wife_id_number.as_str()].sex, Sex::Female);
    }
    for birth in &population.expected_births {
        let marriage = married[birth.mother_id_number.as_str()];
        let born = birth.born_on();
        assert!(born < TODAY && born >= TODAY.checked_sub(20.days()).unwrap());
        for parent in [&marriage.wife_id_number, &marriage.husband_id_number] {
            assert!((22..=45).contains(&age(parent, born)));
        }
        // The child is in no register yet.
        assert!(
            !population
                .persons
                .iter()
                .any(|person| person.birth_date == born)
        );
    }
    let mut children = 0;
    for household in &population.households {
        let of = |relation| {
            household
                .members
                .iter()
                .filter(move |member| member.relation == relation)
        };
        for child in of(Relation::Child) {
            let child = people[child.id_number.as_str()];
            let spouse = of(Relation::Spouse).next().unwrap();
            let marriage = married[spouse.id_number.as_str()];
            assert!(child.birth_date > marriage.registered_on);
            assert!(child.birth_date < REFERENCE);
            assert!(age(&child.id_number, REFERENCE) < 18);
            children += 1;
        }
        for parent in of(Relation::Parent) {
            let head = people[household.head_id_number.as_str()];
            assert!(age(&parent.id_number, head.birth_date) >= 22);
        }
    }
    assert!(children > 500);
}

#[test]
fn benefits_need_insurance() {
    for person in population(5_000).persons {
        if person.maternity_entitled {
            assert!(person.employee_insured && person.sex == Sex::Female && person.alive);
        }
    }
}

#[test]
fn the_sample_family_and_enterprise_are_fit_for_their_cases() {
    for seed in 0..200 {
        let population = Population::generate(4, seed, TODAY);
        let family = population.sample_family().unwrap();
        assert!(family.mother.maternity_entitled && family.mother.alive);
        assert_eq!(family.household.members.len(), 2);
        assert_eq!(family.household.head_id_number, family.father.id_number);
        assert_eq!(family.marriage.wife_id_number, family.mother.id_number);
        let name = Dictionary::standard().get("person.name").unwrap();
        assert!(name.validate(&family.child_name).is_ok());
        assert!(
            name.validate(family.child_mongolian_name.as_deref().unwrap())
                .is_ok()
        );
        let relocation = population.sample_enterprise().unwrap();
        assert!(relocation.enterprise.is_clean());
        assert_eq!(relocation.enterprise.registrar, "150302");
        let divisions = Divisions::standard();
        assert!(divisions.is_within(relocation.target_registrar, "150600"));
        assert!(relocation.legal_representative.alive);
        assert!(relocation.resolution_date < TODAY);
    }
}

#[test]
fn the_cast_is_there_from_twenty_one_persons_on_and_the_same_for_every_size() {
    assert!(population(20).sample_pupil().is_none());
    let whole = population(3_000);
    for persons in [21, 22, 40] {
        let small = population(persons);
        assert_eq!(small.persons.len() as u64, persons);
        let (some, all) = (small.sample_pupil().unwrap(), whole.sample_pupil().unwrap());
        assert_eq!((some.child, some.guardian), (all.child, all.guardian));
        assert_eq!(some.login_code, all.login_code);
        let some = small.sample_third_child().unwrap();
        let all = whole.sample_third_child().unwrap();
        assert_eq!((some.child, some.guardian), (all.child, all.guardian));
        let (some, all) = (
            small.sample_retiree().unwrap(),
            whole.sample_retiree().unwrap(),
        );
        assert_eq!(some.person, all.person);
        let (some, all) = (
            small.sample_couple().unwrap(),
            whole.sample_couple().unwrap(),
        );
        assert_eq!((some.bride, some.groom), (all.bride, all.groom));
    }
}

#[test]
fn the_first_enterprises_have_one_trouble_each() {
    let population = population(4);
    let troubles: Vec<_> = population
        .enterprises
        .iter()
        .map(|it| {
            [
                it.abnormal_listed,
                it.serious_breach_listed,
                it.equity_frozen,
                it.tax_arrears_fen > 0,
                it.open_cases > 0,
            ]
        })
        .collect();
    assert_eq!(troubles.len(), 6);
    for (index, found) in troubles.iter().enumerate() {
        let expected: Vec<bool> = (1..=5).map(|trouble| trouble == index).collect();
        assert_eq!(found.as_slice(), expected);
    }
}

#[test]
fn debug_shows_no_name_and_no_birth_date() {
    let population = population(50);
    let shown = format!("{population:?} {:?}", population.sample_family());
    for person in &population.persons {
        assert!(!shown.contains(&person.name));
        assert!(!shown.contains(&person.id_number));
    }
}

#[test]
fn ten_thousand_persons_take_no_time() {
    let started = Instant::now();
    let population = population(10_000);
    assert!(population.enterprises.len() > 300);
    assert!(
        started.elapsed() < Duration::from_secs(10),
        "{:?}",
        started.elapsed()
    );
}

#[test]
fn a_seed_means_the_same_in_every_version() {
    let population = Population::generate(4, 1, TODAY);
    let numbers: Vec<&str> = population
        .persons
        .iter()
        .map(|person| person.id_number.as_str())
        .collect();
    assert_eq!(
        numbers,
        [
            "159919199503060015",
            "159919199707070020",
            "159919196608230013",
            "159919198707210017"
        ]
    );
}

#[test]
fn the_samples_of_changes_are_clean_and_at_one_registrar() {
    let population = population(40);
    let change = population.sample_change().unwrap();
    let repair = population.sample_repair().unwrap();
    let conversion = population.sample_conversion().unwrap();
    for enterprise in [change.enterprise, repair.enterprise, conversion.enterprise] {
        assert!(enterprise.is_clean());
        assert_eq!(enterprise.registrar, "150302");
    }
    assert!(conversion.enterprise.credit_code.starts_with("92"));
    assert!(conversion.enterprise.family_operated && conversion.trademark_number.is_some());
    assert_ne!(
        change.new_representative.id_number,
        change.legal_representative.id_number
    );
    let barred = &population.disqualifications[0].id_number;
    assert_ne!(&change.new_representative.id_number, barred);
    let held: i64 = change
        .enterprise
        .shareholders
        .iter()
        .map(|s| s.amount_fen)
        .sum();
    assert!(held == change.enterprise.capital_fen && change.transferred_fen < held);
}

#[test]
fn penalties_follow_the_day_and_those_of_the_sample_are_fulfilled() {
    let population = population(40);
    let code = &population.sample_repair().unwrap().enterprise.credit_code;
    let (own, others): (Vec<_>, Vec<_>) = population
        .penalties
        .iter()
        .partition(|p| &p.credit_code == code);
    assert_eq!((own.len(), others.len()), (3, 2));
    assert!(own.iter().all(|p| p.duty_fulfilled && p.paid_on.is_some()));
    assert!(
        others
            .iter()
            .any(|p| !p.duty_fulfilled && p.paid_on.is_none())
    );
    let latest = own.iter().map(|p| p.decided_on).max().unwrap();
    assert_eq!(latest, TODAY - 4.months());
}
