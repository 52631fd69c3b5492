//! One case, one trace: from the REST call over the saga to every department's database, collected
//! by a real collector.

use std::collections::{BTreeMap, BTreeSet};

use onething_tests::{Case, Collector, DEPARTMENTS, Foreign, Plan, Receiver, Span, eventually};

use crate::outcomes::newborn_completed;

/// Whether a trace is whole: it has one root, and every other span's parent is there.
fn whole(spans: &[Span]) -> bool {
    let ids: BTreeSet<_> = spans.iter().map(|span| span.id.as_str()).collect();
    let roots = spans.iter().filter(|span| span.parent.is_empty()).count();
    let orphans = spans
        .iter()
        .filter(|s| !s.parent.is_empty() && !ids.contains(s.parent.as_str()));
    roots == 1 && orphans.count() == 0
}

/// The departments that the bundle's steps call, by process.
fn called() -> BTreeSet<String> {
    onething_tests::bundle_steps("newborn")
        .into_iter()
        .map(|step| step.served_by)
        .collect()
}

#[tokio::test]
async fn a_newborns_case_is_one_trace_across_all_departments() {
    let Some(program) = Foreign::Rotel.find() else {
        return;
    };
    let receiver = Receiver::start().await;
    let collector = Collector::start(&program, &receiver.url()).await;
    let suite = Plan::default()
        .set("TELEMETRY__OTLP_ENDPOINT", collector.url())
        .start()
        .await;
    let client = suite.client();
    let form = suite.samples.newborn(&client).await;
    let case = client.file("newborn", &form).await;
    let case = client.ended(case.id()).await;

    let departments = called();
    assert!(departments.len() >= 5, "{departments:?}");
    let trace = case.trace_id();
    let spans = eventually("the whole trace arrives", async || {
        let all = receiver.spans().into_iter();
        let spans: Vec<_> = all.filter(|span| span.trace_id == trace).collect();
        let heard: BTreeSet<_> = spans.iter().map(|span| span.service.clone()).collect();
        (whole(&spans) && departments.is_subset(&heard)).then_some(spans)
    })
    .await;

    edges(&spans, &departments);
    databases(&spans, &departments);
    one_trace(&receiver.spans(), &case);
    let roots: Vec<_> = spans.iter().filter(|span| span.parent.is_empty()).collect();
    let [root] = roots.as_slice() else {
        panic!("{roots:#?}")
    };
    assert_eq!((root.service.as_str(), root.server), ("gateway", true));
    for (key, value) in [
        ("http.request.method", "POST"),
        ("http.route", "/v1/cases"),
        ("http.response.status_code", "202"),
    ] {
        assert_eq!(root.attribute(key), value, "{root:#?}");
    }

    newborn_completed(&suite.departments(), &form, &case).await;
    nothing_personal(&receiver.spans(), &suite.samples.population, &case);
}

/// Every department answers a call that the gateway made, and its answering span says so.
fn edges(spans: &[Span], departments: &BTreeSet<String>) {
    let by_id: BTreeMap<_, _> = spans.iter().map(|span| (span.id.as_str(), span)).collect();
    let mut edges = BTreeSet::new();
    for span in spans
        .iter()
        .filter(|span| span.server && !span.parent.is_empty())
    {
        let parent = by_id[span.parent.as_str()];
        assert_eq!(
            parent.name, span.name,
            "the caller's span and the department's name one method"
        );
        edges.insert((parent.service.clone(), span.service.clone()));
    }
    let expected: BTreeSet<_> = departments
        .iter()
        .map(|department| ("gateway".to_owned(), department.clone()))
        .collect();
    assert_eq!(edges, expected);
}

/// Under each department's answering span there is work of its own database.
fn databases(spans: &[Span], departments: &BTreeSet<String>) {
    let by_id: BTreeMap<_, _> = spans.iter().map(|span| (span.id.as_str(), span)).collect();
    let under_server = |span: &Span| {
        let mut at = span;
        while let Some(parent) = by_id.get(at.parent.as_str()) {
            if parent.service != span.service {
                return false;
            }
            if parent.server {
                return true;
            }
            at = parent;
        }
        false
    };
    let database = spans
        .iter()
        .filter(|s| s.attribute("db.system.name") == "sqlite");
    let with: BTreeSet<_> = database
        .filter(|span| under_server(span))
        .map(|span| span.service.clone())
        .collect();
    let missing: Vec<_> = departments.difference(&with).collect();
    assert_eq!(
        missing,
        Vec::<&String>::new(),
        "departments without a database span"
    );
}

/// No department did anything for this case in another trace.
fn one_trace(spans: &[Span], case: &Case) {
    let elsewhere: Vec<_> = spans
        .iter()
        .filter(|span| DEPARTMENTS.contains(&span.service.as_str()) && span.server)
        .filter(|span| span.trace_id != case.trace_id())
        .collect();
    assert_eq!(elsewhere.len(), 0, "{elsewhere:#?}");
}

/// No span carries a resident number or a name.
fn nothing_personal(spans: &[Span], population: &onething_population::Population, case: &Case) {
    let family = population.sample_family().unwrap();
    let mut secrets: Vec<_> = population
        .persons
        .iter()
        .map(|p| p.id_number.clone())
        .collect();
    secrets.extend([
        family.mother.name.clone(),
        family.father.name.clone(),
        family.child_name,
    ]);
    secrets.push(case.certificate("birth-registration").to_owned());
    for span in spans {
        let texts = span.attributes.iter().flat_map(|(key, value)| [key, value]);
        for text in texts.chain([&span.name]) {
            let told = secrets.iter().any(|secret| text.contains(secret));
            assert!(
                !told,
                "{} of {} tells who it is about",
                span.name, span.service
            );
        }
    }
}
