//! Issuing resident numbers (GB 11643): the next free sequence of a division, day of birth and sex.
//! A number that was issued is never issued again, whatever becomes of its holder.

use jiff::civil::Date;
use onething_db::Tx;
use onething_elements::{ResidentNumber, Sex};
use onething_participant::Fault;

use crate::store::issuance::{self, Counter};

/// The last sequence that three digits can write.
const LAST: u16 = 999;

/// Issues a number within the transaction. Whoever else wants one of the same division, day and sex
/// waits until it has ended.
///
/// None when the five hundred sequences of the division, day and sex are used up.
///
/// # Errors
/// When the database fails.
pub(crate) async fn issue(
    tx: &mut Tx,
    division: &str,
    born_on: Date,
    sex: Sex,
    at: i64,
) -> Result<Option<ResidentNumber>, Fault> {
    let birth_date = born_on.to_string();
    let counter = Counter {
        division,
        birth_date: &birth_date,
        sex: sex.code(),
    };
    let mut last = issuance::lock(tx, counter).await?;
    loop {
        let Some(sequence) = next(last, sex) else {
            return Ok(None);
        };
        let number = compose(division, born_on, sequence)?;
        last = sequence;
        // Numbers of residents from before this system were given out without the counter.
        if !issuance::taken(tx, number.as_str()).await? {
            issuance::advance(tx, counter, last).await?;
            issuance::record(tx, number.as_str(), at).await?;
            return Ok(Some(number));
        }
    }
}

/// The next sequence of a sex: odd for males, even for females.
fn next(last: u16, sex: Sex) -> Option<u16> {
    let following = last.checked_add(1)?;
    let odd = following % 2 == 1;
    let sequence = if odd == (sex == Sex::Male) {
        following
    } else {
        following.checked_add(1)?
    };
    (sequence <= LAST).then_some(sequence)
}

fn compose(division: &str, born_on: Date, sequence: u16) -> Result<ResidentNumber, Fault> {
    ResidentNumber::compose(division, born_on, sequence).map_err(|invalid| Fault::Corrupt {
        what: "a household".to_owned(),
        source: invalid.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(sex: Sex) -> Vec<u16> {
        std::iter::successors(next(0, sex), |last| next(*last, sex)).collect()
    }

    #[test]
    fn odd_sequences_are_male_and_even_ones_female() {
        let (male, female) = (all(Sex::Male), all(Sex::Female));
        assert_eq!((male.len(), female.len()), (500, 499));
        assert_eq!((male[..2].to_vec(), male[499]), (vec![1, 3], 999));
        assert_eq!((female[..2].to_vec(), female[498]), (vec![2, 4], 998));
        for (sequences, sex) in [(male, Sex::Male), (female, Sex::Female)] {
            for sequence in sequences {
                let born_on = jiff::civil::date(2026, 1, 1);
                let number = compose("159901", born_on, sequence).unwrap();
                assert_eq!(number.sex(), sex);
            }
        }
    }

    #[test]
    fn nothing_follows_the_last_sequence() {
        assert_eq!(next(998, Sex::Male), Some(999));
        assert_eq!(next(999, Sex::Male), None);
        assert_eq!(next(998, Sex::Female), None);
        assert_eq!(next(997, Sex::Female), Some(998));
        assert_eq!(next(u16::MAX, Sex::Male), None);
    }
}
