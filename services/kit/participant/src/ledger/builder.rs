//! Building a ledger: its actions, and what it is told otherwise.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, Once},
    time::Duration,
};

use onething_db::Db;
use onething_proto::{Contracts, annotations::ActionKind};
use tokio::{
    runtime::Handle,
    sync::{Notify, OnceCell, watch},
};

use super::{Clock, Inner, Ledger, Matter};
use crate::{
    Action, Erased, Fault, Officers, Suspensions, Typed, lookout, retention, rules::Kind,
    watch::News,
};

/// How often a ledger looks for what other instances recorded, unless told otherwise.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a ledger keeps what is recorded at least, unless told otherwise.
const KEEP_FOR: Duration = Duration::from_secs(5 * 366 * 24 * 60 * 60);

/// Collects a ledger's actions.
pub struct LedgerBuilder {
    inner: Inner,
}

impl fmt::Debug for LedgerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerBuilder").finish_non_exhaustive()
    }
}

impl LedgerBuilder {
    /// With everything as it is unless told otherwise.
    pub(super) fn new(db: Db) -> Self {
        let clock: Clock = Arc::new(|| {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            since.map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX))
        });
        Self {
            inner: Inner {
                db,
                matters: HashMap::new(),
                contracts: Contracts::standard().clone(),
                suspensions: Suspensions::default(),
                officers: Officers::default(),
                clock,
                look_every: LOOK_EVERY,
                keep_for: KEEP_FOR,
                writer: OnceCell::new(),
                news: watch::Sender::new(News::default()),
                expiry: Once::new(),
                under_way: Mutex::default(),
                left: Notify::new(),
                due: Arc::default(),
            },
        }
    }

    /// Adds an action whose messages are known at compile time.
    ///
    /// # Errors
    /// When its method is not annotated as an action that changes something.
    pub fn action<A: Action>(self, action: A) -> Result<Self, Fault> {
        self.erased(A::METHOD, Box::new(Typed(Arc::new(action))))
    }

    /// Adds an action whose messages are known only at run time.
    ///
    /// # Errors
    /// When its method is not annotated as an action that changes something.
    pub fn erased(mut self, method: &str, action: Box<dyn Erased>) -> Result<Self, Fault> {
        let contract = |problem: &str| Fault::Contract {
            method: method.to_owned(),
            problem: problem.to_owned(),
        };
        let descriptor = self
            .inner
            .contracts
            .method(method)
            .ok_or_else(|| contract("is no known method"))?;
        let annotated = self
            .inner
            .contracts
            .action(&descriptor)
            .ok_or_else(|| contract("is no action"))?;
        let kind = match annotated.kind() {
            ActionKind::Compensable => Kind::Compensable,
            ActionKind::Pivot => Kind::Pivot,
            ActionKind::Forward => Kind::Forward,
            ActionKind::Unspecified | ActionKind::Query => {
                return Err(contract("changes nothing and needs no ledger"));
            }
        };
        let matter = Matter {
            action,
            kind,
            decides_later: annotated.decides_later,
            reasons: annotated.refusal_reasons,
        };
        if self
            .inner
            .matters
            .insert(method.to_owned(), matter)
            .is_some()
        {
            return Err(contract("is added twice"));
        }
        Ok(self)
    }

    /// Looks methods up in these contracts in place of the ones built in.
    #[must_use]
    pub fn contracts(mut self, contracts: Contracts) -> Self {
        self.inner.contracts = contracts;
        self
    }

    /// Lets these list and decide reviews. Nobody may, unless this is said.
    #[must_use]
    pub fn officers(mut self, officers: Officers) -> Self {
        self.inner.officers = officers;
        self
    }

    /// Suspends matters.
    #[must_use]
    pub fn suspensions(mut self, suspensions: impl Into<Suspensions>) -> Self {
        self.inner.suspensions = suspensions.into();
        self
    }

    /// Tells the time, in place of the system's clock.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.inner.clock = clock;
        self
    }

    /// How often it looks for what other instances of the department recorded in the same
    /// database: decisions for the streams, and reviews whose time has passed. Default 1 second.
    #[must_use]
    pub fn look_every(mut self, every: Duration) -> Self {
        self.inner.look_every = every;
        self
    }

    /// How long what is recorded is kept at least, after its saga has ended. Default: five years,
    /// the longest time in which most decisions can still be taken to court (行政诉讼法 §46).
    #[must_use]
    pub fn keep_for(mut self, age: Duration) -> Self {
        self.inner.keep_for = age;
        self
    }

    /// The ledger. Within a runtime it begins to look for reviews whose time has passed; otherwise
    /// it does so from the first one on that it records.
    pub fn build(self) -> Ledger {
        let ledger = Ledger {
            inner: Arc::new(self.inner),
        };
        if Handle::try_current().is_ok() {
            tokio::spawn(retention::watch(Arc::downgrade(&ledger.inner)));
            if ledger.decides_later() {
                ledger.look_for_due();
            }
            let mut matters = ledger.inner.matters.values();
            if matters.any(|matter| matter.action.elsewhere().is_some()) {
                let (inner, every) = (Arc::downgrade(&ledger.inner), ledger.inner.look_every);
                tokio::spawn(lookout::watch(inner, every));
            }
        }
        ledger
    }
}
