//! Steps that wait for something from outside, and what goes with a step's action: time, and presence.

use std::ops::Range;

use onething_proto::annotations::{Action, ActionKind};

use super::calls::{Call, Names};
use super::repeats;
use crate::diagnostic::{Code, Mistakes};
use crate::model::{Await, Department, OnExpiry};
use crate::syntax::{AwaitSyntax, StepSyntax, instead};
use crate::text::Text;

impl<'a> Names<'a> {
    /// Resolves a step that waits.
    pub(super) fn wait(
        &self,
        step: &'a StepSyntax,
        awaits: &AwaitSyntax,
        after: Vec<usize>,
        mistakes: &mut Mistakes,
    ) -> Option<Call<'a>> {
        calls_nobody(step, mistakes);
        let (awaits, title, department) = match awaits {
            AwaitSyntax::Signal { name, title, by } => {
                let department = self.actor(by, mistakes)?;
                let awaits = Await::Signal {
                    name: name.get_ref().clone(),
                    by: by.get_ref().clone(),
                };
                (awaits, title.clone(), department)
            }
            AwaitSyntax::Timer { after, title } => {
                let awaits = Await::Timer { after: *after };
                (awaits, title.clone().unwrap_or_else(waiting), clock())
            }
        };
        Some(Call {
            syntax: step,
            method: None,
            awaits: Some(awaits),
            action: Action {
                kind: ActionKind::Query.into(),
                title: Some(title.into()),
                ..Action::default()
            },
            share: None,
            department,
            takes: Vec::new(),
            gives: Vec::new(),
            after,
            with: std::collections::BTreeMap::new(),
            repeat: None,
        })
    }

    /// Who acts from outside.
    fn actor(&self, by: &toml::Spanned<String>, mistakes: &mut Mistakes) -> Option<Department> {
        let name = by.get_ref();
        let role = self.document.roles.iter().find(|r| r.id.get_ref() == name);
        let title = role.map(|role| role.title.clone());
        let Some(title) = title.or_else(|| well_known(name)) else {
            let roles = self.document.roles.iter().map(|role| role.id.get_ref());
            let known = ["applicant", "merchant"].into_iter();
            let known = known.chain(roles.map(String::as_str));
            let message = format!("nobody is called `{name}`");
            let help = instead(name, known, "write \"applicant\"");
            mistakes.add(Code::UnknownActor, by.span(), message, help);
            return None;
        };
        Some(Department {
            code: name.clone(),
            served_by: String::new(),
            title,
        })
    }

    /// What a step with a call may have goes with what its action is.
    pub(super) fn features(&self, step: &StepSyntax, action: &Action, mistakes: &mut Mistakes) {
        let kind = action.kind();
        let id = step.id.get_ref();
        repeats::no_pivot(step, kind, mistakes);
        if let Some(fresh_for) = step
            .fresh_for
            .as_ref()
            .filter(|_| kind != ActionKind::Query)
        {
            mistakes.add(
                Code::OnlyQueriesAge,
                fresh_for.span(),
                format!("`{id}` is no query, so its answer does not grow old"),
                "take `fresh_for` out: only what has no effect is asked for again",
            );
        }
        if let Some(in_person) = step
            .in_person
            .as_ref()
            .filter(|_| kind == ActionKind::Query)
        {
            mistakes.add(
                Code::NobodyAppears,
                in_person.clone(),
                format!("`{id}` only reads a register, before which nobody appears"),
                "take `in_person` out, or put it into the step that is done at the counter",
            );
        }
        let Some(deadline) = &step.deadline else {
            return;
        };
        let span = deadline.on_expiry.span();
        match deadline.on_expiry.get_ref() {
            OnExpiry::Compensate if kind == ActionKind::Forward => mistakes.add(
                Code::ImpossibleExpiry,
                span,
                format!("`{id}` can only go forward, so the end of its time cannot undo it"),
                "write \"escalate\": an owner is named then",
            ),
            deemed @ (OnExpiry::DeemedGranted | OnExpiry::DeemedRefused)
                if !action.decides_later =>
            {
                mistakes.add(
                    Code::ImpossibleExpiry,
                    span,
                    format!(
                        "`{id}` is decided at once, so its department cannot record it as {}",
                        deemed.as_str()
                    ),
                    "write \"escalate\" or \"compensate\", or take `deadline` out",
                );
            }
            _ => {}
        }
    }
}

/// What only a step with a call can have.
fn calls_nobody(step: &StepSyntax, mistakes: &mut Mistakes) {
    let mut not_here = |key: &str, span: Option<Range<usize>>, help: &str| {
        if let Some(span) = span {
            let message = format!("`{key}` is in a step that waits and calls nobody");
            mistakes.add(Code::NotForWaits, span, message, help);
        }
    };
    let take_out = "take it out";
    not_here("roles", step.roles.first().map(|(r, _)| r.span()), take_out);
    not_here("with", step.with.first().map(|(f, _)| f.span()), take_out);
    not_here("correctable", step.correctable.clone(), take_out);
    not_here("in_person", step.in_person.clone(), take_out);
    not_here(
        "fresh_for",
        step.fresh_for.as_ref().map(toml::Spanned::span),
        take_out,
    );
    let list = step.for_each.as_ref().map(|list| list.field.span());
    not_here("for_each", list, take_out);
    let deemed = step.deadline.as_ref().map(|deadline| &deadline.on_expiry);
    let deemed = deemed.filter(|e| {
        matches!(
            e.get_ref(),
            OnExpiry::DeemedGranted | OnExpiry::DeemedRefused
        )
    });
    if let Some(deemed) = deemed {
        mistakes.add(
            Code::ImpossibleExpiry,
            deemed.span(),
            format!(
                "no department decides `{}`, so none can record a decision",
                step.id.get_ref()
            ),
            "write \"escalate\" or \"compensate\"",
        );
    }
}

/// Those who act in many bundles.
fn well_known(name: &str) -> Option<Text> {
    let text = |zh: &str, mn: &str, en: &str| Text {
        zh: zh.to_owned(),
        mn: mn.to_owned(),
        en: en.to_owned(),
    };
    Some(match name {
        "applicant" => text("申请人", "ᠭᠤᠶᠤᠴᠢᠯᠠᠭᠴᠢ", "Applicant"),
        "merchant" => text("商户", "ᠬᠤᠳᠠᠯᠳᠤᠭᠠᠨ ᠤ ᠡᠷᠦᠬᠡ", "Merchant"),
        _ => return None,
    })
}

/// What a timer without a title is called.
fn waiting() -> Text {
    Text {
        zh: "等待期".to_owned(),
        mn: "ᠬᠦᠯᠢᠶᠡᠬᠦ ᠬᠤᠭᠤᠴᠠᠭ᠎ᠠ".to_owned(),
        en: "Waiting period".to_owned(),
    }
}

/// Nobody acts when a timer runs out; the case needs a name for it all the same.
fn clock() -> Department {
    Department {
        code: "clock".to_owned(),
        served_by: String::new(),
        title: Text {
            zh: "期限".to_owned(),
            mn: "ᠬᠤᠭᠤᠴᠠᠭ᠎ᠠ".to_owned(),
            en: "Time limit".to_owned(),
        },
    }
}
