//! The applicants of the family's bundles: parents with a child about to start school, a man who
//! reached retirement age, two who want to marry, and parents whose third child is about to start
//! school. They come between the first households and all
//! others, and only their birthdays follow the day of generation.

use jiff::ToSpan;
use jiff::civil::{Date, date};
use onething_elements::{MarriageCertificate, Sex};

use crate::address;
use crate::family::{Family, Household, Marriage, Member, Relation};
use crate::names;
use crate::numbers::{Numbers, SYNTHETIC_PREFIX};
use crate::person::Person;
use crate::random::{Random, Stream};

/// How many persons the cast has.
pub(crate) const SIZE: u64 = 11;
/// The household of the child who starts school.
pub(crate) const PUPILS_HOME: &str = "HK150302-8000001";
/// The household of the man who retires.
pub(crate) const RETIREES_HOME: &str = "HK150302-8000002";
/// The household of the man who is to marry.
pub(crate) const GROOMS_HOME: &str = "HK150302-8000003";
/// The household of the third child who starts school, where its parents choose the school.
pub(crate) const THIRD_CHILDS_HOME: &str = "HK150105-8000001";
/// The household of the woman who is to marry, in another city.
pub(crate) const BRIDES_HOME: &str = "HK150602-8000001";

/// The county of the school, the retirement and the household that is joined: 海勃湾区 of Wuhai.
pub(crate) const HERE: &str = "150302";
/// The county from which the bride moves: 东胜区 of Ordos.
const ELSEWHERE: &str = "150602";
/// The county in which the third child starts school: 赛罕区 of Hohhot.
const IN_HOHHOT: &str = "150105";

/// Whether a household is one of the cast's.
pub(crate) fn is_at_home(household: &str) -> bool {
    let homes = [
        PUPILS_HOME,
        RETIREES_HOME,
        GROOMS_HOME,
        BRIDES_HOME,
        THIRD_CHILDS_HOME,
    ];
    homes.contains(&household)
}

/// The year of the next school year's beginning, on 1 September.
pub(crate) fn next_enrolment(today: Date) -> i16 {
    today.year() + i16::from(today.month() >= 9)
}

/// The birthday of a man who reached the statutory age within the last two months, and the day on
/// which he reached it. From 2025 on a man's age of 60 is put off by a month for every four months
/// begun, up to 36 (人大常委会 2024-09-13); social security has the rule, this only looks for a
/// birthday that fits it.
pub(crate) fn just_of_age(today: Date) -> (Date, Date) {
    let first = date(2025, 1, 15);
    let fits = |months: &i32| reached(first, *months) <= today;
    let months = (0..1_200).take_while(fits).last().unwrap_or(0);
    let born = first
        .saturating_add(months.months())
        .saturating_sub(60.years());
    (born, reached(first, months))
}

fn reached(first: Date, months: i32) -> Date {
    first.saturating_add((months + (months / 4 + 1).min(36)).months())
}

/// Builds the cast.
pub(crate) fn cast(seed: u64, today: Date, numbers: &mut Numbers) -> [Family; 5] {
    let mut stage = Stage {
        random: Random::new(seed, Stream::Household, 1 << 40),
        numbers,
    };
    [
        stage.pupils_family(today),
        stage.single(RETIREES_HOME, HERE, Sex::Male, just_of_age(today).0),
        stage.single(GROOMS_HOME, HERE, Sex::Male, date(1997, 3, 8)),
        stage.single(BRIDES_HOME, ELSEWHERE, Sex::Female, date(1999, 9, 21)),
        stage.third_childs_family(today),
    ]
}

struct Stage<'a> {
    random: Random,
    numbers: &'a mut Numbers,
}

impl Stage<'_> {
    fn pupils_family(&mut self, today: Date) -> Family {
        let parents = [date(1990, 4, 2), date(1991, 11, 30)];
        let born = date(next_enrolment(today) - 6, 3, 15);
        self.family((PUPILS_HOME, HERE), parents, date(2016, 5, 20), &[born])
    }

    /// The two elder children are at primary school.
    fn third_childs_family(&mut self, today: Date) -> Family {
        let parents = [date(1984, 2, 11), date(1986, 7, 5)];
        let starts = next_enrolment(today);
        let born = [
            date(starts - 11, 10, 9),
            date(starts - 9, 5, 27),
            date(starts - 6, 6, 18),
        ];
        self.family(
            (THIRD_CHILDS_HOME, IN_HOHHOT),
            parents,
            date(2010, 9, 8),
            &born,
        )
    }

    /// Father (the head), mother, and their daughters in the order of their births. They married here,
    /// wherever they live.
    fn family(
        &mut self,
        (home, region): (&str, &str),
        [father_born, mother_born]: [Date; 2],
        married: Date,
        born: &[Date],
    ) -> Family {
        let surname = names::surname(&mut self.random);
        let father = self.person(Sex::Male, father_born, surname);
        let maiden_name = names::surname(&mut self.random);
        let mother = self.person(Sex::Female, mother_born, maiden_name);
        let mut persons = vec![father, mother];
        for born in born {
            let mut child = self.person(Sex::Female, *born, surname);
            child.employee_insured = false;
            child.mobile = None;
            persons.push(child);
        }
        let serial = self.numbers.marry(HERE, married.year());
        let number = MarriageCertificate::compose(HERE, married.year(), serial);
        let marriage = Marriage {
            certificate_number: number.map(|number| number.to_string()).unwrap_or_default(),
            wife_id_number: persons[1].id_number.clone(),
            husband_id_number: persons[0].id_number.clone(),
            registered_on: married,
            region: HERE.to_owned(),
        };
        let relations = [Relation::Head, Relation::Spouse].into_iter();
        let relations = relations.chain(std::iter::repeat(Relation::Child));
        let members: Vec<_> = persons.iter().zip(relations).collect();
        Family {
            household: self.household(home, region, &members),
            persons,
            marriage: Some(marriage),
            expecting: false,
        }
    }

    fn single(&mut self, home: &str, region: &str, sex: Sex, born: Date) -> Family {
        let surname = names::surname(&mut self.random);
        let person = self.person(sex, born, surname);
        Family {
            household: self.household(home, region, &[(&person, Relation::Head)]),
            persons: vec![person],
            marriage: None,
            expecting: false,
        }
    }

    fn household(&mut self, id: &str, region: &str, members: &[(&Person, Relation)]) -> Household {
        let members: Vec<_> = members
            .iter()
            .map(|(person, relation)| Member {
                id_number: person.id_number.clone(),
                relation: *relation,
            })
            .collect();
        Household {
            id: id.to_owned(),
            region: region.to_owned(),
            number_division: division(),
            address: address::home(&mut self.random, region),
            head_id_number: members[0].id_number.clone(),
            members,
        }
    }

    fn person(&mut self, sex: Sex, born: Date, surname: &str) -> Person {
        let name = names::chinese(&mut self.random, surname, sex);
        Person {
            // A division that no household uses: these birthdays follow the day, and must not move
            // anybody else's number.
            id_number: self.numbers.issue(&division(), born, sex),
            name: name.chinese,
            mongolian_name: name.mongolian,
            sex,
            birth_date: born,
            ethnicity: "01".to_owned(),
            mobile: Some(format!("154{:08}", self.random.between(0, 99_999_999))),
            alive: true,
            employee_insured: true,
            maternity_entitled: false,
        }
    }
}

fn division() -> String {
    format!("{SYNTHETIC_PREFIX}00")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_retires_reached_the_age_a_short_while_ago() {
        assert_eq!(
            just_of_age(date(2026, 7, 20)),
            (date(1966, 3, 15), date(2026, 7, 15))
        );
        for day in 0..2_000 {
            let today = date(2025, 3, 1).saturating_add(i64::from(day).days());
            let (born, of_age) = just_of_age(today);
            assert!(of_age <= today && of_age >= today.saturating_sub(70.days()));
            assert!(born < of_age.saturating_sub(60.years()));
        }
    }

    #[test]
    fn the_next_school_year_begins_in_september() {
        assert_eq!(next_enrolment(date(2026, 8, 31)), 2026);
        assert_eq!(next_enrolment(date(2026, 9, 1)), 2027);
    }
}
