//! Moving a person from one household to another as one act across places (户口迁移), and the new page
//! of the household booklet. A move is undone by another move only.

use async_trait::async_trait;
use onething_db::Tx;
use onething_participant::{Action, Call, Effect, Refusal, Stop};
use onething_proto::public_security::{
    IssueBookletPageRequest, IssueBookletPageResponse, MoveHouseholdRequest, MoveHouseholdResponse,
};

use crate::{
    day::day,
    store::{
        household,
        relocation::{self, NewMove},
        sequence,
    },
    value::{resident_number, value},
};

/// Moves a person.
pub(crate) struct MoveHousehold;

/// Issues the new page.
pub(crate) struct IssueBookletPage;

#[async_trait]
impl Action for MoveHousehold {
    const METHOD: &'static str = "onething.public_security.v1.PublicSecurityService/MoveHousehold";
    type Request = MoveHouseholdRequest;
    type Response = MoveHouseholdResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let mover = resident_number("mover_id_number", &request.mover_id_number)?;
        let permit_number = value(
            "move.permit_number",
            "permit_number",
            &request.permit_number,
        )?;
        let Some(permit) = relocation::permit(tx, &permit_number, &mover).await? else {
            let message = "The person holds no permit to move in with this number.";
            return Err(Refusal::new("PERMIT_NOT_FOUND", message)
                .about("permit_number")
                .into());
        };
        // In one order, so that two moves between the same households never wait for each other.
        let mut households = [&permit.from_household_id, &permit.to_household_id];
        households.sort();
        for id in households {
            household::lock(tx, id).await?;
        }
        let member = relocation::member(tx, &mover).await?;
        let member = member.filter(|member| member.household_id == permit.from_household_id);
        let closed = relocation::closed(tx, &permit.to_household_id).await?;
        let Some(from) = member.filter(|_| !closed) else {
            let message = "The households are no longer as they were when the permit was given.";
            return Err(Refusal::new("HOUSEHOLD_CHANGED", message).into());
        };
        let today = day(call.at)?;
        let place = relocation::place(tx, &permit.to_household_id).await?;
        let series = format!("QY{}-{}", place.region, today.year());
        let serial = sequence::next(tx, &series, 1).await?;
        let move_number = format!("{series}-{serial:06}");
        let new = NewMove {
            move_number: &move_number,
            permit_number: &permit_number,
            id_number: &mover,
            from: &from,
            to_household_id: &permit.to_household_id,
            relation: &permit.relation,
            moved_on: &today.to_string(),
            moved_at: call.at,
        };
        relocation::relocate(tx, new).await?;
        if from.relation == "head" {
            leave_headless(tx, &from.household_id, call.at).await?;
        }
        Ok(Effect {
            response: MoveHouseholdResponse {
                move_number,
                moved_on: today.to_string(),
                region: place.region,
                address: place.address,
            },
            record: (),
        })
    }
}

/// The eldest member left becomes the head; a household without members is closed.
async fn leave_headless(tx: &mut Tx, household: &str, at: i64) -> Result<(), Stop> {
    let remaining = relocation::remaining(tx, household).await?;
    match remaining.first() {
        Some(eldest) => relocation::succeed(tx, household, eldest).await?,
        None => relocation::close(tx, household, at).await?,
    }
    Ok(())
}

#[async_trait]
impl Action for IssueBookletPage {
    const METHOD: &'static str =
        "onething.public_security.v1.PublicSecurityService/IssueBookletPage";
    type Request = IssueBookletPageRequest;
    type Response = IssueBookletPageResponse;
    type Record = ();

    async fn perform(
        &self,
        tx: &mut Tx,
        call: &Call,
        request: Self::Request,
    ) -> Result<Effect<Self::Response, ()>, Stop> {
        let mover = resident_number("mover_id_number", &request.mover_id_number)?;
        let move_number = value("move.number", "move_number", &request.move_number)?;
        relocation::member(tx, &mover).await?;
        if !relocation::moved(tx, &move_number, &mover).await? {
            let message = "The person did not move under this number.";
            return Err(Refusal::invalid("move_number", message).into());
        }
        // A move has one page: who asks again is told which.
        let page_number = match relocation::page(tx, &move_number).await? {
            Some(page) => page,
            None => {
                let series = format!("HY{}", day(call.at)?.year());
                let serial = sequence::next(tx, &series, 1).await?;
                let page = format!("{series}-{serial:08}");
                relocation::issue_page(tx, &page, &move_number, call.at).await?;
                page
            }
        };
        Ok(Effect {
            response: IssueBookletPageResponse { page_number },
            record: (),
        })
    }
}
