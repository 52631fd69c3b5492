//! The rules, grouped by what they are about, and which of them concern an action of which kind.

mod call;
mod decisions;
mod department;
mod epoch;
mod forget;
mod later;
mod list;
mod officer;
mod query;
mod refusal;
mod round;
mod undo;

use onething_proto::annotations::ActionKind;

use super::{department::Matter, rule::Rule, samples::Sample};

/// The rules that concern the department as a whole; they need no sample.
pub(super) fn of_department() -> Vec<Rule> {
    [department::RULES, list::RULES, forget::RULES].concat()
}

/// The rules that concern an action.
pub(super) fn of_matter(matter: &Matter, sample: &Sample) -> Vec<Rule> {
    let mut rules = Vec::new();
    if matter.kind == ActionKind::Query {
        rules.extend(query::RULES);
        if !matter.reasons.is_empty() {
            rules.extend(query::REFUSAL);
        }
        return rules;
    }
    if matter.decides_later {
        rules.extend(later::RULES);
        rules.extend(decisions::RULES);
        if matter.can_be_undone() {
            rules.extend(later::GRANTED);
        }
        if sample.decide.is_some() {
            rules.extend(officer::RULES);
        }
    }
    // One that decides later may also answer at once, if its team has a request for that.
    if !matter.decides_later || !sample.succeeds.is_empty() {
        rules.extend(call::RULES);
        rules.extend(epoch::RULES);
        rules.extend(forget::CALLS);
        rules.extend(if matter.can_be_undone() {
            undo::COMPENSABLE
        } else {
            undo::LASTING
        });
        rules.extend(if matter.can_be_undone() {
            round::COMPENSABLE
        } else {
            round::LASTING
        });
    }
    if !matter.reasons.is_empty() {
        rules.extend(refusal::RULES);
    }
    rules
}

/// The rules that are left when everything was undone.
pub(super) fn at_the_end() -> Vec<Rule> {
    list::AT_THE_END.to_vec()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_has_a_name_of_its_own_and_says_what_to_do() {
        let all: Vec<Rule> = [
            department::RULES,
            list::RULES,
            list::AT_THE_END,
            query::RULES,
            query::REFUSAL,
            call::RULES,
            epoch::RULES,
            forget::RULES,
            forget::CALLS,
            undo::COMPENSABLE,
            undo::LASTING,
            round::COMPENSABLE,
            round::LASTING,
            refusal::RULES,
            later::RULES,
            decisions::RULES,
            later::GRANTED,
            officer::RULES,
        ]
        .concat();
        let names: BTreeSet<_> = all.iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), all.len());
        for rule in all {
            assert!(
                rule.proves.ends_with('.') && rule.fix.ends_with('.'),
                "{}",
                rule.name
            );
            let plain = |c: char| c.is_ascii_lowercase() || c == '-';
            assert!(rule.name.chars().all(plain), "{}", rule.name);
        }
    }
}
