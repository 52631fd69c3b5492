//! `onething saga list`: a line per saga, oldest first.

use anstyle::Style;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    arguments::List,
    client::{Client, Refusal},
    moment::{age, due},
};
use crate::table::Table;
use crate::{
    outcome::Outcome,
    page::{BACK, BAD, FAINT, paint},
};

const PAGE: usize = 200;

/// What a line says.
#[derive(Debug, Deserialize)]
struct Line {
    id: String,
    bundle: String,
    state: String,
    ended: bool,
    accepted_at: Option<String>,
    responsible: Option<String>,
    wake_at: Option<String>,
    wake_reason: Option<String>,
    quarantined: Option<String>,
}

/// Lists what the criteria ask for.
pub(super) async fn run(client: &Client, wanted: &List, json: bool) -> Result<Outcome, Refusal> {
    let limit = if wanted.limit == 0 {
        usize::MAX
    } else {
        wanted.limit
    };
    let (sagas, more) = fetch(client, &criteria(wanted), limit).await?;
    if json {
        let page = json!({ "sagas": sagas, "more": more });
        anstream::println!("{page:#}");
        return Ok(Outcome::Done);
    }
    let lines: Vec<Line> = serde_json::from_value(Value::Array(sagas))
        .map_err(|error| Refusal::Failed(anyhow::anyhow!("not understood: {error}")))?;
    if lines.is_empty() {
        anstream::println!("no saga is like this");
        return Ok(Outcome::Done);
    }
    print(&lines, more);
    Ok(Outcome::Done)
}

fn criteria(wanted: &List) -> Vec<(&'static str, String)> {
    let given = [
        ("state", &wanted.state),
        ("bundle", &wanted.bundle),
        ("department", &wanted.department),
        ("older_than", &wanted.older_than),
    ];
    let mut criteria: Vec<_> = given
        .into_iter()
        .filter_map(|(name, value)| Some((name, value.clone()?)))
        .collect();
    if wanted.quarantined {
        criteria.push(("quarantined", "true".to_owned()));
    }
    if wanted.without_wake {
        criteria.push(("without_wake", "true".to_owned()));
    }
    criteria
}

/// Sagas page by page, at most `limit`, and whether there are more.
pub(super) async fn fetch(
    client: &Client,
    criteria: &[(&'static str, String)],
    limit: usize,
) -> Result<(Vec<Value>, bool), Refusal> {
    let mut sagas = Vec::new();
    let mut token = None;
    loop {
        let size = PAGE.min(limit - sagas.len()).max(1);
        let mut parameters = criteria.to_vec();
        parameters.push(("page_size", size.to_string()));
        parameters.extend(token.map(|token| ("page_token", token)));
        let mut page = client.get("", &parameters).await?;
        if let Value::Array(found) = page["sagas"].take() {
            sagas.extend(found);
        }
        token = page["next_page_token"].as_str().map(str::to_owned);
        if token.is_none() || sagas.len() >= limit {
            return Ok((sagas, token.is_some()));
        }
    }
}

fn print(lines: &[Line], more: bool) {
    let now = Timestamp::now();
    let mut table = Table::new(["SAGA", "STATE", "AGE", "BUNDLE", "NEXT TO ACT", "BY", "WHY"]);
    for line in lines {
        let (who, by, why) = next(line, now);
        let style = match (&line.quarantined, line.state.as_str()) {
            (Some(_), _) | (_, "halted") => BAD,
            (_, "escalated") => BACK,
            _ if !line.ended && line.wake_at.is_none() => BAD,
            _ => Style::new(),
        };
        let state = match line.quarantined {
            Some(_) => format!("{} (set aside)", line.state),
            None => line.state.clone(),
        };
        let accepted = age(line.accepted_at.as_deref(), now);
        let row = [
            line.id.clone(),
            state,
            accepted,
            line.bundle.clone(),
            who,
            by,
            why,
        ];
        table.add(row, style);
    }
    table.print("");
    let count = match (lines.len(), more) {
        (1, false) => "1 saga".to_owned(),
        (count, false) => format!("{count} sagas"),
        (count, true) => format!("the oldest {count}; there are more: raise --limit"),
    };
    anstream::println!("{}", paint(FAINT, &count));
}

/// Who must act next, by when, and why.
fn next(line: &Line, now: Timestamp) -> (String, String, String) {
    if let Some(why) = &line.quarantined {
        return ("operators".to_owned(), "now".to_owned(), why.clone());
    }
    if line.ended {
        return ("-".to_owned(), "-".to_owned(), "ended".to_owned());
    }
    let text = |text: &Option<String>, none: &str| text.clone().unwrap_or_else(|| none.to_owned());
    (
        text(&line.responsible, "nobody"),
        due(line.wake_at.as_deref(), now),
        text(&line.wake_reason, "nothing will happen by itself"),
    )
}
