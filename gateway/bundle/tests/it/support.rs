//! What the tests share: the embedded bundles, and contracts with an odd service beside the
//! departments'.

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
    Contracts::decode(&compiler.encode_file_descriptor_set()).unwrap()
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
