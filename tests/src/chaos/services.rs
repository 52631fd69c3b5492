//! Every service of the suite out of this one program: started under a service's name, it is that
//! service. So one build holds everything that is killed.

use std::{
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::ExitCode,
};

use onething_runtime::run;

use crate::suite::DEPARTMENTS;

/// What every service's program is called, before its name.
const PREFIX: &str = "onething-";

/// Runs the service under whose name this program was started; none when it has its own.
pub(super) fn as_named() -> Option<ExitCode> {
    let program = PathBuf::from(std::env::args_os().next()?);
    let name = program.file_name()?.to_str()?.strip_prefix(PREFIX)?;
    Some(match name {
        "gateway" => run::<onething_gateway::Gateway>(),
        "identity" => run::<onething_identity::Identity>(),
        "enterprise-registry" => run::<onething_enterprise_registry::EnterpriseRegistry>(),
        "education" => run::<onething_education::Education>(),
        "civil-affairs" => run::<onething_civil_affairs::CivilAffairs>(),
        "social-security" => run::<onething_social_security::SocialSecurity>(),
        "public-security" => run::<onething_public_security::PublicSecurity>(),
        "connector" => run::<onething_connector::Connector>(),
        _ => return None,
    })
}

/// Puts this program under every service's name into a folder.
pub(super) fn programs(folder: &Path) -> std::io::Result<()> {
    let this = std::env::current_exe()?;
    for name in DEPARTMENTS.iter().chain(&["gateway"]) {
        symlink(&this, folder.join(format!("{PREFIX}{name}")))?;
    }
    Ok(())
}
