//! The whole suite: seven department processes and a gateway, each on a port and a database of its
//! own, as an operator would configure them.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::collections::BTreeMap;

use futures::future::join_all;
use onething_db::{Backend, Db, Sql, args, testing::postgres_url};
use onething_population::Population;
use onething_saga::store::{ChainKey, Chapter, SqlStore, SqlStoreSettings, StoredEvent};
use tempfile::TempDir;

use crate::{
    department::Departments,
    operator,
    process::{Process, Spec},
    rest::Client,
    sample::Samples,
    steps::{Step, bundle_steps},
};

/// The department services.
pub const DEPARTMENTS: [&str; 7] = [
    "identity",
    "enterprise-registry",
    "education",
    "civil-affairs",
    "social-security",
    "public-security",
    "connector",
];

/// The seed of every population.
const SEED: u64 = 1;

/// What a suite is started with.
#[derive(Debug, Clone)]
pub struct Plan {
    persons: u32,
    refused: Vec<(String, String)>,
    postgres: bool,
    gateways: usize,
    consul: Option<(String, String)>,
    settings: Vec<(String, String)>,
    own: Vec<(&'static str, String, String)>,
    departments: Option<String>,
    bundles: Option<String>,
    instead: Option<Spec>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            persons: 40,
            refused: Vec::new(),
            postgres: false,
            gateways: 1,
            consul: None,
            settings: Vec::new(),
            own: Vec::new(),
            departments: None,
            bundles: None,
            instead: None,
        }
    }
}

impl Plan {
    /// With this many synthetic persons in place of forty.
    #[must_use]
    pub fn persons(mut self, persons: u32) -> Self {
        self.persons = persons;
        self
    }

    /// With a department that does not accept the matter of this step at present (暂停受理).
    #[must_use]
    pub fn refuse(mut self, bundle: &str, step: &str) -> Self {
        self.refused.push((bundle.to_owned(), step.to_owned()));
        self
    }

    /// With a fresh PostgreSQL database for each process in place of an SQLite file.
    #[must_use]
    pub fn postgres(mut self) -> Self {
        self.postgres = true;
        self
    }

    /// With several gateways on one journal, which must then be a PostgreSQL database.
    #[must_use]
    pub fn gateways(mut self, gateways: usize) -> Self {
        self.gateways = gateways;
        self
    }

    /// With discovery through a Consul agent in place of fixed addresses.
    #[must_use]
    pub fn consul(mut self, address: &str, token: &str) -> Self {
        self.consul = Some((address.to_owned(), token.to_owned()));
        self
    }

    /// With a setting for every process: `TELEMETRY__OTLP_ENDPOINT` for example.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<String>) -> Self {
        self.settings.push((key.to_owned(), value.into()));
        self
    }

    /// With a setting for one process.
    #[must_use]
    pub fn set_for(mut self, process: &'static str, key: &str, value: &str) -> Self {
        self.own.push((process, key.to_owned(), value.to_owned()));
        self
    }

    /// With departments that files of a folder declare, beside the built-in ones.
    #[must_use]
    pub fn departments(mut self, folder: impl Into<String>) -> Self {
        self.departments = Some(folder.into());
        self
    }

    /// With the bundles of a folder beside the built-in ones, or in place of those of the same id.
    #[must_use]
    pub fn bundles(mut self, folder: impl Into<String>) -> Self {
        self.bundles = Some(folder.into());
        self
    }

    /// With another process in the place of the department of its name.
    #[must_use]
    pub fn instead(mut self, other: Spec) -> Self {
        self.instead = Some(other);
        self
    }

    /// The population that every department will have.
    #[must_use]
    pub fn population(&self) -> Population {
        Samples::new(self.persons, SEED).population
    }

    /// Starts the departments side by side, then the gateway.
    pub async fn start(self) -> Suite {
        let folder = tempfile::tempdir().unwrap();
        let specs = join_all(DEPARTMENTS.map(|name| self.department(name, &folder))).await;
        let started = join_all(specs.into_iter().map(Process::start)).await;
        let departments: BTreeMap<_, _> = started
            .into_iter()
            .map(|process| (process.spec.name, process))
            .collect();
        let mut spec = self.process("gateway", &folder).await;
        spec.put(
            "GATEWAY__JOURNAL_KEY",
            folder.path().join("journal.key").display().to_string(),
        );
        spec.put("GATEWAY__OPERATORS", operator::setting(folder.path()));
        // What is in doubt is asked again soon: the tests wait for it.
        spec.put("ENGINE__RETRY_FIRST_MS", "50");
        spec.put("ENGINE__RETRY_MOST_MS", "500");
        if let Some(folder) = &self.bundles {
            spec.put("GATEWAY__BUNDLES", folder);
        }
        if self.consul.is_none() {
            for (name, process) in &departments {
                let key = format!(
                    "DISCOVERY__SERVICES__{}",
                    name.replace('-', "_").to_uppercase()
                );
                spec.put(key, format!("[\"{}\"]", process.url()));
            }
        }
        let mut others = Vec::new();
        for at in 1..self.gateways {
            // Logs of its own; the journal and its key are shared.
            let mut other = spec.clone();
            other.folder = folder.path().join(format!("gateway-{at}"));
            std::fs::create_dir(&other.folder).unwrap();
            others.push(other);
        }
        // The first one makes the journal's tables and key.
        let gateway = Process::start(spec).await;
        Suite {
            samples: Samples::new(self.persons, SEED),
            departments,
            gateway,
            others: join_all(others.into_iter().map(Process::start)).await,
            _folder: folder,
        }
    }

    async fn department(&self, name: &'static str, folder: &TempDir) -> Spec {
        if let Some(other) = self.instead.as_ref().filter(|other| other.name == name) {
            return other.clone();
        }
        let mut spec = self.process(name, folder).await;
        spec.put("POPULATION__PERSONS", self.persons.to_string());
        spec.put("POPULATION__SEED", SEED.to_string());
        let suspensions = self.suspensions(name);
        if !suspensions.is_empty() {
            spec.put("SUSPENSIONS", format!("[{}]", suspensions.join(", ")));
        }
        spec
    }

    async fn process(&self, name: &'static str, folder: &TempDir) -> Spec {
        let mut spec = Spec::new(name, folder.path());
        if self.postgres {
            spec.put("DATABASE__URL", postgres_url().await);
            spec.put("DATABASE__MAX_CONNECTIONS", "5");
        }
        if let Some((address, token)) = &self.consul {
            spec.put("DISCOVERY__KIND", "consul");
            spec.put("DISCOVERY__CONSUL__ADDRESS", address);
            spec.put("DISCOVERY__CONSUL__TTL_SECONDS", "3");
            if !token.is_empty() {
                spec.put("DISCOVERY__CONSUL__TOKEN", token);
            }
        }
        for (key, value) in &self.settings {
            spec.put(key, value);
        }
        for (_, key, value) in self.own.iter().filter(|(process, ..)| *process == name) {
            spec.put(key, value);
        }
        match (&self.departments, name) {
            (Some(folder), "connector") => spec.put("CONNECTOR__DEPARTMENTS_DIR", folder),
            (Some(folder), "gateway") => spec.put("GATEWAY__DEPARTMENTS", folder),
            _ => {}
        }
        spec
    }

    /// The matters that a department's process is to refuse.
    fn suspensions(&self, name: &str) -> Vec<String> {
        let refused = self.refused.iter().filter_map(|(bundle, refused)| {
            let mut steps = bundle_steps(bundle).into_iter();
            let step = steps.find(|step| step.id == *refused);
            let step = step.unwrap_or_else(|| panic!("{bundle} has no step {refused}"));
            (step.served_by == name).then(|| suspension(&step))
        });
        refused.collect()
    }
}

/// The setting with which a department refuses one step's matter.
fn suspension(step: &Step) -> String {
    format!(r#"{{ method = "{}", step = "{}" }}"#, step.method, step.id)
}

/// A running suite. Dropped, every process is killed.
#[derive(Debug)]
pub struct Suite {
    /// Forms for persons and enterprises of the population.
    pub samples: Samples,
    /// The gateway's process.
    pub gateway: Process,
    others: Vec<Process>,
    departments: BTreeMap<&'static str, Process>,
    _folder: TempDir,
}

impl Suite {
    /// A suite on SQLite with forty persons, in which nothing is refused.
    pub async fn start() -> Self {
        Plan::default().start().await
    }

    /// A REST client of the gateway as it runs now.
    #[must_use]
    pub fn client(&self) -> Client {
        Client::new(&self.gateway.url())
    }

    /// How many gateways share the journal.
    #[must_use]
    pub fn gateways(&self) -> usize {
        1 + self.others.len()
    }

    /// One of the gateways, from 0.
    #[must_use]
    pub fn gateway_at(&mut self, at: usize) -> &mut Process {
        match at {
            0 => &mut self.gateway,
            at => &mut self.others[at - 1],
        }
    }

    /// A department's process.
    #[must_use]
    pub fn department(&mut self, name: &str) -> &mut Process {
        self.departments.get_mut(name).unwrap()
    }

    /// Every department's gRPC.
    #[must_use]
    pub fn departments(&self) -> Departments {
        let addresses = self
            .departments
            .iter()
            .map(|(name, process)| (*name, process.url()));
        Departments::new(addresses.collect())
    }

    /// Has a department refuse these steps' matters from now on, and no others: it is started again
    /// on its port.
    pub async fn suspend(&mut self, department: &str, steps: &[&Step]) {
        let process = self.department(department);
        let suspensions: Vec<_> = steps.iter().map(|step| suspension(step)).collect();
        process
            .spec
            .put("SUSPENSIONS", format!("[{}]", suspensions.join(", ")));
        process.restart_in_place().await;
    }

    /// Changes rows behind a process's back, in its database, and says how many.
    pub async fn edit(&self, process: &str, sql: Sql) -> u64 {
        let process = match process {
            "gateway" => &self.gateway,
            department => &self.departments[department],
        };
        let db = Db::open(process.spec.get("DATABASE__URL"), 1)
            .await
            .unwrap();
        let mut tx = db.begin().await.unwrap();
        let changed = tx.execute(sql, args![]).await.unwrap();
        tx.commit().await.unwrap();
        db.close().await;
        changed
    }

    /// Changes a case's journal behind the gateway's back: the events of the chapter that holds one of them.
    /// `change` is told its place.
    pub async fn rewrite(
        &self,
        case: &str,
        seq: u64,
        change: impl FnOnce(&mut Vec<StoredEvent>, usize),
    ) {
        const LAST: Sql = Sql::both(
            "SELECT first, events FROM saga_chapter WHERE saga_id = $1 AND first <= $2 \
             ORDER BY first DESC LIMIT 1",
        );
        const PUT: Sql =
            Sql::both("UPDATE saga_chapter SET events = $3 WHERE saga_id = $1 AND first = $2");
        let url = self.gateway.spec.get("DATABASE__URL");
        let db = Db::open(url, 1).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        let row = tx.fetch_optional(LAST, args![case, seq as i64]).await;
        let (first, bytes): (i64, Vec<u8>) = row.unwrap().unwrap();
        let mut events = Chapter::read(&bytes).events;
        let place = events.iter().position(|event| event.seq == seq).unwrap();
        change(&mut events, place);
        let row = args![case, first, Chapter::write(&events).unwrap()];
        assert_eq!(tx.execute(PUT, row).await.unwrap(), 1);
        tx.commit().await.unwrap();
        db.close().await;
    }

    /// How many cases the gateway's journal has, ended ones included.
    pub async fn journaled_cases(&self) -> i64 {
        self.count(Sql::both("SELECT count(*) FROM saga")).await
    }

    /// How many cases of the gateway's journal have not ended.
    pub async fn unended_cases(&self) -> i64 {
        self.count(Sql::both(
            "SELECT count(*) FROM saga WHERE ended_at IS NULL",
        ))
        .await
    }

    /// Counts in the journal itself, whether the gateway runs or not.
    async fn count(&self, of: Sql) -> i64 {
        const COPY: Sql = Sql::both("VACUUM INTO $1");
        let mut db = Db::open(self.gateway.spec.get("DATABASE__URL"), 1)
            .await
            .unwrap();
        let folder = TempDir::new().unwrap();
        if db.backend() == Backend::Sqlite {
            // In a copy, as the next gateway would find it: opening a store settles what commits left.
            let copy = folder.path().join("copy.db").display().to_string();
            let none: Option<(i64,)> = db.fetch_optional(COPY, args![&copy]).await.unwrap();
            assert_eq!(none, None);
            db.close().await;
            db = Db::open(&format!("sqlite:{copy}"), 1).await.unwrap();
            let settings = SqlStoreSettings::new(ChainKey::new(*b"no event is read here"));
            SqlStore::open(db.clone(), settings).await.unwrap();
        }
        let (count,): (i64,) = db.fetch_one(of, args![]).await.unwrap();
        db.close().await;
        count
    }
}
