//! An open stream of decisions. A department need not send anything before it has something to tell,
//! so the stream counts as open from the start.

use std::time::Duration;

use onething_proto::participant::{
    WatchDecisionsRequest, WatchDecisionsResponse,
    participant_service_client::ParticipantServiceClient,
};
use tokio::{sync::mpsc, task::JoinHandle};
use tonic::{Request, Status, transport::Channel};

/// What a stream brought.
type Brought = Result<Option<WatchDecisionsResponse>, Status>;

/// A stream of decisions. Dropped, it is cancelled.
#[derive(Debug)]
pub(super) struct Decisions {
    brought: mpsc::Receiver<Brought>,
    reading: JoinHandle<()>,
}

impl Decisions {
    /// Opens a stream behind a cursor.
    pub(super) fn open(channel: Channel, coordinator: &str, cursor: &str) -> Self {
        let request = WatchDecisionsRequest {
            coordinator: coordinator.to_owned(),
            cursor: cursor.to_owned(),
        };
        let (sender, brought) = mpsc::channel(1);
        let reading = tokio::spawn(async move {
            // No deadline: the stream stays open.
            let mut client = ParticipantServiceClient::new(channel);
            let mut stream = match client.watch_decisions(Request::new(request)).await {
                Ok(response) => response.into_inner(),
                Err(status) => {
                    let _ = sender.send(Err(status)).await;
                    return;
                }
            };
            loop {
                let message = stream.message().await;
                let ended = !matches!(message, Ok(Some(_)));
                if sender.send(message).await.is_err() || ended {
                    return;
                }
            }
        });
        Self { brought, reading }
    }

    /// The next decision; none of both if none comes in time, an inner none if the stream ends.
    pub(super) async fn next(&mut self, within: Duration) -> Option<Brought> {
        match tokio::time::timeout(within, self.brought.recv()).await {
            Ok(brought) => Some(brought.unwrap_or(Ok(None))),
            Err(_) => None,
        }
    }
}

impl Drop for Decisions {
    fn drop(&mut self) {
        self.reading.abort();
    }
}
