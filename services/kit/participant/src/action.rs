//! An action: one mutating call of a department, with its effect and its annulment.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use onething_db::Tx;
use prost::Message;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Call, Conclusion, Dismissal, Elsewhere, Fault, Refusal, Review};

/// What an action did: its answer, and what is needed to annul it.
#[derive(Debug)]
pub struct Effect<Response, Record> {
    /// The answer.
    pub response: Response,
    /// What annulling it needs; kept with the key and never taken from a caller.
    pub record: Record,
}

/// Why an action did not take effect.
#[derive(Debug)]
pub enum Stop {
    /// The department refuses. This is recorded; everything else the action wrote is taken back.
    Refuse(Refusal),
    /// The department decides later. The review is recorded, and what the action wrote (the entry
    /// in an officer's list) stays; it is no effect yet. Only a method that is annotated with
    /// `decides_later` may say so.
    Later(Review),
    /// Another system carries it out, outside the transaction: this is kept for it, and the call is
    /// committed as in flight before the system is called. Only an action that has an
    /// [`Erased::elsewhere`] may say so.
    Elsewhere(Value),
    /// Something failed. Nothing is recorded: the caller may send the same call again.
    Fail(Fault),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fail(fault)
    }
}

impl From<onething_db::Error> for Stop {
    fn from(error: onething_db::Error) -> Self {
        Self::Fail(error.into())
    }
}

/// How an annulment ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Annulled {
    /// The effect is annulled; the record of it stays.
    Done,
    /// The annulment is under way, for example a refund. The caller asks again.
    Pending,
    /// The effect cannot be annulled any more, for example because a claim was paid on it.
    Impossible {
        /// A stable reason.
        reason: String,
        /// What to tell the owner.
        message: String,
    },
}

/// One mutating call of a department.
#[async_trait]
pub trait Action: Send + Sync + 'static {
    /// The method's full name, `package.Service/Method`.
    const METHOD: &'static str;
    /// The request message.
    type Request: Message + Default + 'static;
    /// The answer message.
    type Response: Message + Default + 'static;
    /// What annulling needs. `()` for a pivot or a forward action.
    type Record: Serialize + DeserializeOwned + Send + 'static;

    /// Takes effect within the transaction. It calls nobody else.
    ///
    /// It may run twice for one call, the first run then being taken back: nothing outside the
    /// transaction may depend on it.
    ///
    /// # Errors
    /// [`Stop::Refuse`] with a declared reason, [`Stop::Later`], or [`Stop::Fail`].
    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Self::Record>, Stop>;

    /// Annuls the effect within the transaction, from what was recorded. Records are marked,
    /// never deleted. A pivot or a forward action is never asked.
    ///
    /// # Errors
    /// When something failed; the caller may ask again.
    async fn annul(&self, tx: &mut Tx, at: i64, record: Self::Record) -> Result<Annulled, Fault> {
        let _ = (tx, at, record);
        Err(Fault::Contract {
            method: Self::METHOD.to_owned(),
            problem: "is compensable but says nothing of annulling".to_owned(),
        })
    }

    /// Takes effect now, within the transaction, since the review was approved by an officer or is
    /// deemed so by law. The department's own facts may have changed since: they are checked again.
    ///
    /// # Errors
    /// [`Stop::Refuse`] when the facts no longer allow it, which ends the review as refused, or
    /// [`Stop::Fail`], after which the review is still open.
    async fn conclude(
        &self,
        tx: &mut Tx,
        review: Review,
        conclusion: &Conclusion,
    ) -> Result<Effect<Self::Response, Self::Record>, Stop> {
        let _ = (tx, review, conclusion);
        Err(Fault::Contract {
            method: Self::METHOD.to_owned(),
            problem: "decides later but says nothing of concluding".to_owned(),
        }
        .into())
    }

    /// Ends the review without effect, within the transaction: refused, returned or withdrawn. For
    /// a department that keeps a list of reviews of its own.
    ///
    /// # Errors
    /// When something failed; the review is then still open.
    async fn dismiss(
        &self,
        tx: &mut Tx,
        at: i64,
        review: Review,
        dismissal: &Dismissal,
    ) -> Result<(), Fault> {
        let _ = (tx, at, review, dismissal);
        Ok(())
    }
}

/// What an action did, in bytes.
#[derive(Debug)]
pub struct ErasedEffect {
    /// The encoded answer.
    pub response: Bytes,
    /// What annulling it needs.
    pub record: Value,
}

impl ErasedEffect {
    /// An effect whose answer no caller could read would leave every one of them in doubt for ever:
    /// it is not taken.
    pub(crate) fn check_size(&self, method: &str) -> Result<(), Fault> {
        if self.response.len() <= LARGEST_ANSWER {
            return Ok(());
        }
        Err(Fault::Contract {
            method: method.to_owned(),
            problem: format!("answers with {} bytes", self.response.len()),
        })
    }
}

/// The largest answer, in bytes: gRPC clients read messages of up to 4 MiB unless told otherwise, and
/// `GetOutcome` and `WatchDecisions` put the answer into a message of theirs.
const LARGEST_ANSWER: usize = 4 * 1024 * 1024 - 4 * 1024;

/// An action whose messages are known only at run time.
#[async_trait]
pub trait Erased: Send + Sync + 'static {
    /// See [`Action::perform`]; the request is `call.message`.
    ///
    /// # Errors
    /// See [`Action::perform`].
    async fn perform(&self, tx: &mut Tx, call: &Call) -> Result<ErasedEffect, Stop>;

    /// See [`Action::annul`].
    ///
    /// # Errors
    /// See [`Action::annul`].
    async fn annul(&self, tx: &mut Tx, at: i64, record: Value) -> Result<Annulled, Fault>;

    /// The other system, for an action whose effect takes place there. It is not asked to
    /// [`Erased::annul`] then, nor to [`Erased::conclude`].
    fn elsewhere(&self) -> Option<&dyn Elsewhere> {
        None
    }

    /// See [`Action::conclude`].
    ///
    /// # Errors
    /// See [`Action::conclude`].
    async fn conclude(
        &self,
        tx: &mut Tx,
        review: Review,
        conclusion: &Conclusion,
    ) -> Result<ErasedEffect, Stop> {
        let _ = (tx, review, conclusion);
        Err(Fault::Contract {
            method: "an action known only at run time".to_owned(),
            problem: "decides later but says nothing of concluding".to_owned(),
        }
        .into())
    }

    /// See [`Action::dismiss`].
    ///
    /// # Errors
    /// See [`Action::dismiss`].
    async fn dismiss(
        &self,
        tx: &mut Tx,
        at: i64,
        review: Review,
        dismissal: &Dismissal,
    ) -> Result<(), Fault> {
        let _ = (tx, at, review, dismissal);
        Ok(())
    }
}

/// An [`Action`] seen as [`Erased`].
#[derive(Debug)]
pub struct Typed<A>(pub Arc<A>);

#[async_trait]
impl<A: Action> Erased for Typed<A> {
    async fn perform(&self, tx: &mut Tx, call: &Call) -> Result<ErasedEffect, Stop> {
        let request = A::Request::decode(call.message.clone())
            .map_err(|_| Refusal::invalid("", "the request message is malformed"))?;
        erase::<A>(self.0.perform(tx, call, request).await?)
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Value) -> Result<Annulled, Fault> {
        let record = serde_json::from_value(record).map_err(|e| Fault::Corrupt {
            what: A::METHOD.to_owned(),
            source: e.into(),
        })?;
        self.0.annul(tx, at, record).await
    }

    async fn conclude(
        &self,
        tx: &mut Tx,
        review: Review,
        conclusion: &Conclusion,
    ) -> Result<ErasedEffect, Stop> {
        erase::<A>(self.0.conclude(tx, review, conclusion).await?)
    }

    async fn dismiss(
        &self,
        tx: &mut Tx,
        at: i64,
        review: Review,
        dismissal: &Dismissal,
    ) -> Result<(), Fault> {
        self.0.dismiss(tx, at, review, dismissal).await
    }
}

fn erase<A: Action>(effect: Effect<A::Response, A::Record>) -> Result<ErasedEffect, Stop> {
    let record = serde_json::to_value(effect.record).map_err(|e| Fault::Corrupt {
        what: A::METHOD.to_owned(),
        source: e.into(),
    })?;
    Ok(ErasedEffect {
        response: effect.response.encode_to_vec().into(),
        record,
    })
}
