//! The gateway for callers inside the government: the same cases over gRPC, with our own client and
//! with a foreign one that knows nothing but reflection.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use futures::StreamExt;
use onething_proto::gateway::{
    GetBundleRequest, GetCaseRequest, ListBundlesRequest, SubmitCaseRequest, WatchCaseRequest,
    bundle_service_client::BundleServiceClient, case_service_client::CaseServiceClient,
};
use onething_tests::{Case, Foreign, Happening, Suite};
use prost_types::{Struct, value::Kind};
use serde_json::{Value, json};
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt;

use crate::outcomes::newborn_completed;

/// A form as a protobuf struct.
fn proto(form: &Value) -> Struct {
    let value = |value: &Value| match value {
        Value::String(text) => Kind::StringValue(text.clone()),
        Value::Bool(value) => Kind::BoolValue(*value),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap()),
        Value::Object(_) => Kind::StructValue(proto(value)),
        other => panic!("{other} in a form"),
    };
    let fields = form.as_object().unwrap().iter();
    let fields = fields.map(|(name, member)| {
        (
            name.clone(),
            prost_types::Value {
                kind: Some(value(member)),
            },
        )
    });
    Struct {
        fields: fields.collect(),
    }
}

pub(crate) fn submission(bundle: &str, form: &Value, request_id: &str) -> SubmitCaseRequest {
    SubmitCaseRequest {
        bundle: bundle.to_owned(),
        form: Some(proto(form)),
        request_id: request_id.to_owned(),
        region: String::new(),
    }
}

/// The reason that a status carries, and the fields that it names.
pub(crate) fn reason(status: &Status) -> (Code, String, Vec<String>) {
    let details = status.get_error_details();
    let info = details.error_info().expect("every error says its reason");
    let fields = details
        .bad_request()
        .map(|bad| bad.field_violations.clone())
        .unwrap_or_default();
    (
        status.code(),
        info.reason.clone(),
        fields.into_iter().map(|field| field.field).collect(),
    )
}

pub(crate) async fn channel(suite: &Suite) -> Channel {
    Channel::from_shared(suite.gateway.url())
        .unwrap()
        .connect()
        .await
        .unwrap()
}

#[tokio::test]
async fn a_case_over_grpc_is_the_case_over_rest() {
    let suite = Suite::start().await;
    let rest = suite.client();
    let mut cases = CaseServiceClient::new(channel(&suite).await);
    let form = suite.samples.newborn(&rest).await;

    let answer = cases
        .submit_case(submission("newborn", &form, "once"))
        .await
        .unwrap()
        .into_inner();
    assert!(!answer.duplicate);
    let id = answer.case.unwrap().id;
    let watch = WatchCaseRequest {
        id: id.clone(),
        after: 0,
    };
    let events = cases.watch_case(watch).await.unwrap().into_inner();
    let events: Vec<_> = events.map(Result::unwrap).collect().await;
    let told: Vec<Happening> = rest.events(&id, None).await.collect().await;
    assert_eq!(events.len(), told.len());
    for (event, told) in events.iter().zip(&told) {
        assert_eq!(
            (
                event.sequence,
                event.kind.as_str(),
                event.step.as_str(),
                event.state.as_str()
            ),
            (
                told.sequence(),
                told.kind.as_str(),
                told.step(),
                told.state()
            )
        );
    }
    let late = WatchCaseRequest {
        id: id.clone(),
        after: 3,
    };
    let late = cases.watch_case(late).await.unwrap().into_inner();
    let late: Vec<_> = late.map(Result::unwrap).collect().await;
    assert_eq!(late, events[3..]);

    let case = cases
        .get_case(GetCaseRequest { id: id.clone() })
        .await
        .unwrap();
    let case = case.into_inner().case.unwrap();
    let same = rest.case(&id).await;
    newborn_completed(&suite.departments(), &form, &same).await;
    assert_eq!(
        (case.state.as_str(), case.ended),
        (same.state(), same.ended())
    );
    assert_eq!(case.trace_id, same.trace_id());
    let items: Vec<_> = case
        .items
        .iter()
        .map(|i| (i.step.as_str(), i.state.as_str()))
        .collect();
    assert_eq!(items, same.items());
    for certificate in &case.certificates {
        assert!(same.certified().contains(&certificate.step.as_str()));
    }

    // The same request id is the same case, over REST as well.
    let again = cases
        .submit_case(submission("newborn", &form, "once"))
        .await
        .unwrap()
        .into_inner();
    assert!(again.duplicate);
    assert_eq!(again.case.unwrap().id, id);
    assert_eq!(rest.file_as("newborn", &form, "once").await.id(), id);
    let mut other = form.clone();
    other["child"]["name"] = json!("巴图");
    let status = cases
        .submit_case(submission("newborn", &other, "once"))
        .await
        .unwrap_err();
    assert_eq!(
        reason(&status),
        (Code::AlreadyExists, "REQUEST_ID_REUSED".to_owned(), vec![])
    );
    assert_eq!(suite.journaled_cases().await, 1);
}

#[tokio::test]
async fn bundles_are_listed_and_mistakes_are_named_over_grpc() {
    let suite = Suite::start().await;
    let channel = channel(&suite).await;
    let mut bundles = BundleServiceClient::new(channel.clone());
    let mut cases = CaseServiceClient::new(channel);

    let page = ListBundlesRequest {
        page_size: 1,
        ..ListBundlesRequest::default()
    };
    let page = bundles.list_bundles(page).await.unwrap().into_inner();
    let rest = ListBundlesRequest {
        page_size: 0,
        page_token: page.next_page_token,
        all: false,
    };
    let rest = bundles.list_bundles(rest).await.unwrap().into_inner();
    assert_eq!((page.bundles.len(), rest.next_page_token.as_str()), (1, ""));
    let ids: Vec<_> = page
        .bundles
        .iter()
        .chain(&rest.bundles)
        .map(|b| b.id.as_str())
        .collect();
    assert!(ids.is_sorted() && ids.contains(&"newborn"), "{ids:?}");
    assert!(page.bundles.iter().chain(&rest.bundles).all(|b| b.defined));
    let map = ListBundlesRequest {
        all: true,
        ..ListBundlesRequest::default()
    };
    let map = bundles.list_bundles(map).await.unwrap().into_inner();
    assert!(map.bundles.is_sorted_by_key(|b| &b.id));
    let (defined, announced): (Vec<_>, Vec<_>) = map.bundles.iter().partition(|b| b.defined);
    assert_eq!(defined.len(), ids.len());
    assert_eq!(announced.len(), 15);
    for bundle in &map.bundles {
        assert!(bundle.departments.contains(bundle.lead.as_ref().unwrap()));
        assert!(bundle.departments.iter().all(|d| d.title.is_some()));
        assert_eq!(bundle.defined, bundle.version > 0);
        assert_eq!(bundle.defined, !bundle.fields.is_empty());
    }
    let refused = cases
        .submit_case(submission(&announced[0].id, &json!({}), "announced"))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused).1, "BUNDLE_NOT_DEFINED");
    let newborn = GetBundleRequest {
        id: "newborn".to_owned(),
        region: String::new(),
    };
    let newborn = bundles
        .get_bundle(newborn)
        .await
        .unwrap()
        .into_inner()
        .bundle
        .unwrap();
    assert_eq!(newborn.id, "newborn");
    assert!(
        newborn
            .fields
            .iter()
            .any(|field| field.element == "person.id_number")
    );

    let mut form = suite.samples.newborn(&suite.client()).await;
    let good = form["mother"]["id_number"].as_str().unwrap().to_owned();
    let wrong = if good.ends_with('1') { '2' } else { '1' };
    form["mother"]["id_number"] = json!(format!("{}{wrong}", &good[..17]));
    let status = cases
        .submit_case(submission("newborn", &form, "a"))
        .await
        .unwrap_err();
    let expected = vec!["form.mother.id_number".to_owned()];
    assert_eq!(
        reason(&status),
        (Code::InvalidArgument, "FORM_INVALID".to_owned(), expected)
    );
    assert!(!format!("{status:?}").contains(&good[..17]));

    let status = cases
        .submit_case(submission("newborn", &form, ""))
        .await
        .unwrap_err();
    let expected = vec!["request_id".to_owned()];
    assert_eq!(
        reason(&status),
        (Code::InvalidArgument, "INVALID_INPUT".to_owned(), expected)
    );
    let status = cases
        .submit_case(submission("no-such-thing", &form, "a"))
        .await
        .unwrap_err();
    assert_eq!(
        reason(&status),
        (Code::NotFound, "BUNDLE_UNKNOWN".to_owned(), vec![])
    );
    let status = cases
        .get_case(GetCaseRequest { id: "x".to_owned() })
        .await
        .unwrap_err();
    assert_eq!(
        reason(&status),
        (Code::NotFound, "CASE_UNKNOWN".to_owned(), vec![])
    );
    assert_eq!(suite.journaled_cases().await, 0);
}

/// Runs `grpcurl` and gives what it prints.
fn grpcurl(program: &Path, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .arg("-plaintext")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let (out, err) = (
        output.stdout,
        String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    assert!(output.status.success(), "grpcurl {arguments:?}: {err}");
    String::from_utf8(out).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_client_files_and_follows_a_case_by_reflection() {
    let Some(program) = Foreign::Grpcurl.find() else {
        return;
    };
    let mut suite = Suite::start().await;
    let client = suite.client();
    let gateway = suite.gateway.address().to_string();

    let services = grpcurl(&program, &[&gateway, "list"]);
    for service in [
        "onething.gateway.v1.CaseService",
        "onething.gateway.v1.BundleService",
        "grpc.health.v1.Health",
    ] {
        assert!(
            services.lines().any(|line| line == service),
            "{service}: {services}"
        );
    }
    let health = grpcurl(&program, &[&gateway, "grpc.health.v1.Health/Check"]);
    assert!(health.contains("SERVING"), "{health}");

    let form = suite.samples.newborn(&client).await;
    let request = json!({ "bundle": "newborn", "form": form, "requestId": "foreign" }).to_string();
    let filed = grpcurl(
        &program,
        &[
            "-d",
            &request,
            &gateway,
            "onething.gateway.v1.CaseService/SubmitCase",
        ],
    );
    let filed: Value = serde_json::from_str(&filed).unwrap();
    let id = filed["case"]["id"].as_str().unwrap();
    let watch = json!({ "id": id }).to_string();
    let watched = grpcurl(
        &program,
        &[
            "-d",
            &watch,
            &gateway,
            "onething.gateway.v1.CaseService/WatchCase",
        ],
    );
    assert!(watched.contains("case.ended"), "{watched}");
    let case: Case = client.case(id).await;
    newborn_completed(&suite.departments(), &form, &case).await;

    // Departments speak for themselves as well, those behind the connector included.
    let code = json!({ "idNumber": case.certificate("birth-registration") }).to_string();
    let police = suite.department("public-security").address().to_string();
    let method = "onething.public_security.v1.PublicSecurityService/GetResident";
    let resident = grpcurl(&program, &["-d", &code, &police, method]);
    assert!(
        resident.contains(form["child"]["name"].as_str().unwrap()),
        "{resident}"
    );
    let connector = suite.department("connector").address().to_string();
    let services = grpcurl(&program, &[&connector, "list"]);
    assert!(
        services.contains("onething.health.v1.HealthService"),
        "{services}"
    );
    let described = grpcurl(
        &program,
        &[&connector, "describe", "onething.health.v1.HealthService"],
    );
    assert!(described.contains("IssueBirthCertificate"), "{described}");
}
