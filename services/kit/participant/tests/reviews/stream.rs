//! The decision log: in commit order, without gap, from every cursor.

use std::{collections::HashSet, time::Duration};

use futures::StreamExt;
use onething_participant::Decision;
use onething_proto::participant::{
    WatchDecisionsRequest, participant_service_client::ParticipantServiceClient,
    participant_service_server::ParticipantService,
};
use tonic::{Code, Request, transport::Channel};

use crate::office::{Office, key};

/// How many reviews concurrent officers decide.
const MANY: usize = 60;

/// Officers of two instances decide many reviews at once.
async fn decide_many(office: &Office) {
    let other = office.another().await;
    for n in 0..MANY {
        office.file("holder", &key(&format!("s{n}"), 1), None).await;
    }
    let officers = (0..6).map(|officer| {
        let office = if officer % 2 == 0 {
            office.clone()
        } else {
            other.clone()
        };
        tokio::spawn(async move {
            for n in (0..MANY).filter(|n| n % 6 == officer) {
                let key = key(&format!("s{n}"), 1);
                let by = format!("officer {officer}");
                office
                    .ledger
                    .decide(&key, Decision::Approve, &by)
                    .await
                    .unwrap();
            }
        })
    });
    for officer in officers.collect::<Vec<_>>() {
        officer.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_deciders_leave_no_gap_for_a_reader_that_follows_live() {
    for office in Office::on_each_database().await {
        let other = office.another().await;
        let following = [office.clone(), other]
            .map(|reader| tokio::spawn(async move { reader.decisions("", MANY).await }));
        decide_many(&office).await;
        let whole = office.decisions("", MANY).await;
        let sagas: HashSet<_> = whole.iter().map(|d| d.key.clone().unwrap().saga).collect();
        assert_eq!(sagas.len(), MANY, "each decision once");
        for reader in following {
            assert_eq!(
                reader.await.unwrap(),
                whole,
                "a live reader saw the same, in order"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_stream_goes_on_from_every_cursor_it_gave_out() {
    for office in Office::on_each_database().await {
        decide_many(&office).await;
        let whole = office.decisions("", MANY).await;
        for (n, decision) in whole.iter().enumerate().take(MANY - 1) {
            let rest = office.decisions(&decision.cursor, MANY - n - 1).await;
            assert_eq!(rest, whole[n + 1..]);
        }
        // Behind the last one it waits for the next.
        let last = whole.last().unwrap().cursor.clone();
        let reader = office.clone();
        let waiting = tokio::spawn(async move { reader.decisions(&last, 1).await });
        let next = key("next", 1);
        office.file("holder", &next, None).await;
        office
            .ledger
            .decide(&next, Decision::Approve, "officer")
            .await
            .unwrap();
        assert_eq!(waiting.await.unwrap()[0].key.as_ref().unwrap().saga, "next");
    }
}

#[tokio::test]
async fn s35_a_decision_before_anyone_watches_is_kept_and_may_be_read_twice() {
    for office in Office::on_each_database().await {
        let key = key("s", 1);
        office.file("holder", &key, None).await;
        office
            .ledger
            .decide(&key, Decision::Approve, "officer")
            .await
            .unwrap();
        let first = office.decisions("", 1).await;
        // Another instance, which was not there when it was decided.
        assert_eq!(office.another().await.decisions("", 1).await, first);
    }
}

#[tokio::test]
async fn a_cursor_that_was_not_given_out_here_is_an_error() {
    for office in Office::on_each_database().await {
        for saga in ["a", "b"] {
            office.file("holder", &key(saga, 1), None).await;
            let approve = Decision::Approve;
            office
                .ledger
                .decide(&key(saga, 1), approve, "officer")
                .await
                .unwrap();
        }
        let given = office.decisions("", 2).await;
        let code = async |coordinator: &str, cursor: &str| match office
            .ledger
            .decisions(coordinator, cursor)
            .await
        {
            Ok(_) => Code::Ok,
            Err(status) => status.code(),
        };
        let (position, seal) = given[1].cursor.split_once('-').unwrap();
        assert_eq!(code("gateway", &given[1].cursor).await, Code::Ok);
        let future = format!("00000000ffff-{seal}");
        assert_eq!(code("gateway", &future).await, Code::OutOfRange);
        let rewritten = format!("{position}-00000000");
        assert_eq!(code("gateway", &rewritten).await, Code::DataLoss);
        assert_eq!(code("gateway", "nonsense").await, Code::InvalidArgument);
        assert_eq!(code("another", &given[0].cursor).await, Code::OutOfRange);
    }
}

#[tokio::test]
async fn a_stopping_department_ends_its_streams_and_loses_nothing() {
    for office in Office::on_each_database().await {
        let key = key("s", 1);
        office.file("holder", &key, None).await;
        let stream = office.ledger.decisions("gateway", "").await.unwrap();
        let reading = tokio::spawn(stream.collect::<Vec<_>>());
        office
            .ledger
            .decide(&key, Decision::Approve, "officer")
            .await
            .unwrap();
        office.ledger.end_streams();
        let read = tokio::time::timeout(Duration::from_secs(30), reading);
        assert_eq!(read.await.unwrap().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn the_service_streams_over_the_wire_and_wants_a_coordinator() {
    for office in Office::on_each_database().await {
        let participant = office.ledger.participant();
        let nameless = participant
            .watch_decisions(Request::new(WatchDecisionsRequest::default()))
            .await;
        assert_eq!(nameless.err().unwrap().code(), Code::InvalidArgument);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        tokio::spawn(
            tonic::transport::Server::builder()
                .add_service(participant.server())
                .serve_with_incoming(incoming),
        );
        let channel = Channel::from_shared(format!("http://{address}")).unwrap();
        let mut client = ParticipantServiceClient::new(channel.connect().await.unwrap());
        let request = WatchDecisionsRequest {
            coordinator: "gateway".to_owned(),
            cursor: String::new(),
        };
        let mut stream = client.watch_decisions(request).await.unwrap().into_inner();
        let key = key("s", 1);
        office.file("holder", &key, None).await;
        office
            .ledger
            .decide(&key, Decision::Approve, "officer")
            .await
            .unwrap();
        let decision = stream.message().await.unwrap().unwrap();
        assert_eq!(vec![decision], office.decisions("", 1).await);
    }
}
