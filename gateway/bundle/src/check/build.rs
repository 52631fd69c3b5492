//! Runs the checks and puts the bundle together.

use std::time::Duration;

use onething_elements::Dictionary;
use onething_proto::annotations::Action;
use onething_proto::{Contracts, method_path};

use super::calls::{Call, Names};
use super::graph::{Order, cycle, sorted};
use super::prefill::{self, Prefill};
use super::segments::Steps;
use super::sources::{Planned, Planner, explicit};
use super::{asked, conditions, departments, materials, once, results, sample, values};
use crate::diagnostic::{Code, Mistakes, SourceFile};
use crate::model::{Bundle, Deadline, ForEach, Partial, Role, Segment, Source, Step, WITHDRAWN};
use crate::syntax::Document;
use crate::text::Text;

/// A step's predecessors, each with why.
type Edges = Vec<Vec<(usize, String)>>;

/// Builds the bundle of a file; `None` after a mistake.
pub(crate) fn build(
    document: &Document,
    contracts: &Contracts,
    dictionary: &Dictionary,
    source: &SourceFile<'_>,
    mistakes: &mut Mistakes,
) -> Option<Bundle> {
    let names = Names {
        document,
        contracts,
    };
    // What shared items give is not asked: their queries are steps like any other.
    let completed = prefill::complete(names, dictionary, source);
    let (document, prefill) = match &completed {
        Some(completed) => (&completed.document, &completed.prefill),
        None => (document, &Prefill::default()),
    };
    prefill.report(mistakes);

    // What each name means.
    let names = Names {
        document,
        contracts,
    };
    once::names(document, mistakes);
    let lead = departments::lead(contracts, &document.lead, mistakes);
    let calls = names.calls(mistakes);
    let results = results::results(names, dictionary, mistakes);
    let prove = |step| conditions::prove(step, document, dictionary, source, &mut *mistakes);
    let propositions: Vec<_> = document.steps.iter().map(prove).collect();
    let calls: Option<Vec<Call<'_>>> = calls.into_iter().collect();
    let (Some(calls), Some(lead)) = (calls, lead) else {
        return None;
    };
    if !mistakes.is_empty() {
        return None;
    }
    once::roles(document, &calls, &propositions, mistakes);
    values::used(document, &calls, &propositions, mistakes);
    let materials = materials::materials(document, &calls, mistakes);

    // Where everything comes from, and so what comes before what.
    let edges = explicit(&calls);
    let order = ordered(&calls, &edges, mistakes)?;
    let planner = Planner {
        calls: &calls,
        dictionary,
        explicit: order,
        prefill,
    };
    let planned: Vec<Planned> = propositions
        .into_iter()
        .enumerate()
        .map(|(step, proposition)| planner.plan(step, proposition, mistakes))
        .collect();
    let edges: Edges = planned
        .iter()
        .zip(edges)
        .map(|(plan, explicit)| explicit.into_iter().chain(plan.edges.clone()).collect())
        .collect();
    let order = ordered(&calls, &edges, mistakes)?;
    if !mistakes.is_empty() {
        return None;
    }

    // What follows from that.
    let after = predecessors(&edges);
    let steps = Steps {
        document,
        calls: &calls,
        after: &after,
        order: &order,
    };
    let segments = steps.segments(mistakes);
    let roles = roles(document);
    let form = asked::form(&calls, &planned, &roles, dictionary, mistakes);
    let sample = sample::sample(document, &form, prefill, mistakes);
    if !mistakes.is_empty() {
        return None;
    }
    Some(Bundle {
        id: document.id.get_ref().clone(),
        version: document.version,
        title: document.title.clone(),
        guide: document.guide.clone(),
        region: document.region.clone(),
        variants: Vec::new(),
        audience: document.audience,
        lead,
        promise_working_days: document.promise_working_days,
        before: document.before,
        time_limit: document.time_limit,
        withdrawal: document.withdrawal.clone().unwrap_or_else(withdrawal),
        roles,
        steps: assembled(calls, planned, &after, &segments),
        segments,
        form,
        materials,
        results,
        sample,
        plan: prefill.plan.clone(),
        text: String::new(),
    })
}

/// The order of the steps, or a mistake when they wait for each other.
pub(super) fn ordered(calls: &[Call<'_>], edges: &Edges, mistakes: &mut Mistakes) -> Option<Order> {
    let after = predecessors(edges);
    let Some(cycle) = cycle(&after) else {
        return Some(Order::new(&after));
    };
    let id = |step: usize| calls[step].syntax.id.get_ref();
    let mut reasons = Vec::new();
    for (position, step) in cycle.iter().enumerate() {
        let earlier = cycle[(position + cycle.len() - 1) % cycle.len()];
        let why = edges[*step].iter().find(|(from, _)| *from == earlier);
        let why = why.map_or("comes", |(_, why)| why.as_str());
        reasons.push(format!("`{}` {why} from `{}`", id(*step), id(earlier)));
    }
    let names: Vec<_> = cycle
        .iter()
        .chain(cycle.first())
        .map(|s| format!("`{}`", id(*s)))
        .collect();
    mistakes.add(
        Code::Cycle,
        calls[cycle[0]].syntax.id.span(),
        format!("steps wait for each other: {}", names.join(" → ")),
        format!(
            "{}; break the circle at one of these, with another source in `with` if it is data",
            reasons
                .join("; ")
                .replace("says `after` from", "says `after`")
        ),
    );
    None
}

pub(super) fn predecessors(edges: &Edges) -> Vec<Vec<usize>> {
    let steps = edges.iter().map(|edges| {
        let mut after: Vec<usize> = edges.iter().map(|(step, _)| *step).collect();
        after.sort_unstable();
        after.dedup();
        after
    });
    steps.collect()
}

fn roles(document: &Document) -> Vec<Role> {
    let roles = document.roles.iter().map(|role| Role {
        id: role.id.get_ref().clone(),
        kind: role.kind.get_ref().clone(),
        title: role.title.clone(),
    });
    roles.collect()
}

fn assembled(
    calls: Vec<Call<'_>>,
    planned: Vec<Planned>,
    after: &[Vec<usize>],
    segments: &[Segment],
) -> Vec<Step> {
    let mut steps: Vec<Step> = calls
        .into_iter()
        .zip(planned)
        .enumerate()
        .map(|(position, (call, plan))| {
            let segment = segments.iter().position(|s| s.steps.contains(&position));
            Step {
                id: call.syntax.id.get_ref().clone(),
                title: call
                    .action
                    .title
                    .as_ref()
                    .map(Into::into)
                    .unwrap_or_default(),
                path: call.method.as_ref().map(method_path).unwrap_or_default(),
                awaits: call.awaits,
                correctable: call.syntax.correctable.is_some(),
                in_person: call.syntax.in_person.is_some(),
                deadline: call.syntax.deadline.as_ref().map(|deadline| Deadline {
                    working_days: deadline.working_days,
                    on_expiry: *deadline.on_expiry.get_ref(),
                }),
                fresh_for: call.syntax.fresh_for.as_ref().map(|age| *age.get_ref()),
                for_each: call.repeat.map(|repeat| ForEach {
                    step: repeat.step,
                    field: repeat.field,
                }),
                gives: call
                    .gives
                    .iter()
                    .filter_map(|slot| slot.carries.clone())
                    .collect(),
                share: call.share,
                kind: call.action.kind(),
                department: call.department,
                after: after[position].clone(),
                segment: segment.unwrap_or_default(),
                optional: call.syntax.optional,
                conditional: plan.when.is_some(),
                when: plan.when,
                inputs: plan.inputs,
                normal_duration: normal_duration(&call.action),
                max_duration: max_duration(&call.action),
                decides_later: call.action.decides_later,
                refusal_reasons: call.action.refusal_reasons,
                materials: call.action.materials,
                method: call.method,
            }
        })
        .collect();
    for step in sorted(after) {
        let lacks = steps[step].inputs.iter().any(|input| {
            input.required
                && matches!(&input.source, Source::Step { step, field } if may_lack(&steps[*step], field))
        });
        // A list may be empty.
        steps[step].conditional |= lacks || steps[step].for_each.is_some();
    }
    steps
}

/// Whether a case can be without a field of a step's answer.
fn may_lack(step: &Step, field: &str) -> bool {
    let answer = step.answer();
    let field = answer.and_then(|answer| answer.get_field_by_name(field));
    step.conditional || step.optional || field.is_some_and(|field| field.supports_presence())
}

/// What a withdrawal ends in unless the bundle says more.
fn withdrawal() -> Partial {
    let text = |zh: &str, mn: &str, en: &str| Text {
        zh: zh.to_owned(),
        mn: mn.to_owned(),
        en: en.to_owned(),
    };
    Partial {
        id: WITHDRAWN.to_owned(),
        title: text(
            "申请已撤回，已生效的事项保持有效",
            "ᠭᠤᠶᠤᠴᠢᠯᠠᠯ ᠢ ᠪᠤᠴᠠᠭᠠᠵᠠᠢ᠂ ᠬᠦᠴᠦᠨ ᠲᠡᠢ ᠪᠣᠯᠤᠭᠰᠠᠨ ᠬᠡᠷᠡᠭ ᠬᠡᠪᠡᠷ ᠦᠨ",
            "The application was withdrawn; what had taken effect stands",
        ),
        owner: text("申请人", "ᠭᠤᠶᠤᠴᠢᠯᠠᠭᠴᠢ", "Applicant"),
        next: text(
            "需要时就未办理的事项另行申请",
            "ᠬᠡᠷᠡᠭᠲᠡᠢ ᠦᠶ᠎ᠡ ᠳᠦ ᠬᠢᠭᠰᠡᠨ ᠦᠭᠡᠢ ᠬᠡᠷᠡᠭ ᠢ ᠳᠠᠬᠢᠨ ᠭᠤᠶᠤᠴᠢᠯᠠᠨ᠎ᠠ",
            "Apply again for what was not carried out, if it is still wanted",
        ),
    }
}

/// The contract's default is one second.
fn normal_duration(action: &Action) -> Duration {
    duration(action.normal_duration, Duration::from_secs(1))
}

/// The contract's default is 30 seconds.
fn max_duration(action: &Action) -> Duration {
    duration(action.max_duration, Duration::from_secs(30))
}

fn duration(stated: Option<prost_types::Duration>, default: Duration) -> Duration {
    stated
        .and_then(|stated| stated.try_into().ok())
        .unwrap_or(default)
}
