//! `/v1/cases/{id}/events`: what happens to a case, as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::HeaderMap,
    response::{
        Sse,
        sse::{Event, KeepAlive},
    },
};
use futures::{Stream, StreamExt};

use super::{
    problem::{FieldProblem, Problem},
    segment::Segment,
};
use crate::cases::Cases;

/// A proxy that sees nothing for a while takes the connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Everything since the event that the caller saw last (`Last-Event-ID`), then live; ends with the
/// case.
pub(super) async fn follow(
    State(cases): State<Cases>,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let after = match headers
        .get("last-event-id")
        .map(|v| v.to_str().map(str::parse))
    {
        None => 0,
        Some(Ok(Ok(after))) => after,
        Some(_) => {
            let errors = vec![FieldProblem::new(
                "Last-Event-ID",
                "TYPE",
                "must be a number",
            )];
            return Err(Problem::new("PARAMETER_INVALID", "nothing is streamed").with(errors));
        }
    };
    let happenings = cases.follow(&id, after).await?;
    // After an error the stream ends; the caller comes back with the last id it saw.
    let events = happenings
        .take_while(|h| std::future::ready(h.is_ok()))
        .filter_map(async |h| {
            let happening = h.ok()?;
            let event = Event::default()
                .id(happening.sequence.to_string())
                .event(happening.kind.clone())
                .json_data(&happening);
            event.ok().map(Ok)
        });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}
