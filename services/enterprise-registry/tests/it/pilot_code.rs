//! A code of the pilot years, whose check characters are wrong and which is legal nevertheless.

use crate::registry::{Registry, acceptance, invalid_field};

const PILOT: &str = "91150105YYYY00012E";
const ENTER: &str = "INSERT INTO enterprise (credit_code, name, kind, status, registrar, address, \
     capital_fen, founded_on, abnormal_listed, serious_breach_listed, equity_frozen, open_cases, \
     changed_at) VALUES ($1, 'PILOT', 'company', 'active', '150105', 'X', 1, '2015-10-01', FALSE, \
     FALSE, FALSE, 0, 0)";
// The digest is that of one document without title, pages and content: 24 zero bytes.
const ARCHIVE: &str = "INSERT INTO archive (credit_code, holder, sha256, changed_at) VALUES ($1, \
     '150105', '9d908ecfb6b256def8b49a7c504e6c889c4b0e41fe6ce3e01863dd7b61a20aa0', 0)";
const DOCUMENT: &str = "INSERT INTO archive_document (credit_code, position, title, pages, content) \
     VALUES ($1, 1, '', 0, '')";
const CONFIRM: &str = "UPDATE enterprise SET code_confirmed_by = '150105' WHERE credit_code = $1";

#[tokio::test]
async fn it_is_invalid_until_its_registrar_confirmed_it_and_then_moves_like_any_other() {
    for registry in Registry::on_each_database().await {
        registry.change(ENTER, PILOT).await;
        assert_eq!(invalid_field(registry.check(PILOT).await), "credit_code");
        let refused = registry.accept("early", acceptance(PILOT)).await;
        assert_eq!(invalid_field(refused), "credit_code");

        registry.change(CONFIRM, PILOT).await;
        assert_eq!(registry.check(PILOT).await.unwrap().name, "PILOT");
        registry.change(ARCHIVE, PILOT).await;
        registry.change(DOCUMENT, PILOT).await;
        let (_, registered) = registry.relocate("s", acceptance(PILOT)).await;
        assert_eq!(registered.credit_code_after, PILOT);
    }
}
