//! A birth as it is notified: the request with every field in its one spelling.

use jiff::civil::Date;
use onething_elements::{Sex, date};
use onething_participant::Refusal;
use onething_proto::public_security::RegisterBirthRequest;

use crate::value::{resident_number, value};

/// A notified birth, well formed. Whether it can be registered is judged elsewhere.
#[derive(Debug)]
pub(crate) struct Notification {
    pub(crate) birth_certificate_number: String,
    /// As notified: the naming rule reads it.
    pub(crate) child_name: String,
    pub(crate) sex: Sex,
    pub(crate) born_on: Date,
    /// `None` when only the father registers the child.
    pub(crate) mother_id_number: Option<String>,
    /// `None` when only the mother registers the child.
    pub(crate) father_id_number: Option<String>,
    pub(crate) household_id: String,
}

impl Notification {
    /// Reads a request. One parent may be left out: an unmarried parent may register a child alone.
    ///
    /// # Errors
    /// A refusal about the first malformed field.
    pub(crate) fn read(request: RegisterBirthRequest) -> Result<Self, Refusal> {
        let certificate = &request.birth_certificate_number;
        let field = "birth_certificate_number";
        let certificate = value("birth.certificate_number", field, certificate)?;
        let sex = Sex::from_code(&request.child_sex).ok_or_else(|| {
            Refusal::invalid("child_sex", "a number takes 1 (male) or 2 (female)")
        })?;
        let born_on = date(&request.born_on)
            .map_err(|invalid| Refusal::invalid("born_on", invalid.reason()))?;
        let mother_id_number = parent("mother_id_number", &request.mother_id_number)?;
        let father_id_number = parent("father_id_number", &request.father_id_number)?;
        if mother_id_number.is_none() && father_id_number.is_none() {
            return Err(Refusal::invalid("mother_id_number", "no parent is named"));
        }
        if mother_id_number == father_id_number {
            return Err(Refusal::invalid(
                "father_id_number",
                "the parents are two persons",
            ));
        }
        Ok(Self {
            birth_certificate_number: certificate,
            child_name: request.child_name,
            sex,
            born_on,
            mother_id_number,
            father_id_number,
            household_id: value("household.id", "household_id", &request.household_id)?,
        })
    }

    /// The parents who are named, the mother first.
    pub(crate) fn parents(&self) -> impl Iterator<Item = &str> {
        let parents = [&self.mother_id_number, &self.father_id_number];
        parents.into_iter().filter_map(Option::as_deref)
    }
}

fn parent(field: &str, text: &str) -> Result<Option<String>, Refusal> {
    match text {
        "" => Ok(None),
        text => resident_number(field, text).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> RegisterBirthRequest {
        RegisterBirthRequest {
            birth_certificate_number: "u150000001".to_owned(),
            child_name: "王晨".to_owned(),
            child_sex: "2".to_owned(),
            born_on: "2026-11-20".to_owned(),
            mother_id_number: "15010520190715996x".to_owned(),
            father_id_number: "150302196603159977".to_owned(),
            household_id: "HK150302-0000001".to_owned(),
        }
    }

    #[test]
    fn a_whole_notification_is_read() {
        let read = Notification::read(whole()).unwrap();
        assert_eq!(read.birth_certificate_number, "U150000001");
        assert_eq!(read.sex, Sex::Female);
        let parents: Vec<_> = read.parents().collect();
        assert_eq!(parents, ["15010520190715996X", "150302196603159977"]);
    }

    #[test]
    fn one_parent_is_enough_and_none_is_not() {
        let mut request = whole();
        request.father_id_number.clear();
        let read = Notification::read(request.clone()).unwrap();
        assert_eq!(read.parents().count(), 1);
        request.mother_id_number.clear();
        let refusal = Notification::read(request).unwrap_err();
        assert_eq!(refusal.field, "mother_id_number");
    }

    #[test]
    fn each_malformed_field_is_named() {
        type Change = fn(&mut RegisterBirthRequest);
        let refused = |change: Change| {
            let mut request = whole();
            change(&mut request);
            Notification::read(request).unwrap_err().field
        };
        let cases: [(Change, &str); 8] = [
            (
                |r| r.birth_certificate_number.clear(),
                "birth_certificate_number",
            ),
            (|r| r.child_sex = "9".to_owned(), "child_sex"),
            (|r| r.child_sex.clear(), "child_sex"),
            (|r| r.born_on = "2026-02-29".to_owned(), "born_on"),
            (|r| r.mother_id_number.push('1'), "mother_id_number"),
            (|r| r.father_id_number = "x".to_owned(), "father_id_number"),
            (
                |r| r.father_id_number.clone_from(&r.mother_id_number),
                "father_id_number",
            ),
            (|r| r.household_id.clear(), "household_id"),
        ];
        for (change, field) in cases {
            assert_eq!(refused(change), field);
        }
    }
}
