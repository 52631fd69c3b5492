//! No asked field could be given by a shared item: every bundle of the catalogue, and every choice and
//! order of the small world's steps.

use std::collections::BTreeSet;

use onething_bundle::{Bundle, Catalogue, Code, FormField, Requirement, load_str};
use onething_elements::Dictionary;
use onething_proto::Contracts;
use onething_proto::annotations::ActionKind;

use super::support;

type Fact = (String, String);

/// What some item that is about one role gives of a role, if it is asked by what is known of it.
/// Written without the planner's own code, on the contracts alone.
fn given_by(
    contracts: &Contracts,
    role: &str,
    known: &BTreeSet<Fact>,
    wanted: &str,
) -> Option<String> {
    let items = contracts.actions().filter_map(|(method, action)| {
        let share = contracts.share(&method)?;
        (action.kind() == ActionKind::Query && !action.decides_later).then_some((method, share))
    });
    for (method, share) in items {
        let mut about = BTreeSet::new();
        let mut answerable = true;
        for field in method.input().fields().filter(|f| !f.supports_presence()) {
            let Some(carried) = contracts.element(&field) else {
                answerable = false;
                continue;
            };
            answerable &= known.contains(&(role.to_owned(), carried.element.clone()));
            about.insert(carried.role);
        }
        let same = about.len() == 1
            && method.output().fields().any(|field| {
                contracts.element(&field).is_some_and(|carried| {
                    about.contains(&carried.role)
                        && carried.element == wanted
                        && share.proves.contains(&carried.element)
                })
            });
        if answerable && same {
            return Some(share.id);
        }
    }
    None
}

/// Fields that are asked although an item gives them, by keys that are asked in any case.
fn needless(bundle: &Bundle, contracts: &Contracts) -> Vec<String> {
    let always = |f: &&FormField| f.requirement == Requirement::Always;
    let fact = |f: &FormField| (f.role.clone(), f.element.clone());
    let asked: BTreeSet<Fact> = bundle.form.iter().filter(always).map(fact).collect();
    let needless = bundle.form.iter().filter(|field| {
        // Asked on purpose, or because the item would come too late: the plan says so.
        if bundle.plan.spared.contains_key(&fact(field)) {
            return false;
        }
        let mut others = asked.clone();
        others.remove(&fact(field));
        given_by(contracts, &field.role, &others, &field.element).is_some()
    });
    needless.map(FormField::path).collect()
}

#[test]
fn no_bundle_asks_what_an_item_gives() {
    let contracts = Contracts::standard();
    let catalogue = Catalogue::embedded(contracts, Dictionary::standard()).unwrap();
    for bundle in catalogue.iter() {
        assert!(
            needless(bundle, contracts).is_empty(),
            "{}: {:?}",
            bundle.id,
            needless(bundle, contracts)
        );
    }
}

const STEPS: [(&str, &str); 4] = [
    ("reserve", "shared.v1.RegistryService/ReserveName"),
    ("register", "shared.v1.RegistryService/RegisterChange"),
    ("tax", "shared.v1.TaxService/UpdateTaxpayer"),
    ("account", "shared.v1.BankService/RenameAccount"),
];

/// The small world's bundle with some of its steps, in this order; its sample fills in what is asked.
fn with_steps(steps: &[usize], contracts: &Contracts) -> Bundle {
    let written = include_str!("../shared/renaming.toml");
    let (head, rest) = written.split_once("[[step]]").unwrap();
    let (_, tail) = rest.split_once("[[segment]]").unwrap();
    let segment = tail.split("[[result]]").next().unwrap();
    let mut text = head.to_owned();
    for step in steps {
        let (id, call) = STEPS[*step];
        text.push_str(&format!("[[step]]\nid = \"{id}\"\ncall = \"{call}\"\n\n"));
    }
    if steps.contains(&1) && steps.contains(&3) {
        text.push_str(&format!("[[segment]]{segment}"));
    }
    text.push_str("[sample.form]\n");
    // What is missing says itself; so does a role that no step speaks of.
    for _ in 0..5 {
        let mistakes = match load_str("some.toml", &text, contracts, Dictionary::standard()) {
            Ok(bundle) => return bundle,
            Err(mistakes) => mistakes,
        };
        for mistake in mistakes {
            let name = mistake.message.split('`').nth(1).unwrap().to_owned();
            match mistake.code {
                Code::SampleMissing => text.push_str(&format!("{name} = \"{}\"\n", value(&name))),
                Code::UnusedRole => {
                    let start = text.find(&format!("[roles.{name}]")).unwrap();
                    let end = text[start..].find("\n\n").unwrap() + start;
                    text.replace_range(start..end, "");
                }
                Code::UnusedMaterial => {
                    let start = text
                        .find(&format!("[[material]]\nid = \"{name}\""))
                        .unwrap();
                    let end = text[start..].find("\n\n").unwrap() + start;
                    text.replace_range(start..end, "");
                }
                _ => panic!("{steps:?}: {mistake}"),
            }
        }
    }
    panic!("{steps:?} does not load:\n{text}");
}

fn value(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("credit_code") => "91150105YYYY00012D",
        Some("id_number") => "150302196603159977",
        _ => "X-1",
    }
}

fn orders(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (at, first) in of.iter().enumerate() {
        let mut rest = of.to_vec();
        rest.remove(at);
        for mut order in orders(&rest) {
            order.insert(0, *first);
            all.push(order);
        }
    }
    all
}

#[test]
fn no_choice_and_no_order_of_steps_asks_what_an_item_gives() {
    let contracts = support::small_world();
    for chosen in 1_u32..16 {
        let steps: Vec<usize> = (0..4).filter(|step| chosen & (1 << step) != 0).collect();
        let has = |step: usize| steps.contains(&step);
        // Without the registration the tax record would be updated beside what can be refused.
        if has(2) && !has(1) && (has(0) || has(3)) {
            continue;
        }
        let mut forms = BTreeSet::new();
        for order in orders(&steps) {
            let bundle = with_steps(&order, &contracts);
            assert!(needless(&bundle, &contracts).is_empty(), "{order:?}");
            // Every query is there for somebody, and nothing asks a query more than is asked anyway.
            for query in &bundle.plan.inserted {
                let used = bundle.steps.iter().any(|step| step.after.contains(query));
                assert!(used, "{order:?}: {}", bundle.steps[*query].id);
            }
            let mut form: Vec<String> = bundle.form.iter().map(FormField::path).collect();
            form.sort();
            forms.insert(form);
        }
        assert_eq!(
            forms.len(),
            1,
            "{steps:?} asks something else in another order"
        );
    }
}
