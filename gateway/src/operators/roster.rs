//! The operators with the hashes of their tokens: who a token belongs to. A token that was read is
//! hashed at once and kept nowhere.

use std::{collections::HashMap, hint::black_box};

use sha2::{Digest, Sha256};

use super::settings::OperatorSettings;

/// Tokens are random; a shorter one can be guessed.
const SHORTEST: usize = 16;
const LONGEST: usize = 256;

/// Somebody who may look at sagas, and act on them unless read-only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operator {
    /// The name that the journal records.
    pub(crate) name: String,
    /// Looks and never acts.
    pub(crate) read_only: bool,
}

type Hash = [u8; 32];

/// Every operator.
#[derive(Default)]
pub(crate) struct Roster {
    known: Vec<(Hash, Operator)>,
}

impl std::fmt::Debug for Roster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // A hash helps nobody but who tries to guess the token behind it.
        f.debug_list()
            .entries(self.known.iter().map(|(_, operator)| operator))
            .finish()
    }
}

/// Tokens that cannot be had, all of them; none is repeated.
#[derive(Debug, thiserror::Error)]
#[error("operators: {}", .0.join("; "))]
pub(crate) struct Unreadable(Vec<String>);

impl Roster {
    /// Reads the operators' tokens.
    ///
    /// # Errors
    /// With every token that is missing, too short, or the same as another's: two names with one
    /// token could approve what they proposed themselves.
    pub(crate) fn read(
        operators: &[OperatorSettings],
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Unreadable> {
        let (mut roster, mut problems) = (Self::default(), Vec::new());
        let mut owners: HashMap<Hash, &str> = HashMap::new();
        for settings in operators {
            let name = &settings.name;
            match hash(settings, &environment) {
                Err(problem) => problems.push(format!("{name}: {problem}")),
                Ok(hash) => match owners.insert(hash, name) {
                    Some(other) => {
                        problems.push(format!("{name} has the same token as {other}"));
                    }
                    None => roster.known.push((
                        hash,
                        Operator {
                            name: name.clone(),
                            read_only: settings.read_only,
                        },
                    )),
                },
            }
        }
        if problems.is_empty() {
            Ok(roster)
        } else {
            Err(Unreadable(problems))
        }
    }

    /// Whether there is nobody.
    pub(crate) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whose token this is. Takes the same time for every token, known or not.
    pub(crate) fn identify(&self, token: &str) -> Option<&Operator> {
        let presented: Hash = Sha256::digest(token.as_bytes()).into();
        let mut found = None;
        for (hash, operator) in &self.known {
            if same(hash, &presented) {
                found = Some(operator);
            }
        }
        found
    }
}

fn same(a: &Hash, b: &Hash) -> bool {
    let differing = a.iter().zip(b).fold(0, |bits, (a, b)| bits | (a ^ b));
    black_box(differing) == 0
}

fn hash(
    operator: &OperatorSettings,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Hash, String> {
    if !operator.token_sha256.is_empty() {
        let bytes = hex::decode(&operator.token_sha256).unwrap_or_default();
        return bytes
            .try_into()
            .map_err(|_| "token_sha256 is not 64 hexadecimal digits".to_owned());
    }
    let (token, from) = if operator.token_file.is_empty() {
        let variable = &operator.token_env;
        let token = environment(variable).ok_or_else(|| format!("${variable} is not set"))?;
        (token, format!("${variable}"))
    } else {
        let file = &operator.token_file;
        let token =
            std::fs::read_to_string(file).map_err(|error| format!("{file}: {}", error.kind()))?;
        (token, file.clone())
    };
    let token = token.trim();
    let printable = token.bytes().all(|byte| byte.is_ascii_graphic());
    if !printable || !(SHORTEST..=LONGEST).contains(&token.len()) {
        return Err(format!(
            "{from} does not hold a token of {SHORTEST} to {LONGEST} printable characters"
        ));
    }
    Ok(Sha256::digest(token.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef-token";

    fn variable(name: &str, variable: &str) -> OperatorSettings {
        OperatorSettings {
            name: name.to_owned(),
            token_env: variable.to_owned(),
            ..OperatorSettings::default()
        }
    }

    fn environment(name: &str) -> Option<String> {
        match name {
            "ONE" => Some(TOKEN.to_owned()),
            "SHORT" => Some("hunter2".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn a_token_is_known_from_a_file_a_variable_or_its_hash() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.token");
        std::fs::write(&file, format!("{TOKEN}\n")).unwrap();
        let hashed = OperatorSettings {
            name: "hash".to_owned(),
            token_sha256: hex::encode(Sha256::digest(TOKEN)),
            read_only: true,
            ..OperatorSettings::default()
        };
        let in_file = OperatorSettings::in_file("file", file.display().to_string());
        for settings in [in_file, variable("variable", "ONE"), hashed] {
            let roster = Roster::read(std::slice::from_ref(&settings), environment).unwrap();
            let operator = roster.identify(TOKEN).unwrap();
            assert_eq!(operator.name, settings.name);
            assert_eq!(operator.read_only, settings.read_only);
            assert_eq!(roster.identify("0123456789abcdef-other"), None);
            assert_eq!(roster.identify(""), None);
        }
    }

    #[test]
    fn every_token_that_cannot_be_had_is_named_and_none_is_shown() {
        let operators = [
            variable("first", "ONE"),
            variable("second", "ONE"),
            variable("third", "NONE"),
            variable("fourth", "SHORT"),
            OperatorSettings::in_file("fifth", "/nowhere/a.token"),
        ];
        let error = Roster::read(&operators, environment)
            .unwrap_err()
            .to_string();
        for part in [
            "second has the same token as first",
            "$NONE",
            "$SHORT",
            "/nowhere/a.token",
        ] {
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(
            !error.contains("hunter2") && !error.contains(TOKEN),
            "{error}"
        );
    }

    #[test]
    fn debug_shows_names_alone() {
        let roster = Roster::read(&[variable("saran", "ONE")], environment).unwrap();
        let shown = format!("{roster:?}");
        assert!(shown.contains("saran"), "{shown}");
        let hash = hex::encode(Sha256::digest(TOKEN));
        assert!(!shown.contains(TOKEN) && !shown.contains(&hash), "{shown}");
        assert!(!shown.contains(&format!("{:?}", Sha256::digest(TOKEN))));
    }
}
