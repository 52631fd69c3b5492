//! The connector's own service, its statements, and starting again.

use onething_connector::STATEMENTS;
use onething_db::verify_statements;
use onething_proto::connector::ListDepartmentsRequest;

use crate::running::{Served, reason, refused};

#[tokio::test]
async fn departments_are_listed_page_by_page() {
    for served in Served::on_both(&[]).await {
        let mut codes = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListDepartmentsRequest {
                page_size: 2,
                page_token,
            };
            let page = served.connector().list_departments(request).await;
            let page = page.unwrap().into_inner();
            assert!(page.departments.len() <= 2);
            for department in &page.departments {
                assert!(!department.methods.is_empty());
                assert!(department.title.as_ref().is_some_and(|t| !t.zh.is_empty()));
                assert!(department.service.starts_with("onething."));
            }
            codes.extend(page.departments.into_iter().map(|d| d.code));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert!(codes.windows(2).all(|two| two[0] < two[1]), "{codes:?}");
        for code in ["BK", "CO", "EM", "FI", "HC", "HF", "RE", "TX"] {
            assert!(codes.iter().any(|listed| listed == code), "{codes:?}");
        }

        for (request, field) in [
            (
                ListDepartmentsRequest {
                    page_size: -1,
                    page_token: String::new(),
                },
                "page_size",
            ),
            (
                ListDepartmentsRequest {
                    page_size: 0,
                    page_token: "??".to_owned(),
                },
                "page_token",
            ),
        ] {
            let answer = served.connector().list_departments(request).await;
            assert_eq!(refused(answer), reason("INVALID_INPUT", field));
        }
    }
}

#[tokio::test]
async fn a_record_that_is_not_there_is_not_found() {
    for served in Served::on_both(&[]).await {
        let missing = served.record("HC", "birth", "nothing").await;
        assert_eq!(refused(missing), reason("RECORD_NOT_FOUND", ""));
        let nameless = served.record("HC", "", "nothing").await;
        assert_eq!(refused(nameless), reason("INVALID_INPUT", "kind"));
    }
}

#[tokio::test]
async fn every_statement_suits_both_databases() {
    for served in Served::on_both(&[]).await {
        let problems = verify_statements(&served.test.db, STATEMENTS).await;
        assert!(problems.is_empty(), "{problems:#?}");
    }
}

#[tokio::test]
async fn starting_again_changes_no_record() {
    for served in Served::on_both(&[]).await {
        let answer = crate::health::issued(&served, "s").await;
        let record = served.population.expected_births[0].record_number.clone();
        let before = served.record("HC", "birth", &record).await.unwrap();
        let served = served.restarted(&[]).await;
        assert_eq!(served.record("HC", "birth", &record).await.unwrap(), before);
        // The ledger remembers as well.
        assert_eq!(crate::health::issued(&served, "s").await, answer);
    }
}
