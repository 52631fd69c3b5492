//! Calls at the same time.

use std::collections::HashSet;

use onething_participant::Refusal;

use crate::{
    health::certificate_for,
    running::{Served, step},
};

const CALLERS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_birth_is_certified_once_however_many_ask() {
    for served in Served::on_both(&[]).await {
        let mut calls = tokio::task::JoinSet::new();
        for caller in 0..CALLERS {
            let mut health = served.health();
            let saga = format!("saga-{caller}");
            let request = step(&saga, "certificate", certificate_for(&served));
            calls.spawn(async move { health.issue_birth_certificate(request).await });
        }
        let (mut numbers, mut refusals) = (Vec::new(), Vec::new());
        while let Some(answer) = calls.join_next().await {
            match answer.unwrap() {
                Ok(answer) => numbers.push(answer.into_inner().certificate_number),
                Err(status) => refusals.push(Refusal::from_status(&status).unwrap().reason),
            }
        }
        assert_eq!(numbers.len(), 1, "{numbers:?}");
        assert_eq!(refusals, vec!["ALREADY_CERTIFIED"; CALLERS - 1]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn numbers_given_out_at_the_same_time_differ() {
    use onething_proto::post::AcceptParcelRequest;
    for served in Served::on_both(&[]).await {
        let mut calls = tokio::task::JoinSet::new();
        for caller in 0..CALLERS {
            let mut post = served.post();
            let parcel = AcceptParcelRequest {
                address: "内蒙古自治区乌海市海勃湾区".to_owned(),
                content_number: "U150000001".to_owned(),
            };
            let request = step(&format!("saga-{caller}"), "delivery", parcel);
            calls.spawn(async move { post.accept_parcel(request).await });
        }
        let mut numbers = HashSet::new();
        while let Some(answer) = calls.join_next().await {
            numbers.insert(answer.unwrap().unwrap().into_inner().delivery_number);
        }
        assert_eq!(numbers.len(), CALLERS);
    }
}
