//! The ledger: carries out a call once and answers its repeats from what was recorded.

mod builder;

use std::{
    collections::{HashMap, HashSet},
    fmt,
    sync::{Arc, Mutex, Once, Weak},
    time::Duration,
};

use bytes::Bytes;
use onething_db::Db;
use onething_proto::Contracts;
use prost::Message;
use tokio::sync::{Notify, OnceCell, watch};
use tonic::{Request, Response, Status};

use crate::{
    Action, Call, Elsewhere, Erased, Fault, INVALID_INPUT, Key, MATTER_SUSPENDED, Officers,
    Participant, Refusal, Reviews, Suspensions, act::Act, expiry, rules::Kind, watch::News,
    writer::Writer,
};

pub use builder::LedgerBuilder;

/// Tells the time in microseconds since the epoch.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A department's ledger, with every action that writes to it. Clones share it.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    db: Db,
    matters: HashMap<String, Matter>,
    contracts: Contracts,
    suspensions: Suspensions,
    officers: Officers,
    clock: Clock,
    look_every: Duration,
    keep_for: Duration,
    /// The way to the thread that writes on SQLite.
    writer: OnceCell<Writer>,
    news: watch::Sender<News>,
    /// Starts the task that looks for reviews whose time has passed.
    expiry: Once,
    /// The calls to other systems that this process is carrying out.
    under_way: Mutex<HashSet<Key>>,
    /// Tells when one of them is no more.
    left: Notify,
    due: Arc<Notify>,
}

/// One action as the ledger knows it.
pub(crate) struct Matter {
    pub(crate) action: Box<dyn Erased>,
    pub(crate) kind: Kind,
    pub(crate) decides_later: bool,
    reasons: Vec<String>,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut methods: Vec<_> = self.inner.matters.keys().collect();
        methods.sort();
        f.debug_struct("Ledger")
            .field("methods", &methods)
            .finish_non_exhaustive()
    }
}

impl Ledger {
    /// Begins a ledger in a database that has [`crate::MIGRATIONS`].
    pub fn builder(db: Db) -> LedgerBuilder {
        LedgerBuilder::new(db)
    }

    /// The gRPC service that coordinators call beside the department's own.
    pub fn participant(&self) -> Participant {
        Participant::new(self.clone())
    }

    /// The gRPC service that officers' programs call beside the department's own; none when none of
    /// its matters is decided later.
    pub fn reviews(&self) -> Option<Reviews> {
        self.decides_later().then(|| Reviews::new(self.clone()))
    }

    fn decides_later(&self) -> bool {
        let mut matters = self.inner.matters.values();
        matters.any(|matter| matter.decides_later)
    }

    /// Carries out a call, or answers what it answered before.
    ///
    /// # Errors
    /// A refusal, a rejection by the protocol, or a failure without effect.
    pub async fn act<A: Action>(
        &self,
        request: Request<A::Request>,
    ) -> Result<Response<A::Response>, Status> {
        let call = request
            .extensions()
            .get::<Call>()
            .ok_or_else(|| not_recorded(A::METHOD))?;
        let response = self.act_in_bytes(A::METHOD, call).await?;
        let response = A::Response::decode(response).map_err(|e| Fault::Corrupt {
            what: format!("the answer of {}", A::METHOD),
            source: e.into(),
        })?;
        Ok(Response::new(response))
    }

    /// Carries out a call whose messages are known only as bytes.
    ///
    /// # Errors
    /// A refusal, a rejection by the protocol, or a failure without effect.
    pub async fn act_in_bytes(&self, method: &str, call: &Call) -> Result<Bytes, Status> {
        let (key, epoch) = call.key(method).ok_or_else(|| needs_key(method))?;
        let call = Call {
            at: (self.inner.clock)(),
            ..call.clone()
        };
        if self.matter(method)?.action.elsewhere().is_some() {
            return self.act_elsewhere(method, key, epoch, call).await;
        }
        self.transact(Act::new(method, key, epoch, call))
            .await?
            .into()
    }

    /// Lets a query through unless its matter is suspended.
    ///
    /// # Errors
    /// The refusal `MATTER_SUSPENDED`.
    pub fn admit<T>(&self, method: &str, request: &Request<T>) -> Result<(), Status> {
        let step = request.extensions().get::<Call>().map_or("", Call::step);
        match self.inner.suspensions.refusal(method, step) {
            Some(refusal) => Err(refusal.into()),
            None => Ok(()),
        }
    }

    pub(crate) fn matter(&self, method: &str) -> Result<&Matter, Fault> {
        self.inner
            .matters
            .get(method)
            .ok_or_else(|| Fault::Contract {
                method: method.to_owned(),
                problem: "is not one of this department's actions".to_owned(),
            })
    }

    /// Ends every stream of decisions, since the department is stopping: the callers go on from
    /// their cursors at another instance.
    pub fn end_streams(&self) {
        self.inner.news.send_modify(News::end);
    }

    /// Ends what writes, after the calls that wait for it, so that the database can be closed. Whoever calls later
    /// is told to try again.
    pub async fn close(&self) {
        if let Some(writer) = self.inner.writer.get() {
            writer.close().await;
        }
    }

    pub(crate) fn knows(&self, method: &str) -> bool {
        self.inner.matters.contains_key(method)
    }

    pub(crate) fn suspension(&self, method: &str, step: &str) -> Option<Refusal> {
        self.inner.suspensions.refusal(method, step)
    }

    pub(crate) fn officers(&self) -> &Officers {
        &self.inner.officers
    }

    pub(crate) fn contracts(&self) -> &Contracts {
        &self.inner.contracts
    }

    /// The other system that carries a method out.
    pub(crate) fn elsewhere(&self, method: &str) -> Result<&dyn Elsewhere, Fault> {
        let elsewhere = self.matter(method)?.action.elsewhere();
        elsewhere.ok_or_else(|| Fault::Contract {
            method: method.to_owned(),
            problem: "is carried out elsewhere but by nobody".to_owned(),
        })
    }

    pub(crate) fn under_way(&self) -> &Mutex<HashSet<Key>> {
        &self.inner.under_way
    }

    pub(crate) fn left(&self) -> &Notify {
        &self.inner.left
    }

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }

    pub(crate) fn now(&self) -> i64 {
        (self.inner.clock)()
    }

    pub(crate) fn look_every(&self) -> Duration {
        self.inner.look_every
    }

    pub(crate) fn keep_for(&self) -> Duration {
        self.inner.keep_for
    }

    pub(crate) fn news(&self) -> watch::Receiver<News> {
        self.inner.news.subscribe()
    }

    pub(crate) fn tell_of_decisions(&self) {
        self.inner.news.send_modify(News::decided);
    }

    /// Looks for reviews whose time has passed, now and from now on.
    pub(crate) fn look_for_due(&self) {
        self.inner.expiry.call_once(|| {
            let ledger = Arc::downgrade(&self.inner);
            tokio::spawn(expiry::watch(ledger, self.inner.look_every));
        });
        self.inner.due.notify_one();
    }

    /// Until [`Ledger::look_for_due`].
    pub(crate) fn due_recorded(&self) -> impl Future<Output = ()> + Send + use<> {
        let due = self.inner.due.clone();
        async move { due.notified().await }
    }

    pub(crate) async fn writer(&self) -> Result<&Writer, Fault> {
        let inner = &self.inner;
        let start = async || Writer::start(&inner.db, Arc::downgrade(inner));
        inner.writer.get_or_try_init(start).await
    }

    pub(crate) fn upgrade(inner: &Weak<Inner>) -> Option<Self> {
        inner.upgrade().map(|inner| Self { inner })
    }
}

impl Matter {
    /// A refusal with a reason that the contract does not name would surprise every bundle.
    pub(crate) fn check_reason(&self, method: &str, refusal: &Refusal) -> Result<(), Fault> {
        let reason = refusal.reason.as_str();
        if self.declares(reason) {
            return Ok(());
        }
        Err(Fault::Contract {
            method: method.to_owned(),
            problem: format!("refuses with the undeclared reason {reason}"),
        })
    }

    /// Whether the method may refuse with a reason.
    pub(crate) fn declares(&self, reason: &str) -> bool {
        [MATTER_SUSPENDED, INVALID_INPUT].contains(&reason)
            || self.reasons.iter().any(|declared| declared == reason)
    }
}

fn needs_key(method: &str) -> Status {
    let details = tonic_types::ErrorDetails::with_bad_request_violation(
        crate::metadata::REQUEST_ID,
        "a call that changes something carries a step's key or a request id in its metadata",
    );
    <Status as tonic_types::StatusExt>::with_error_details(
        tonic::Code::InvalidArgument,
        format!("{method} needs a key or a request id"),
        details,
    )
}

fn not_recorded(method: &str) -> Status {
    Fault::Contract {
        method: method.to_owned(),
        problem: "is served without `Recorded` around it".to_owned(),
    }
    .into()
}
