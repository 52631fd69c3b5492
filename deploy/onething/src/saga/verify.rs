//! `onething saga verify`: whether journals are what was written, asked of a gateway or read out of
//! a database.

use std::path::Path;

use anyhow::{Context as _, bail};
use jiff::Timestamp;
use onething_db::Db;
use onething_saga::store::{Audit, Audited, ChainKey};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    client::{Client, Refusal},
    list::fetch,
    moment::exact,
};
use crate::{
    outcome::Outcome,
    page::{BAD, GOOD, paint},
};

/// A journal that is not what was written.
#[derive(Debug, Serialize)]
struct Broken {
    saga: String,
    /// The first row that does not fit; none when the saga's own row is gone or cannot be read.
    seq: Option<u64>,
    kind: Option<String>,
    at: Option<String>,
    what: String,
}

/// What was verified.
#[derive(Debug, Default, Serialize)]
struct Findings {
    sagas: u64,
    rows: u64,
    broken: Vec<Broken>,
}

/// Asks the gateway about one saga, or all of them.
pub(super) async fn online(
    client: &Client,
    id: Option<&str>,
    json: bool,
) -> Result<Outcome, Refusal> {
    let ids = match id {
        Some(id) => vec![id.to_owned()],
        None => {
            let (sagas, _) = fetch(client, &[], usize::MAX).await?;
            let ids = sagas.iter().filter_map(|saga| saga["id"].as_str());
            ids.map(str::to_owned).collect()
        }
    };
    let mut findings = Findings::default();
    for id in ids {
        let chain = client.post(&format!("/{id}/verify"), &Value::Null).await?;
        findings.sagas += 1;
        findings.rows += chain["events"].as_u64().unwrap_or_default();
        if chain["intact"] != true {
            let row = &chain["first_broken"];
            let text = |name: &str| row[name].as_str().map(str::to_owned);
            let missing = row["missing"] == true;
            findings.broken.push(Broken {
                saga: id,
                seq: row["seq"].as_u64(),
                kind: text("kind"),
                at: text("at"),
                what: what(missing).to_owned(),
            });
        }
    }
    Ok(findings.tell(json))
}

fn what(missing: bool) -> &'static str {
    if missing {
        "is missing"
    } else {
        "is not what was written"
    }
}

/// Reads a database itself: one saga, or all of them.
pub(super) async fn offline(
    database: &str,
    key: &Path,
    id: Option<&str>,
    json: bool,
) -> anyhow::Result<Outcome> {
    if let Some(file) = database.strip_prefix("sqlite:") {
        // Opening it would make an empty one.
        let file = file.trim_start_matches("//");
        if !Path::new(file).is_file() {
            bail!("there is no database file {file}");
        }
    }
    let db = Db::open(database, 2)
        .await
        .context("the database cannot be opened")?;
    let audit = Audit::new(db.clone(), chain_key(key)?);
    let read = async {
        let mut findings = Findings::default();
        if let Some(id) = id {
            let Some(found) = audit.check(id).await? else {
                anstream::eprintln!("onething: there is no saga {id} in this database");
                return anyhow::Ok(None);
            };
            findings.add(id, found);
            return Ok(Some(findings));
        }
        let mut after = String::new();
        loop {
            let ids = audit.sagas(&after, 500).await?;
            let Some(last) = ids.last() else { break };
            after.clone_from(last);
            for id in &ids {
                if let Some(found) = audit.check(id).await? {
                    findings.add(id, found);
                }
            }
        }
        for id in audit.orphans().await? {
            findings.add(&id, Audited::Gone);
        }
        Ok(Some(findings))
    };
    let findings = read.await.context("the journal cannot be read");
    db.close().await;
    Ok(match findings? {
        Some(findings) => findings.tell(json),
        None => Outcome::Unknown,
    })
}

fn chain_key(file: &Path) -> anyhow::Result<ChainKey> {
    let key = std::fs::read(file).with_context(|| format!("journal key {}", file.display()))?;
    if key.len() < 32 {
        bail!(
            "{} is too short to be a journal's key: it has {} bytes, and at least 32 are right",
            file.display(),
            key.len()
        );
    }
    Ok(ChainKey::new(key))
}

impl Findings {
    fn add(&mut self, saga: &str, found: Audited) {
        self.sagas += 1;
        let mut broken = Broken {
            saga: saga.to_owned(),
            seq: None,
            kind: None,
            at: None,
            what: String::new(),
        };
        match found {
            Audited::Intact { rows } => {
                self.rows += rows;
                return;
            }
            Audited::Broken { seq, row } => {
                broken.seq = Some(seq);
                broken.what = what(row.is_none()).to_owned();
                if let Some((kind, at)) = row {
                    broken.kind = Some(kind);
                    let at = Timestamp::from_microsecond(at.0).ok();
                    broken.at = at.map(|at| at.to_string());
                }
            }
            Audited::Unreadable { what } => {
                broken.what = format!("the saga's own row cannot be read: {what}");
            }
            Audited::Gone => {
                broken.what = "the saga's own row is gone, its journal is still there".to_owned();
            }
        }
        self.broken.push(broken);
    }

    fn tell(&self, json: bool) -> Outcome {
        let outcome = if self.broken.is_empty() {
            Outcome::Done
        } else {
            Outcome::Broken
        };
        if json {
            anstream::println!("{:#}", json!(self));
            return outcome;
        }
        for broken in &self.broken {
            let row = match (&broken.seq, &broken.kind) {
                (Some(seq), Some(kind)) => {
                    let at = broken.at.as_deref().map(exact).unwrap_or_default();
                    format!("row {seq} ({kind}, {at}) ")
                }
                (Some(seq), None) => format!("row {seq} "),
                (None, _) => String::new(),
            };
            let line = format!("BROKEN  saga {}: {row}{}", broken.saga, broken.what);
            anstream::println!("{}", paint(BAD, &line));
        }
        let sagas = match self.sagas {
            1 => "1 saga".to_owned(),
            count => format!("{count} sagas"),
        };
        if self.broken.is_empty() {
            let line = format!("intact: {sagas}, {} rows, as they were written", self.rows);
            anstream::println!("{}", paint(GOOD, &line));
        } else {
            anstream::println!("{} of {sagas} broken", self.broken.len());
            anstream::println!(
                "keep the database as it is, and go on with deploy/runbooks/stuck-sagas.md"
            );
        }
        outcome
    }
}
