//! Bundles as the saga engine runs them: one plan for each bundle and version.

use std::{collections::HashMap, sync::Arc, time::Duration};

use onething_bundle::{
    Await, Bundle, Catalogue, Deadline, OnExpiry as BundleExpiry, Segment as BundleSegment,
    Step as BundleStep,
};
use onething_proto::annotations::ActionKind;
use onething_saga::{
    Awaits, Definition, DefinitionError, Definitions, Kind, OnExpiry, Plan, Segment, SegmentIndex,
    Step, StepIndex, TimeLimit,
};

/// Every bundle with the plan that carries it out.
#[derive(Debug)]
pub(crate) struct BundlePlans {
    known: HashMap<(String, u32), (Arc<Bundle>, Arc<Plan>)>,
    current: HashMap<String, u32>,
}

/// A bundle that the engine cannot run although it loads.
#[derive(Debug, thiserror::Error)]
#[error("bundle {bundle} cannot be carried out: {}", .errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub(crate) struct Unrunnable {
    bundle: String,
    errors: Vec<DefinitionError>,
}

impl BundlePlans {
    /// Works out the plan of every bundle: of those on offer, and of earlier versions that cases may
    /// still follow.
    ///
    /// # Errors
    /// With the first bundle on offer that keeps the language's rules but not the engine's.
    pub(crate) fn new(
        offered: Catalogue,
        earlier: Vec<Bundle>,
        call_timeout: Duration,
    ) -> Result<Self, Unrunnable> {
        let mut plans = Self {
            known: HashMap::new(),
            current: HashMap::new(),
        };
        for bundle in earlier {
            if let Err(error) = plans.add(bundle, call_timeout) {
                tracing::error!(%error, "an earlier bundle cannot be carried on");
            }
        }
        for bundle in offered.into_bundles() {
            plans.current.insert(bundle.id.clone(), bundle.version);
            plans.add(bundle, call_timeout)?;
        }
        Ok(plans)
    }

    fn add(&mut self, bundle: Bundle, call_timeout: Duration) -> Result<(), Unrunnable> {
        for variant in &bundle.variants {
            self.insert(variant.clone(), call_timeout)?;
        }
        self.insert(Arc::new(bundle), call_timeout)
    }

    fn insert(&mut self, bundle: Arc<Bundle>, call_timeout: Duration) -> Result<(), Unrunnable> {
        let key = (bundle.key(), bundle.version);
        let plan = Plan::new(definition(&bundle, call_timeout)).map_err(|errors| Unrunnable {
            bundle: bundle.key(),
            errors,
        })?;
        self.known.insert(key, (bundle, Arc::new(plan)));
        Ok(())
    }

    /// The bundle that new cases follow.
    pub(crate) fn bundle(&self, id: &str) -> Option<&Arc<Bundle>> {
        self.version(id, *self.current.get(id)?)
    }

    /// The bundle that a running case follows.
    pub(crate) fn version(&self, id: &str, version: u32) -> Option<&Arc<Bundle>> {
        self.known
            .get(&(id.to_owned(), version))
            .map(|(bundle, _)| bundle)
    }

    /// Every version that a case can follow, in no order.
    pub(crate) fn every_version(&self) -> impl Iterator<Item = &Arc<Bundle>> {
        self.known.values().map(|(bundle, _)| bundle)
    }

    /// Every current bundle, by id.
    pub(crate) fn bundles(&self) -> Vec<&Arc<Bundle>> {
        let mut ids: Vec<_> = self.current.keys().collect();
        ids.sort();
        ids.into_iter().filter_map(|id| self.bundle(id)).collect()
    }
}

impl Definitions for BundlePlans {
    fn current(&self, name: &str) -> Option<Arc<Plan>> {
        self.get(name, *self.current.get(name)?)
    }

    fn get(&self, name: &str, version: u32) -> Option<Arc<Plan>> {
        self.known
            .get(&(name.to_owned(), version))
            .map(|(_, plan)| plan.clone())
    }
}

/// A bundle as the saga engine runs it; `call_timeout` is the longest that a call is waited for.
#[must_use]
pub fn definition(bundle: &Bundle, call_timeout: Duration) -> Definition {
    Definition {
        name: bundle.key(),
        version: bundle.version,
        steps: bundle.steps.iter().map(|s| step(s, call_timeout)).collect(),
        segments: bundle.segments.iter().map(segment).collect(),
        withdrawal: bundle.withdrawal.id.clone(),
        time_limit: bundle.time_limit,
    }
}

fn step(of: &BundleStep, call_timeout: Duration) -> Step {
    let kind = match of.kind {
        ActionKind::Compensable => Kind::Compensable,
        ActionKind::Pivot => Kind::Pivot,
        ActionKind::Forward => Kind::Forward,
        // A bundle with a step of no kind does not load.
        ActionKind::Query | ActionKind::Unspecified => Kind::Query,
    };
    let mut step = Step::new(
        &of.id,
        kind,
        SegmentIndex::from(of.segment),
        &of.department.code,
    );
    step.after = of
        .after
        .iter()
        .map(|&before| StepIndex::from(before))
        .collect();
    step.optional = of.optional;
    step.conditional = of.conditional;
    step.awaits = of.awaits.as_ref().map(awaits);
    step.correctable = of.correctable;
    step.deadline = of.deadline.map(deadline);
    step.fresh_for = of.fresh_for;
    step.for_each = of.for_each.is_some();
    // Any matter but a forward one may be suspended, whatever reasons it lists.
    step.refusable = kind != Kind::Forward && step.awaits.is_none();
    step.action.clone_from(&of.path);
    step.max_elapsed = of.max_duration;
    step.call_timeout = call_timeout.min(of.max_duration);
    step
}

fn awaits(of: &Await) -> Awaits {
    match of {
        Await::Signal { name, .. } => Awaits::Signal { name: name.clone() },
        Await::Timer { after } => Awaits::Timer { after: *after },
    }
}

fn deadline(of: Deadline) -> TimeLimit {
    TimeLimit {
        working_days: of.working_days,
        on_expiry: match of.on_expiry {
            BundleExpiry::Escalate => OnExpiry::Escalate,
            BundleExpiry::Compensate => OnExpiry::Compensate,
            BundleExpiry::DeemedGranted => OnExpiry::DeemedGranted,
            BundleExpiry::DeemedRefused => OnExpiry::DeemedRefused,
        },
    }
}

fn segment(of: &BundleSegment) -> Segment {
    Segment {
        id: of.id.clone(),
        partial: of.partial.as_ref().map(|partial| partial.id.clone()),
    }
}
