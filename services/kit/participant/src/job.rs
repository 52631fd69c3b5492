//! A job: what the ledger does in one transaction, and how it is run. On PostgreSQL a job has a
//! transaction of its own; on SQLite, jobs that wait at the same time share one.

use async_trait::async_trait;
use onething_db::{Backend, Tx};
use tonic::Status;

use crate::{Fault, Ledger, Rejection};

/// Something that is done within a transaction, entirely or not at all.
#[async_trait]
pub(crate) trait Job: Send + 'static {
    /// What it answers once its transaction is committed. What it wrote is kept.
    type Answer: Send + 'static;

    /// Does it.
    async fn run(&mut self, ledger: &Ledger, tx: &mut Tx) -> Result<Self::Answer, Halt>;

    /// Tells others, once its transaction is committed.
    fn committed(&self, ledger: &Ledger) {
        let _ = ledger;
    }
}

/// Why a job wrote nothing.
#[derive(Debug)]
pub(crate) enum Halt {
    /// It failed or was rejected: this is answered.
    Failed(Status),
    /// What it wrote is taken back, and it is run once more; it knows by itself what to do then.
    Again,
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Self::Failed(fault.into())
    }
}

impl From<Rejection> for Halt {
    fn from(rejection: Rejection) -> Self {
        Self::Failed(rejection.into())
    }
}

impl Ledger {
    /// Runs a job and answers after its commit. After an error nothing of it is known to stay: a
    /// commit whose answer was lost may have happened, which the next call with the key tells.
    pub(crate) async fn transact<J: Job>(&self, job: J) -> Result<J::Answer, Status> {
        match self.db().backend() {
            Backend::Sqlite => self.queue(job).await,
            Backend::Postgres => self.alone(job).await,
        }
    }

    /// A transaction of its own: PostgreSQL commits concurrent ones together.
    async fn alone<J: Job>(&self, mut job: J) -> Result<J::Answer, Status> {
        loop {
            let mut tx = self.db().begin().await.map_err(Fault::from)?;
            match job.run(self, &mut tx).await {
                Ok(answer) => {
                    tx.commit().await.map_err(Fault::from)?;
                    job.committed(self);
                    return Ok(answer);
                }
                Err(Halt::Again) => tx.rollback().await.map_err(Fault::from)?,
                // Dropping the transaction takes it back.
                Err(Halt::Failed(status)) => return Err(status),
            }
        }
    }
}
