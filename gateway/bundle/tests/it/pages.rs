//! The pages of `docs/bundles`: their examples load, and every diagnostic has its section.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use onething_bundle::{Code, load_str};
use onething_elements::Dictionary;

use super::support;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/bundles")
}

fn page(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

/// The code blocks of a page that are in a language, as they are marked.
fn blocks(page: &str, mark: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    for line in page.lines() {
        match &mut open {
            Some(block) if line == "```" => {
                found.push(std::mem::take(block));
                open = None;
            }
            Some(block) => *block += &format!("{line}\n"),
            None if line == format!("```{mark}") => open = Some(String::new()),
            None => {}
        }
    }
    found
}

fn loads(what: &str, text: &str) {
    let loaded = load_str(what, text, &support::contracts(), Dictionary::standard());
    if let Err(mistakes) = loaded {
        let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        panic!("{what}\n{}\n{text}", mistakes.join("\n\n"));
    }
}

/// The first bundle with a part of the language page in it: keys come first, tables last, and a step
/// that it has already gets the part's further keys.
fn put_into(bundle: &str, part: &str) -> String {
    if !part.starts_with('[') {
        return format!("{part}{bundle}");
    }
    let mut bundle = bundle.to_owned();
    let mut tables = String::new();
    for table in part.split("\n\n") {
        let id = table.lines().find(|line| line.starts_with("id = "));
        let known = id.filter(|id| table.starts_with("[[step]]") && bundle.contains(*id));
        match known {
            Some(id) => {
                let rest: Vec<_> = table.lines().skip(1).filter(|line| line != &id).collect();
                bundle = bundle.replacen(id, &format!("{id}\n{}", rest.join("\n")), 1);
            }
            None => tables += &format!("{table}\n\n"),
        }
    }
    format!("{bundle}\n{tables}")
}

#[test]
fn every_example_loads() {
    let first = blocks(&page("README.md"), "toml bundle");
    assert_eq!(first.len(), 1);
    loads("README.md", &first[0]);
    let parts = blocks(&page("language.md"), "toml");
    assert!(parts.len() > 6);
    for (number, part) in parts.iter().enumerate() {
        let what = format!("language.md, example {}", number + 1);
        loads(&what, &put_into(&first[0], part));
    }
}

#[test]
fn every_key_of_the_language_is_on_the_page() {
    let page = page("language.md");
    let schema = onething_bundle::json_schema();
    let keys = |table: &serde_json::Value| -> Vec<String> {
        let properties = table["properties"].as_object().unwrap();
        properties.keys().cloned().collect()
    };
    for key in keys(&schema)
        .iter()
        .chain(&keys(&schema["$defs"]["StepTable"]))
    {
        assert!(page.contains(key.as_str()), "{key} is not on the page");
    }
}

/// The sections of the page of diagnostics, by code.
fn sections(page: &str) -> BTreeMap<String, String> {
    let sections = page.split("\n## ").skip(1);
    let sections = sections.map(|section| {
        let code = section.split([' ', ':']).next().unwrap();
        (code.to_owned(), section.to_owned())
    });
    sections.collect()
}

#[test]
fn every_diagnostic_has_a_section_with_its_messages() {
    let written = page("diagnostics.md");
    let path = folder().join("diagnostics.md");
    let broken = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken");
    let mut messages: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut files: Vec<_> = fs::read_dir(broken)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    files.sort();
    for file in files
        .iter()
        .filter(|file| file.extension().is_some_and(|e| e == "txt"))
    {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let code = name.split('-').next().unwrap().to_uppercase();
        let text = fs::read_to_string(file).unwrap();
        messages
            .entry(code)
            .or_default()
            .push((name.to_owned(), text));
    }
    // What a person wrote stays; what the program says is put under it.
    let head = written.split("\n## ").next().unwrap().trim_end();
    let sections = sections(&written);
    let mut page = format!("{head}\n");
    for code in Code::ALL.iter().map(|code| code.as_str()) {
        let section = sections
            .get(code)
            .unwrap_or_else(|| panic!("{code} has no section"));
        let prose = section
            .split("\nThe program says")
            .next()
            .unwrap()
            .trim_end();
        assert!(
            prose.lines().count() > 2,
            "{code} does not say how to mend it"
        );
        page += &format!("\n## {prose}\n");
        for (name, text) in messages.get(code).into_iter().flatten() {
            let example = format!("../../gateway/bundle/tests/broken/{name}.toml");
            page += &format!(
                "\nThe program says of [this example]({example}):\n\n```text\n{}\n```\n",
                text.trim_end()
            );
        }
    }
    for code in sections.keys() {
        assert!(
            Code::ALL.iter().any(|known| known.as_str() == code),
            "{code} is no code"
        );
    }
    if std::env::var_os("ONETHING_UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &page).unwrap();
    } else {
        assert!(
            page == written,
            "ONETHING_UPDATE_SNAPSHOTS=1 writes what the program says anew"
        );
    }
}
