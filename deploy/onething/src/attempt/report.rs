//! The end of a case: certificates, or what was undone in which order and why, or what is left and
//! with whom.

use onething_bundle::Bundle;
use serde_json::{Value, json};

use super::{
    client::{Case, Item},
    effects::Effect,
    people::Played,
    read_back::Fact,
};
use crate::outcome::Outcome;
use crate::page::{BACK, BAD, FAINT, GOOD, STRONG, duration, fill, paint};

/// What became of a case.
#[derive(Debug)]
pub(super) struct Report<'a> {
    bundle: &'a Bundle,
    case: Case,
    read_back: Vec<Fact>,
    effects: Vec<Effect>,
    played: Vec<Played>,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        bundle: &'a Bundle,
        case: Case,
        read_back: Vec<Fact>,
        effects: Vec<Effect>,
        played: Vec<Played>,
    ) -> Self {
        Self {
            bundle,
            case,
            read_back,
            effects,
            played,
        }
    }

    /// Whether a step was done and no officer was asked about it.
    pub(super) fn was_not_asked(&self, step: &str) -> bool {
        let mut items = self.case.items.iter();
        items.any(|item| item.step == step && item.state == "succeeded")
            && self.played.iter().all(|played| played.step != step)
    }

    /// How the command ends.
    pub(super) fn outcome(&self) -> Outcome {
        match self.case.state.as_str() {
            "completed" => Outcome::Done,
            "compensated" => Outcome::Compensated,
            "partial" => Outcome::Partial,
            _ => Outcome::Unfinished,
        }
    }

    /// The items that were undone, in the order in which they were.
    fn undone(&self) -> Vec<&Item> {
        let mut undone: Vec<_> = self
            .case
            .items
            .iter()
            .filter(|i| i.state == "undone")
            .collect();
        undone.sort_by_key(|item| item.undo_order);
        undone
    }

    fn refused(&self) -> impl Iterator<Item = &Item> {
        self.case
            .items
            .iter()
            .filter(|item| item.state == "refused")
    }

    /// Everything, for programs.
    pub(super) fn json(&self) -> Value {
        let undone: Vec<_> = self
            .undone()
            .iter()
            .map(|item| item.step.as_str())
            .collect();
        json!({
            "outcome": self.case.state,
            "exit_code": self.outcome().code(),
            "undone": undone,
            "case": self.case,
            "played": self.played,
            "effects": self.effects,
            "read_back": self.read_back,
        })
    }

    /// Everything, for people.
    pub(super) fn print(&self) {
        let ended = self.case.ended_at.as_deref().unwrap_or_default();
        let took = duration(&self.case.created_at, ended);
        anstream::println!();
        match self.outcome() {
            Outcome::Done => anstream::println!("{} in {took}", paint(GOOD, "Completed")),
            Outcome::Compensated => {
                anstream::println!(
                    "{} in {took}: nothing was left in force",
                    paint(BACK, "Undone")
                );
            }
            Outcome::Partial => {
                anstream::println!(
                    "{} in {took}: what was decided stands",
                    paint(BACK, "Partly done")
                );
            }
            _ => self.print_unfinished(),
        }
        self.print_refusals();
        self.print_certificates();
        self.print_remainders();
        self.print_read_back();
        let days = match self.bundle.promise_working_days {
            1 => "1 working day".to_owned(),
            days => format!("{days} working days"),
        };
        anstream::println!(
            "{}",
            paint(FAINT, &format!("\nThe bundle promises {days}."))
        );
    }

    fn print_unfinished(&self) {
        let mut acting = self
            .case
            .items
            .iter()
            .filter_map(|item| item.acts_next.as_deref());
        let who = acting.next().or(self.case.responsible.as_deref());
        let who = who.unwrap_or("nobody");
        let what = self.case.waits_for.as_deref().unwrap_or("nothing");
        anstream::println!(
            "{}: {} waits for {who}: {what}",
            paint(BAD, "Not ended"),
            self.case.state
        );
    }

    fn print_refusals(&self) {
        for item in self.refused() {
            let reason = item.reason.as_deref().unwrap_or_default();
            let message = item.message.as_deref().unwrap_or_default();
            anstream::println!(
                "\n{} {} ({}): {reason}. {message}",
                paint(STRONG, "Why"),
                item.step,
                item.department.title.en
            );
        }
        let undone = self.undone();
        if undone.is_empty() {
            return;
        }
        anstream::println!("\n{}", paint(STRONG, "Undone, in this order"));
        for (place, item) in undone.iter().enumerate() {
            anstream::println!(
                "  {}. {}  {}",
                place + 1,
                fill(&item.step, 24),
                item.title.zh
            );
        }
    }

    fn print_certificates(&self) {
        if self.case.certificates.is_empty() {
            return;
        }
        anstream::println!("\n{}", paint(STRONG, "Results"));
        for certificate in &self.case.certificates {
            let title = format!("{} · {}", certificate.title.zh, certificate.title.en);
            anstream::println!(
                "  {} {}",
                fill(&title, 52),
                paint(STRONG, &certificate.value)
            );
        }
    }

    fn print_remainders(&self) {
        if self.case.remainders.is_empty() {
            return;
        }
        anstream::println!("\n{}", paint(STRONG, "What is left, and with whom"));
        for remainder in &self.case.remainders {
            anstream::println!("  {} · {}", remainder.title.zh, remainder.title.en);
            anstream::println!("    who   {} · {}", remainder.owner.zh, remainder.owner.en);
            anstream::println!("    next  {} · {}", remainder.next.zh, remainder.next.en);
        }
    }

    fn print_read_back(&self) {
        let title = "On record at the departments, read back from them";
        anstream::println!("\n{}", paint(STRONG, title));
        if self.read_back.is_empty() {
            for effect in &self.effects {
                let item = match effect.item.as_str() {
                    "" => String::new(),
                    item => format!("#{item}"),
                };
                let what = format!("{} {}{item}", effect.department, effect.step);
                anstream::println!("  {} {}", fill(&what, 52), effect.says());
            }
            if self.effects.is_empty() {
                anstream::println!("  nothing");
            }
        }
        for fact in &self.read_back {
            let what = format!("{} {}", fact.department, fact.what);
            anstream::println!("  {} {}", fill(&what, 52), fact.value);
        }
    }
}
