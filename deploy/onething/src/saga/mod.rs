//! `onething saga`: the operators' tools. They ask the gateway and decide nothing themselves.

mod act;
mod arguments;
mod client;
mod journal;
mod list;
mod moment;
mod show;
mod verify;

pub(crate) use arguments::Saga;
use arguments::{Command, Verify};
use client::{Client, Refusal};

use crate::outcome::Outcome;

/// Carries out one command.
pub(crate) async fn run(arguments: Saga) -> anyhow::Result<Outcome> {
    let Saga { command, access } = arguments;
    if let Command::Verify(Verify {
        id,
        database: Some(database),
        journal_key: Some(key),
    }) = &command
    {
        return verify::offline(database, key, id.as_deref(), access.json).await;
    }
    let client = Client::new(&access)?;
    match ask(&client, &command, access.json).await {
        Ok(outcome) => Ok(outcome),
        Err(refusal) => refusal.tell(&client),
    }
}

async fn ask(client: &Client, command: &Command, json: bool) -> Result<Outcome, Refusal> {
    match command {
        Command::List(wanted) => list::run(client, wanted, json).await,
        Command::Show(wanted) => show::run(client, wanted, json).await,
        Command::Retry(wanted) => act::run(client, "retry", wanted, json).await,
        Command::Undo(wanted) => act::run(client, "undo", wanted, json).await,
        Command::Skip(wanted) => act::propose(client, "skip", wanted, None, json).await,
        Command::Attest(wanted) => {
            let disposition = Some(wanted.disposition.as_str());
            act::propose(client, "attest", &wanted.act, disposition, json).await
        }
        Command::Approve(wanted) => act::answer(client, "approve", wanted, None, json).await,
        Command::Decline(wanted) => {
            let reason = Some(wanted.reason.as_str());
            act::answer(client, "decline", &wanted.proposal, reason, json).await
        }
        Command::Erase(wanted) => act::erase(client, wanted, json).await,
        Command::Verify(wanted) => verify::online(client, wanted.id.as_deref(), json).await,
    }
}
