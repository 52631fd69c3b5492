//! Handing the electronic archive over to the destination (电子档案移交), with its hash checked on
//! both sides.

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Annulled, Call, Effect, Fault, Refusal, Stop};
use onething_proto::enterprise_registry::{TransferArchiveRequest, TransferArchiveResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    cause::cause,
    code::Code,
    digest::digest,
    number::{self, Kind},
    registration,
    store::{
        acceptance,
        archive::{self, Document},
        enterprise,
        history::{self, Change, Entry},
        release,
        state::State,
        transfer,
    },
    value::value,
};

/// Hands an archive over.
pub(crate) struct TransferArchive;

/// What returning an archive needs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    credit_code: String,
    archive_number: String,
    cause: String,
}

#[async_trait]
impl Action for TransferArchive {
    const METHOD: &'static str =
        "onething.enterprise_registry.v1.EnterpriseRegistryService/TransferArchive";
    type Request = TransferArchiveRequest;
    type Response = TransferArchiveResponse;
    type Record = Record;

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, Self::Record>, Stop> {
        let code = Code::read(&request.credit_code)?;
        let release_number = value(
            "relocation.release_number",
            "release_number",
            &request.release_number,
        )?;
        let record = code.found(enterprise::lock(tx, code.as_str()).await?)?;
        let code = record.credit_code.as_str();
        let to_holder = released_to(tx, &release_number, code).await?;

        let held = archive::lock(tx, code)
            .await?
            .filter(|archive| archive.holder == record.registrar)
            .ok_or_else(|| missing("The registrar does not hold the enterprise's archive."))?;
        let sent = archive::documents(tx, code).await?;
        if sent.is_empty() {
            return Err(missing("The enterprise's archive holds no documents.").into());
        }
        let sent_sha256 = digest(&sent);
        same_hash(&held.sha256, &sent_sha256)?;

        let kind = Kind::Archive;
        let archive_number = number::issue(tx, kind, &to_holder, call.at).await?;
        archive::give(tx, code, &to_holder, Some(&archive_number), call.at).await?;
        // The destination computes the hash again, over what it now holds.
        let received = archive::documents(tx, code).await?;
        let received_sha256 = digest(&received);
        same_hash(&sent_sha256, &received_sha256)?;

        let pages = pages(&received)?;
        let draft = transfer::Draft {
            archive_number: &archive_number,
            credit_code: code,
            release_number: &release_number,
            from_holder: &held.holder,
            from_archive_number: held.archive_number.as_deref(),
            to_holder: &to_holder,
            sent_sha256: &sent_sha256,
            received_sha256: &received_sha256,
            pages: pages.into(),
        };
        transfer::insert(tx, &draft, call.at).await?;
        let cause = cause(call);
        let entry = Entry {
            credit_code: code,
            change: Change::ArchiveHandedOver,
            document_number: &archive_number,
            cause: &cause,
            before: json!({
                "archive_holder": held.holder, "archive_number": held.archive_number,
            }),
            after: json!({"archive_holder": to_holder, "archive_number": archive_number}),
        };
        history::add(tx, entry, call.at).await?;
        Ok(Effect {
            response: TransferArchiveResponse {
                archive_number: archive_number.clone(),
                sha256: received_sha256,
                pages,
            },
            record: Record {
                credit_code: record.credit_code,
                archive_number,
                cause,
            },
        })
    }

    async fn annul(&self, tx: &mut Tx, at: i64, record: Record) -> Result<Annulled, Fault> {
        let Record {
            credit_code,
            archive_number,
            cause,
        } = record;
        enterprise::lock(tx, &credit_code).await?;
        let found = transfer::find(tx, &archive_number, &credit_code).await?;
        let stored = found.ok_or_else(|| registration::missing(&archive_number))?;
        match stored.state {
            State::Annulled => return Ok(Annulled::Done),
            State::Completed => return Ok(registration::too_late()),
            State::InForce => {}
        }
        archive::lock(tx, &credit_code).await?;
        let number = stored.from_archive_number.as_deref();
        archive::give(tx, &credit_code, &stored.from_holder, number, at).await?;
        transfer::mark(tx, &archive_number, State::Annulled, at).await?;
        let entry = Entry {
            credit_code: &credit_code,
            change: Change::ArchiveReturned,
            document_number: &archive_number,
            cause: &cause,
            before: json!({"archive_holder": stored.to_holder, "archive_number": archive_number}),
            after: json!({"archive_holder": stored.from_holder, "archive_number": number}),
        };
        history::add(tx, entry, at).await?;
        Ok(Annulled::Done)
    }
}

/// The registrar to which a release in force lets the enterprise go.
async fn released_to(tx: &mut Tx, release_number: &str, code: &str) -> Result<String, Stop> {
    let refused = || {
        let message = "No release in force of this enterprise has this number.";
        Refusal::new("NOT_RELEASED", message).about("release_number")
    };
    let release = release::find(tx, release_number, code)
        .await?
        .filter(|release| release.state == State::InForce)
        .ok_or_else(refused)?;
    let acceptance = acceptance::find(tx, &release.acceptance_number, code)
        .await?
        .filter(|acceptance| acceptance.state == State::InForce)
        .ok_or_else(refused)?;
    Ok(acceptance.target_registrar)
}

fn missing(message: &str) -> Refusal {
    Refusal::new("ARCHIVE_MISSING", message)
}

fn same_hash(expected: &str, computed: &str) -> Result<(), Refusal> {
    if expected == computed {
        return Ok(());
    }
    let message = "The archive's documents do not have the hash under which they were archived.";
    Err(Refusal::new("HASH_MISMATCH", message))
}

fn pages(documents: &[Document]) -> Result<i32, Fault> {
    let sum: i64 = documents.iter().map(|document| document.pages).sum();
    i32::try_from(sum).map_err(|error| Fault::Corrupt {
        what: "an archive's pages".to_owned(),
        source: error.into(),
    })
}
