//! That the schema and the language are of one shape.

use std::fs;
use std::path::Path;

use super::*;

fn texts(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let paths = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let files = paths.filter(|path| path.extension().is_some_and(|e| e == "toml"));
    let texts = files.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(&path).unwrap())
    });
    texts.collect()
}

#[test]
fn every_bundle_is_of_the_schema_s_shape() {
    let bundles = texts("../bundles");
    assert!(bundles.len() > 1);
    for (name, text) in bundles {
        let read = toml::from_str::<BundleFile>(&text);
        assert!(read.is_ok(), "{name}: {}", read.err().unwrap());
    }
}

#[test]
fn what_is_wrong_in_meaning_alone_is_of_the_schema_s_shape_and_the_rest_is_not() {
    // Mistakes of these codes are mistakes of shape, at least in some examples.
    let shape = ["b001", "b002", "b003", "b004", "b040", "b053"];
    for (name, text) in texts("tests/broken") {
        let read = toml::from_str::<BundleFile>(&text);
        if shape[..3].iter().any(|code| name.starts_with(code)) {
            assert!(read.is_err(), "{name}");
        } else if !shape.iter().any(|code| name.starts_with(code)) {
            assert!(read.is_ok(), "{name}: {}", read.err().unwrap());
        }
    }
}

#[test]
fn the_schema_beside_the_pages_is_this_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = path.join("../../docs/bundles/bundle.schema.json");
    let now = serde_json::to_string_pretty(&json_schema()).unwrap() + "\n";
    if std::env::var_os("ONETHING_UPDATE_SNAPSHOTS").is_some() {
        fs::write(&path, &now).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(written == now, "ONETHING_UPDATE_SNAPSHOTS=1 writes it anew");
}
