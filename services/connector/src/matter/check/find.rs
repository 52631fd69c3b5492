//! Proves what a program finds.

use std::sync::Arc;

use super::proof::Proof;
use crate::{
    catalogue::RecordKind,
    declaration::{Assignments, FindDeclaration, Text},
    expression::Type,
    matter::program::{By, Find},
};

impl Proof<'_, '_, '_> {
    pub(super) fn find(&mut self, place: &str, declared: &FindDeclaration) -> Option<Find> {
        let (kind, by) = match (&declared.record, &declared.table) {
            (Some(record), None) => self.record(place, declared, record),
            (None, Some(table)) => self.row(place, declared, table),
            _ => {
                let message = "it looks either for a `record` or in a `table`";
                self.report(declared.name.span(), place, message);
                (None, None)
            }
        };
        let otherwise = declared
            .otherwise
            .as_ref()
            .map(|otherwise| self.refusal(place, otherwise));
        let found = |nullable| {
            kind.as_ref().map(|kind| Type::Table {
                table: kind.table(),
                nullable,
            })
        };
        // Its own condition sees the record that is looked at, which is there.
        let only = declared.only.as_ref().and_then(|only| {
            let before = self.scope.clone();
            self.scope
                .extend(found(false).map(|found| (declared.name.get_ref().clone(), found)));
            let only = self.expression(place, only, &Type::BOOLEAN);
            self.scope = before;
            only
        });
        if declared.all && declared.key.is_some() {
            let message = "a key finds one record: `all` goes with `where`";
            self.report(declared.name.span(), place, message);
        }
        let bound = if declared.all {
            found(false).map(|found| Type::List(Arc::new(found)))
        } else {
            found(declared.otherwise.is_none())
        };
        if let Some(bound) = bound {
            self.bind(place, &declared.name, bound);
        }
        Some(Find {
            name: declared.name.get_ref().clone(),
            all: declared.all,
            kind: kind?,
            by: by?,
            only,
            otherwise: otherwise.flatten(),
        })
    }

    fn record(
        &mut self,
        place: &str,
        declared: &FindDeclaration,
        record: &Text,
    ) -> (Option<Arc<RecordKind>>, Option<By>) {
        let kind = self.kind(place, record);
        let by = match (&declared.key, &declared.attributes) {
            (Some(key), None) => self.expression(place, key, &Type::TEXT).map(By::Key),
            (None, Some(attributes)) if !attributes.is_empty() => kind
                .as_ref()
                .and_then(|kind| self.attributes(place, kind, attributes)),
            _ => {
                let message = "it looks either by `key` or by `where`, with an attribute or more";
                self.report(record.span(), place, message);
                None
            }
        };
        (kind, by)
    }

    fn row(
        &mut self,
        place: &str,
        declared: &FindDeclaration,
        table: &Text,
    ) -> (Option<Arc<RecordKind>>, Option<By>) {
        if declared.key.is_some() || declared.attributes.is_some() {
            let message = "a table is searched by `only`, row after row";
            self.report(table.span(), place, message);
        }
        let Some(found) = self.ground.tables.get(table.get_ref()) else {
            let message = format!("there is no table `{}`", table.get_ref());
            self.report(table.span(), place, message);
            return (None, None);
        };
        let rows = By::Rows(Arc::clone(&found.rows));
        (Some(Arc::clone(&found.kind)), Some(rows))
    }

    pub(super) fn attributes(
        &mut self,
        place: &str,
        kind: &RecordKind,
        declared: &Assignments,
    ) -> Option<By> {
        let mut attributes = Vec::new();
        for (name, text) in declared {
            if !kind.indexed.contains(name) {
                let message = format!("{} is not indexed by `{name}`", kind.name);
                self.report(text.span(), place, message);
            }
            let Some(Type::Scalar { scalar, .. }) = kind.attributes.get(name) else {
                continue;
            };
            let value = self.expression(place, text, &Type::plain(*scalar));
            attributes.extend(value.map(|value| (name.clone(), value)));
        }
        (attributes.len() == declared.len()).then_some(By::Attributes(attributes))
    }
}
