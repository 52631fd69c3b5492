//! One department: its file, proved against its contract.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use onething_declared::Examined;
use onething_proto::{Contracts, annotations::Text, method_path};
use prost_reflect::ServiceDescriptor;

use super::{records::RecordKind, tables::RuleTable};
use crate::{
    declaration::Declaration,
    http::System,
    matter::{Ground, Matter},
};

/// The name under which discovery knows the connector.
const CONNECTOR: &str = "connector";

/// A department behind the connector.
#[derive(Debug)]
pub(crate) struct Department {
    /// Its code, for example `HC`.
    pub(crate) code: String,
    /// The full name of its gRPC service.
    pub(crate) service: String,
    /// Its name.
    pub(crate) title: Option<Text>,
    /// The kinds of records it keeps.
    pub(crate) records: BTreeMap<String, Arc<RecordKind>>,
    /// What it does, in the order of its contract.
    pub(crate) matters: Vec<Arc<Matter>>,
}

impl Department {
    /// Proves a file against the contracts. What is wrong is reported; the result is of use only
    /// when nothing was.
    pub(crate) fn check(
        declared: &Declaration,
        contracts: &Contracts,
        examined: &mut Examined<'_>,
    ) -> Option<Self> {
        let records: BTreeMap<_, _> = declared
            .records
            .iter()
            .map(|(name, declared)| {
                let kind = RecordKind::check(name, declared, examined);
                (name.clone(), Arc::new(kind))
            })
            .collect();
        let tables: BTreeMap<_, _> = declared
            .tables
            .iter()
            .map(|(name, rows)| (name.clone(), RuleTable::check(name, rows, examined)))
            .collect();
        for (name, first) in &declared.sequences {
            if *first.get_ref() < 0 {
                examined.report(
                    first.span(),
                    format!("sequences.{name}"),
                    "a sequence begins with 0 or more",
                );
            }
        }
        let mut systems = BTreeMap::new();
        for (name, system) in &declared.systems {
            let system = System::check(name, system, examined);
            systems.insert(name.clone(), system.map(Arc::new));
        }
        let (service, annotated) = service(declared, contracts, examined)?;
        let ground = Ground {
            contracts,
            department: &annotated.code,
            records: &records,
            tables: &tables,
            sequences: &declared.sequences,
            systems: &systems,
        };
        let mut matters = Vec::new();
        let mut named = HashSet::new();
        for matter in &declared.matters {
            let name = matter.method.get_ref().as_str();
            let span = matter.method.span();
            if !named.insert(name) {
                examined.report(span, name, "there is another matter for this method");
                continue;
            }
            let Some(method) = service.methods().find(|method| method.name() == name) else {
                let known: Vec<_> = service.methods().map(|m| m.name().to_owned()).collect();
                let message = format!(
                    "{} has no method `{name}`; it has {}",
                    service.full_name(),
                    known.join(", ")
                );
                examined.report(span, name, message);
                continue;
            };
            matters.extend(Matter::check(matter, &method, &ground, examined));
        }
        for method in service.methods() {
            if !named.contains(method.name()) {
                examined.report(
                    declared.service.span(),
                    "",
                    format!("there is no matter for {}", method_path(&method)),
                );
            }
        }
        Some(Self {
            code: annotated.code,
            service: service.full_name().to_owned(),
            title: annotated.title,
            records,
            matters: matters.into_iter().map(Arc::new).collect(),
        })
    }
}

fn service(
    declared: &Declaration,
    contracts: &Contracts,
    examined: &mut Examined<'_>,
) -> Option<(ServiceDescriptor, onething_proto::annotations::Department)> {
    let name = declared.service.get_ref();
    let Some(service) = contracts.pool().get_service_by_name(name) else {
        examined.report(
            declared.service.span(),
            "",
            format!("no contract has a service `{name}`"),
        );
        return None;
    };
    match contracts.department(&service) {
        Some(department) if department.served_by == CONNECTOR => Some((service, department)),
        Some(department) => {
            let message = format!("{name} is served by {}", department.served_by);
            examined.report(declared.service.span(), "", message);
            None
        }
        None => {
            let message = format!("the contract does not say which department answers for {name}");
            examined.report(declared.service.span(), "", message);
            None
        }
    }
}
