//! The settings of operators: a name each, and where the token is. The token itself is never a
//! setting.

use std::collections::HashSet;

use onething_runtime::Problem;
use serde::Deserialize;

/// One operator of `gateway.operators`. Exactly one of the three says what the token is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OperatorSettings {
    /// The name that the journal records.
    pub name: String,
    /// A file that holds the token and nothing else.
    #[serde(default)]
    pub token_file: String,
    /// The environment variable that holds the token.
    #[serde(default)]
    pub token_env: String,
    /// The token's SHA-256, in hexadecimal.
    #[serde(default)]
    pub token_sha256: String,
    /// Looks at sagas and never acts: for an alarm or a screen on the wall.
    #[serde(default)]
    pub read_only: bool,
}

impl OperatorSettings {
    /// An operator whose token is in a file.
    #[must_use]
    pub fn in_file(name: impl Into<String>, file: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            token_file: file.into(),
            ..Self::default()
        }
    }

    fn sources(&self) -> usize {
        let sources = [&self.token_file, &self.token_env, &self.token_sha256];
        sources.iter().filter(|source| !source.is_empty()).count()
    }
}

/// Everything that is wrong with the list, apart from what only reading the tokens can show.
pub(crate) fn problems(operators: &[OperatorSettings]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut names = HashSet::new();
    for (index, operator) in operators.iter().enumerate() {
        let mut report = |key: &str, reason: &str| {
            problems.push(Problem::new(
                format!("gateway.operators[{index}]{key}"),
                reason,
            ));
        };
        let named = |c: char| c.is_ascii_alphanumeric() || "-._@".contains(c);
        let name = &operator.name;
        if name.is_empty() || name.len() > 64 || !name.chars().all(named) {
            report(
                ".name",
                "is not 1 to 64 letters, digits, `-`, `.`, `_` or `@`",
            );
        } else if !names.insert(name.to_ascii_lowercase()) {
            report(".name", "is the name of an operator before it");
        }
        if operator.sources() != 1 {
            report(
                "",
                "needs exactly one of token_file, token_env and token_sha256",
            );
        }
        let hash = &operator.token_sha256;
        if !hash.is_empty() && !hex::decode(hash).is_ok_and(|bytes| bytes.len() == 32) {
            report(".token_sha256", "is not 64 hexadecimal digits");
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_named_at_once() {
        let twice = OperatorSettings::in_file("saran", "a.token");
        let nameless = OperatorSettings {
            token_env: "X".to_owned(),
            token_sha256: "abc".to_owned(),
            ..OperatorSettings::default()
        };
        let found = problems(&[twice.clone(), twice, nameless]);
        let keys: Vec<_> = found.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(
            keys,
            [
                "gateway.operators[1].name",
                "gateway.operators[2].name",
                "gateway.operators[2]",
                "gateway.operators[2].token_sha256"
            ]
        );
        assert!(problems(&[OperatorSettings::in_file("saran", "a.token")]).is_empty());
    }
}
