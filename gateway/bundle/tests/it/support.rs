//! What the tests share: the embedded bundles, and contracts with an odd service beside the
//! departments'.

use std::fs;
use std::path::Path;

use onething_bundle::{Bundle, Catalogue};
use onething_elements::Dictionary;
use onething_proto::Contracts;

/// The standard contracts and `tests/contracts/odd.proto`.
pub(crate) fn contracts() -> Contracts {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = [here.join("tests/contracts"), here.join("../../proto")];
    let mut compiler = protox::Compiler::new(folders).unwrap();
    compiler.include_imports(true);
    let standard = Contracts::standard().pool().files();
    let ours = standard.filter(|file| file.name().starts_with("onething/"));
    compiler
        .open_files(ours.map(|file| file.name().to_owned()))
        .unwrap();
    compiler.open_file("odd.proto").unwrap();
    compiler.open_file("shared.proto").unwrap();
    Contracts::decode(&compiler.encode_file_descriptor_set()).unwrap()
}

/// `tests/contracts/shared.proto` alone: a world that does not grow with the catalogue.
pub(crate) fn small_world() -> Contracts {
    contracts_without("none of them")
}

/// `tests/contracts/shared.proto` as it would be if a method were no shared item.
pub(crate) fn contracts_without(item: &str) -> Contracts {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(here.join("tests/contracts/shared.proto")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("shared.proto"), without(&text, item)).unwrap();
    let folders = [folder.path().to_owned(), here.join("../../proto")];
    let mut compiler = protox::Compiler::new(folders).unwrap();
    compiler.include_imports(true);
    compiler.open_file("shared.proto").unwrap();
    Contracts::decode(&compiler.encode_file_descriptor_set()).unwrap()
}

/// The standard contracts as they would be if no method were a shared item.
pub(crate) fn standard_without(item: &str) -> Contracts {
    let protos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    let folder = tempfile::tempdir().unwrap();
    let standard = Contracts::standard().pool().files();
    let ours: Vec<String> = standard
        .map(|file| file.name().to_owned())
        .filter(|name| name.starts_with("onething/"))
        .collect();
    for name in &ours {
        let text = fs::read_to_string(protos.join(name)).unwrap();
        let copy = folder.path().join(name);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::write(copy, without(&text, item)).unwrap();
    }
    let mut compiler = protox::Compiler::new([folder.path()]).unwrap();
    compiler.include_imports(true);
    compiler.open_files(&ours).unwrap();
    Contracts::decode(&compiler.encode_file_descriptor_set()).unwrap()
}

/// A contract without the options that make a method the item.
fn without(text: &str, item: &str) -> String {
    let option = "    option (onething.annotations.v1.share) = {\n";
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, share)) = rest.split_once(option) {
        let (share, after) = share.split_once("    };\n").unwrap();
        kept.push_str(before);
        if !share.contains(&format!("id: \"{item}\"")) {
            kept.push_str(&format!("{option}{share}    }};\n"));
        }
        rest = after;
    }
    kept + rest
}

/// A bundle of the catalogue.
pub(crate) fn bundle(id: &str) -> Bundle {
    let catalogue = Catalogue::embedded(Contracts::standard(), Dictionary::standard());
    match catalogue {
        Ok(catalogue) => catalogue.get(id).unwrap().clone(),
        Err(mistakes) => {
            let mistakes: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
            panic!("{}", mistakes.join("\n\n"))
        }
    }
}
