//! The departments that the contracts know.

use onething_proto::Contracts;
use prost_reflect::ServiceDescriptor;
use toml::Spanned;

use crate::diagnostic::{Code, Mistakes};
use crate::model::Department;
use crate::syntax::instead;

/// The department that answers for a service.
pub(super) fn department(contracts: &Contracts, service: &ServiceDescriptor) -> Option<Department> {
    let stated = contracts.department(service)?;
    Some(Department {
        title: stated.title.as_ref().map(Into::into).unwrap_or_default(),
        code: stated.code,
        served_by: stated.served_by,
    })
}

/// The department with a code, or a mistake.
pub(super) fn lead(
    contracts: &Contracts,
    code: &Spanned<String>,
    mistakes: &mut Mistakes,
) -> Option<Department> {
    let services = contracts.pool().services();
    let known: Vec<_> = services.filter_map(|s| department(contracts, &s)).collect();
    let codes: std::collections::BTreeSet<_> = known.iter().map(|d| d.code.as_str()).collect();
    let found = known.iter().find(|d| d.code == *code.get_ref()).cloned();
    if found.is_none() {
        mistakes.add(
            Code::UnknownDepartment,
            code.span(),
            format!("no contract knows a department `{}`", code.get_ref()),
            instead(code.get_ref(), codes, "there are none"),
        );
    }
    found
}
