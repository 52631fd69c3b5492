//! A journal to look at from outside: an engine that says aloud what it acknowledges and calls.

use std::process::ExitCode;

fn main() -> ExitCode {
    onething_tests::power::main()
}
