//! One disaster from its beginning to the reckoning: the suite, the load, the kills, the wait for every
//! case's end, and what the departments' databases say then.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use onething_bundle::ActionKind;
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use super::{
    applicants::{Applicants, Forms},
    registers::{self, REGISTERS},
    rules::{Recorded, Wrong},
};
use crate::{
    case::Case,
    steps::{Step, bundle_steps},
    suite::{Plan, Suite},
};

/// Births and enterprises enough that cases of both bundles are under way all the time.
const PERSONS: u32 = 1_500;
/// How long every case together has to end, once nothing is killed any more.
const TO_THE_END: Duration = Duration::from_secs(240);
/// The departments whose steps change something.
const BUNDLES: [&str; 2] = ["newborn", "enterprise-relocation"];

/// What is to happen.
#[derive(Clone, Debug)]
pub struct Disaster {
    /// How many processes are killed.
    pub kills: u32,
    /// On PostgreSQL in place of SQLite.
    pub postgres: bool,
    /// How many gateways share the journal.
    pub gateways: usize,
    /// What decides who is killed, and when.
    pub seed: u64,
}

/// What was found afterwards.
#[derive(Clone, Debug)]
pub struct Found {
    disaster: Disaster,
    kills: u32,
    /// Kills at a moment at which cases were under way.
    under_way: u32,
    filed: usize,
    cases: i64,
    unended: i64,
    ended: BTreeMap<String, u32>,
    wrong: Wrong,
    took: Duration,
}

impl Found {
    /// Whether every case ended and every effect is there exactly as its case says.
    #[must_use]
    pub fn held(&self) -> bool {
        let Wrong {
            doubled,
            leftover,
            missing,
            problems,
        } = &self.wrong;
        self.unended == 0
            && self.kills == self.disaster.kills
            && i64::try_from(self.filed) == Ok(self.cases)
            && (*doubled, *leftover, *missing) == (0, 0, 0)
            && problems.is_empty()
    }

    /// How many kills came while cases were under way.
    #[must_use]
    pub fn under_way(&self) -> u32 {
        self.under_way
    }

    /// How many cases ended in each state.
    #[must_use]
    pub fn ended(&self) -> &BTreeMap<String, u32> {
        &self.ended
    }

    /// One object for machines.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "kills": self.kills,
            "cases": self.cases,
            "unended": self.unended,
            "doubled": self.wrong.doubled,
            "leftover": self.wrong.leftover,
            "missing": self.wrong.missing,
            "acknowledged": self.filed,
            "ended": self.ended,
            "kills_under_way": self.under_way,
            "store": if self.disaster.postgres { "postgres" } else { "sqlite" },
            "gateways": self.disaster.gateways,
            "seed": self.disaster.seed,
            "seconds": self.took.as_secs(),
        })
    }
}

impl Disaster {
    /// Lets it happen.
    ///
    /// # Panics
    /// When a process does not come back, or a gateway answers what it must not.
    pub async fn strike(self) -> Found {
        let begun = Instant::now();
        println!("seed {}", self.seed);
        let mut plan = Plan::default().persons(PERSONS).gateways(self.gateways);
        if self.postgres {
            plan = plan.postgres();
        }
        let mut suite = plan.start().await;
        let before = registers::count(&mut suite).await;
        let forms = Forms::fill_in(&suite.client(), &suite.samples).await;
        let urls = (0..self.gateways).map(|at| suite.gateway_at(at).url());
        let urls = urls.collect();
        let applicants = Applicants::begin(forms, urls);

        let mut fate = Fate::new(self.seed);
        let (mut kills, mut under_way) = (0, 0);
        while kills < self.kills {
            let (killed, hit) = fate
                .strike(&mut suite, &applicants, self.kills - kills)
                .await;
            kills += killed;
            under_way += if hit { killed } else { 0 };
            println!(
                "{kills} of {} killed, {} cases acknowledged",
                self.kills,
                applicants.filed()
            );
        }
        let filed = applicants.end().await;
        let unended = settled(&suite).await;
        println!(
            "{} cases acknowledged, {unended} have not ended",
            filed.len()
        );

        let mut wrong = Wrong::default();
        let ledgers = registers::ledgers(&mut suite).await;
        let after = registers::count(&mut suite).await;
        for (register, (before, after)) in REGISTERS.iter().zip(before.into_iter().zip(after)) {
            wrong.rows(register.methods, before, after, &ledgers);
        }
        let ended = cases(&suite, filed.values(), &ledgers, &mut wrong).await;
        for problem in &wrong.problems {
            println!("{problem}");
        }
        Found {
            kills,
            under_way,
            filed: filed.len(),
            cases: suite.journaled_cases().await,
            unended,
            ended,
            wrong,
            took: begun.elapsed(),
            disaster: self,
        }
    }
}

/// Waits until no case is without its end: how many still are when the time is up.
async fn settled(suite: &Suite) -> i64 {
    let begun = Instant::now();
    loop {
        let unended = suite.unended_cases().await;
        if unended == 0 || begun.elapsed() > TO_THE_END {
            return unended;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Holds every case against the ledgers: how many cases ended in each state.
async fn cases(
    suite: &Suite,
    ids: impl Iterator<Item = &String>,
    ledgers: &[Recorded],
    wrong: &mut Wrong,
) -> BTreeMap<String, u32> {
    let mut by_case: BTreeMap<&str, Vec<Recorded>> = BTreeMap::new();
    for call in ledgers {
        by_case.entry(&call.saga).or_default().push(call.clone());
    }
    let changing: BTreeMap<&str, BTreeSet<String>> = BUNDLES
        .into_iter()
        .map(|bundle| {
            let steps = bundle_steps(bundle).into_iter();
            let changing = steps.filter(Step::changes_something).map(|step| step.id);
            (bundle, changing.collect())
        })
        .collect();
    let (client, mut ended) = (suite.client(), BTreeMap::new());
    for id in ids {
        let case: Case = client.case(id).await;
        let changing = &changing[case.bundle()];
        let items = case.items().into_iter();
        let done = items
            .filter(|(step, state)| *state == "succeeded" && changing.contains(*step))
            .map(|(step, _)| step.to_owned());
        let calls = by_case.remove(id.as_str()).unwrap_or_default();
        wrong.case(id, &done.collect(), &calls);
        *ended.entry(case.state().to_owned()).or_default() += 1;
    }
    for (saga, calls) in by_case {
        // Effects of a case that nobody was told of: the case was filed twice.
        wrong.case(saga, &BTreeSet::new(), &calls);
    }
    ended
}

/// Who is killed next, and when.
struct Fate {
    dice: StdRng,
    steps: Vec<Step>,
}

impl Fate {
    fn new(seed: u64) -> Self {
        let steps = BUNDLES.into_iter().flat_map(bundle_steps);
        Self {
            dice: StdRng::seed_from_u64(seed),
            steps: steps.filter(Step::changes_something).collect(),
        }
    }

    /// Kills one process or two and brings them back: how many, and whether cases were under way.
    async fn strike(
        &mut self,
        suite: &mut Suite,
        applicants: &Applicants,
        most: u32,
    ) -> (u32, bool) {
        self.wait(800).await;
        let gateway = self.dice.random_bool(0.55);
        let both = most > 1 && self.dice.random_bool(0.15);
        let (gateway, department) = (gateway || both, !gateway || both);
        let at = self.dice.random_range(0..suite.gateways());
        let named = self.department();
        if gateway {
            suite.gateway_at(at).kill();
        }
        if department {
            suite.department(named).kill();
        }
        let hit = suite.unended_cases().await > 0;
        self.wait(200).await;
        if department {
            let refused = self.refused(named);
            let refused: Vec<&Step> = refused.iter().collect();
            suite.suspend(named, &refused).await;
        }
        if gateway {
            let gateway = suite.gateway_at(at);
            gateway.restart().await;
            let url = gateway.url();
            applicants.moved(at, url);
        }
        (u32::from(gateway) + u32::from(department), hit)
    }

    async fn wait(&mut self, most: u64) {
        let time = self.dice.random_range(0..most);
        tokio::time::sleep(Duration::from_millis(time)).await;
    }

    /// A department whose death matters: one that steps call.
    fn department(&mut self) -> &'static str {
        let step = self.steps.choose(&mut self.dice).unwrap();
        let mut names = crate::suite::DEPARTMENTS.into_iter();
        names.find(|name| *name == step.served_by).unwrap()
    }

    /// The step that a department refuses from now on, so that cases are undone as well; often none.
    /// What must succeed is never refused: an owner would have to act.
    fn refused(&mut self, department: &str) -> Option<Step> {
        if self.dice.random_bool(0.4) {
            return None;
        }
        let of_it: Vec<&Step> = self
            .steps
            .iter()
            .filter(|step| step.served_by == department && step.kind != ActionKind::Forward)
            .collect();
        of_it.choose(&mut self.dice).map(|step| (*step).clone())
    }
}
