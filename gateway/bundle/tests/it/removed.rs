//! A contract that changes under a bundle: what the bundle names must still be there when it is loaded.

use std::fs;
use std::path::Path;

use onething_bundle::{Code, Diagnostic, load_str};
use onething_elements::Dictionary;
use onething_proto::Contracts;

const NEWBORN: &str = include_str!("../../../bundles/newborn.toml");

/// The contracts without one field: its declaration is cut out of its file.
fn contracts_without(file: &str, message: &str, field: &str) -> Contracts {
    let proto = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    let text = fs::read_to_string(proto.join(file)).unwrap();
    let message = text.find(&format!("message {message} {{")).unwrap();
    let begin = message + text[message..].find(&format!(" {field} = ")).unwrap();
    let begin = text[..begin].rfind('\n').unwrap();
    let end = begin + text[begin..].find("];").unwrap() + 2;
    let changed = tempfile::tempdir().unwrap();
    let path = changed.path().join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, format!("{}{}", &text[..begin], &text[end..])).unwrap();
    let mut compiler = protox::Compiler::new([changed.path(), &proto]).unwrap();
    compiler.include_imports(true);
    let standard = Contracts::standard().pool().files();
    let ours = standard.filter(|file| file.name().starts_with("onething/"));
    compiler
        .open_files(ours.map(|file| file.name().to_owned()))
        .unwrap();
    Contracts::decode(&compiler.encode_file_descriptor_set()).unwrap()
}

fn mistakes(contracts: &Contracts) -> Vec<Diagnostic> {
    let name = "gateway/bundles/newborn.toml";
    load_str(name, NEWBORN, contracts, Dictionary::standard()).unwrap_err()
}

#[test]
fn s41_a_bundle_does_not_load_once_a_field_it_sets_is_removed() {
    let file = "onething/post/v1/post.proto";
    let contracts = contracts_without(file, "AcceptParcelRequest", "content_number");
    let mistakes = mistakes(&contracts);
    let found = mistakes.iter().find(|m| m.code == Code::UnknownField);
    let said = found.unwrap_or_else(|| panic!("{mistakes:?}")).to_string();
    assert!(said.contains("content_number"), "{said}");
    let line = 1 + NEWBORN
        .lines()
        .position(|line| line.starts_with("with = { content_number"))
        .unwrap();
    assert!(said.contains(&format!("newborn.toml:{line}:")), "{said}");
}

#[test]
fn s41_a_bundle_does_not_load_once_a_field_it_reads_is_removed() {
    let file = "onething/health/v1/health.proto";
    let message = "IssueBirthCertificateResponse";
    let contracts = contracts_without(file, message, "certificate_number");
    let mistakes = mistakes(&contracts);
    let said: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    let said = said.join("\n\n");
    assert!(said.contains("certificate_number"), "{said}");
}
