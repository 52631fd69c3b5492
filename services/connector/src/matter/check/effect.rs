//! Proves what a program does: numbers, new records, changes.

use onething_proto::annotations::ActionKind;

use super::proof::{NUMBER, Proof};
use crate::{
    catalogue::RecordKind,
    declaration::{
        Assignments, ChangeDeclaration, CreateDeclaration, FindDeclaration, MatterDeclaration,
        NumberDeclaration, Text,
    },
    expression::{Expression, Type},
    matter::program::{Change, Create, Number, Review},
};

impl Proof<'_, '_, '_> {
    /// A query changes nothing, and everything else changes something.
    pub(super) fn effects(&mut self, declared: &MatterDeclaration) {
        let span = declared.method.span();
        let changes = !declared.create.is_empty() || !declared.change.is_empty();
        let query = self.action.kind() == ActionKind::Query;
        if query && (changes || !declared.number.is_empty()) {
            self.report(
                span,
                "",
                "the contract calls it a query, which changes nothing",
            );
        } else if !query && !changes {
            self.report(
                span,
                "",
                "it creates and changes no record, and is no query",
            );
        }
    }

    /// Who decides must be what the contract says of when it is decided.
    pub(super) fn review(&mut self, declared: &MatterDeclaration) -> Option<Review> {
        let later = self.action.decides_later;
        let Some(written) = &declared.review else {
            if later {
                let message = "the contract says that it is decided later: write `review = true`, \
                               or the condition under which an officer decides";
                self.report(declared.method.span(), "", message);
            }
            return Some(Review::Never);
        };
        if !later && *written.get_ref() != toml::Value::Boolean(false) {
            let message = "the contract does not say that it is decided later";
            self.report(written.span(), "review", message);
        }
        match written.get_ref() {
            toml::Value::Boolean(true) => Some(Review::Always),
            toml::Value::Boolean(false) => Some(Review::Never),
            toml::Value::String(text) => {
                let text = Text::new(written.span(), text.clone());
                self.expression("review", &text, &Type::BOOLEAN)
                    .map(Review::When)
            }
            _ => {
                let message = "it is true, false, or a condition";
                self.report(written.span(), "review", message);
                None
            }
        }
    }

    pub(super) fn number(&mut self, place: &str, declared: &NumberDeclaration) -> Option<Number> {
        let first = self.ground.sequences.get(declared.sequence.get_ref());
        if first.is_none() {
            let message = format!("there is no sequence `{}`", declared.sequence.get_ref());
            self.report(declared.sequence.span(), place, message);
        }
        self.scope.insert(NUMBER.to_owned(), Type::INTEGER);
        let format = self.expression(place, &declared.format, &Type::TEXT);
        self.scope.remove(NUMBER);
        self.bind(place, &declared.name, Type::TEXT);
        Some(Number {
            name: declared.name.get_ref().clone(),
            sequence: declared.sequence.get_ref().clone(),
            first: *first?.get_ref(),
            format: format?,
        })
    }

    pub(super) fn create(&mut self, place: &str, declared: &CreateDeclaration) -> Option<Create> {
        let kind = self.kind(place, &declared.record);
        let outside = self.scope.clone();
        let each = match (&declared.each, &declared.name) {
            (Some(list), Some(name)) => Some(self.each_of(place, list, name)),
            (None, None) => None,
            (Some(only), None) | (None, Some(only)) => {
                let message = "`each` names a list and `as` what its items are called: write both";
                self.report(only.span(), place, message);
                None
            }
        };
        let key = self.expression(place, &declared.key, &Type::TEXT);
        let set = kind
            .as_ref()
            .map(|kind| self.set(place, kind, &declared.set));
        self.scope = outside;
        let (kind, set) = kind.zip(set)?;
        for (name, found) in &kind.attributes {
            if !found.is_nullable() && !declared.set.contains_key(name) {
                let message = format!("it does not set `{name}`, which no {} lacks", kind.name);
                self.report(declared.record.span(), place, message);
            }
        }
        Some(Create {
            each: match each {
                Some(each) => Some(each?),
                None => None,
            },
            kind,
            key: key?,
            set,
        })
    }

    pub(super) fn change(
        &mut self,
        place: &str,
        declared: &ChangeDeclaration,
        finds: &[FindDeclaration],
    ) -> Option<Change> {
        let name = declared.found.get_ref();
        let Some(find) = finds.iter().find(|find| find.name.get_ref() == name) else {
            let message = format!("no record was found as `{name}`");
            self.report(declared.found.span(), place, message);
            return None;
        };
        if find.otherwise.is_none() && !find.all {
            let message = format!("`{name}` may be missing: give its find an `else`");
            self.report(declared.found.span(), place, message);
        }
        let Some(record) = &find.record else {
            let message = format!("`{name}` is a row of a table, which no call changes");
            self.report(declared.found.span(), place, message);
            return None;
        };
        if declared.set.is_empty() == declared.add.is_empty() {
            let message = "it changes either by `set` or by `add`: only what is added can be taken \
                           back whatever others changed since";
            self.report(declared.found.span(), place, message);
        }
        let kind = self.ground.records.get(record.get_ref()).cloned()?;
        // Of those that were found together, each is seen by itself.
        let outside = self.scope.clone();
        if find.all {
            self.scope.insert(name.clone(), Type::table(kind.table()));
        }
        let set = self.set(place, &kind, &declared.set);
        for (name, text) in &declared.add {
            let found = kind.attributes.get(name);
            if found.is_some_and(|found| *found != Type::INTEGER) {
                let message = format!("`{name}` is no integer that is always there");
                self.report(text.span(), place, message);
            }
        }
        let add = self.set(place, &kind, &declared.add);
        self.scope = outside;
        Some(Change {
            found: name.clone(),
            set,
            add,
        })
    }

    pub(super) fn changed_once(&mut self, declared: &[ChangeDeclaration]) {
        for (index, change) in declared.iter().enumerate() {
            let name = change.found.get_ref();
            if declared
                .iter()
                .take(index)
                .any(|other| other.found.get_ref() == name)
            {
                let message = format!("`{name}` is changed already: set all its attributes there");
                let place = format!("change {}", index + 1);
                self.report(change.found.span(), &place, message);
            }
        }
    }

    pub(super) fn set(
        &mut self,
        place: &str,
        kind: &RecordKind,
        declared: &Assignments,
    ) -> Vec<(String, Expression)> {
        let mut set = Vec::new();
        for (name, text) in declared {
            match kind.attributes.get(name) {
                Some(wanted) => {
                    let value = self.expression(place, text, wanted);
                    set.extend(value.map(|value| (name.clone(), value)));
                }
                None => {
                    let message = format!("{} has no attribute `{name}`", kind.name);
                    self.report(text.span(), place, message);
                }
            }
        }
        set
    }
}
