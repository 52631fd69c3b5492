//! The ledger: carries out a call once and answers its repeats from what was recorded.

use std::{collections::HashMap, fmt, sync::Arc};

use bytes::Bytes;
use onething_db::Db;
use onething_proto::{Contracts, annotations::ActionKind};
use prost::Message;
use tonic::{Request, Response, Status};

use crate::{
    Action, Call, Erased, Fault, INVALID_INPUT, Key, MATTER_SUSPENDED, Participant, Refusal, Stop,
    Suspensions, Typed,
    rules::{self, Admission, CallVerdict, Kind},
    store::{self, Opening, Recorded, Row},
};

/// Tells the time in microseconds since the epoch.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// A department's ledger, with every action that writes to it. Clones share it.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    db: Db,
    matters: HashMap<String, Matter>,
    suspensions: Suspensions,
    clock: Clock,
}

/// One action as the ledger knows it.
pub(crate) struct Matter {
    pub(crate) action: Box<dyn Erased>,
    pub(crate) kind: Kind,
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

/// Collects a ledger's actions.
pub struct LedgerBuilder {
    inner: Inner,
    contracts: Contracts,
}

impl fmt::Debug for LedgerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerBuilder").finish_non_exhaustive()
    }
}

impl LedgerBuilder {
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
            .contracts
            .method(method)
            .ok_or_else(|| contract("is no known method"))?;
        let annotated = self
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
        self.contracts = contracts;
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

    /// The ledger.
    pub fn build(self) -> Ledger {
        Ledger {
            inner: Arc::new(self.inner),
        }
    }
}

impl Ledger {
    /// Begins a ledger in a database that has [`crate::MIGRATIONS`].
    pub fn builder(db: Db) -> LedgerBuilder {
        let clock: Clock = Arc::new(|| {
            let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            since.map_or(0, |d| i64::try_from(d.as_micros()).unwrap_or(i64::MAX))
        });
        LedgerBuilder {
            inner: Inner {
                db,
                matters: HashMap::new(),
                suspensions: Suspensions::default(),
                clock,
            },
            contracts: Contracts::standard().clone(),
        }
    }

    /// The gRPC service that coordinators call beside the department's own.
    pub fn participant(&self) -> Participant {
        Participant::new(self.clone())
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
        match self.carry_out(method, &key, epoch, &call).await? {
            Ok(response) => Ok(response),
            Err(refusal) => Err(refusal.into()),
        }
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

    async fn carry_out(
        &self,
        method: &str,
        key: &Key,
        epoch: u64,
        call: &Call,
    ) -> Result<Result<Bytes, Refusal>, Status> {
        let matter = self.matter(method)?;
        let opening = Opening {
            epoch,
            method,
            digest: &call.digest,
            outcome: Recorded::Open,
            at: call.at,
        };
        let mut tx = self.inner.db.begin().await.map_err(Fault::from)?;
        let row = store::open(&mut tx, key, opening).await?;
        let incoming = rules::Incoming {
            round: key.round,
            epoch,
            method,
            digest: &call.digest,
        };
        match (rules::call(store::found(row.as_ref())?, incoming), row) {
            (CallVerdict::Rejected(rejection), _) => return Err(rejection.into()),
            (CallVerdict::Repeat, Some(row)) => {
                let answer = answer(&row)?;
                store::raise(&mut tx, key, epoch).await?;
                tx.commit().await.map_err(Fault::from)?;
                return Ok(answer);
            }
            (CallVerdict::PerformNextRound, Some(_)) => {
                store::reopen(&mut tx, key, opening).await?;
            }
            // The row was opened above.
            _ => {}
        }

        // A suspended matter is refused only here, after a repeat had its stored answer.
        let suspended = self.inner.suspensions.refusal(method, call.step());
        let admission = rules::admission(suspended.is_some(), matter.kind);
        if admission == Admission::Wait {
            return Err(Status::unavailable(
                "the department does not accept this matter at present",
            ));
        }
        let performed = match suspended {
            Some(refusal) => Err(Stop::Refuse(refusal)),
            None => {
                tx.savepoint().await.map_err(Fault::from)?;
                let performed = matter.action.perform(&mut tx, call).await;
                match &performed {
                    Ok(_) => tx.release_savepoint().await.map_err(Fault::from)?,
                    Err(Stop::Refuse(_)) => tx.back_to_savepoint().await.map_err(Fault::from)?,
                    Err(Stop::Fail(_)) => {}
                }
                performed
            }
        };
        let answer = match performed {
            Ok(effect) => {
                let (response, record) = (&effect.response[..], &effect.record);
                let done = Recorded::Succeeded;
                store::settle(
                    &mut tx,
                    key,
                    done,
                    Some(response),
                    None,
                    Some(record),
                    call.at,
                )
                .await?;
                Ok(effect.response)
            }
            Err(Stop::Refuse(refusal)) => {
                matter.check_reason(method, &refusal)?;
                let refused = Recorded::Refused;
                store::settle(&mut tx, key, refused, None, Some(&refusal), None, call.at).await?;
                Err(refusal)
            }
            // Dropping the transaction takes the key's row back as well: nothing was recorded.
            Err(Stop::Fail(fault)) => return Err(fault.into()),
        };
        tx.commit().await.map_err(Fault::from)?;
        Ok(answer)
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

    pub(crate) fn db(&self) -> &Db {
        &self.inner.db
    }

    pub(crate) fn now(&self) -> i64 {
        (self.inner.clock)()
    }
}

impl Matter {
    /// A refusal with a reason that the contract does not name would surprise every bundle.
    fn check_reason(&self, method: &str, refusal: &Refusal) -> Result<(), Fault> {
        let reason = refusal.reason.as_str();
        let known = [MATTER_SUSPENDED, INVALID_INPUT].contains(&reason)
            || self.reasons.iter().any(|declared| declared == reason);
        if known {
            return Ok(());
        }
        Err(Fault::Contract {
            method: method.to_owned(),
            problem: format!("refuses with the undeclared reason {reason}"),
        })
    }
}

/// What was answered when the call was first carried out.
fn answer(row: &Row) -> Result<Result<Bytes, Refusal>, Fault> {
    match row.recorded()? {
        rules::Recorded::Succeeded => Ok(Ok(row.response.clone().unwrap_or_default().into())),
        rules::Recorded::Refused => match row.refusal() {
            Some(refusal) => Ok(Err(refusal)),
            None => Err(corrupt("a refusal is missing")),
        },
        _ => Err(corrupt("a row has no answer")),
    }
}

fn corrupt(problem: &'static str) -> Fault {
    Fault::Corrupt {
        what: "the ledger".to_owned(),
        source: problem.into(),
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
