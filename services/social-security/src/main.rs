//! Social security as a process of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    onething_runtime::run::<onething_social_security::SocialSecurity>()
}
