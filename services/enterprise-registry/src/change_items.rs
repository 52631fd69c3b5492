//! The items of a record that an application changes (变更事项), as its request names them, and the
//! record that they make.

use jiff::civil::Date;
use onething_elements::ResidentNumber;
use onething_participant::Refusal;
use onething_proto::enterprise_registry::RegisterChangeRequest;

use crate::{
    destination::Destination,
    eligibility,
    holdings::Transfer,
    store::enterprise::Enterprise,
    value::{date, value},
};

/// What changes.
#[derive(Debug)]
pub(crate) struct Items {
    pub(crate) resolved: Date,
    /// The new name and the number of its reservation.
    pub(crate) name: Option<(String, String)>,
    pub(crate) representative: Option<ResidentNumber>,
    pub(crate) address: Option<String>,
    pub(crate) scope: Option<String>,
    pub(crate) capital_fen: Option<i64>,
    pub(crate) transfer: Option<Transfer>,
}

impl Items {
    /// Reads a request.
    ///
    /// # Errors
    /// A refusal of a malformed field, `NOTHING_CHANGES` or `TRANSFER_INCOMPLETE`.
    pub(crate) fn read(request: &RegisterChangeRequest) -> Result<Self, Refusal> {
        let text = |element: &str, field: &str, given: &Option<String>| {
            let given = given.as_deref().filter(|text| !text.trim().is_empty());
            given.map(|text| value(element, field, text)).transpose()
        };
        let name = text("enterprise.name", "name", &request.name)?;
        let number = text(
            "name_reservation.number",
            "reservation_number",
            &request.reservation_number,
        )?;
        let address = text("enterprise.address", "address", &request.address)?;
        let right = text(
            "enterprise.premises_right",
            "premises_right",
            &request.premises_right,
        )?;
        if address.is_some() && right.is_none() {
            let message = "a new domicile needs the right to use it";
            return Err(Refusal::invalid("premises_right", message));
        }
        let representative = request
            .representative_id_number
            .as_deref()
            .map(|number| eligibility::person("representative_id_number", number))
            .transpose()?;
        if request.capital_fen.is_some_and(|capital| capital <= 0) {
            return Err(Refusal::invalid("capital_fen", "is more than nothing"));
        }
        let items = Self {
            resolved: date("resolution_date", &request.resolution_date)?,
            name: match name {
                Some(name) => Some((name, number.ok_or_else(not_reserved)?)),
                None => None,
            },
            representative,
            address,
            scope: text("enterprise.scope", "scope", &request.scope)?,
            capital_fen: request.capital_fen,
            transfer: transfer(request)?,
        };
        if items.is_empty() {
            let message = "The application changes nothing.";
            return Err(Refusal::new("NOTHING_CHANGES", message));
        }
        Ok(items)
    }

    fn is_empty(&self) -> bool {
        self.name.is_none()
            && self.address.is_none()
            && self.scope.is_none()
            && !self.needs_examination()
    }

    /// Whether an officer reads the documents (形式审查): those on representative, capital and
    /// shareholders have no register to be compared with.
    pub(crate) const fn needs_examination(&self) -> bool {
        self.representative.is_some() || self.capital_fen.is_some() || self.transfer.is_some()
    }

    /// Checks that a new domicile lies in the area of the record's registrar; elsewhere the enterprise
    /// moves (迁移登记).
    ///
    /// # Errors
    /// `ADDRESS_OUTSIDE_REGISTRAR`.
    pub(crate) fn stays(&self, record: &Enterprise) -> Result<(), Refusal> {
        let Some(address) = &self.address else {
            return Ok(());
        };
        if Destination::find(&record.registrar).is_some_and(|place| place.covers(address)) {
            return Ok(());
        }
        let message =
            "The new domicile lies in another registrar's area: that is a move (迁移登记).";
        Err(Refusal::new("ADDRESS_OUTSIDE_REGISTRAR", message).about("address"))
    }

    /// The record with the changed items.
    pub(crate) fn apply(&self, record: &Enterprise) -> Enterprise {
        let mut after = record.clone();
        let set = |place: &mut String, item: Option<&String>| {
            if let Some(item) = item {
                place.clone_from(item);
            }
        };
        set(&mut after.name, self.name.as_ref().map(|(name, _)| name));
        set(&mut after.address, self.address.as_ref());
        set(&mut after.scope, self.scope.as_ref());
        if let Some(person) = &self.representative {
            after.legal_representative_id_number = person.to_string();
        }
        after.capital_fen = self.capital_fen.unwrap_or(record.capital_fen);
        after
    }
}

fn not_reserved() -> Refusal {
    let message = "A new name is reserved first.";
    Refusal::new("NAME_NOT_RESERVED", message).about("reservation_number")
}

fn transfer(request: &RegisterChangeRequest) -> Result<Option<Transfer>, Refusal> {
    match (
        &request.transferor_id_number,
        &request.transferee_id_number,
        request.transferred_fen,
    ) {
        (None, None, None) => Ok(None),
        (Some(from), Some(to), Some(amount_fen)) => {
            let from = eligibility::person("transferor_id_number", from)?.to_string();
            let to = eligibility::person("transferee_id_number", to)?.to_string();
            if from == to {
                let message = "is the transferor";
                return Err(Refusal::invalid("transferee_id_number", message));
            }
            Ok(Some(Transfer {
                from,
                to,
                amount_fen,
            }))
        }
        _ => {
            let message = "A transfer names who gives, who gets, and how much.";
            Err(Refusal::new("TRANSFER_INCOMPLETE", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::enterprise::sample;

    const PERSON: &str = "150302196603159977";
    const OTHER: &str = "15010520190715996X";

    fn request() -> RegisterChangeRequest {
        RegisterChangeRequest {
            credit_code: "91150105YYYY00012D".to_owned(),
            resolution_date: "2026-05-01".to_owned(),
            ..RegisterChangeRequest::default()
        }
    }

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    fn reason(request: &RegisterChangeRequest) -> (String, String) {
        let refusal = Items::read(request).unwrap_err();
        (refusal.reason, refusal.field)
    }

    #[test]
    fn at_least_one_item_changes_and_each_is_whole() {
        assert_eq!(reason(&request()).0, "NOTHING_CHANGES");
        let unreserved = RegisterChangeRequest {
            name: some("乌海市新程商贸有限公司"),
            ..request()
        };
        assert_eq!(reason(&unreserved).0, "NAME_NOT_RESERVED");
        let no_right = RegisterChangeRequest {
            address: some("内蒙古自治区乌海市海勃湾区新华街2号"),
            ..request()
        };
        assert_eq!(reason(&no_right).1, "premises_right");
        let half = RegisterChangeRequest {
            transferor_id_number: some(PERSON),
            ..request()
        };
        assert_eq!(reason(&half).0, "TRANSFER_INCOMPLETE");
        let own = RegisterChangeRequest {
            transferee_id_number: some(PERSON),
            transferred_fen: Some(1),
            ..half
        };
        assert_eq!(reason(&own).1, "transferee_id_number");
        let nothing = RegisterChangeRequest {
            capital_fen: Some(0),
            ..request()
        };
        assert_eq!(reason(&nothing).1, "capital_fen");
        let nobody = RegisterChangeRequest {
            representative_id_number: some("150302196603159978"),
            ..request()
        };
        assert_eq!(reason(&nobody).1, "representative_id_number");
    }

    #[test]
    fn an_officer_reads_what_no_register_can_answer() {
        let scope = RegisterChangeRequest {
            scope: some("食品销售"),
            ..request()
        };
        assert!(!Items::read(&scope).unwrap().needs_examination());
        let representative = RegisterChangeRequest {
            representative_id_number: some(PERSON),
            ..request()
        };
        assert!(Items::read(&representative).unwrap().needs_examination());
        let share = RegisterChangeRequest {
            transferor_id_number: some(PERSON),
            transferee_id_number: some(OTHER),
            transferred_fen: Some(5),
            ..request()
        };
        assert!(Items::read(&share).unwrap().needs_examination());
    }

    #[test]
    fn a_domicile_elsewhere_is_a_move() {
        let record = sample("91150105YYYY00012D");
        let to = |address: &str| RegisterChangeRequest {
            address: some(address),
            premises_right: some("owned"),
            ..request()
        };
        let here = Items::read(&to("内蒙古自治区乌海市海勃湾区新华街2号")).unwrap();
        assert_eq!(here.stays(&record), Ok(()));
        let after = here.apply(&record);
        assert_eq!(after.address, "内蒙古自治区乌海市海勃湾区新华街2号");
        assert_eq!(
            (after.name, after.capital_fen),
            (record.name.clone(), record.capital_fen)
        );
        let there = Items::read(&to("内蒙古自治区乌海市乌达区新华街2号")).unwrap();
        assert_eq!(
            there.stays(&record).unwrap_err().reason,
            "ADDRESS_OUTSIDE_REGISTRAR"
        );
    }
}
