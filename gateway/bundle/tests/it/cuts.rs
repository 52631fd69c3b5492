//! The cuts that people feel, in bundles of the catalogue: computed, so that they move with the contracts.

use onething_bundle::{Catalogue, Explanation, Fate, Origin, load_str};
use onething_elements::Dictionary;
use onething_proto::Contracts;

use super::support;

fn explain(id: &str) -> Explanation {
    support::bundle(id).explain(Dictionary::standard())
}

#[test]
fn the_change_of_an_enterprise_s_data_cuts_26_materials_to_at_most_six() {
    let explanation = explain("enterprise-info-change");
    let materials = explanation.materials;
    assert_eq!(materials.before, Some(26), "{:?}", explanation.papers);
    assert!(materials.after <= 6, "{:?}", explanation.papers);
}

#[test]
fn taking_a_shared_item_away_raises_the_counts_of_that_change() {
    let explanation = explain("enterprise-info-change");
    let paper = explanation
        .papers
        .iter()
        .find_map(|paper| match &paper.fate {
            Fate::Replaced { item, .. } => Some(item.clone()),
            _ => None,
        });
    let item = paper.expect("an item makes a material unnecessary");
    let contracts = support::standard_without(&item);
    let text = support::bundle("enterprise-info-change").text;
    // What is asked now is in no sample, which the bundle is told for; nothing else is wrong with it.
    let less = load_str("less.toml", &text, &contracts, Dictionary::standard());
    match less {
        Ok(bundle) => {
            let less = bundle.explain(Dictionary::standard());
            assert!(less.materials.after > explanation.materials.after, "{item}");
        }
        Err(mistakes) => {
            assert!(!mistakes.is_empty());
            for mistake in mistakes {
                assert_eq!(
                    mistake.code,
                    onething_bundle::Code::SampleMissing,
                    "{mistake}"
                );
            }
        }
    }
}

#[test]
fn a_guardian_fills_in_two_fields_and_in_hohhot_of_a_third_child_the_school() {
    let everywhere = support::bundle("school-enrollment");
    let hohhot = everywhere.in_region("150105", 2026).unwrap();
    let third = "child.birth_order >= 3 && has(choice.name)";
    let two = [("person.id_number", None), ("person.login_code", None)];
    let three = [two[0], two[1], ("school.name", Some(third))];
    for (bundle, expected, fields) in [
        (&everywhere, two.as_slice(), (2, 0)),
        (hohhot, three.as_slice(), (3, 1)),
    ] {
        let explanation = bundle.explain(Dictionary::standard());
        let mut asked = Vec::new();
        for source in &explanation.sources {
            if let Origin::Asked { only_when, .. } = &source.origin {
                asked.push((source.element.as_str(), only_when.as_deref()));
            }
        }
        assert_eq!(asked, expected);
        let counted = explanation.fields;
        assert_eq!((counted.asked, counted.asked_only_when), fields);
        assert_eq!(
            explanation.steps.after, 2,
            "the application and the confirmation"
        );
        assert_eq!(
            (explanation.materials.after, explanation.trips.after),
            (0, 0)
        );
    }
}

#[test]
fn a_marriage_takes_one_trip_and_a_change_of_an_enterprise_s_data_none() {
    let marriage = explain("marriage-hukou");
    assert_eq!(marriage.trips.after, 1);
    assert!(marriage.trips.before > Some(1), "{:?}", marriage.trips);
    let at = marriage.in_person.iter();
    let at: Vec<_> = at
        .map(|a| (a.step.as_str(), a.department.code.as_str()))
        .collect();
    assert_eq!(at, [("marriage", "CA")]);
    let change = explain("enterprise-info-change");
    assert_eq!(change.trips.after, 0);
    assert!(change.in_person.is_empty());
}

#[test]
fn a_trip_is_a_department_however_many_of_its_steps_are_in_person() {
    let text = support::bundle("marriage-hukou").text;
    let more = |step: &str, text: &str| {
        let id = format!("id = \"{step}\"\ncall");
        text.replacen(&id, &format!("id = \"{step}\"\nin_person = true\ncall"), 1)
    };
    let trips = |text: &str| {
        let loaded = load_str(
            "m.toml",
            text,
            Contracts::standard(),
            Dictionary::standard(),
        );
        loaded.unwrap().explain(Dictionary::standard()).trips.after
    };
    let moved = more("move", &text);
    assert_eq!(trips(&moved), 2, "public security as well");
    assert_eq!(trips(&more("booklet-page", &moved)), 2, "in the same trip");
    assert_eq!(trips(&text.replace("in_person = true\n", "")), 0);
}

#[test]
fn each_item_of_the_enterprise_s_registers_makes_a_paper_unnecessary() {
    for (id, item) in [
        ("enterprise-info-change", "D09"),
        ("individual-to-enterprise", "D09"),
        ("individual-to-enterprise", "D24"),
        ("individual-to-enterprise", "D39"),
        ("enterprise-relocation", "D17"),
        ("enterprise-relocation", "D18"),
        ("enterprise-relocation", "D42"),
        ("credit-repair", "D17"),
        ("credit-repair", "D51"),
    ] {
        let text = support::bundle(id).text;
        let contracts = support::standard_without(item);
        let less = load_str("less.toml", &text, &contracts, Dictionary::standard());
        let less = less.unwrap_or_else(|mistakes| panic!("{id} without {item}: {mistakes:?}"));
        let (with, without) = (explain(id), less.explain(Dictionary::standard()));
        let more = without.materials.after - with.materials.after;
        assert_eq!(more, 1, "{id} without {item}");
        assert_eq!(
            with.fields.asked, without.fields.asked,
            "{id} without {item}"
        );
    }
}

#[test]
fn every_figure_of_every_bundle_adds_up() {
    let (contracts, dictionary) = (Contracts::standard(), Dictionary::standard());
    for bundle in Catalogue::embedded(contracts, dictionary).unwrap().iter() {
        let explanation = bundle.explain(dictionary);
        let asked = explanation.sources.iter();
        let asked = asked
            .filter(|s| matches!(s.origin, Origin::Asked { .. }))
            .count();
        assert_eq!(asked, bundle.form.len(), "{}", bundle.id);
        let inputs: usize = explanation.sources.iter().map(|s| s.used_by.len()).sum();
        let fields = explanation.fields;
        let counted =
            fields.asked + fields.merged + fields.prefilled + fields.produced + fields.stated;
        assert_eq!(usize::try_from(counted).unwrap(), inputs, "{}", bundle.id);
        let left = explanation
            .papers
            .iter()
            .filter(|p| p.fate == Fate::Remains);
        assert_eq!(
            left.count(),
            usize::try_from(explanation.materials.after).unwrap()
        );
    }
}
