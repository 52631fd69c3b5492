//! A response body that keeps its call's span open until the trailers tell the outcome.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::outcome::Outcome;

/// The body of a traced response.
pub struct TracedBody<B> {
    inner: B,
    outcome: Option<Outcome>,
}

impl<B> TracedBody<B> {
    pub(super) fn new(inner: B, outcome: Option<Outcome>) -> Self {
        Self { inner, outcome }
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for TracedBody<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let this = &mut *self;
        let entered = this
            .outcome
            .as_ref()
            .map(|outcome| outcome.span().clone().entered());
        let frame = ready!(Pin::new(&mut this.inner).poll_frame(cx));
        drop(entered);
        let ended = match (&frame, &mut this.outcome) {
            (Some(Ok(frame)), Some(outcome)) => match frame.trailers_ref() {
                Some(trailers) => {
                    outcome.trailers(trailers);
                    true
                }
                None => false,
            },
            (Some(Err(_)), Some(outcome)) => {
                outcome.broken();
                true
            }
            (None, _) => true,
            (_, None) => false,
        };
        if ended {
            this.outcome = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
