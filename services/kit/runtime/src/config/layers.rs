//! The merging of layers: defaults form the schema, and every later value is held against it. What
//! the values mean is left to the settings they are deserialised into.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use toml::{Table, Value};

use super::problem::{Origin, Problem};

/// Layers merged so far, with the schema, the origin of each value and the problems met.
#[derive(Debug, Default)]
pub(super) struct Layers {
    pub(super) merged: Table,
    pub(super) defaults: Table,
    pub(super) problems: Vec<Problem>,
    /// Tables that the defaults first declared empty: they take any keys.
    open: BTreeSet<String>,
    origins: BTreeMap<String, Origin>,
}

/// What the schema says about a key.
enum Shape {
    /// A table with the keys of the defaults.
    Table,
    /// A table that takes any keys, or something inside one.
    Open,
    /// A single value.
    Leaf(Value),
    /// Nothing: the key does not exist.
    Unknown,
}

impl Layers {
    /// Starts with the documented defaults, later texts over earlier ones.
    pub(super) fn new(defaults: &[&str]) -> Self {
        let mut layers = Self::default();
        for text in defaults {
            match text.parse::<Table>() {
                Ok(table) => layers.declare(table),
                Err(error) => layers.report("", &Origin::Defaults, error.message()),
            }
        }
        layers.merged = layers.defaults.clone();
        layers
    }

    /// Lays the TOML file at `path` over what is there.
    pub(super) fn add_file(&mut self, path: &Path) {
        let origin = Origin::File(path.to_owned());
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => return self.report("", &origin, format!("cannot be read: {error}")),
        };
        match text.parse::<Table>() {
            Ok(table) => self.overlay_table(&[], table, &origin),
            Err(error) => {
                let line = error.span().and_then(|span| text.get(..span.start));
                let line = line.map_or(1, |before| before.matches('\n').count() + 1);
                self.report("", &origin, format!("line {line}: {}", error.message()));
            }
        }
    }

    /// Lays one value over what is there.
    pub(super) fn overlay(&mut self, path: &[String], value: Value, origin: &Origin) {
        let key = path.join(".");
        match (self.shape(path), value) {
            (Shape::Unknown, _) => {
                let known = self.siblings(path);
                self.report(&key, origin, format!("unknown key; known here: {known}"));
            }
            (Shape::Table, Value::Table(table)) => self.overlay_table(path, table, origin),
            (Shape::Open, Value::Table(table)) => {
                if !matches!(lookup(&self.merged, path), Some(Value::Table(_))) {
                    self.put(path, Value::Table(Table::new()), origin);
                }
                self.overlay_table(path, table, origin);
            }
            (Shape::Open, value) => {
                if self.open.contains(&key) {
                    self.report(&key, origin, mismatch("table", &value));
                } else {
                    self.put(path, value, origin);
                }
            }
            (Shape::Table, value) => self.report(&key, origin, mismatch("table", &value)),
            (Shape::Leaf(Value::Float(_)), Value::Integer(whole)) => {
                self.put(path, Value::Float(whole as f64), origin);
            }
            (Shape::Leaf(default), value) if default.same_type(&value) => {
                self.put(path, value, origin);
            }
            (Shape::Leaf(default), value) => {
                self.report(&key, origin, mismatch(default.type_str(), &value));
            }
        }
    }

    /// The type that the defaults ask for at `path`, where they say so.
    pub(super) fn default_type(&self, path: &[String]) -> Option<&'static str> {
        lookup(&self.defaults, path).map(Value::type_str)
    }

    /// Whether `path` lies inside a table that takes any keys.
    pub(super) fn is_open(&self, path: &[String]) -> bool {
        (0..=path.len()).any(|depth| self.open.contains(&path[..depth].join(".")))
    }

    /// Where the value of `key`, or else of the nearest table around it, came from.
    pub(super) fn origin(&self, key: &str) -> Origin {
        let mut key = key;
        loop {
            if let Some(origin) = self.origins.get(key) {
                return origin.clone();
            }
            match key.rfind(['.', '[']) {
                Some(end) => key = &key[..end],
                None => return Origin::Defaults,
            }
        }
    }

    /// Records a problem.
    pub(super) fn report(&mut self, key: &str, origin: &Origin, reason: impl Into<String>) {
        self.problems.push(Problem::at(key, origin, reason));
    }

    fn overlay_table(&mut self, path: &[String], table: Table, origin: &Origin) {
        for (key, value) in table {
            let mut path = path.to_vec();
            path.push(key);
            self.overlay(&path, value, origin);
        }
    }

    /// Merges one text of defaults into the schema.
    fn declare(&mut self, table: Table) {
        let mut defaults = std::mem::take(&mut self.defaults);
        self.declare_into(&mut defaults, table, "");
        self.defaults = defaults;
    }

    fn declare_into(&mut self, target: &mut Table, table: Table, prefix: &str) {
        for (key, value) in table {
            let path = if prefix.is_empty() {
                key.clone()
            } else {
                format!("{prefix}.{key}")
            };
            match (target.get_mut(&key), value) {
                (Some(Value::Table(inner)), Value::Table(value)) => {
                    self.declare_into(inner, value, &path);
                }
                (Some(known), value) if !known.same_type(&value) => {
                    self.report(&path, &Origin::Defaults, mismatch(known.type_str(), &value));
                }
                (Some(known), value) => *known = value,
                (None, Value::Table(value)) => {
                    if value.is_empty() {
                        self.open.insert(path.clone());
                    }
                    let mut inner = Table::new();
                    self.declare_into(&mut inner, value, &path);
                    target.insert(key, Value::Table(inner));
                }
                (None, value) => {
                    target.insert(key, value);
                }
            }
        }
    }

    fn shape(&self, path: &[String]) -> Shape {
        if self.is_open(path) {
            return Shape::Open;
        }
        match lookup(&self.defaults, path) {
            Some(Value::Table(_)) => Shape::Table,
            Some(value) => Shape::Leaf(value.clone()),
            None => Shape::Unknown,
        }
    }

    fn put(&mut self, path: &[String], value: Value, origin: &Origin) {
        let Some((last, parents)) = path.split_last() else {
            return;
        };
        let mut table = &mut self.merged;
        for parent in parents {
            let slot = table
                .entry(parent)
                .or_insert_with(|| Value::Table(Table::new()));
            if !slot.is_table() {
                *slot = Value::Table(Table::new());
            }
            let Value::Table(inner) = slot else { return };
            table = inner;
        }
        table.insert(last.clone(), value);
        self.origins.insert(path.join("."), origin.clone());
    }

    /// The keys that exist beside the unknown last one of `path`.
    fn siblings(&self, path: &[String]) -> String {
        let parent = &path[..path.len().saturating_sub(1)];
        let table = if parent.is_empty() {
            Some(&self.defaults)
        } else {
            lookup(&self.defaults, parent).and_then(Value::as_table)
        };
        let keys: Vec<&str> = table
            .into_iter()
            .flat_map(Table::keys)
            .map(String::as_str)
            .collect();
        if keys.is_empty() {
            "none".to_owned()
        } else {
            keys.join(", ")
        }
    }
}

/// The value at `path`; `None` for the empty path.
pub(super) fn lookup<'a>(table: &'a Table, path: &[String]) -> Option<&'a Value> {
    let (first, rest) = path.split_first()?;
    let mut value = table.get(first)?;
    for key in rest {
        value = value.as_table()?.get(key)?;
    }
    Some(value)
}

fn mismatch(expected: &str, found: &Value) -> String {
    format!("expected {expected}, found {}", found.type_str())
}
