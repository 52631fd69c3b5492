//! The two bundles of the catalogue: their forms, graphs and segments.

use onething_bundle::{ActionKind, Bundle, Catalogue, Requirement, Source};

use super::support::bundle;

/// The fields of a form, those that may be left out in brackets.
fn fields(bundle: &Bundle) -> Vec<String> {
    let name = |f: &onething_bundle::FormField| {
        if f.optional {
            format!("[{}]", f.path())
        } else {
            f.path()
        }
    };
    bundle.form.iter().map(name).collect()
}

/// The ids of the steps that a step comes after.
fn after<'b>(bundle: &'b Bundle, step: &str) -> Vec<&'b str> {
    let step = &bundle.steps[bundle.step_index(step).unwrap()];
    step.after
        .iter()
        .map(|s| bundle.steps[*s].id.as_str())
        .collect()
}

#[test]
fn the_newborn_form_asks_three_fields_and_two_that_may_be_left_out() {
    let bundle = bundle("newborn");
    assert_eq!(
        fields(&bundle),
        [
            "mother.id_number",
            "household.follows",
            "child.name",
            "[card.bank]",
            "[delivery.address]"
        ]
    );
    let bank = bundle.form_field("card", "bank").unwrap();
    assert_eq!(bank.requirement, Requirement::Never);
    let address = bundle.form_field("delivery", "address").unwrap();
    let delivery = bundle.step_index("delivery").unwrap();
    assert_eq!(address.requirement, Requirement::When(vec![delivery]));
    let follows = bundle.form_field("household", "follows").unwrap();
    let choices: Vec<_> = follows.choices.iter().map(|c| c.value.as_str()).collect();
    assert_eq!(choices, ["mother", "father"]);
}

#[test]
fn the_relocation_form_asks_six_fields() {
    let bundle = bundle("enterprise-relocation");
    assert_eq!(
        fields(&bundle),
        [
            "enterprise.credit_code",
            "representative.id_number",
            "enterprise.target_registrar",
            "enterprise.target_address",
            "enterprise.premises_right",
            "enterprise.resolution_date"
        ]
    );
}

#[test]
fn newborn_steps_wait_only_for_data_and_for_what_the_bundle_says() {
    let bundle = bundle("newborn");
    let ids: Vec<_> = bundle.steps.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "verify-mother",
            "marriage",
            "verify-father",
            "household",
            "birth-record",
            "maternity-entitlement",
            "birth-certificate",
            "vaccination-record",
            "birth-registration",
            "medical-insurance",
            "social-security-card",
            "maternity-benefit",
            "school-area",
            "delivery"
        ]
    );
    for parallel in [
        "verify-mother",
        "marriage",
        "birth-record",
        "maternity-entitlement",
    ] {
        assert!(after(&bundle, parallel).is_empty(), "{parallel}");
    }
    assert_eq!(after(&bundle, "household"), ["marriage"]);
    assert_eq!(
        after(&bundle, "birth-certificate"),
        [
            "verify-mother",
            "marriage",
            "verify-father",
            "household",
            "birth-record",
            "maternity-entitlement"
        ]
    );
    assert_eq!(
        after(&bundle, "medical-insurance"),
        ["household", "birth-registration"]
    );
    assert_eq!(
        after(&bundle, "social-security-card"),
        ["birth-registration"]
    );
    assert_eq!(
        after(&bundle, "maternity-benefit"),
        ["maternity-entitlement", "birth-certificate"]
    );
    let conditional = bundle.steps.iter().filter(|step| step.conditional);
    let conditional: Vec<_> = conditional.map(|step| step.id.as_str()).collect();
    assert_eq!(conditional, ["maternity-benefit", "delivery"]);
}

#[test]
fn newborn_segments_stand_and_fall_by_themselves_after_the_certificate() {
    let bundle = bundle("newborn");
    let certificate = &bundle.segments[0];
    assert_eq!(certificate.id, "birth-certificate");
    assert_eq!(certificate.steps, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(certificate.pivot, bundle.step_index("birth-certificate"));
    assert!(certificate.after.is_empty() && certificate.partial.is_none());
    let rest = bundle.segments[1..].iter();
    assert!(
        rest.clone()
            .all(|s| s.steps.len() == 1 && !s.after.is_empty())
    );
    let partial: Vec<_> = rest
        .filter_map(|s| Some((s.id.as_str(), s.partial.as_ref()?.id.as_str())))
        .collect();
    assert_eq!(
        partial,
        [
            ("vaccination-record", "without-vaccination-record"),
            ("birth-registration", "without-registration"),
            ("medical-insurance", "without-medical-insurance"),
            ("social-security-card", "without-social-security-card")
        ]
    );
    let insurance = bundle
        .segments
        .iter()
        .find(|s| s.id == "medical-insurance")
        .unwrap();
    let registration = bundle
        .segments
        .iter()
        .position(|s| s.id == "birth-registration");
    assert!(insurance.after.contains(&registration.unwrap()));
    assert!(
        bundle
            .partial("without-medical-insurance")
            .unwrap()
            .owner
            .zh
            .contains("医保")
    );
}

#[test]
fn relocation_is_one_segment_up_to_the_licence() {
    let bundle = bundle("enterprise-relocation");
    let licence = &bundle.segments[0];
    assert_eq!(licence.steps, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(licence.pivot, bundle.step_index("register-relocation"));
    assert!(bundle.segments.iter().all(|s| s.partial.is_none()));
    let checks = [
        "verify-representative",
        "check-enterprise",
        "listings",
        "equity-freeze",
        "insured-unit",
        "tax-clearance",
    ];
    assert_eq!(after(&bundle, "lock-record"), checks);
    assert_eq!(after(&bundle, "accept-relocation"), checks);
    assert_eq!(
        after(&bundle, "approve-release"),
        ["lock-record", "accept-relocation"]
    );
    assert_eq!(
        after(&bundle, "register-relocation"),
        ["accept-relocation", "transfer-archive"]
    );
    for segment in &bundle.segments[1..] {
        let step = &bundle.steps[segment.steps[0]];
        assert_eq!(
            (step.kind, segment.steps.len()),
            (ActionKind::Forward, 1),
            "{}",
            step.id
        );
        let unit = step.id.ends_with("insurance-transfer");
        let must: &[&str] = if unit {
            &["insured-unit", "register-relocation"]
        } else {
            &["register-relocation"]
        };
        assert_eq!(after(&bundle, &step.id), must);
    }
    assert_eq!(
        (bundle.before.steps, bundle.before.trips),
        (Some(7), Some(2))
    );
}

#[test]
fn titles_are_in_three_languages() {
    let mongolian = |text: &str| {
        text.chars().any(|c| ('\u{1820}'..='\u{1842}').contains(&c))
            && !text.chars().any(|c| c.is_ascii_alphabetic())
    };
    for id in ["newborn", "enterprise-relocation"] {
        let bundle = bundle(id);
        let partial = bundle.segments.iter().filter_map(|s| s.partial.as_ref());
        let texts: Vec<_> = std::iter::once(&bundle.title)
            .chain(bundle.roles.iter().map(|r| &r.title))
            .chain(bundle.steps.iter().map(|s| &s.title))
            .chain(bundle.results.iter().map(|r| &r.title))
            .chain(partial.flat_map(|p| [&p.title, &p.owner, &p.next]))
            .collect();
        for text in texts {
            assert!(mongolian(&text.mn), "{}", text.en);
            assert!(text.en.is_ascii() && !text.en.is_empty(), "{}", text.en);
            assert!(text.zh.chars().any(|c| c > '\u{4e00}'), "{}", text.en);
        }
    }
}

#[test]
fn a_bundle_can_be_shared_by_threads() {
    fn shared<T: Send + Sync + 'static>() {}
    shared::<Bundle>();
    shared::<Catalogue>();
}

/// Follow-ups may overtake each other: each takes the serial of the registration that it follows from.
#[test]
fn what_follows_a_registration_takes_its_serial() {
    for (id, register, followers) in [
        ("enterprise-relocation", "register-relocation", 6),
        ("enterprise-info-change", "register-change", 7),
        ("individual-to-enterprise", "register-conversion", 7),
    ] {
        let bundle = bundle(id);
        let registry = bundle.step_index(register).unwrap();
        let inputs = bundle.steps.iter().flat_map(|step| &step.inputs);
        let serials: Vec<_> = inputs
            .filter(|input| input.field.name() == "registration_serial")
            .map(|input| &input.source)
            .collect();
        let told = Source::Step {
            step: registry,
            field: "registration_serial".to_owned(),
        };
        assert_eq!(serials, vec![&told; followers], "{id}");
    }
}
