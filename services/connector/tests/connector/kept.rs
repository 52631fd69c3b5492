//! A department that a file declares wholly, over the record store: lists, officers, days.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use onething_participant::Pending;
use onething_proto::participant::UndoOutcome;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    dynamic::Declared,
    running::{Served, reason, refused},
};

const SERVICE: &str = "onething.road_use.v1.RoadUseService";
const FILE: &str = include_str!("road_use.toml");
/// A resident number with its check digit.
const HOLDER: &str = "15010520190715996X";

/// A connector with the department, on each database.
async fn served() -> Vec<(TempDir, Served, Declared)> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("road_use.toml"), FILE).unwrap();
    let mut all = Vec::new();
    let setting = folder.path().display().to_string();
    for served in Served::on_both(&[("CONNECTOR__DEPARTMENTS_DIR", &setting)]).await {
        let declared = Declared::new(folder.path(), SERVICE, served.channel());
        let own = tempfile::tempdir().unwrap();
        std::fs::copy(
            folder.path().join("road_use.toml"),
            own.path().join("road_use.toml"),
        )
        .unwrap();
        all.push((own, served, declared));
    }
    all
}

fn holder() -> Value {
    json!({ "id_number": HOLDER })
}

fn loads(names: &[&str]) -> Value {
    let loads: Vec<_> = names.iter().map(|name| json!({ "name": name })).collect();
    json!({ "id_number": HOLDER, "loads": loads })
}

#[tokio::test]
async fn a_list_of_the_request_becomes_records_and_records_become_a_list_of_the_answer() {
    for (_folder, served, roads) in served().await {
        let none = roads.call("s1", "ListLoads", holder()).await.unwrap();
        assert_eq!(none, json!({}));
        let declared = roads
            .call("s1", "DeclareLoads", loads(&["gravel", "coal"]))
            .await;
        assert_eq!(declared.unwrap(), json!({ "number": "HW0001", "count": 2 }));
        let listed = roads.call("s1", "ListLoads", holder()).await.unwrap();
        let expected = json!({ "loads": [
            { "number": "HW0001-1", "name": "gravel" },
            { "number": "HW0001-2", "name": "coal" },
        ]});
        assert_eq!(listed, expected);

        let empty = roads.call("s2", "DeclareLoads", loads(&[])).await;
        assert_eq!(refused(empty), reason("NO_LOAD", "loads"));
        let blank = roads.call("s3", "DeclareLoads", loads(&[" "])).await;
        assert_eq!(refused(blank), reason("INVALID_INPUT", "loads.name"));

        // All of them are changed together, and all of them are restored.
        let closed = roads.call("s4", "CloseLoads", holder()).await.unwrap();
        assert_eq!(closed, json!({ "count": 2 }));
        assert_eq!(
            roads.call("s4", "ListLoads", holder()).await.unwrap(),
            json!({})
        );
        let undone = served.undo("s4", "CloseLoads").await;
        assert_eq!(undone.outcome(), UndoOutcome::Undone);
        assert_eq!(
            roads.call("s4", "ListLoads", holder()).await.unwrap(),
            listed
        );

        let undone = served.undo("s1", "DeclareLoads").await;
        assert_eq!(undone.outcome(), UndoOutcome::Undone);
        assert_eq!(
            roads.call("s1", "ListLoads", holder()).await.unwrap(),
            json!({})
        );
        let (state, ..) = served.record("HW", "load", "HW0001-2").await.unwrap();
        assert_eq!(state, "annulled");
    }
}

#[tokio::test]
async fn an_officer_decides_where_the_file_says_so_and_an_undo_withdraws_the_review() {
    for (_folder, served, roads) in served().await {
        let apply = |days: i64| json!({ "id_number": HOLDER, "days": days });
        let short = roads.call("a", "GrantPassage", apply(3)).await.unwrap();
        assert_eq!(short["number"], "TX0001");
        let long = roads
            .call("b", "GrantPassage", apply(30))
            .await
            .unwrap_err();
        assert!(Pending::from_status(&long).is_some(), "{long:?}");
        let missing = served.record("HW", "passage", "TX0002").await;
        assert!(missing.is_err(), "a review is no effect");
        // What the file refuses is refused at once, and not by an officer.
        let never = roads.call("c", "GrantPassage", apply(365)).await;
        assert_eq!(refused(never), reason("TOO_LONG", "days"));

        let withdrawn = served.undo("b", "GrantPassage").await;
        assert_eq!(withdrawn.outcome(), UndoOutcome::NothingToUndo);
        assert!(roads.call("b", "GrantPassage", apply(30)).await.is_err());
        let undone = served.undo("a", "GrantPassage").await;
        assert_eq!(undone.outcome(), UndoOutcome::Undone);
    }
}
