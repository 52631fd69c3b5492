//! How fast the saga engine is, beside what the machine can do in the same run.

use std::process::ExitCode;

fn main() -> ExitCode {
    onething_tests::load::main()
}
