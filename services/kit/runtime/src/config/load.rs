//! Loading: layers in, checked settings out, or every problem at once. It reads nothing but the file
//! it is given.

use std::fmt::Debug;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use toml::{Table, Value};

use super::layers::Layers;
use super::problem::{Problem, Problems};
use super::sections::{COMMON_DEFAULTS, Common};
use super::{environment, problem::Origin};

/// A struct that settings are deserialised into; give it `#[serde(deny_unknown_fields)]`.
pub trait Settings: DeserializeOwned + Clone + Debug + Send + Sync + 'static {
    /// What is wrong with the values although their types are right. All of it, not the first thing.
    fn problems(&self) -> Vec<Problem> {
        Vec::new()
    }
}

/// The settings of a service that has none beyond [`Common`].
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

impl Settings for NoSettings {}

/// Loads settings: `defaults` (documented TOML texts, later over earlier), then `file`, then the
/// variables of `env` that start with `ONETHING__`.
///
/// The merged defaults are the schema. A table that is empty where the defaults first name it takes
/// any keys; everywhere else an unknown key or another type than the default's is a problem.
///
/// # Errors
/// Every problem of every layer, and of the values themselves, at once.
pub fn load<S: Settings>(
    defaults: &[&str],
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<S, Problems> {
    let mut layers = merge(defaults, file, env);
    let table = layers.merged.clone();
    let settings = deserialise(&mut layers, table);
    finish(layers, settings)
}

/// Loads [`Common`] and a service's own settings from one configuration: the sections of
/// [`COMMON_DEFAULTS`] make the first, all others the second. `defaults` are the service's; they may
/// override common values and declare sections of their own.
///
/// # Errors
/// As [`load`].
pub fn load_with_common<S: Settings>(
    defaults: &[&str],
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<(Common, S), Problems> {
    let mut texts = vec![COMMON_DEFAULTS];
    texts.extend(defaults);
    let mut layers = merge(&texts, file, env);
    let common = Layers::new(&[COMMON_DEFAULTS]).defaults;
    let (common, own): (Table, Table) = layers
        .merged
        .clone()
        .into_iter()
        .partition(|(key, _)| common.contains_key(key));
    let common: Option<Common> = deserialise(&mut layers, common);
    let own: Option<S> = deserialise(&mut layers, own);
    finish(layers, common.zip(own))
}

fn merge(
    defaults: &[&str],
    file: Option<&Path>,
    env: impl IntoIterator<Item = (String, String)>,
) -> Layers {
    let mut layers = Layers::new(defaults);
    if let Some(file) = file {
        layers.add_file(file);
    }
    environment::add(&mut layers, env);
    layers
}

fn finish<S>(layers: Layers, settings: Option<S>) -> Result<S, Problems> {
    match settings {
        Some(settings) if layers.problems.is_empty() => Ok(settings),
        _ => Err(Problems(layers.problems)),
    }
}

/// Deserialises and checks `table`. A value that does not deserialise is reported and replaced by its
/// default, so that the search for problems goes on behind it.
fn deserialise<S: Settings>(layers: &mut Layers, mut table: Table) -> Option<S> {
    loop {
        let error = match serde_path_to_error::deserialize(Value::Table(table.clone())) {
            Ok(settings) => {
                check(layers, &settings);
                return Some(settings);
            }
            Err(error) => error,
        };
        let key = error.path().to_string();
        let key = if key == "." { String::new() } else { key };
        let origin = layers.origin(&key);
        layers.report(&key, &origin, error.inner().message());
        let path: Vec<&str> = error
            .path()
            .iter()
            .map_while(|segment| match segment {
                Segment::Map { key } => Some(key.as_str()),
                _ => None,
            })
            .collect();
        if origin == Origin::Defaults || !revert(&mut table, &layers.defaults, &path) {
            return None;
        }
    }
}

fn check(layers: &mut Layers, settings: &impl Settings) {
    for mut problem in settings.problems() {
        problem.origin = layers.origin(&problem.key);
        layers.problems.push(problem);
    }
}

/// Puts the default back at `path`, or takes the key out if it has none. `false` if that changes
/// nothing.
fn revert(table: &mut Table, defaults: &Table, path: &[&str]) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return false;
    };
    match (table.get_mut(*first), defaults.get(*first)) {
        (Some(Value::Table(inner)), Some(Value::Table(defaults))) if !rest.is_empty() => {
            revert(inner, defaults, rest)
        }
        (Some(value), Some(default)) if value != default => {
            *value = default.clone();
            true
        }
        (Some(_), None) => table.remove(*first).is_some(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Write;

    use super::*;
    use crate::config::{DiscoveryKind, Secret};

    const OWN: &str = r#"
        [server]
        listen = "127.0.0.1:7101"
        [records]
        directory = "records"
        rate = 0.5
        limit = 5
        [records.sources]
        [discovery.services]
        connector = ["http://127.0.0.1:7107"]
    "#;

    #[derive(Clone, Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Own {
        records: Records,
    }

    #[derive(Clone, Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Records {
        directory: String,
        rate: f64,
        limit: u8,
        sources: BTreeMap<String, String>,
    }

    impl Settings for Own {
        fn problems(&self) -> Vec<Problem> {
            if self.records.limit == 0 {
                vec![Problem::new("records.limit", "must be > 0")]
            } else {
                vec![]
            }
        }
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        file
    }

    fn vars(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn defaults_alone_are_a_configuration() {
        let (common, own) = load_with_common::<Own>(&[OWN], None, vars(&[])).unwrap();
        assert_eq!(common.server.listen, "127.0.0.1:7101");
        assert_eq!(common.discovery.kind, DiscoveryKind::Static);
        assert_eq!(
            common.discovery.services["connector"],
            ["http://127.0.0.1:7107"]
        );
        assert_eq!(own.records.directory, "records");
    }

    #[test]
    fn environment_goes_over_file_over_defaults() {
        let file =
            file("[server]\nlisten = \"1.1.1.1:1\"\ndrain_seconds = 3\n[records]\nrate = 2\n");
        let env = vars(&[
            ("ONETHING__SERVER__LISTEN", "127.0.0.1:2"),
            ("ONETHING__RECORDS__DIRECTORY", "12"),
            ("ONETHING__DISCOVERY__CONSUL__TOKEN", "hunter2"),
            ("ONETHING_EMBEDDED_ONLY", "1"),
            ("HOME", "/root"),
        ]);
        let (common, own) = load_with_common::<Own>(&[OWN], Some(file.path()), env).unwrap();
        assert_eq!(common.server.listen, "127.0.0.1:2");
        assert_eq!(common.server.drain_seconds, 3);
        assert_eq!(own.records.rate, 2.0);
        assert_eq!(own.records.directory, "12", "a string stays a string");
        assert_eq!(common.discovery.consul.token, Secret::new("hunter2"));
        assert!(!format!("{common:?}").contains("hunter2"));
    }

    #[test]
    fn tables_that_start_empty_take_any_keys() {
        let file = file(
            "[discovery.services]\npublic-security = [\"http://a:1\"]\n[records.sources]\nx = \"y\"\n",
        );
        let env = vars(&[
            (
                "ONETHING__DISCOVERY__SERVICES__PUBLIC_SECURITY",
                r#"["http://b:2"]"#,
            ),
            (
                "ONETHING__DISCOVERY__SERVICES__CIVIL_AFFAIRS",
                r#"["http://c:3"]"#,
            ),
            (
                "ONETHING__SUSPENSIONS",
                r#"[{ method = "a.v1.AService/Do", step = "s" }]"#,
            ),
        ]);
        let (common, own) = load_with_common::<Own>(&[OWN], Some(file.path()), env).unwrap();
        assert_eq!(common.discovery.services["public-security"], ["http://b:2"]);
        assert_eq!(common.discovery.services["civil-affairs"], ["http://c:3"]);
        assert_eq!(
            common.discovery.services["connector"],
            ["http://127.0.0.1:7107"]
        );
        assert_eq!(own.records.sources["x"], "y");
        assert_eq!(common.suspensions[0].step, "s");
    }

    #[test]
    fn all_problems_are_reported_at_once_with_their_origin() {
        let file = file(
            "nonsense = 1\n[server]\nlisten = 7\nlitsen = \"x\"\n[records]\nlimit = 300\n\
             [discovery]\nkind = \"dns\"\nservices = 3\n[database]\nmax_connections = 0\n",
        );
        let env = vars(&[
            ("ONETHING__SERVER__DRAIN_SECONDS", "soon"),
            ("ONETHING__DISCOVERY__SERVICES__TAX", r#"["ftp://x"]"#),
            ("ONETHING__SUSPENSIONS", r#"[{ method = "nothing" }]"#),
        ]);
        let problems = load_with_common::<Own>(&[OWN], Some(file.path()), env).unwrap_err();
        let found: BTreeMap<&str, (&Origin, &str)> = problems
            .0
            .iter()
            .map(|p| (p.key.as_str(), (&p.origin, p.reason.as_str())))
            .collect();
        let path = Origin::File(file.path().to_owned());
        let variable = |name: &str| Origin::Variable(name.to_owned());
        assert_eq!(found["nonsense"].0, &path);
        assert_eq!(
            found["server.listen"],
            (&path, "expected string, found integer")
        );
        assert!(
            found["server.litsen"]
                .1
                .contains("unknown key; known here: advertise")
        );
        assert_eq!(
            found["discovery.services"],
            (&path, "expected table, found integer")
        );
        assert_eq!(found["records.limit"].0, &path);
        assert_eq!(found["discovery.kind"].0, &path);
        assert_eq!(found["database.max_connections"], (&path, "must be > 0"));
        let drain = &variable("ONETHING__SERVER__DRAIN_SECONDS");
        assert_eq!(
            found["server.drain_seconds"],
            (drain, "expected integer, found string")
        );
        let tax = &variable("ONETHING__DISCOVERY__SERVICES__TAX");
        assert_eq!(found["discovery.services.tax"].0, tax);
        assert_eq!(
            found["suspensions[0].method"].0,
            &variable("ONETHING__SUSPENSIONS")
        );
        assert_eq!(found.len(), 10, "{problems}");
    }

    #[test]
    fn a_file_that_is_not_toml_is_named_with_its_line() {
        let file = file("[server]\nlisten = \"a:1\"\nlisten == 3\n");
        let problems = load_with_common::<Own>(&[OWN], Some(file.path()), vars(&[])).unwrap_err();
        assert_eq!(problems.0.len(), 1);
        assert!(problems.0[0].reason.starts_with("line 3: "), "{problems}");
        let missing = Path::new("/nonexistent/onething.toml");
        let problems = load_with_common::<Own>(&[OWN], Some(missing), vars(&[])).unwrap_err();
        assert!(
            problems.0[0].reason.starts_with("cannot be read"),
            "{problems}"
        );
    }

    #[test]
    fn semantic_problems_of_own_settings_carry_their_variable() {
        let env = vars(&[("ONETHING__RECORDS__LIMIT", "0")]);
        let problems = load_with_common::<Own>(&[OWN], None, env).unwrap_err();
        assert_eq!(
            problems.0,
            [Problem::at(
                "records.limit",
                &Origin::Variable("ONETHING__RECORDS__LIMIT".to_owned()),
                "must be > 0"
            )]
        );
    }
}
