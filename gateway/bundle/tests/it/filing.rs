//! A case of the two bundles on paper: its form, the requests of its steps, its results.

use std::collections::BTreeMap;

use onething_bundle::{Bundle, Form, FormProblem, Omission, Prepared};
use onething_elements::Dictionary;
use prost_reflect::{DynamicMessage, Value};
use serde_json::json;

use super::support::bundle;

/// The answers of a case so far.
struct Answers<'b> {
    bundle: &'b Bundle,
    given: BTreeMap<usize, DynamicMessage>,
}

impl<'b> Answers<'b> {
    fn new(bundle: &'b Bundle) -> Self {
        Self {
            bundle,
            given: BTreeMap::new(),
        }
    }

    fn give(mut self, step: &str, fields: &[(&str, Value)]) -> Self {
        let step = self.bundle.step_index(step).unwrap();
        let mut message = DynamicMessage::new(self.bundle.steps[step].answer().unwrap());
        for (field, value) in fields {
            message.try_set_field_by_name(field, value.clone()).unwrap();
        }
        self.given.insert(step, message);
        self
    }

    fn request(&self, step: &str, form: &Form) -> Prepared {
        let step = self.bundle.step_index(step).unwrap();
        self.bundle
            .request(step, form, &|s| self.given.get(&s).cloned())
            .unwrap()
    }

    /// The request as JSON.
    fn call(&self, step: &str, form: &Form) -> serde_json::Value {
        match self.request(step, form) {
            Prepared::Call(message) => serde_json::to_value(message).unwrap(),
            Prepared::Each(_) => panic!("{step} is repeated"),
            Prepared::Omit { why } => panic!("{step} is left out: {why}"),
        }
    }
}

fn text(value: &str) -> Value {
    Value::String(value.to_owned())
}

const MOTHER: &str = "152525198802299995";
const FATHER: &str = "150302196603159977";

fn newborn_form(bundle: &Bundle) -> Form {
    let form = json!({
        "mother": {"id_number": " 152525198802299995"},
        "child": {"name": "乌兰"},
        "household": {"follows": "mother"},
    });
    bundle.check_form(&form).unwrap()
}

#[test]
fn requests_are_built_from_form_and_answers() {
    let bundle = bundle("newborn");
    let form = newborn_form(&bundle);
    let answers = Answers::new(&bundle)
        .give("verify-mother", &[("name", text("其其格"))])
        .give("marriage", &[("spouse_id_number", text(FATHER))])
        .give("verify-father", &[("name", text("巴特尔"))])
        .give("birth-record", &[("record_number", text("R-1"))]);
    assert_eq!(
        answers.call("verify-mother", &form),
        json!({"idNumber": MOTHER})
    );
    assert_eq!(
        answers.call("verify-father", &form),
        json!({"idNumber": FATHER})
    );
    assert_eq!(
        answers.call("household", &form),
        json!({"motherIdNumber": MOTHER, "fatherIdNumber": FATHER, "follows": "mother"})
    );
    assert_eq!(
        answers.call("birth-certificate", &form),
        json!({
            "recordNumber": "R-1",
            "childName": "乌兰",
            "motherIdNumber": MOTHER,
            "motherName": "其其格",
            "fatherIdNumber": FATHER,
            "fatherName": "巴特尔",
        })
    );
}

#[test]
fn conditions_and_optional_fields_decide_what_is_sent() {
    let bundle = bundle("newborn");
    let form = newborn_form(&bundle);
    let answers = Answers::new(&bundle)
        .give(
            "birth-certificate",
            &[("certificate_number", text("A123456789"))],
        )
        .give("birth-registration", &[("id_number", text("x"))])
        .give("maternity-entitlement", &[("entitled", Value::Bool(true))]);
    assert_eq!(
        answers.call("maternity-benefit", &form),
        json!({"idNumber": MOTHER, "birthCertificateNumber": "A123456789"})
    );
    let card = answers.call("social-security-card", &form);
    assert_eq!(card, json!({"idNumber": "x", "name": "乌兰"}));
    let delivery = answers.request("delivery", &form);
    assert!(matches!(
        delivery,
        Prepared::Omit {
            why: Omission::Condition { .. }
        }
    ));

    let answers = answers.give("maternity-entitlement", &[("entitled", Value::Bool(false))]);
    let benefit = answers.request("maternity-benefit", &form);
    assert!(matches!(
        benefit,
        Prepared::Omit {
            why: Omission::Condition { .. }
        }
    ));

    let mut wishes = serde_json::to_value(&form).unwrap();
    wishes["card"] = json!({"bank": "ccb"});
    wishes["delivery"] = json!({"address": "呼和浩特市新城区一号"});
    let form = bundle.check_form(&wishes).unwrap();
    assert_eq!(answers.call("social-security-card", &form)["bank"], "ccb");
    assert_eq!(
        answers.call("delivery", &form),
        json!({"address": "呼和浩特市新城区一号", "contentNumber": "A123456789"})
    );
}

#[test]
fn results_are_those_of_steps_that_answered() {
    let bundle = bundle("newborn");
    let answers = Answers::new(&bundle)
        .give(
            "birth-certificate",
            &[("certificate_number", text("A123456789"))],
        )
        .give("school-area", &[("school", text("第一小学"))]);
    let results = bundle.results(&|step| answers.given.get(&step).cloned());
    let values: Vec<_> = results
        .iter()
        .map(|(r, v)| (r.title.en.as_str(), v.as_str()))
        .collect();
    let school = Dictionary::standard()
        .get("school.name")
        .unwrap()
        .titles()
        .en
        .as_str();
    assert_eq!(
        values,
        [
            ("Medical certificate of birth", "A123456789"),
            (school, "第一小学")
        ]
    );
}

#[test]
fn a_form_is_checked_as_a_whole_and_keeps_its_spelling_as_json() {
    let bundle = bundle("newborn");
    let wrong = json!({
        "mother": {"id_number": "152525198802299996", "age": 30},
        "child": {"name": 7},
        "card": {"bank": "none"},
        "delivery": {"address": "  "},
        "uncle": {"name": "x"},
    });
    let problems = bundle.check_form(&wrong).unwrap_err();
    let mut found: Vec<_> = problems
        .iter()
        .map(|p: &FormProblem| (p.field.as_str(), p.code.as_str()))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [
            ("card.bank", "CHOICE"),
            ("child.name", "WRONG_TYPE"),
            ("household.follows", "MISSING"),
            ("mother.age", "UNKNOWN_FIELD"),
            ("mother.id_number", "CHECK_DIGIT"),
            ("uncle", "UNKNOWN_FIELD")
        ]
    );
    assert!(!format!("{problems:?}").contains("19880229"));

    let form = newborn_form(&bundle);
    let json = serde_json::to_string(&form).unwrap();
    assert_eq!(serde_json::from_str::<Form>(&json).unwrap(), form);
    assert!(json.contains(MOTHER), "{json}");
    assert!(!format!("{form:?}").contains(MOTHER));

    for (wrong, field) in [
        (json!(null), ""),
        (json!([]), ""),
        (json!({"mother": 1}), "mother"),
    ] {
        let problems = bundle.check_form(&wrong).unwrap_err();
        let problem = problems.iter().find(|p| p.code == "WRONG_TYPE").unwrap();
        assert_eq!(problem.field, field);
    }
}

#[test]
fn samples_are_resolved_and_pass_the_form_s_own_check() {
    let samples = json!({
        "family": {
            "mother": {"id_number": MOTHER},
            "child": {"name": "乌兰"},
            "household": {"address": "呼和浩特市新城区一号"},
        },
        "enterprise": {
            "credit_code": "91150105YYYY00012D",
            "legal_representative": {"id_number": FATHER},
            "target_registrar": "150602",
            "target_address": "鄂尔多斯市东胜区一号",
            "premises_right": "leased",
            "resolution_date": "2026-05-29",
        },
    });
    for id in ["newborn", "enterprise-relocation"] {
        let bundle = bundle(id);
        let form = bundle.sample_form(&samples).unwrap();
        let checked = bundle.check_form(&form).unwrap();
        assert_eq!(checked.iter().count(), bundle.form.len(), "{id}");
    }
    let missing = bundle("newborn").sample_form(&json!({})).unwrap_err();
    assert!(missing.path.starts_with("$family."), "{missing}");
}
