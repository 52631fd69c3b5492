//! Every mistake has a broken example in `tests/broken/`, with what it says beside it. Set
//! `ONETHING_UPDATE_SNAPSHOTS` to write what it says now.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use onething_bundle::{Catalogue, Code, load_file, load_str};
use onething_elements::Dictionary;
use onething_proto::Contracts;

use super::support;

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut examples: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "toml"))
        .collect();
    examples.sort();
    examples
}

#[test]
fn every_broken_example_says_what_is_written_beside_it() {
    let contracts = support::contracts();
    let update = std::env::var_os("ONETHING_UPDATE_SNAPSHOTS").is_some();
    let mut different = Vec::new();
    for path in examples() {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = fs::read_to_string(&path).unwrap();
        let diagnostics = load_str(&name, &text, &contracts, Dictionary::standard())
            .err()
            .unwrap_or_else(|| panic!("{name} loads"));
        let rendered: Vec<_> = diagnostics.iter().map(ToString::to_string).collect();
        let rendered = rendered.join("\n\n") + "\n";
        let code = name.split('-').next().unwrap().to_uppercase();
        assert!(
            diagnostics.iter().any(|d| d.code.as_str() == code),
            "{name} does not show {code}:\n{rendered}"
        );
        let beside = path.with_extension("txt");
        if update {
            fs::write(&beside, &rendered).unwrap();
        } else if fs::read_to_string(&beside).unwrap_or_default() != rendered {
            different.push(format!("{name}:\n{rendered}"));
        }
    }
    assert!(
        different.is_empty(),
        "other than written:\n{}",
        different.join("\n")
    );
}

#[test]
fn every_code_has_a_broken_example() {
    let shown: BTreeSet<String> = examples()
        .iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            name.split('-').next().unwrap().to_uppercase()
        })
        .collect();
    // These two are about files, not their text; the tests below show them.
    let elsewhere = [Code::Unreadable, Code::DuplicateBundle];
    for code in Code::ALL.iter().filter(|code| !elsewhere.contains(code)) {
        assert!(shown.contains(code.as_str()), "{code} has no example");
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nothing.toml");
    let (contracts, dictionary) = (Contracts::standard(), Dictionary::standard());
    let diagnostics = load_file(&path, contracts, dictionary).unwrap_err();
    assert_eq!(diagnostics[0].code, Code::Unreadable);
    assert!(diagnostics[0].to_string().contains("nothing.toml"));
    let diagnostics = Catalogue::load_dir(&path, contracts, dictionary).unwrap_err();
    assert_eq!(diagnostics[0].code, Code::Unreadable);
}

#[test]
fn a_directory_is_a_catalogue_unless_two_bundles_share_an_id() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = include_str!("../../../bundles/newborn.toml");
    fs::write(folder.path().join("a.toml"), bundle).unwrap();
    fs::write(folder.path().join("notes.txt"), "no bundle").unwrap();
    let (contracts, dictionary) = (Contracts::standard(), Dictionary::standard());
    let catalogue = Catalogue::load_dir(folder.path(), contracts, dictionary).unwrap();
    assert_eq!(catalogue.len(), 1);
    assert!(catalogue.get("newborn").is_some());

    fs::write(folder.path().join("b.toml"), bundle).unwrap();
    fs::write(folder.path().join("c.toml"), "id = ").unwrap();
    let diagnostics = Catalogue::load_dir(folder.path(), contracts, dictionary).unwrap_err();
    let codes: Vec<_> = diagnostics.iter().map(|d| d.code).collect();
    assert_eq!(codes, [Code::DuplicateBundle, Code::Syntax]);
}
