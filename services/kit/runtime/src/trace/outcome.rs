//! How a call ended, written into its span exactly once.

use http::{HeaderMap, StatusCode};
use tonic::{Code, Status};
use tracing::Span;

/// Which side of a call a span stands for, and in which protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    GrpcClient,
    GrpcServer,
    HttpServer,
}

/// The ending of a call that is not yet known. Dropped without one, the call was given up.
pub(super) struct Outcome {
    span: Span,
    kind: Kind,
    known: bool,
}

impl Outcome {
    pub(super) fn new(span: Span, kind: Kind) -> Self {
        Self {
            span,
            kind,
            known: false,
        }
    }

    pub(super) fn span(&self) -> &Span {
        &self.span
    }

    /// Takes what a response's head says: all of it for HTTP, for gRPC only if there is no body.
    pub(super) fn head(&mut self, status: StatusCode, headers: &HeaderMap) {
        if self.kind == Kind::HttpServer {
            self.known = true;
            self.span
                .record("http.response.status_code", status.as_u16());
            if status.is_server_error() {
                self.span.record("otel.status_code", "ERROR");
            }
        } else if status != StatusCode::OK {
            self.status(Code::Unknown);
        } else {
            self.trailers(headers);
        }
    }

    /// Takes the gRPC status out of trailers, if it is there.
    pub(super) fn trailers(&mut self, trailers: &HeaderMap) {
        if self.kind != Kind::HttpServer
            && let Some(status) = Status::from_header_map(trailers)
        {
            self.status(status.code());
        }
    }

    /// The transport failed before the call's end.
    pub(super) fn broken(&mut self) {
        self.status(Code::Unavailable);
    }

    fn status(&mut self, code: Code) {
        if self.known {
            return;
        }
        self.known = true;
        if self.kind == Kind::HttpServer {
            self.span.record("otel.status_code", "ERROR");
            return;
        }
        self.span.record("rpc.response.status_code", name(code));
        self.span.record("rpc.status_code", name(code));
        if self.is_error(code) {
            self.span.record("otel.status_code", "ERROR");
        }
    }

    /// The conventions hold a server to fewer errors: a caller's mistake is not its own.
    fn is_error(&self, code: Code) -> bool {
        match self.kind {
            Kind::GrpcClient => code != Code::Ok,
            Kind::GrpcServer | Kind::HttpServer => matches!(
                code,
                Code::Unknown
                    | Code::DeadlineExceeded
                    | Code::Unimplemented
                    | Code::Internal
                    | Code::Unavailable
                    | Code::DataLoss
            ),
        }
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        if !self.known && self.kind != Kind::HttpServer {
            self.known = true;
            // Giving up is how streams end, so it is no error.
            self.span
                .record("rpc.response.status_code", name(Code::Cancelled));
            self.span.record("rpc.status_code", name(Code::Cancelled));
        }
    }
}

/// The code's name as gRPC writes it.
fn name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}
