//! As much of XML as a picture of ours needs: elements with attributes and text, well formed or not.

use std::collections::BTreeMap;

/// An element.
#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) attributes: BTreeMap<String, String>,
    /// Its own text, without that of the elements in it.
    pub(crate) text: String,
    pub(crate) within: Vec<Element>,
}

impl Element {
    /// An attribute that is a number.
    pub(crate) fn number(&self, name: &str) -> i64 {
        self.attributes[name].parse().unwrap()
    }

    /// The elements of a name in it, at any depth.
    pub(crate) fn all(&self, name: &str) -> Vec<&Element> {
        let deeper = self.within.iter().flat_map(|element| element.all(name));
        let here = self.within.iter().filter(|element| element.name == name);
        here.chain(deeper).collect()
    }
}

/// Reads a document.
///
/// # Panics
/// When it is not well formed.
pub(crate) fn read(document: &str) -> Element {
    let mut open = vec![Element::default()];
    let mut rest = document.trim();
    while let Some(at) = rest.find('<') {
        open.last_mut().unwrap().text += &unescaped(&rest[..at]);
        let end = rest.find('>').unwrap();
        let tag = &rest[at + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            let closed = open.pop().unwrap();
            assert_eq!(closed.name, name, "closed in another order than opened");
            open.last_mut().unwrap().within.push(closed);
            continue;
        }
        let (tag, empty) = match tag.strip_suffix('/') {
            Some(tag) => (tag, true),
            None => (tag, false),
        };
        let element = element(tag);
        if empty {
            open.last_mut().unwrap().within.push(element);
        } else {
            open.push(element);
        }
    }
    assert_eq!(rest, "", "text after the document");
    let mut document = open.pop().unwrap();
    assert!(open.is_empty(), "{} is not closed", document.name);
    assert_eq!(document.within.len(), 1, "one element at the top");
    document.within.remove(0)
}

fn element(tag: &str) -> Element {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let mut element = Element {
        name: name.to_owned(),
        ..Element::default()
    };
    while !rest.trim().is_empty() {
        let (key, value) = rest.trim_start().split_once("=\"").unwrap();
        let (value, after) = value.split_once('"').unwrap();
        let twice = element.attributes.insert(key.to_owned(), unescaped(value));
        assert_eq!(twice, None, "{key} stands twice in <{tag}>");
        rest = after;
    }
    element
}

fn unescaped(text: &str) -> String {
    for part in text.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;"];
        assert!(known.iter().any(|name| part.starts_with(name)), "&{part}");
    }
    assert!(!text.contains('>'), "a bare > in {text}");
    let text = text.replace("&lt;", "<").replace("&gt;", ">");
    text.replace("&quot;", "\"").replace("&amp;", "&")
}
