//! Officers over gRPC: what waits, what they read of it, and deciding it once.

use onething_participant::{DEEMED_REFUSED, Ledger, RETURNED, Reviews};
use onething_proto::participant::{
    DecideRequest, DecideResponse, ListReviewsRequest, ListReviewsResponse, Outcome, Review,
    Verdict, review_service_client::ReviewServiceClient,
    review_service_server::ReviewServiceServer,
};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::office::{GRANT, Office, REGISTER, eventually, key};

fn client(office: &Office) -> ReviewServiceClient<ReviewServiceServer<Reviews>> {
    ReviewServiceClient::new(office.ledger.reviews().unwrap().server())
}

async fn page(office: &Office, request: ListReviewsRequest) -> ListReviewsResponse {
    let answer = client(office).list_reviews(request).await;
    answer.unwrap().into_inner()
}

async fn open(office: &Office) -> Vec<Review> {
    page(office, ListReviewsRequest::default()).await.reviews
}

fn approve(saga: &str, officer: &str) -> DecideRequest {
    DecideRequest {
        key: Some(key(saga, 1).into()),
        verdict: Verdict::Approve.into(),
        officer: officer.to_owned(),
        ..DecideRequest::default()
    }
}

fn refuse(saga: &str, officer: &str) -> DecideRequest {
    DecideRequest {
        verdict: Verdict::Refuse.into(),
        reason: "NOT_QUALIFIED".to_owned(),
        message: "The officer says no.".to_owned(),
        ..approve(saga, officer)
    }
}

async fn decide(office: &Office, request: DecideRequest) -> Result<DecideResponse, Status> {
    let answer = client(office).decide(request).await?;
    Ok(answer.into_inner())
}

fn reason(status: &Status) -> String {
    let details = status.get_error_details();
    details.error_info().unwrap().reason.clone()
}

#[tokio::test]
async fn an_officer_reads_what_was_applied_for_and_until_when() {
    for office in Office::on_each_database().await {
        office
            .file("holder", &key("s", 1), Some((500, "escalate")))
            .await;
        let [review] = &open(&office).await[..] else {
            panic!("one review")
        };
        assert_eq!(review.key, Some(key("s", 1).into()));
        assert_eq!(review.method, GRANT);
        let [field] = &review.fields[..] else {
            panic!("one field")
        };
        let told = [&field.name, &field.role, &field.element, &field.value];
        assert_eq!(told, ["name", "holder", "person.name", "holder"]);
        assert_eq!(review.request, r#"{"name":"holder"}"#);
        assert_eq!(review.opened_at.unwrap().nanos, 100_000);
        assert_eq!(review.due_at.unwrap().nanos, 500_000);
        assert_eq!(review.reasons, ["NOT_QUALIFIED", RETURNED]);
    }
}

#[tokio::test]
async fn the_list_comes_in_pages_the_oldest_first_and_can_be_narrowed() {
    for office in Office::on_each_database().await {
        let names = ["d", "a", "c", "b", "e"];
        for (at, name) in (200..).zip(names) {
            office.set_clock(at);
            let method = if name == "c" { REGISTER } else { GRANT };
            let pending = office.apply(method, name, &key(name, 1), 1, None).await;
            assert!(pending.is_err());
        }
        let (mut seen, mut token) = (Vec::new(), String::new());
        loop {
            let request = ListReviewsRequest {
                page_size: 2,
                page_token: token,
                ..ListReviewsRequest::default()
            };
            let answer = page(&office, request).await;
            assert!(answer.reviews.len() <= 2);
            let sagas = answer.reviews.iter().map(|r| r.key.clone().unwrap().saga);
            seen.extend(sagas);
            token = answer.next_page_token;
            if token.is_empty() {
                break;
            }
        }
        assert_eq!(seen, names);
        for (method, saga, count) in [(REGISTER, "", 1), (GRANT, "", 4), ("", "e", 1)] {
            let request = ListReviewsRequest {
                method: method.to_owned(),
                saga: saga.to_owned(),
                ..ListReviewsRequest::default()
            };
            assert_eq!(page(&office, request).await.reviews.len(), count);
        }
        let wrong = ListReviewsRequest {
            page_token: "made up".to_owned(),
            ..ListReviewsRequest::default()
        };
        let answer = client(&office).list_reviews(wrong).await;
        assert_eq!(answer.unwrap_err().code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn a_refusal_tells_the_applicant_why() {
    for office in Office::on_each_database().await {
        office.file("s", &key("s", 1), None).await;
        let mute = DecideRequest {
            message: " ".to_owned(),
            ..refuse("s", "saran")
        };
        let refused = decide(&office, mute).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert!(
            refused
                .message()
                .contains("a refusal tells the applicant why"),
            "{refused:?}"
        );
        assert_eq!(open(&office).await.len(), 1, "nothing is decided");
    }
}

#[tokio::test]
async fn what_is_decided_or_withdrawn_waits_no_more() {
    for office in Office::on_each_database().await {
        for saga in ["approved", "refused", "withdrawn", "waiting"] {
            office.file(saga, &key(saga, 1), None).await;
        }
        let approved = decide(&office, approve("approved", "saran")).await;
        assert_eq!(approved.unwrap().outcome(), Outcome::Succeeded);
        let refused = decide(&office, refuse("refused", "saran")).await.unwrap();
        assert_eq!(refused.outcome(), Outcome::Refused);
        assert_eq!(refused.refusal.unwrap().reason, "NOT_QUALIFIED");
        office.undo(&key("withdrawn", 1)).await;
        let waiting: Vec<_> = open(&office).await;
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].key.clone().unwrap().saga, "waiting");
        assert_eq!(office.in_force().await, ["approved"]);
    }
}

#[tokio::test]
async fn the_same_decision_again_gets_the_same_answer_and_any_other_conflicts() {
    for office in Office::on_each_database().await {
        office.file("s", &key("s", 1), None).await;
        office.file("unqualified", &key("facts", 1), None).await;
        office.file("r", &key("r", 1), None).await;
        let first = decide(&office, approve("s", "saran")).await.unwrap();
        // An approval that the department's own facts no longer allow is answered as refused.
        let facts = decide(&office, approve("facts", "saran")).await.unwrap();
        assert_eq!(facts.outcome(), Outcome::Refused);
        let returned = DecideRequest {
            verdict: Verdict::Return.into(),
            reason: String::new(),
            ..refuse("r", "saran")
        };
        let went_back = decide(&office, returned.clone()).await.unwrap();
        assert_eq!(went_back.outcome(), Outcome::Returned);
        assert_eq!(went_back.refusal.as_ref().unwrap().reason, RETURNED);

        assert_eq!(decide(&office, approve("s", "saran")).await.unwrap(), first);
        assert_eq!(
            decide(&office, approve("facts", "saran")).await.unwrap(),
            facts
        );
        assert_eq!(decide(&office, returned).await.unwrap(), went_back);
        for other in [
            approve("s", "temur"),
            refuse("s", "saran"),
            refuse("facts", "saran"),
            refuse("r", "saran"),
            approve("r", "saran"),
        ] {
            let conflict = decide(&office, other).await.unwrap_err();
            assert_eq!(conflict.code(), Code::FailedPrecondition);
            assert_eq!(reason(&conflict), "REVIEW_NOT_OPEN");
        }
        // Nothing took effect twice, and an annulment later does not make the answer another one.
        assert_eq!(office.in_force().await, ["s"]);
        office.undo(&key("s", 1)).await;
        assert_eq!(decide(&office, approve("s", "saran")).await.unwrap(), first);
        assert!(office.in_force().await.is_empty());
    }
}

#[tokio::test]
async fn two_officers_at_once_do_not_both_decide() {
    for office in Office::on_each_database().await {
        office.file("s", &key("s", 1), None).await;
        let other = office.another().await;
        let (one, two) = tokio::join!(
            decide(&office, approve("s", "saran")),
            decide(&other, refuse("s", "temur"))
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        let in_force = if one.is_ok() { vec!["s"] } else { vec![] };
        assert_eq!(office.in_force().await, in_force);
    }
}

#[tokio::test]
async fn a_decision_says_who_decides_what_and_why() {
    for office in Office::on_each_database().await {
        office.file("s", &key("s", 1), None).await;
        let wrong = [
            (
                DecideRequest {
                    officer: " ".to_owned(),
                    ..approve("s", "")
                },
                "INVALID_INPUT",
            ),
            (
                DecideRequest {
                    verdict: 0,
                    ..approve("s", "saran")
                },
                "INVALID_INPUT",
            ),
            (
                DecideRequest {
                    reason: String::new(),
                    ..refuse("s", "saran")
                },
                "INVALID_INPUT",
            ),
            (
                DecideRequest {
                    reason: "NOT_IN_THE_MOOD".to_owned(),
                    ..refuse("s", "saran")
                },
                "UNDECLARED_REASON",
            ),
            (
                DecideRequest {
                    key: None,
                    ..approve("s", "saran")
                },
                "INVALID_INPUT",
            ),
            (approve("nobody's", "saran"), "REVIEW_NOT_FOUND"),
        ];
        for (request, why) in wrong {
            let status = decide(&office, request).await.unwrap_err();
            assert_eq!(reason(&status), why);
        }
        assert_eq!(open(&office).await.len(), 1);
    }
}

#[tokio::test]
async fn what_the_law_has_decided_no_officer_decides() {
    for office in Office::on_each_database().await {
        let due = Some((500, "deemed_refused"));
        office.file("s", &key("s", 1), due).await;
        office.set_clock(501);
        let late = decide(&office, approve("s", "saran")).await.unwrap_err();
        assert_eq!(reason(&late), "REVIEW_NOT_OPEN");
        eventually("the law", async || open(&office).await.is_empty()).await;
        let outcome = office.ledger.outcome(&key("s", 1), 1).await.unwrap();
        assert_eq!(outcome.refusal.unwrap().reason, DEEMED_REFUSED);
        assert!(decide(&office, approve("s", "saran")).await.is_err());
    }
}

#[tokio::test]
async fn nobody_is_served_unless_the_department_says_so() {
    let office = Office::on_sqlite().await;
    office.file("s", &key("s", 1), None).await;
    let closed = Ledger::builder(office.test.db.clone()).build();
    assert!(closed.reviews().is_none(), "none of its matters waits");
    let closed = office.without_officers();
    let mut client = ReviewServiceClient::new(closed.reviews().unwrap().server());
    let listed = client.list_reviews(ListReviewsRequest::default()).await;
    assert_eq!(reason(&listed.unwrap_err()), "REVIEWS_CLOSED");
    let decided = client.decide(approve("s", "saran")).await.unwrap_err();
    assert_eq!(decided.code(), Code::PermissionDenied);
    assert_eq!(office.outcome(&key("s", 1)).await, Outcome::Pending);
}
