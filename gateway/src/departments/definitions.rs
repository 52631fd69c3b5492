//! Bundles as the saga engine runs them: one plan for each bundle and version.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use onething_bundle::{
    Await, Bundle, Catalogue, Deadline, OnExpiry as BundleExpiry, Segment as BundleSegment,
    Step as BundleStep,
};
use onething_proto::annotations::ActionKind;
use onething_saga::{
    Awaits, Definition, DefinitionError, Definitions, Kind, OnExpiry, Plan, Segment, SegmentIndex,
    Step, StepIndex, TimeLimit,
};

/// Every bundle with the plan that carries it out. What is on offer can be replaced while cases run;
/// a version that was known once stays known.
#[derive(Debug)]
pub(crate) struct BundlePlans {
    known: RwLock<Arc<Known>>,
    call_timeout: Duration,
}

#[derive(Debug, Clone, Default)]
struct Known {
    plans: HashMap<(String, u32), (Arc<Bundle>, Arc<Plan>)>,
    /// The version of each bundle that new cases follow.
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
        let plans = Self {
            known: RwLock::default(),
            call_timeout,
        };
        plans.remember(earlier);
        match plans
            .offer(&offered.into_bundles().collect::<Vec<_>>())
            .pop()
        {
            Some(unrunnable) => Err(unrunnable),
            None => Ok(plans),
        }
    }

    /// Learns versions that cases may follow and that are not on offer here.
    pub(crate) fn remember(&self, earlier: Vec<Bundle>) {
        let mut known = Known::clone(&self.now());
        for bundle in earlier {
            if let Err(error) = known.add(&bundle, self.call_timeout) {
                tracing::error!(%error, "an earlier bundle cannot be carried on");
            }
        }
        self.replace(known);
    }

    /// Offers these bundles to new cases, and no others. One that the engine cannot run is given
    /// back, and what was on offer under its id stays so.
    pub(crate) fn offer(&self, offered: &[Bundle]) -> Vec<Unrunnable> {
        let before = self.now();
        let mut known = Known::clone(&before);
        known.current.clear();
        let mut unrunnable = Vec::new();
        for bundle in offered {
            let (id, version) = (bundle.id.clone(), bundle.version);
            let current = match known.add(bundle, self.call_timeout) {
                Ok(()) => Some(version),
                Err(error) => {
                    unrunnable.push(error);
                    before.current.get(&id).copied()
                }
            };
            known.current.extend(current.map(|version| (id, version)));
        }
        self.replace(known);
        unrunnable
    }

    fn now(&self) -> Arc<Known> {
        // Nothing panics while it holds the lock.
        self.known.read().map_or_else(
            |poisoned| poisoned.into_inner().clone(),
            |known| known.clone(),
        )
    }

    fn replace(&self, known: Known) {
        let mut now = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *now = Arc::new(known);
    }

    /// Whether a version of a bundle is known, on offer or not.
    pub(crate) fn knows(&self, id: &str, version: u32) -> bool {
        self.version(id, version).is_some()
    }

    /// The bundle that new cases follow.
    pub(crate) fn bundle(&self, id: &str) -> Option<Arc<Bundle>> {
        let version = *self.now().current.get(id)?;
        self.version(id, version)
    }

    /// The bundle that a running case follows, by its [key](Bundle::key).
    pub(crate) fn version(&self, key: &str, version: u32) -> Option<Arc<Bundle>> {
        let now = self.now();
        let (bundle, _) = now.plans.get(&(key.to_owned(), version))?;
        Some(bundle.clone())
    }

    /// Every version that a case can follow, in no order.
    pub(crate) fn every_version(&self) -> Vec<Arc<Bundle>> {
        let now = self.now();
        now.plans
            .values()
            .map(|(bundle, _)| bundle.clone())
            .collect()
    }

    /// Every current bundle, by id.
    pub(crate) fn bundles(&self) -> Vec<Arc<Bundle>> {
        let now = self.now();
        let mut ids: Vec<_> = now.current.keys().collect();
        ids.sort();
        ids.into_iter().filter_map(|id| self.bundle(id)).collect()
    }
}

impl Known {
    fn add(&mut self, bundle: &Bundle, call_timeout: Duration) -> Result<(), Unrunnable> {
        let whole = Arc::new(bundle.clone());
        for bundle in bundle.variants.iter().chain([&whole]) {
            let key = (bundle.key(), bundle.version);
            let plan =
                Plan::new(definition(bundle, call_timeout)).map_err(|errors| Unrunnable {
                    bundle: bundle.key(),
                    errors,
                })?;
            self.plans.insert(key, (bundle.clone(), Arc::new(plan)));
        }
        Ok(())
    }
}

impl Definitions for BundlePlans {
    fn current(&self, name: &str) -> Option<Arc<Plan>> {
        // A region's overlay has the version of its bundle.
        let bundle = name.split('@').next().unwrap_or(name);
        let version = *self.now().current.get(bundle)?;
        self.get(name, version)
    }

    fn get(&self, name: &str, version: u32) -> Option<Arc<Plan>> {
        let now = self.now();
        let (_, plan) = now.plans.get(&(name.to_owned(), version))?;
        Some(plan.clone())
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
