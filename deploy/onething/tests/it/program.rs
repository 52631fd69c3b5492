//! The program, and the pages that are kept beside the tests.

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use onething_bundle::{Bundle, Catalogue};
use onething_elements::Dictionary;
use onething_proto::Contracts;

fn onething_bundle(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onething"));
    command.arg("bundle").args(arguments).stdin(Stdio::null());
    command.output().unwrap()
}

/// What a tool complains of that cannot do what it is asked.
pub(crate) fn complaint(arguments: &[&str]) -> String {
    let output = onething_bundle(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    assert_eq!(output.stdout, b"", "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Runs `onething bundle …`: its exit code, and what it prints, which must be plain in a pipe.
pub(crate) fn bundle(arguments: &[&str]) -> (i32, String) {
    let output = onething_bundle(arguments);
    let printed = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        !printed.contains('\u{1b}'),
        "escape codes in a pipe: {printed}"
    );
    assert_eq!(errors, "", "{arguments:?}");
    (output.status.code().unwrap(), printed)
}

/// What a tool prints that ends well.
pub(crate) fn printed(arguments: &[&str]) -> String {
    let (code, printed) = bundle(arguments);
    assert_eq!(code, 0, "{arguments:?}: {printed}");
    printed
}

/// A built-in bundle, as the program has it.
pub(crate) fn built_in(id: &str) -> Bundle {
    let catalogue = Catalogue::embedded(Contracts::standard(), Dictionary::standard()).unwrap();
    catalogue.into_bundles().find(|b| b.id == id).unwrap()
}

/// Asserts that a page is the one that is kept under a name; `ONETHING_UPDATE_SNAPSHOTS` keeps it anew.
pub(crate) fn assert_kept(name: &str, page: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages");
    let path = folder.join(name);
    if std::env::var_os("ONETHING_UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, page).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        page == kept,
        "{name} is other than kept; ONETHING_UPDATE_SNAPSHOTS=1 keeps it anew:\n{page}"
    );
}
