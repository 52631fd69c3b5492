//! Undoing a move: the record is exactly what it was, and what was done stays on file.

use onething_proto::participant::UndoOutcome;

use crate::registry::{Registry, TARGET, acceptance};

const STEPS: [&str; 4] = ["archive", "release", "accept", "lock"];
const STATES: [&str; 4] = [
    "SELECT state FROM archive_transfer WHERE credit_code = $1",
    "SELECT state FROM relocation_release WHERE credit_code = $1",
    "SELECT state FROM relocation_acceptance WHERE credit_code = $1",
    "SELECT state FROM record_lock WHERE credit_code = $1",
];

#[tokio::test]
async fn a_move_undone_backwards_leaves_the_record_as_it_was() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let before = registry.get(&code).await.unwrap();
        let first = registry.prepare("first", acceptance(&code)).await;
        for step in STEPS {
            registry.annul("first", step).await;
            // Undone twice is annulled once.
            registry.annul("first", step).await;
        }
        assert_eq!(registry.get(&code).await.unwrap(), before);
        assert!(registry.check(&code).await.is_ok());
        for states in STATES {
            assert_eq!(registry.column(states, &code).await, ["annulled"]);
        }
        let changes = [
            "locked",
            "accepted",
            "released",
            "archive_handed_over",
            "archive_returned",
            "release_cancelled",
            "acceptance_cancelled",
            "unlocked",
        ];
        assert_eq!(registry.changes(&code).await, changes);

        // The next case finds everything free, and no number comes again.
        let (second, registered) = registry.relocate("second", acceptance(&code)).await;
        assert_eq!(registered.registrar, TARGET);
        assert_ne!(first.lock, second.lock);
        assert_ne!(first.acceptance, second.acceptance);
        assert_ne!(first.release, second.release);
        assert_ne!(first.archive, second.archive);
    }
}

#[tokio::test]
async fn each_part_is_undone_alone_whatever_the_order() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let before = registry.get(&code).await.unwrap();
        registry.prepare("s", acceptance(&code)).await;
        for step in ["lock", "accept", "release", "archive"] {
            registry.annul("s", step).await;
        }
        assert_eq!(registry.get(&code).await.unwrap(), before);
        for states in STATES {
            assert_eq!(registry.column(states, &code).await, ["annulled"]);
        }
        registry.relocate("next", acceptance(&code)).await;
    }
}

#[tokio::test]
async fn an_archive_that_moved_before_goes_back_under_its_number() {
    const HELD: &str = "SELECT archive_number FROM archive WHERE credit_code = $1";
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        let (numbers, _) = registry.relocate("first", acceptance(&code)).await;
        let mut onward = acceptance(&code);
        onward.target_registrar = "150102".to_owned();
        onward.target_address = "呼和浩特市新城区新华街1号".to_owned();
        let before = registry.get(&code).await.unwrap();
        let second = registry.prepare("second", onward).await;
        assert_eq!(registry.column(HELD, &code).await, [second.archive]);
        for step in STEPS {
            registry.annul("second", step).await;
        }
        assert_eq!(registry.column(HELD, &code).await, [numbers.archive]);
        assert_eq!(registry.get(&code).await.unwrap(), before);
    }
}

#[tokio::test]
async fn a_refused_or_unknown_call_has_nothing_to_undo() {
    for registry in Registry::on_each_database().await {
        let code = registry.clean();
        assert!(registry.lock("s", &code, "150302").await.is_err());
        for saga in ["s", "never seen"] {
            let answer = registry.undo(saga, "lock").await;
            assert_eq!(answer.outcome(), UndoOutcome::NothingToUndo);
        }
        assert!(registry.changes(&code).await.is_empty());
    }
}
