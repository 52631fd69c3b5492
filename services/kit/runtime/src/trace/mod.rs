//! Spans of calls, on both sides, and the trace context between them (W3C Trace Context). Where spans
//! go is telemetry's business; what happens inside a handler is the handler's.

mod body;
mod carrier;
mod layer;
mod outcome;
mod span;

pub use layer::{Trace, TraceLayer};
pub use span::current_trace_id;

pub(crate) use span::{record_route, record_server};
