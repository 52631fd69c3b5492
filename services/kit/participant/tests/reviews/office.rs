//! An office whose matters are decided at once or later, called without a network in between.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt;
use onething_db::{
    Db, Migrations, Sql, Tx, args, sqlx,
    testing::{self, TestDb},
};
use onething_participant::{
    Action, Annulled, Call, Conclusion, Dismissal, Effect, Fault, Key, Ledger, LedgerBuilder,
    MIGRATIONS, Officers, Refusal, Review, Stop, metadata,
};
use onething_proto::{
    Contracts,
    participant::{Outcome, UndoOutcome, WatchDecisionsResponse},
};
use prost::Message;
use tokio::{sync::Notify, task::JoinHandle};
use tonic::Status;

const EFFECTS: Migrations = Migrations::new(
    "effects",
    || sqlx::migrate!("tests/migrations/sqlite"),
    || sqlx::migrate!("tests/migrations/postgres"),
);
const INSERT: Sql = Sql::both("INSERT INTO effect (number, holder, annulled) VALUES ($1, $2, $3)");
const CLAIM: Sql = Sql::both("INSERT INTO claim (number) VALUES ($1)");
const ANNUL: Sql = Sql::each(
    "UPDATE effect SET annulled = 1 WHERE number = $1",
    "UPDATE effect SET annulled = TRUE WHERE number = $1",
);
const ALL: Sql = Sql::both("SELECT holder, annulled FROM effect ORDER BY number");

pub(crate) const GRANT: &str = "onething.test.v1.OfficeService/Grant";
pub(crate) const REGISTER: &str = "onething.test.v1.OfficeService/Register";
pub(crate) const NOTE: &str = "onething.test.v1.OfficeService/Note";

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Apply {
    #[prost(string, tag = "1")]
    name: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Granted {
    #[prost(string, tag = "1")]
    number: String,
}

/// What the tests see of and do to the office's actions.
#[derive(Default)]
pub(crate) struct Switches {
    numbers: AtomicU64,
    pub(crate) conclusions: AtomicU64,
    pub(crate) dismissals: AtomicU64,
    /// Whether concluding fails for now.
    pub(crate) broken: AtomicBool,
    /// Whether a note by the name of `gate` holds up the writer.
    at_gate: AtomicBool,
    /// Lets it go on.
    pub(crate) gate: Notify,
}

impl Switches {
    async fn take_effect(&self, tx: &mut Tx, name: &str) -> Result<String, Stop> {
        let number = format!("{:06}", self.numbers.fetch_add(1, Ordering::SeqCst));
        tx.execute(INSERT, args![&number, name, false]).await?;
        match name {
            "gate" => {
                self.at_gate.store(true, Ordering::SeqCst);
                self.gate.notified().await;
                self.at_gate.store(false, Ordering::SeqCst);
            }
            "unqualified" => {
                return Err(Refusal::new("NOT_QUALIFIED", "The office says no.").into());
            }
            "dangling" => drop(tx.execute(CLAIM, args!["nothing"]).await?),
            "broken" => return Err(broken().into()),
            "panicking" => panic!("an action that panics"),
            _ => {}
        }
        Ok(number)
    }
}

fn broken() -> Fault {
    Fault::Corrupt {
        what: "a test".into(),
        source: "broken on purpose".into(),
    }
}

/// A matter that is decided later.
macro_rules! later {
    ($name:ident, $method:expr) => {
        struct $name(Arc<Switches>);

        #[async_trait]
        impl Action for $name {
            const METHOD: &'static str = $method;
            type Request = Apply;
            type Response = Granted;
            type Record = String;

            async fn perform(
                &self,
                _: &mut Tx,
                _: &Call,
                request: Apply,
            ) -> Result<Effect<Granted, String>, Stop> {
                Err(Stop::Later(Review::of(&request.name)?))
            }

            async fn conclude(
                &self,
                tx: &mut Tx,
                review: Review,
                conclusion: &Conclusion,
            ) -> Result<Effect<Granted, String>, Stop> {
                assert_eq!(conclusion.deemed, conclusion.decided_by.is_empty());
                self.0.conclusions.fetch_add(1, Ordering::SeqCst);
                let name: String = review.read()?;
                if name == "fragile" && self.0.broken.load(Ordering::SeqCst) {
                    return Err(broken().into());
                }
                let number = self.0.take_effect(tx, &name).await?;
                Ok(Effect {
                    response: Granted {
                        number: number.clone(),
                    },
                    record: number,
                })
            }

            async fn dismiss(
                &self,
                _: &mut Tx,
                _: i64,
                review: Review,
                _: &Dismissal,
            ) -> Result<(), Fault> {
                let _name: String = review.read()?;
                self.0.dismissals.fetch_add(1, Ordering::SeqCst);
                Ok(())
            }

            async fn annul(&self, tx: &mut Tx, _: i64, number: String) -> Result<Annulled, Fault> {
                tx.execute(ANNUL, args![number]).await?;
                Ok(Annulled::Done)
            }
        }
    };
}

later!(Grant, GRANT);
later!(Register, REGISTER);

/// A matter that is decided at once.
struct Note(Arc<Switches>);

#[async_trait]
impl Action for Note {
    const METHOD: &'static str = NOTE;
    type Request = Apply;
    type Response = Granted;
    type Record = String;

    async fn perform(
        &self,
        tx: &mut Tx,
        _: &Call,
        request: Apply,
    ) -> Result<Effect<Granted, String>, Stop> {
        let number = self.0.take_effect(tx, &request.name).await?;
        Ok(Effect {
            response: Granted {
                number: number.clone(),
            },
            record: number,
        })
    }

    async fn annul(&self, tx: &mut Tx, _: i64, number: String) -> Result<Annulled, Fault> {
        tx.execute(ANNUL, args![number]).await?;
        Ok(Annulled::Done)
    }
}

/// The office. Clones share everything; [`Office::another`] shares only the database and the clock.
#[derive(Clone)]
pub(crate) struct Office {
    pub(crate) test: Arc<TestDb>,
    pub(crate) ledger: Ledger,
    pub(crate) switches: Arc<Switches>,
    clock: Arc<AtomicI64>,
}

/// How often an office of the tests looks for what another instance did.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// How long an office of the tests keeps what is recorded.
pub(crate) const KEPT: i64 = 1_000;

impl Office {
    pub(crate) async fn on_each_database() -> Vec<Self> {
        let mut offices = Vec::new();
        for test in testing::databases(&[MIGRATIONS, EFFECTS]).await {
            offices.push(Self::open(test).await);
        }
        offices
    }

    pub(crate) async fn on_sqlite() -> Self {
        Self::open(testing::sqlite(&[MIGRATIONS, EFFECTS]).await).await
    }

    async fn open(test: TestDb) -> Self {
        let clock = Arc::new(AtomicI64::new(100));
        let switches = Arc::new(Switches::default());
        let ledger = ledger(test.db.clone(), &switches, &clock);
        Self {
            test: Arc::new(test),
            ledger,
            switches,
            clock,
        }
    }

    /// Another instance of the office: its own ledger, and its own connections where the database
    /// allows several processes.
    pub(crate) async fn another(&self) -> Self {
        let db = if self.test.url.starts_with("postgres") {
            Db::open(&self.test.url, 8).await.unwrap()
        } else {
            self.test.db.clone()
        };
        Self {
            ledger: ledger(db, &self.switches, &self.clock),
            ..self.clone()
        }
    }

    /// The office's ledger as it serves no officer.
    pub(crate) fn without_officers(&self) -> Ledger {
        builder(self.test.db.clone(), &self.switches, &self.clock).build()
    }

    pub(crate) fn set_clock(&self, now: i64) {
        self.clock.store(now, Ordering::SeqCst);
    }

    /// Sends an application; `deadline` is when it is due and what follows then.
    pub(crate) async fn apply(
        &self,
        method: &str,
        name: &str,
        key: &Key,
        epoch: u64,
        deadline: Option<(i64, &str)>,
    ) -> Result<String, Status> {
        let mut headers = http::HeaderMap::new();
        let mut set = |name: &'static str, value: &str| {
            headers.insert(name, value.parse().unwrap());
        };
        set(metadata::COORDINATOR, &key.coordinator);
        set(metadata::SAGA, &key.saga);
        set(metadata::STEP, &key.step);
        set(metadata::ITEM, &key.item);
        set(metadata::ROUND, &key.round.to_string());
        set(metadata::EPOCH, &epoch.to_string());
        if let Some((due, expiry)) = deadline {
            set(metadata::DUE, &due.to_string());
            set(metadata::EXPIRY, expiry);
        }
        let name = name.to_owned();
        let message = Bytes::from(Apply { name }.encode_to_vec());
        let call = Call::read(&headers, message).unwrap();
        let response = self.ledger.act_in_bytes(method, &call).await?;
        Ok(Granted::decode(response).unwrap().number)
    }

    /// Holds up whoever writes, until the switch `gate` lets it go on.
    pub(crate) async fn hold_up(&self) -> JoinHandle<Result<String, Status>> {
        let office = self.clone();
        let held =
            tokio::spawn(async move { office.apply(NOTE, "gate", &key("gate", 1), 1, None).await });
        eventually("the gate", async || {
            self.switches.at_gate.load(Ordering::SeqCst)
        })
        .await;
        held
    }

    /// An application that is decided later.
    pub(crate) async fn file(&self, name: &str, key: &Key, deadline: Option<(i64, &str)>) {
        let status = self.apply(GRANT, name, key, 1, deadline).await.unwrap_err();
        assert!(onething_participant::Pending::from_status(&status).is_some());
    }

    pub(crate) async fn outcome(&self, key: &Key) -> Outcome {
        self.ledger.outcome(key, 1).await.unwrap().outcome()
    }

    pub(crate) async fn undo(&self, key: &Key) -> UndoOutcome {
        self.ledger.undo(key, 1).await.unwrap().outcome()
    }

    /// Whom effects are in force for.
    pub(crate) async fn in_force(&self) -> Vec<String> {
        let all: Vec<(String, bool)> = self.test.db.fetch_all(ALL, args![]).await.unwrap();
        let in_force = all.into_iter().filter(|(_, annulled)| !annulled);
        in_force.map(|(holder, _)| holder).collect()
    }

    /// The next `count` decisions after a cursor.
    pub(crate) async fn decisions(
        &self,
        cursor: &str,
        count: usize,
    ) -> Vec<WatchDecisionsResponse> {
        let stream = self.ledger.decisions("gateway", cursor).await.unwrap();
        let read = stream.take(count).map(Result::unwrap).collect();
        tokio::time::timeout(Duration::from_secs(30), read)
            .await
            .unwrap_or_else(|_| panic!("{count} decisions did not come"))
    }
}

fn ledger(db: Db, switches: &Arc<Switches>, clock: &Arc<AtomicI64>) -> Ledger {
    builder(db, switches, clock)
        .officers(Officers::Everybody)
        .build()
}

fn builder(db: Db, switches: &Arc<Switches>, clock: &Arc<AtomicI64>) -> LedgerBuilder {
    let clock = clock.clone();
    Ledger::builder(db)
        .contracts(contracts())
        .action(Grant(switches.clone()))
        .and_then(|builder| builder.action(Register(switches.clone())))
        .and_then(|builder| builder.action(Note(switches.clone())))
        .unwrap()
        .clock(Arc::new(move || clock.load(Ordering::SeqCst)))
        .look_every(LOOK_EVERY)
        .keep_for(Duration::from_micros(KEPT.unsigned_abs()))
}

fn contracts() -> Contracts {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let includes = [here.join("tests/contracts"), here.join("../../../proto")];
    let mut compiler = protox::Compiler::new(includes).unwrap();
    compiler.include_imports(true);
    compiler.open_file("onething/test/v1/office.proto").unwrap();
    Contracts::decode(&compiler.encode_file_descriptor_set()).unwrap()
}

pub(crate) fn key(saga: &str, round: u32) -> Key {
    Key {
        coordinator: "gateway".to_owned(),
        saga: saga.to_owned(),
        step: "licence".to_owned(),
        item: String::new(),
        round,
    }
}

/// Polls until a condition holds.
pub(crate) async fn eventually<F>(what: &str, condition: impl Fn() -> F)
where
    F: Future<Output = bool>,
{
    let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
    while !condition().await {
        assert!(
            tokio::time::Instant::now() < deadline,
            "{what} did not come"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
