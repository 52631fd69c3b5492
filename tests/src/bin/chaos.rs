//! Kills gateways and departments under load, and counts what that did to the cases.

use std::process::ExitCode;

fn main() -> ExitCode {
    onething_tests::chaos::main()
}
