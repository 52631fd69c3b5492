//! A department as its descriptors tell it: its actions, and what each may answer.

use onething_proto::{Contracts, annotations::ActionKind, method_path};
use prost_reflect::MethodDescriptor;

use super::reflection::Offered;

/// The participant's own service, which every department serves beside its own.
pub(super) const PARTICIPANT: &str = "onething.participant.v1.ParticipantService";

/// A department.
#[derive(Debug)]
pub(super) struct Department {
    /// The full names of the services that it serves.
    pub(super) services: Vec<String>,
    /// Its actions that are checked.
    pub(super) matters: Vec<Matter>,
    /// Methods whose `action` option is there but says no kind.
    pub(super) without_kind: Vec<String>,
    contracts: Contracts,
}

/// One action.
#[derive(Debug, Clone)]
pub(super) struct Matter {
    /// The method's full name, `package.Service/Method`.
    pub(super) path: String,
    /// What the call does to the world.
    pub(super) kind: ActionKind,
    /// Whether the decision may follow later.
    pub(super) decides_later: bool,
    /// The reasons for which it may refuse.
    pub(super) reasons: Vec<String>,
    /// The method itself.
    pub(super) method: MethodDescriptor,
}

impl Matter {
    /// Whether an effect of it can be annulled.
    pub(super) fn can_be_undone(&self) -> bool {
        self.kind == ActionKind::Compensable
    }

    /// Whether it may take effect at once.
    pub(super) fn kind_name(&self) -> &'static str {
        match self.kind {
            ActionKind::Query => "query",
            ActionKind::Compensable => "compensable",
            ActionKind::Pivot => "pivot",
            ActionKind::Forward => "forward",
            ActionKind::Unspecified => "of no kind",
        }
    }
}

impl Department {
    /// The department that these descriptors tell, with the actions named; all if none is.
    ///
    /// # Errors
    /// When an action is named that is not there.
    pub(super) fn new(offered: Offered, only: &[String]) -> anyhow::Result<Self> {
        let Offered {
            contracts,
            services,
        } = offered;
        let served: Vec<_> = contracts
            .actions()
            .filter(|(method, _)| {
                let service = method.parent_service().full_name();
                services.iter().any(|name| name == service)
            })
            .collect();
        let mut matters = Vec::new();
        let mut without_kind = Vec::new();
        for (method, action) in served {
            let path = method_path(&method);
            if action.kind() == ActionKind::Unspecified {
                without_kind.push(path);
                continue;
            }
            matters.push(Matter {
                path,
                kind: action.kind(),
                decides_later: action.decides_later,
                reasons: action.refusal_reasons,
                method,
            });
        }
        let named = |matter: &Matter, name: &String| {
            matter.path == *name || matter.path.rsplit('/').next() == Some(name.as_str())
        };
        for name in only {
            if !matters.iter().any(|matter| named(matter, name)) {
                let known: Vec<_> = matters.iter().map(|matter| matter.path.as_str()).collect();
                anyhow::bail!(
                    "the department has no action {name}; it has: {}",
                    if known.is_empty() {
                        "none".to_owned()
                    } else {
                        known.join(", ")
                    }
                );
            }
        }
        if !only.is_empty() {
            matters.retain(|matter| only.iter().any(|name| named(matter, name)));
        }
        Ok(Self {
            services,
            matters,
            without_kind,
            contracts,
        })
    }

    /// Whether it serves the participant's own service.
    pub(super) fn is_participant(&self) -> bool {
        self.services.iter().any(|name| name == PARTICIPANT)
    }

    /// The action of this full name, if it is checked.
    pub(super) fn matter(&self, path: &str) -> Option<&Matter> {
        self.matters.iter().find(|matter| matter.path == path)
    }

    /// The method of this full name, action or not.
    pub(super) fn method(&self, path: &str) -> Option<MethodDescriptor> {
        self.contracts.method(path)
    }
}
