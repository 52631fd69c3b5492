//! Programs that are not ours and that some suites need: `tests/run` finds or fetches them and names
//! them in the environment.

use std::path::PathBuf;

/// Set to `1` by a caller that asks for the embedded suites alone.
const EMBEDDED_ONLY: &str = "ONETHING_EMBEDDED_ONLY";

/// A foreign program or server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// HashiCorp's Consul.
    Consul,
    /// The OpenTelemetry collector `rotel`.
    Rotel,
    /// A gRPC client.
    Grpcurl,
    /// A Python with the packages of `tests/python/requirements.txt`.
    Python,
    /// A PostgreSQL server; its value is a URL.
    Postgres,
    /// The system-call tracer.
    Strace,
}

impl Foreign {
    /// The variable that names it.
    #[must_use]
    pub const fn variable(self) -> &'static str {
        match self {
            Self::Consul => "ONETHING_TEST_CONSUL",
            Self::Rotel => "ONETHING_TEST_ROTEL",
            Self::Grpcurl => "ONETHING_TEST_GRPCURL",
            Self::Python => "ONETHING_TEST_PYTHON",
            Self::Postgres => "ONETHING_TEST_POSTGRES",
            Self::Strace => "ONETHING_TEST_STRACE",
        }
    }

    /// Where it is; `None` only if the caller asked for the embedded suites alone.
    ///
    /// # Panics
    /// When it is not named: a suite that could not run is a failure.
    #[must_use]
    pub fn find(self) -> Option<PathBuf> {
        if std::env::var(EMBEDDED_ONLY).as_deref() == Ok("1") {
            eprintln!("left out: {EMBEDDED_ONLY}=1 asks for the embedded suites alone");
            return None;
        }
        let variable = self.variable();
        match std::env::var_os(variable) {
            Some(value) => Some(value.into()),
            None => panic!(
                "{variable} is not set. `tests/run` sets it; {EMBEDDED_ONLY}=1 asks for the embedded suites alone."
            ),
        }
    }
}
