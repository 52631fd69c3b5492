//! What a bundle says of itself, in a small world that does not grow. Set
//! `ONETHING_UPDATE_SNAPSHOTS` to write what it says now.

use std::fs;
use std::path::Path;

use onething_bundle::{Cut, Explanation, Fate, Origin, load_str};
use onething_elements::Dictionary;
use onething_proto::Contracts;

use super::support;

const RENAMING: &str = include_str!("../shared/renaming.toml");
/// What the sample fills in besides, where an item is missing.
const MORE: &str = "
enterprise.name = \"旧名公司\"
representative.id_number = \"150302196603159977\"
representative.name = \"其其格\"
tax.office = \"第一税务所\"
";

fn explain(contracts: &Contracts) -> Explanation {
    let text = format!("{RENAMING}{MORE}");
    let bundle = load_str("renaming.toml", &text, contracts, Dictionary::standard());
    bundle.unwrap().explain(Dictionary::standard())
}

#[test]
fn the_explanation_is_as_written_beside_the_bundle() {
    let explanation = explain(&support::small_world());
    let said = serde_json::to_string_pretty(&explanation).unwrap() + "\n";
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shared/renaming.explain.json");
    if std::env::var_os("ONETHING_UPDATE_SNAPSHOTS").is_some() {
        fs::write(&beside, &said).unwrap();
    }
    assert_eq!(fs::read_to_string(&beside).unwrap_or_default(), said);
}

#[test]
fn every_input_is_counted_once() {
    let explanation = explain(&support::small_world());
    let fields = explanation.fields;
    assert_eq!(
        (
            fields.asked,
            fields.prefilled,
            fields.produced,
            fields.merged
        ),
        (2, 5, 2, 7),
        "credit code and new name; old name, number, name, office, account; reservation, licence"
    );
    let inputs: usize = explanation.sources.iter().map(|s| s.used_by.len()).sum();
    let counted = fields.asked + fields.prefilled + fields.produced + fields.merged + fields.stated;
    assert_eq!(u32::try_from(inputs).unwrap(), counted);
    assert_eq!(fields.before, counted, "nobody stated what was before");
}

#[test]
fn materials_are_cut_by_the_one_form_and_by_what_is_looked_up() {
    let explanation = explain(&support::small_world());
    assert_eq!(
        explanation.materials,
        Cut {
            before: Some(12),
            after: 2
        }
    );
    let left = explanation
        .papers
        .iter()
        .filter(|p| p.fate == Fate::Remains);
    let left: Vec<_> = left.map(|paper| paper.material.as_str()).collect();
    assert_eq!(left, ["resolution", "old-seal"]);
    let figures = (
        explanation.steps,
        explanation.trips,
        explanation.working_days,
    );
    let cut = |before, after| Cut {
        before: Some(before),
        after,
    };
    assert_eq!(figures, (cut(4, 1), cut(3, 0), cut(12, 2)));
}

#[test]
fn taking_an_item_away_raises_the_counts() {
    let all = explain(&support::small_world());
    for (item, asked, materials) in [("F01", 1, 1), ("F02", 3, 2), ("F03", 1, 1), ("F05", 1, 0)] {
        let less = explain(&support::contracts_without(item));
        assert_eq!(less.fields.asked, all.fields.asked + asked, "{item}");
        assert_eq!(
            less.materials.after,
            all.materials.after + materials,
            "{item}"
        );
        assert!(less.fields.prefilled < all.fields.prefilled, "{item}");
        assert_eq!(less.fields.before, all.fields.before, "{item}");
    }
}

#[test]
fn a_prefilled_field_says_from_whom_by_which_key_and_under_which_rule() {
    let explanation = explain(&support::small_world());
    let mut names = explanation.sources.iter();
    let name = names.find(|s| s.role == "representative" && s.element == "person.name");
    let Origin::Prefilled {
        item,
        department,
        by,
        legal_basis,
        fresh_for_seconds,
        inserted,
        ..
    } = &name.unwrap().origin
    else {
        panic!("{name:?}");
    };
    assert_eq!((item.as_str(), department.code.as_str()), ("F01", "REG"));
    assert_eq!(by.as_slice(), ["representative.id_number"]);
    assert_eq!(legal_basis, "示例条例第一条");
    assert_eq!((*fresh_for_seconds, *inserted), (3_600, true));
}
