//! An action: one mutating call of a department, with its effect and its annulment.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use onething_db::Tx;
use prost::Message;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Call, Fault, Refusal};

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
    /// # Errors
    /// [`Stop::Refuse`] with a declared reason, or [`Stop::Fail`].
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
}

/// What an action did, in bytes.
#[derive(Debug)]
pub struct ErasedEffect {
    /// The encoded answer.
    pub response: Bytes,
    /// What annulling it needs.
    pub record: Value,
}

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
}

/// An [`Action`] seen as [`Erased`].
#[derive(Debug)]
pub struct Typed<A>(pub Arc<A>);

#[async_trait]
impl<A: Action> Erased for Typed<A> {
    async fn perform(&self, tx: &mut Tx, call: &Call) -> Result<ErasedEffect, Stop> {
        let request = A::Request::decode(call.message.clone())
            .map_err(|_| Refusal::invalid("", "the request message is malformed"))?;
        let effect = self.0.perform(tx, call, request).await?;
        let record = serde_json::to_value(effect.record).map_err(|e| Fault::Corrupt {
            what: A::METHOD.to_owned(),
            source: e.into(),
        })?;
        Ok(ErasedEffect {
            response: effect.response.encode_to_vec().into(),
            record,
        })
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Value) -> Result<Annulled, Fault> {
        let record = serde_json::from_value(record).map_err(|e| Fault::Corrupt {
            what: A::METHOD.to_owned(),
            source: e.into(),
        })?;
        self.0.annul(tx, at, record).await
    }
}
