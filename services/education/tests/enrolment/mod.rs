//! What enrolment does and why it refuses, on both databases, over real gRPC.

use crate::department::{Department, as_step, key, refusal};
use jiff::{
    Timestamp,
    civil::{Date, date},
};
use onething_calendar::local_date;
use onething_elements::ResidentNumber;
use onething_participant::Pending;
use onething_proto::{
    education::{
        CheckSchoolChoiceRequest, GetStudentRecordRequest, IssueAdmissionRequest,
        OpenStudentRecordRequest, PlacePupilRequest, PlacePupilResponse, ReviewPupilRequest,
        ReviewPupilResponse,
    },
    participant::{UndoOutcome, UndoRequest},
};
use tonic::Status;

const COUNTY: &str = "150302";
const IN_HOHHOT: &str = "150105";
const GUARDIAN: &str = "15010520190715996X";

/// The year of the September for which children are registered now.
fn intake() -> i16 {
    let today = local_date(Timestamp::now());
    today.year() + i16::from(today.month() >= 9)
}

/// A child that turns six in March of the year.
fn child(sequence: u16) -> String {
    let born = date(intake() - 6, 3, 15);
    ResidentNumber::compose("159901", born, sequence)
        .unwrap()
        .to_string()
}

/// A registration in class A: the mother's home is the household's.
fn registration(child: &str) -> ReviewPupilRequest {
    let address = "内蒙古自治区乌海市海勃湾区团结路1号".to_owned();
    ReviewPupilRequest {
        child_id_number: child.to_owned(),
        child_name: "王晨".to_owned(),
        born_on: format!("{}-03-15", intake() - 6),
        guardian_id_number: GUARDIAN.to_owned(),
        mother_id_number: Some(GUARDIAN.to_owned()),
        birth_order: 1,
        household_region: COUNTY.to_owned(),
        household_address: address.clone(),
        mother_home_region: Some(COUNTY.to_owned()),
        mother_home_address: Some(address),
        assistance: "none".to_owned(),
        ..ReviewPupilRequest::default()
    }
}

async fn review(
    d: &mut Department,
    request: ReviewPupilRequest,
    step: &str,
) -> Result<ReviewPupilResponse, Status> {
    let request = as_step(request, step);
    Ok(d.education.review_pupil(request).await?.into_inner())
}

async fn place(d: &mut Department, review: &str, step: &str) -> Result<PlacePupilResponse, Status> {
    let request = PlacePupilRequest {
        review_number: review.to_owned(),
        chosen_school: None,
    };
    let request = as_step(request, step);
    Ok(d.education.place_pupil(request).await?.into_inner())
}

async fn undone(d: &mut Department, step: &str) -> UndoOutcome {
    let request = UndoRequest {
        key: Some(key(step)),
        epoch: 1,
    };
    let answer = d.participant.undo(request).await.unwrap();
    answer.into_inner().outcome()
}

fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    refusal(answer).1
}

#[tokio::test]
async fn a_child_is_registered_placed_admitted_and_has_a_record() {
    for mut d in Department::on_each_database(40).await {
        let child = child(2);
        let reviewed = review(&mut d, registration(&child), "review")
            .await
            .unwrap();
        assert_eq!(
            (reviewed.pupil_class.as_str(), reviewed.stage.as_str()),
            ("A", "primary")
        );
        let placed = place(&mut d, &reviewed.review_number, "place")
            .await
            .unwrap();
        assert_eq!(placed.reason, "catchment");
        // 团结路 belongs to the second area.
        assert!(placed.school.ends_with("第二小学"), "{}", placed.school);
        let request = IssueAdmissionRequest {
            seat_number: placed.seat_number,
            child_id_number: child.clone(),
        };
        let request = as_step(request, "admit");
        let admitted = d
            .education
            .issue_admission(request)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(admitted.school, placed.school);
        let request = OpenStudentRecordRequest {
            admission_number: admitted.admission_number,
            child_id_number: child.clone(),
            child_name: "王晨".to_owned(),
        };
        let request = as_step(request, "record");
        let record = d
            .education
            .open_student_record(request)
            .await
            .unwrap()
            .into_inner();
        assert_eq!(record.student_number, format!("G{child}"));
        let id_number = child.clone();
        let request = as_step(GetStudentRecordRequest { id_number }, "ask");
        let read = d
            .education
            .get_student_record(request)
            .await
            .unwrap()
            .into_inner();
        assert_eq!((read.enrolled, read.grade), (true, Some(1)));
        assert_eq!(undone(&mut d, "admit").await, UndoOutcome::AlreadyEffective);
        let again = review(&mut d, registration(&child), "again").await;
        assert_eq!(reason(again), "ALREADY_ENROLLED");
    }
}

#[tokio::test]
async fn undoing_releases_the_seat_and_withdraws_the_registration() {
    for mut d in Department::on_each_database(40).await {
        let child = child(4);
        let reviewed = review(&mut d, registration(&child), "review")
            .await
            .unwrap();
        let twice = review(&mut d, registration(&child), "twice").await;
        assert_eq!(reason(twice), "ALREADY_REGISTERED");
        let placed = place(&mut d, &reviewed.review_number, "place")
            .await
            .unwrap();
        assert_eq!(undone(&mut d, "place").await, UndoOutcome::Undone);
        assert_eq!(undone(&mut d, "place").await, UndoOutcome::Undone);
        let request = IssueAdmissionRequest {
            seat_number: placed.seat_number,
            child_id_number: child.clone(),
        };
        let admitted = d.education.issue_admission(as_step(request, "admit")).await;
        assert_eq!(reason(admitted), "SEAT_RELEASED");
        assert_eq!(undone(&mut d, "review").await, UndoOutcome::Undone);
        let late = place(&mut d, &reviewed.review_number, "late").await;
        assert_eq!(reason(late), "REVIEW_NOT_FOUND");
        review(&mut d, registration(&child), "anew").await.unwrap();
    }
}

#[tokio::test]
async fn a_child_born_in_november_starts_in_hohhot_and_waits_elsewhere() {
    for mut d in Department::on_each_database(40).await {
        let born = date(intake() - 6, 11, 20);
        let at = |county: &str, sequence| {
            let child = ResidentNumber::compose("159901", born, sequence).unwrap();
            ReviewPupilRequest {
                born_on: born.to_string(),
                household_region: county.to_owned(),
                mother_home_region: Some(county.to_owned()),
                ..registration(child.as_str())
            }
        };
        let reviewed = review(&mut d, at(IN_HOHHOT, 7), "hohhot").await.unwrap();
        assert_eq!(reviewed.enrolment_year, i64::from(intake()));
        assert_eq!(reviewed.region, IN_HOHHOT);

        let refused = review(&mut d, at(COUNTY, 8), "wuhai").await.unwrap_err();
        let next = intake() + 1;
        let why = format!(
            "The child starts school in {next}, when it is 6 years old by 31 August of the year."
        );
        assert_eq!(refused.message(), why);
        assert_eq!(reason(Err::<(), _>(refused)), "TOO_YOUNG");
    }
}

#[tokio::test]
async fn what_the_rules_do_not_admit_is_refused() {
    for mut d in Department::on_each_database(40).await {
        let child = child(6);
        let stranger = ReviewPupilRequest {
            mother_id_number: None,
            ..registration(&child)
        };
        assert_eq!(reason(review(&mut d, stranger, "a").await), "NOT_GUARDIAN");
        let young = ReviewPupilRequest {
            born_on: format!("{}-01-01", intake() - 5),
            ..registration(&child)
        };
        assert_eq!(reason(review(&mut d, young, "b").await), "TOO_YOUNG");
        let elsewhere = ReviewPupilRequest {
            household_region: "110101".to_owned(),
            mother_home_region: None,
            mother_home_address: None,
            ..registration(&child)
        };
        assert_eq!(
            reason(review(&mut d, elsewhere, "c").await),
            "NOT_ENTITLED_HERE"
        );
        review(&mut d, registration(&child), "d").await.unwrap();
    }
}

#[tokio::test]
async fn an_orphan_is_looked_at_by_the_school_and_can_be_withdrawn() {
    for mut d in Department::on_each_database(40).await {
        let orphan = ReviewPupilRequest {
            assistance: "orphan".to_owned(),
            guardian_appointed: true,
            mother_id_number: None,
            ..registration(&child(8))
        };
        let answer = review(&mut d, orphan, "review").await.unwrap_err();
        assert!(Pending::from_status(&answer).is_some(), "{answer:?}");
        assert_eq!(undone(&mut d, "review").await, UndoOutcome::NothingToUndo);
    }
}

/// A registration of a third child in a county.
fn third(child: &str, county: &str) -> ReviewPupilRequest {
    ReviewPupilRequest {
        birth_order: 3,
        household_region: county.to_owned(),
        mother_home_region: Some(county.to_owned()),
        ..registration(child)
    }
}

async fn choose(d: &mut Department, review: &str, school: &str) -> Result<String, Status> {
    let request = CheckSchoolChoiceRequest {
        review_number: review.to_owned(),
        chosen_school: school.to_owned(),
    };
    let answer = d.education.check_school_choice(as_step(request, "choice"));
    Ok(answer.await?.into_inner().chosen_school)
}

#[tokio::test]
async fn the_parents_of_a_third_child_choose_in_hohhot_and_nobody_elses() {
    for mut d in Department::on_each_database(40).await {
        let reviewed = review(&mut d, third(&child(10), IN_HOHHOT), "third")
            .await
            .unwrap();
        let number = &reviewed.review_number;
        let school = "赛罕区蒙古族小学";
        assert_eq!(choose(&mut d, number, school).await.unwrap(), school);
        // The junior middle school is there, but for another stage.
        for (none_of_them, step) in [("海勃湾区第一小学", "a"), ("赛罕区蒙古族中学", "b")]
        {
            let refused = refusal(choose(&mut d, number, none_of_them).await);
            assert_eq!(
                (refused.1.as_str(), refused.2.as_str()),
                ("SCHOOL_NOT_FOUND", "chosen_school")
            );
            let request = PlacePupilRequest {
                review_number: number.clone(),
                chosen_school: Some(none_of_them.to_owned()),
            };
            let placed = d.education.place_pupil(as_step(request, step)).await;
            assert_eq!(reason(placed), "SCHOOL_NOT_FOUND");
        }
        let request = PlacePupilRequest {
            review_number: number.clone(),
            chosen_school: Some(school.to_owned()),
        };
        let placed = d.education.place_pupil(as_step(request, "place")).await;
        let placed = placed.unwrap().into_inner();
        assert_eq!(
            (placed.school.as_str(), placed.reason.as_str()),
            (school, "chosen")
        );

        let first = ReviewPupilRequest {
            birth_order: 1,
            ..third(&child(12), IN_HOHHOT)
        };
        let first = review(&mut d, first, "first").await.unwrap();
        let refused = choose(&mut d, &first.review_number, school).await;
        assert_eq!(reason(refused), "CHOICE_NOT_OPEN");
        let unknown = choose(&mut d, "RX150302-2026-999999", school).await;
        assert_eq!(reason(unknown), "REVIEW_NOT_FOUND");
    }
}

#[tokio::test]
async fn elsewhere_a_third_child_is_placed_by_its_home_whatever_its_parents_choose() {
    for mut d in Department::on_each_database(40).await {
        let reviewed = review(&mut d, third(&child(16), COUNTY), "third")
            .await
            .unwrap();
        let number = reviewed.review_number;
        let school = "海勃湾区蒙古族小学";
        let refused = choose(&mut d, &number, school).await;
        assert_eq!(reason(refused), "CHOICE_NOT_OPEN");
        let request = PlacePupilRequest {
            review_number: number,
            chosen_school: Some(school.to_owned()),
        };
        let placed = d.education.place_pupil(as_step(request, "place")).await;
        let placed = placed.unwrap().into_inner();
        assert_eq!(placed.reason, "catchment");
        assert_ne!(placed.school, school);
    }
}

/// The setting of one window of the county's city, in the year of the next enrolment.
fn window(from: Date, to: Date) -> String {
    let year = intake();
    format!(r#"[{{ region = "150300", year = {year}, from = "{from}", to = "{to}" }}]"#)
}

#[tokio::test]
async fn children_are_registered_while_the_region_registers_them() {
    let today = local_date(Timestamp::now());
    // The school year in which the children are registered, and today is in it.
    let (first, last) = (date(intake() - 1, 9, 1), date(intake(), 8, 31));
    // Never today: the part of the year that is over, or the part that is to come.
    let (from, to) = if today == first {
        (last, last)
    } else {
        (first, today.yesterday().unwrap())
    };
    for d in Department::on_each_database(1).await {
        let mut d = d.registering(&window(from, to)).await;
        let child = child(14);
        let closed = review(&mut d, registration(&child), "closed")
            .await
            .unwrap_err();
        assert!(
            closed.message().contains(&format!("from {from} to {to}")),
            "{closed:?}"
        );
        assert_eq!(reason::<()>(Err(closed)), "REGISTRATION_CLOSED");
        let mut d = d.registering(&window(today, today)).await;
        review(&mut d, registration(&child), "open").await.unwrap();
    }
}
