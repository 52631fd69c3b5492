//! Who may be a legal representative: a person of age who is not disqualified (市场主体登记管理条例,
//! article 12; 公司法, article 178).

use jiff::{ToSpan, civil::Date};
use onething_elements::ResidentNumber;
use onething_participant::Refusal;

use crate::store::disqualification::Disqualification;

/// The age of full legal capacity (民法典, article 17).
const OF_AGE: i32 = 18;

/// Reads a resident number.
///
/// # Errors
/// A refusal about the field.
pub(crate) fn person(field: &str, text: &str) -> Result<ResidentNumber, Refusal> {
    ResidentNumber::parse(text.trim()).map_err(|invalid| Refusal::invalid(field, invalid.reason()))
}

/// Checks age and disqualification on a day.
///
/// # Errors
/// `UNDERAGE` or `DISQUALIFIED`.
pub(crate) fn check(
    field: &str,
    born_on: Date,
    disqualified: Option<&Disqualification>,
    today: Date,
) -> Result<(), Refusal> {
    if born_on.saturating_add(OF_AGE.years()) > today {
        let message = "A legal representative is eighteen years old or older.";
        return Err(Refusal::new("UNDERAGE", message).about(field));
    }
    // Dates compare as they are written.
    if disqualified.is_some_and(|found| found.until_on >= today.to_string()) {
        let message = "The person may not be a legal representative at present (任职限制).";
        return Err(Refusal::new("DISQUALIFIED", message).about(field));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn eighteen_is_reached_on_the_birthday() {
        let today = date(2026, 3, 15);
        let reason = |born| {
            let checked = check("id_number", born, None, today);
            checked.err().map(|refusal| refusal.reason)
        };
        assert_eq!(reason(date(2008, 3, 15)), None);
        assert_eq!(reason(date(2008, 3, 16)).unwrap(), "UNDERAGE");
        assert_eq!(reason(date(1960, 1, 1)), None);
    }

    #[test]
    fn a_disqualification_lasts_through_its_last_day() {
        let until = |until_on: &str| Disqualification {
            until_on: until_on.to_owned(),
        };
        let born = date(1980, 1, 1);
        let today = date(2026, 3, 15);
        let last = check("id_number", born, Some(&until("2026-03-15")), today);
        assert_eq!(last.unwrap_err().reason, "DISQUALIFIED");
        assert_eq!(
            check("id_number", born, Some(&until("2026-03-14")), today),
            Ok(())
        );
    }
}
