//! The digest of an archive, which both sides of a hand-over compute.

use sha2::{Digest, Sha256};

use crate::store::archive::Document;

/// SHA-256 over the documents in their order, in lower-case hexadecimal.
///
/// Of each document go in: the length of its title in bytes, the title, its number of pages, the
/// length of its content in bytes, the content. Texts are UTF-8; lengths and pages are 8 bytes,
/// the most significant first. The lengths keep a document from being split or joined unnoticed.
pub(crate) fn digest(documents: &[Document]) -> String {
    let mut hash = Sha256::new();
    for document in documents {
        part(&mut hash, &document.title);
        hash.update(document.pages.to_be_bytes());
        part(&mut hash, &document.content);
    }
    hex::encode(hash.finalize())
}

fn part(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(title: &str, pages: i64, content: &str) -> Document {
        Document {
            title: title.to_owned(),
            pages,
            content: content.to_owned(),
        }
    }

    #[test]
    fn it_is_the_sha_256_of_the_documented_bytes() {
        let bytes = b"\0\0\0\0\0\0\0\x01a\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x03bcd";
        let expected = hex::encode(Sha256::digest(bytes));
        assert_eq!(digest(&[document("a", 2, "bcd")]), expected);
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(digest(&[]), empty);
    }

    #[test]
    fn order_pages_and_borders_count() {
        let (a, b) = (document("a", 1, "x"), document("b", 2, "y"));
        let whole = digest(&[a.clone(), b.clone()]);
        assert_ne!(whole, digest(&[b, a]));
        assert_ne!(
            digest(&[document("ab", 1, "c")]),
            digest(&[document("a", 1, "bc")])
        );
        assert_ne!(
            digest(&[document("a", 1, "c")]),
            digest(&[document("a", 2, "c")])
        );
    }
}
