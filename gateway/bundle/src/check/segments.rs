//! Segments: which step stands or falls with which, and the proof that every case ends done, undone,
//! or in a declared partial outcome.

use std::collections::BTreeSet;
use std::ops::Range;

use onething_proto::annotations::ActionKind;

use super::calls::Call;
use super::graph::{Order, cycle};
use crate::diagnostic::{Code, Mistakes};
use crate::model::{OnExpiry, Segment};
use crate::syntax::{Document, SegmentSyntax};

/// The steps of a bundle and their order.
pub(super) struct Steps<'a> {
    pub(super) document: &'a Document,
    pub(super) calls: &'a [Call<'a>],
    /// Each step's predecessors.
    pub(super) after: &'a [Vec<usize>],
    pub(super) order: &'a Order,
}

impl Steps<'_> {
    /// Groups the steps and proves the groups.
    pub(super) fn segments(&self, mistakes: &mut Mistakes) -> Vec<Segment> {
        let mut segments = self.grouped();
        for declared in &self.document.segments {
            if !segments.iter().any(|s| s.id == *declared.id.get_ref()) {
                mistakes.add(
                    Code::EmptySegment,
                    declared.id.span(),
                    format!("no step is in the segment `{}`", declared.id.get_ref()),
                    "put `segment = \"…\"` into a step, or take the segment out",
                );
            }
        }
        let after: Vec<_> = segments.iter().map(|s| s.after.clone()).collect();
        if let Some(cycle) = cycle(&after) {
            let names: Vec<_> = cycle
                .iter()
                .map(|s| format!("`{}`", segments[*s].id))
                .collect();
            let first = segments[cycle[0]].steps[0];
            mistakes.add(
                Code::SegmentCycle,
                self.place(first),
                format!("segments wait for each other: {}", names.join(", ")),
                "a segment starts when those before it are decided: move steps so that all steps of \
                 one come before the other",
            );
            return segments;
        }
        for segment in &segments {
            match segment
                .steps
                .iter()
                .filter(|s| self.kind(**s) == ActionKind::Pivot)
                .nth(1)
            {
                Some(second) => mistakes.add(
                    Code::TwoPivots,
                    self.place(*second),
                    format!(
                        "the segment `{}` has two pivots: `{}` and `{}`",
                        segment.id,
                        segment.pivot.map_or("", |pivot| self.id(pivot)),
                        self.id(*second)
                    ),
                    "put one of them into a segment of its own: each takes legal effect by itself",
                ),
                None => match segment.pivot {
                    Some(pivot) => self.around(segment, pivot, mistakes),
                    None => self.without_pivot(segment, mistakes),
                },
            }
        }
        self.partial_outcomes(&mut segments, mistakes);
        segments
    }

    /// The groups, in the order of their first steps. A step without `segment` belongs to the first
    /// pivot's segment; after a pivot, and when it is a pivot itself, it is a segment of its own.
    fn grouped(&self) -> Vec<Segment> {
        let steps = 0..self.calls.len();
        let pivots: Vec<usize> = steps
            .clone()
            .filter(|s| self.kind(*s) == ActionKind::Pivot)
            .collect();
        let first = pivots
            .iter()
            .copied()
            .find(|pivot| !pivots.iter().any(|other| self.order.before(*other, *pivot)));
        let written = |step: usize| {
            self.calls[step]
                .syntax
                .segment
                .as_ref()
                .map(|s| s.get_ref())
        };
        let name = |step: usize| -> &str {
            if let Some(written) = written(step) {
                return written;
            }
            let own = pivots.contains(&step)
                || pivots.iter().any(|pivot| self.order.before(*pivot, step));
            match first {
                _ if own => self.id(step),
                Some(first) => written(first).map_or(self.id(first), String::as_str),
                None => self.document.id.get_ref(),
            }
        };
        let mut segments: Vec<Segment> = Vec::new();
        let mut of = Vec::new();
        for step in steps {
            let id = name(step);
            let position = segments.iter().position(|segment| segment.id == id);
            let position = position.unwrap_or_else(|| {
                segments.push(Segment {
                    id: id.to_owned(),
                    steps: Vec::new(),
                    pivot: None,
                    after: Vec::new(),
                    partial: None,
                });
                segments.len() - 1
            });
            segments[position].steps.push(step);
            if self.kind(step) == ActionKind::Pivot && segments[position].pivot.is_none() {
                segments[position].pivot = Some(step);
            }
            of.push(position);
        }
        for (position, segment) in segments.iter_mut().enumerate() {
            let before = segment.steps.iter().flat_map(|step| &self.after[*step]);
            let before: BTreeSet<usize> = before.map(|step| of[*step]).collect();
            segment.after = before
                .into_iter()
                .filter(|other| *other != position)
                .collect();
        }
        segments
    }

    fn around(&self, segment: &Segment, pivot: usize, mistakes: &mut Mistakes) {
        if self.calls[pivot].syntax.optional {
            mistakes.add(
                Code::OptionalPivot,
                self.place(pivot),
                format!("the pivot `{}` is optional", self.id(pivot)),
                "take `optional` out: a pivot decides its segment; or give it a segment of its own \
                 and declare `partial` there",
            );
        }
        let named = self.id(pivot);
        for step in segment.steps.iter().copied().filter(|step| *step != pivot) {
            let (id, segment) = (self.id(step), &segment.id);
            if self.order.before(step, pivot) {
                if self.kind(step) == ActionKind::Forward {
                    mistakes.add(
                        Code::ForwardBeforePivot,
                        self.place(step),
                        format!(
                            "`{id}` cannot be undone, but comes before the pivot `{named}` of its \
                             segment `{segment}`, which can be refused"
                        ),
                        format!("run it after the pivot: `after = [\"{named}\"]`"),
                    );
                }
            } else if self.order.before(pivot, step) {
                if self.can_fail(step) {
                    mistakes.add(
                        Code::FailsAfterPivot,
                        self.place(step),
                        format!(
                            "`{id}` can be refused after the pivot `{named}` of its segment \
                             `{segment}` took effect"
                        ),
                        "run it before the pivot, or give it a segment of its own and declare \
                         `partial` there, or make it `optional`",
                    );
                }
            } else {
                mistakes.add(
                    Code::BesidePivot,
                    self.place(step),
                    format!("`{id}` runs beside the pivot `{named}` of its segment `{segment}`"),
                    format!(
                        "let the pivot wait for it: add \"{id}\" to `after` of `{named}`; or give it \
                         another segment"
                    ),
                );
            }
        }
    }

    /// Without a pivot, whatever can fail comes before what cannot be undone.
    fn without_pivot(&self, segment: &Segment, mistakes: &mut Mistakes) {
        let forward = segment.steps.iter().copied();
        for forward in forward.filter(|step| self.kind(*step) == ActionKind::Forward) {
            let fails = segment.steps.iter().copied();
            let fails = fails.filter(|step| self.can_fail(*step));
            if let Some(fails) = fails.filter(|s| !self.order.before(*s, forward)).min() {
                mistakes.add(
                    Code::ForwardBeforePivot,
                    self.place(forward),
                    format!(
                        "`{}` cannot be undone, but `{}` of its segment `{}` can be refused \
                         afterwards",
                        self.id(forward),
                        self.id(fails),
                        segment.id
                    ),
                    format!("run it last: `after = [\"{}\"]`", self.id(fails)),
                );
            }
        }
    }

    /// A segment that can fail while another's effect stands says how the case ends then.
    fn partial_outcomes(&self, segments: &mut [Segment], mistakes: &mut Mistakes) {
        let after: Vec<_> = segments.iter().map(|s| s.after.clone()).collect();
        let order = Order::new(&after);
        for position in 0..segments.len() {
            let segment = &segments[position];
            let fails = segment
                .steps
                .iter()
                .copied()
                .find(|step| self.can_fail(*step));
            let stands = (0..segments.len()).find(|other| {
                let effect = |step: &usize| self.kind(*step) != ActionKind::Query;
                *other != position
                    && !order.before(position, *other)
                    && segments[*other].steps.iter().any(effect)
            });
            let declared = self.declared(&segment.id);
            let partial = declared.and_then(|declared| declared.partial.as_ref());
            match (fails.zip(stands), partial) {
                (Some((fails, stands)), None) => {
                    let span = declared.map_or_else(|| self.place(fails), |d| d.id.span());
                    mistakes.add(
                        Code::MissingPartial,
                        span,
                        format!(
                            "`{}` can be refused when the segment `{}` has taken effect, and the \
                             bundle does not say how the case ends then",
                            self.id(fails),
                            segments[stands].id
                        ),
                        format!(
                            "declare it: `[[segment]]` with `id = \"{}\"` and \
                             `partial = {{ id, title, owner, next }}`",
                            segment.id
                        ),
                    );
                }
                (None, Some(partial)) => mistakes.add(
                    Code::UnreachablePartial,
                    partial.span(),
                    format!(
                        "no case ends in `{}`: {}",
                        partial.get_ref().id,
                        if fails.is_none() {
                            "nothing in the segment can be refused"
                        } else {
                            "nothing else has taken effect when the segment is refused"
                        }
                    ),
                    "take `partial` out",
                ),
                _ => {}
            }
            segments[position].partial = partial.map(|partial| partial.get_ref().clone());
        }
    }

    fn declared(&self, id: &str) -> Option<&SegmentSyntax> {
        self.document.segments.iter().find(|s| s.id.get_ref() == id)
    }

    fn id(&self, step: usize) -> &str {
        self.calls[step].syntax.id.get_ref()
    }

    fn place(&self, step: usize) -> Range<usize> {
        self.calls[step].syntax.id.span()
    }

    fn kind(&self, step: usize) -> ActionKind {
        self.calls[step].action.kind()
    }

    /// As [`Step::can_fail`](crate::Step::can_fail).
    fn can_fail(&self, step: usize) -> bool {
        self.calls[step].can_fail()
    }
}

impl Call<'_> {
    /// As [`Step::can_fail`](crate::Step::can_fail).
    pub(super) fn can_fail(&self) -> bool {
        let deadline = self.syntax.deadline.as_ref();
        let undone = deadline.is_some_and(|d| *d.on_expiry.get_ref() == OnExpiry::Compensate);
        !self.syntax.optional
            && self.action.kind() != ActionKind::Forward
            && (self.awaits.is_none() || undone)
    }
}
