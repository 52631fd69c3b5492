//! Issuing resident numbers: different ones at once, none twice, and none when they are used up.

use std::collections::HashSet;

use onething_db::{Sql, args};
use onething_elements::{ResidentNumber, Sex};
use onething_proto::participant::Outcome;

use crate::department::{Department, as_step, born_on, daughter};

const DIVISION: &str = "159998";
const COUNTER: Sql = Sql::both(
    "INSERT INTO number_counter (division, birth_date, sex, last) VALUES ($1, $2, $3, $4)",
);
const RESIDENT: Sql = Sql::both(
    "INSERT INTO resident (id_number, name, sex, birth_date, ethnicity, state) \
     VALUES ($1, '王芳', '2', $2, '01', 'deceased')",
);
const ISSUED: Sql = Sql::both("SELECT id_number FROM issued_number ORDER BY id_number");

fn number(sequence: u16) -> String {
    let number = ResidentNumber::compose(DIVISION, born_on(), sequence).unwrap();
    number.to_string()
}

#[tokio::test]
async fn fifty_births_at_once_of_one_division_day_and_sex_get_fifty_numbers() {
    for d in Department::on_each_database().await {
        let mut calls = tokio::task::JoinSet::new();
        for index in 1..=50 {
            let (household, mother) = d.add_household(index, DIVISION).await;
            let request = daughter(&household, &mother, &format!("U{index:09}"));
            let mut client = d.public_security.clone();
            let request = as_step(request, &format!("s{index}"));
            calls.spawn(async move { client.register_birth(request).await });
        }
        let answers = calls.join_all().await;
        let answers = answers
            .into_iter()
            .map(|answer| answer.unwrap().into_inner());
        let (mut numbers, mut entries) = (HashSet::new(), HashSet::new());
        for answer in answers {
            let number = ResidentNumber::parse(&answer.id_number).unwrap();
            assert_eq!(number.sex(), Sex::Female);
            assert_eq!(number.birth_date(), born_on());
            assert_eq!(number.region(), DIVISION);
            assert!(number.sequence() <= 100);
            numbers.insert(answer.id_number);
            entries.insert(answer.registration_number);
        }
        assert_eq!((numbers.len(), entries.len()), (50, 50));
        let issued = d.texts(ISSUED, args![]).await;
        assert_eq!(issued.into_iter().collect::<HashSet<_>>(), numbers);
    }
}

#[tokio::test]
async fn numbers_of_residents_from_before_are_passed_over() {
    for mut d in Department::on_each_database().await {
        let (household, mother) = d.add_household(1, DIVISION).await;
        for taken in [2, 6] {
            let args = args![number(taken), born_on().to_string()];
            d.write(RESIDENT, args).await;
        }
        for (index, sequence) in [4, 8].into_iter().enumerate() {
            let request = daughter(&household, &mother, &format!("U{index:09}"));
            let answer = d.register(request, &format!("s{index}")).await.unwrap();
            assert_eq!(answer.id_number, number(sequence));
        }
    }
}

#[tokio::test]
async fn a_used_up_sequence_is_refused_without_effect_and_others_go_on() {
    for mut d in Department::on_each_database().await {
        let (household, mother) = d.add_household(1, DIVISION).await;
        let day = born_on().to_string();
        d.write(COUNTER, args![DIVISION, &day, "2", 996_i64]).await;
        let last = daughter(&household, &mother, "U000000001");
        let answer = d.register(last, "last").await.unwrap();
        assert_eq!(answer.id_number, number(998));

        let beyond = daughter(&household, &mother, "U000000002");
        let failed = d.register(beyond.clone(), "beyond").await.unwrap_err();
        // A definite end: a case must not wait for a number that never comes.
        let refusal = onething_participant::Refusal::from_status(&failed).unwrap();
        assert_eq!(refusal.reason, "NUMBERS_EXHAUSTED");
        assert_eq!(d.outcome("beyond").await, Outcome::Refused);
        assert_eq!(d.texts(ISSUED, args![]).await, [number(998)]);

        let mut brother = beyond;
        brother.child_sex = "1".to_owned();
        let answer = d.register(brother, "brother").await.unwrap();
        assert_eq!(answer.id_number, number(1));
    }
}
