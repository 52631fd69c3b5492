//! Who may marry: the conditions of the Civil Code. It knows no registers.

use jiff::civil::Date;
use onething_elements::{ResidentNumber, Sex};
use onething_participant::Refusal;

/// Full years that a man needs (Civil Code 1047).
const MAN: u16 = 22;
/// Full years that a woman needs (Civil Code 1047).
const WOMAN: u16 = 20;

/// Two who may marry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Couple {
    pub(crate) wife: String,
    pub(crate) husband: String,
}

/// Judges two persons: a man and a woman (Civil Code 1041, 1046), of age (1047), neither of them
/// married (1042, 1051), not kin in the direct line or collaterally within three generations (1048).
///
/// # Errors
/// The refusal of the first condition that is not met.
pub(crate) fn judge(
    first: &ResidentNumber,
    second: &ResidentNumber,
    married: [bool; 2],
    close_kin: bool,
    today: Date,
) -> Result<Couple, Refusal> {
    let (wife, husband) = match (first.sex(), second.sex()) {
        (Sex::Female, Sex::Male) => (first, second),
        (Sex::Male, Sex::Female) => (second, first),
        _ => {
            let message = "A marriage is registered between a man and a woman.";
            return Err(Refusal::new("NOT_A_MAN_AND_A_WOMAN", message));
        }
    };
    for (number, least, field) in [(husband, MAN, "a man"), (wife, WOMAN, "a woman")] {
        if number.age_on(today) < least {
            let message =
                format!("Under the Civil Code {field} marries at {least} years or later.");
            return Err(Refusal::new("UNDER_AGE", message));
        }
    }
    for (is_married, field) in married
        .into_iter()
        .zip(["first_id_number", "second_id_number"])
    {
        if is_married {
            let message = "One of the two lives in a marriage in force.";
            return Err(Refusal::new("ALREADY_MARRIED", message).about(field));
        }
    }
    if close_kin {
        let message =
            "Kin in the direct line or collaterally within three generations may not marry.";
        return Err(Refusal::new("CLOSE_KIN", message));
    }
    Ok(Couple {
        wife: wife.to_string(),
        husband: husband.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn number(born: Date, sequence: u16) -> ResidentNumber {
        ResidentNumber::compose("159901", born, sequence).unwrap()
    }

    fn reason(result: Result<Couple, Refusal>) -> String {
        result.unwrap_err().reason
    }

    #[test]
    fn the_ages_are_22_and_20_on_the_day() {
        let man = number(date(2004, 5, 20), 1);
        let woman = number(date(2006, 5, 20), 2);
        let on = |day| judge(&man, &woman, [false; 2], false, day);
        assert_eq!(reason(on(date(2026, 5, 19))), "UNDER_AGE");
        let couple = on(date(2026, 5, 20)).unwrap();
        assert_eq!(couple.wife, woman.as_str());
        assert_eq!(couple.husband, man.as_str());
        let girl = number(date(2006, 5, 21), 2);
        let result = judge(&man, &girl, [false; 2], false, date(2026, 5, 20));
        assert_eq!(reason(result), "UNDER_AGE");
    }

    #[test]
    fn the_order_does_not_matter_and_two_of_one_sex_do_not_marry() {
        let day = date(2026, 5, 20);
        let man = number(date(1990, 1, 1), 1);
        let woman = number(date(1990, 1, 1), 2);
        let one = judge(&man, &woman, [false; 2], false, day).unwrap();
        let other = judge(&woman, &man, [false; 2], false, day).unwrap();
        assert_eq!(one, other);
        let man_again = number(date(1990, 1, 1), 3);
        let result = judge(&man, &man_again, [false; 2], false, day);
        assert_eq!(reason(result), "NOT_A_MAN_AND_A_WOMAN");
    }

    #[test]
    fn neither_is_married_and_they_are_not_kin() {
        let day = date(2026, 5, 20);
        let man = number(date(1990, 1, 1), 1);
        let woman = number(date(1990, 1, 1), 2);
        let refusal = judge(&man, &woman, [false, true], false, day).unwrap_err();
        assert_eq!(refusal.reason, "ALREADY_MARRIED");
        assert_eq!(refusal.field, "second_id_number");
        assert_eq!(
            reason(judge(&man, &woman, [false; 2], true, day)),
            "CLOSE_KIN"
        );
    }
}
