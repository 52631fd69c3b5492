//! Shareholders' parts of a company: how a transfer and a new capital change them. Pure rules: what is
//! stored is elsewhere.

use jiff::civil::Date;
use onething_participant::Refusal;
use serde_json::{Value, json};

use crate::store::shareholder::Shareholder;

/// A transfer of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Transfer {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) amount_fen: i64,
}

/// The parts after a transfer. Who holds nothing any more has left.
///
/// # Errors
/// `SHAREHOLDER_NOT_FOUND` or `SHARE_TOO_LARGE`.
pub(crate) fn transferred(
    held: &[Shareholder],
    transfer: &Transfer,
    today: Date,
) -> Result<Vec<Shareholder>, Refusal> {
    let mut after = held.to_vec();
    let Some(from) = after.iter_mut().find(|h| h.id_number == transfer.from) else {
        let message = "The transferor holds no share of the enterprise.";
        return Err(Refusal::new("SHAREHOLDER_NOT_FOUND", message).about("transferor_id_number"));
    };
    if transfer.amount_fen <= 0 || transfer.amount_fen > from.amount_fen {
        let message = "The transferor does not hold so much.";
        return Err(Refusal::new("SHARE_TOO_LARGE", message).about("transferred_fen"));
    }
    from.amount_fen -= transfer.amount_fen;
    match after.iter_mut().find(|h| h.id_number == transfer.to) {
        Some(to) => to.amount_fen += transfer.amount_fen,
        None => after.push(Shareholder {
            id_number: transfer.to.clone(),
            amount_fen: transfer.amount_fen,
            subscribed_on: today.to_string(),
        }),
    }
    after.retain(|holder| holder.amount_fen > 0);
    Ok(after)
}

/// The parts after a change of the capital, in proportion (公司法, article 227); what division leaves
/// over goes to the first.
pub(crate) fn scaled(held: &[Shareholder], capital_fen: i64) -> Vec<Shareholder> {
    let whole: i64 = held.iter().map(|holder| holder.amount_fen).sum();
    let mut after = held.to_vec();
    if whole <= 0 {
        return after;
    }
    for holder in &mut after {
        let part = i128::from(holder.amount_fen) * i128::from(capital_fen) / i128::from(whole);
        holder.amount_fen = i64::try_from(part).unwrap_or(i64::MAX);
    }
    let given: i64 = after.iter().map(|holder| holder.amount_fen).sum();
    if let Some(first) = after.first_mut() {
        first.amount_fen += capital_fen - given;
    }
    after
}

/// The parts as the record's history keeps them.
pub(crate) fn written(held: &[Shareholder]) -> Value {
    held.iter()
        .map(|h| json!({"id_number": h.id_number, "amount_fen": h.amount_fen}))
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn held(parts: &[(&str, i64)]) -> Vec<Shareholder> {
        let one = |(id_number, amount_fen): &(&str, i64)| Shareholder {
            id_number: (*id_number).to_owned(),
            amount_fen: *amount_fen,
            subscribed_on: "2020-01-01".to_owned(),
        };
        parts.iter().map(one).collect()
    }

    fn parts(held: &[Shareholder]) -> Vec<(&str, i64)> {
        held.iter()
            .map(|h| (h.id_number.as_str(), h.amount_fen))
            .collect()
    }

    fn transfer(from: &str, to: &str, amount_fen: i64) -> Transfer {
        Transfer {
            from: from.to_owned(),
            to: to.to_owned(),
            amount_fen,
        }
    }

    #[test]
    fn a_transfer_moves_a_part_and_who_has_none_leaves() {
        let today = date(2026, 5, 1);
        let before = held(&[("a", 80), ("b", 20)]);
        let after = transferred(&before, &transfer("a", "c", 30), today).unwrap();
        assert_eq!(parts(&after), [("a", 50), ("b", 20), ("c", 30)]);
        assert_eq!(after[2].subscribed_on, "2026-05-01");
        let after = transferred(&before, &transfer("b", "a", 20), today).unwrap();
        assert_eq!(parts(&after), [("a", 100)]);
        for (wrong, expected) in [
            (transfer("x", "a", 1), "SHAREHOLDER_NOT_FOUND"),
            (transfer("b", "a", 21), "SHARE_TOO_LARGE"),
            (transfer("b", "a", 0), "SHARE_TOO_LARGE"),
            (transfer("b", "a", -1), "SHARE_TOO_LARGE"),
        ] {
            let refusal = transferred(&before, &wrong, today).unwrap_err();
            assert_eq!(refusal.reason, expected);
        }
    }

    #[test]
    fn a_new_capital_keeps_the_proportions_and_loses_no_fen() {
        let after = scaled(&held(&[("a", 80), ("b", 20)]), 200);
        assert_eq!(parts(&after), [("a", 160), ("b", 40)]);
        let thirds = scaled(&held(&[("a", 1), ("b", 1), ("c", 1)]), 100);
        assert_eq!(parts(&thirds), [("a", 34), ("b", 33), ("c", 33)]);
        let large = scaled(&held(&[("a", i64::MAX / 2)]), i64::MAX);
        assert_eq!(parts(&large), [("a", i64::MAX)]);
        assert!(scaled(&[], 5).is_empty());
    }
}
