//! Proves a declared contract and makes its descriptors.

use std::{collections::BTreeSet, ops::Range};

use onething_proto::{
    Contracts,
    annotations::{self, ActionKind},
};

use crate::{
    declaration::{Contract, Declaration, Matter, Share, Text, Title},
    descriptor::{
        FileProto, MethodOptionsProto, MethodProto, ServiceOptionsProto, ServiceProto, SourceProto,
    },
    duration::duration,
    message::Messages,
    name::{is_name, is_reason, is_type},
    problem::Examined,
};

/// The name under which discovery knows the process that serves declared departments.
const CONNECTOR: &str = "connector";
const ANNOTATIONS: &str = "onething/annotations/v1/annotations.proto";

/// The descriptors of the contract that a file declares; none when it declares none.
pub(crate) fn contract(
    declared: &Declaration,
    known: &Contracts,
    examined: &mut Examined<'_>,
) -> Option<FileProto> {
    let contract = declared.contract.as_ref()?;
    let Some(service) = &declared.service else {
        examined.report(
            contract.code.span(),
            "contract",
            "the file names no `service`",
        );
        return None;
    };
    let (package, name) = split(service, known, examined)?;
    code(contract, known, examined);
    titles(
        contract.title.get_ref(),
        contract.title.span(),
        "contract",
        examined,
    );
    let mut messages = Messages::new(package, &contract.messages, examined);
    let mut methods = Vec::new();
    let mut named = BTreeSet::new();
    if contract.matters.is_empty() {
        let message = "a department has a `[[contract.matter]]` or more";
        examined.report(contract.code.span(), "contract", message);
    }
    for matter in &contract.matters {
        let method = matter.method.get_ref();
        if !named.insert(method.clone()) {
            let message = "there is another matter of this name";
            examined.report(matter.method.span(), method.as_str(), message);
            continue;
        }
        if !is_type(method) {
            let message = "a matter is named like `IssuePermit`: letters and digits, the first \
                           in upper case";
            examined.report(matter.method.span(), method.as_str(), message);
            continue;
        }
        let input = messages.add(&format!("{method}Request"), &matter.request, true, examined);
        let output = messages.add(
            &format!("{method}Response"),
            &matter.answer,
            false,
            examined,
        );
        methods.push(MethodProto {
            name: method.clone(),
            input_type: input,
            output_type: output,
            options: Some(MethodOptionsProto {
                action: action(matter, examined),
                share: share(matter, examined),
            }),
        });
    }
    let comments = contract.matters.iter().map(|matter| matter.comment.clone());
    let location = messages.locations(comments);
    let department = annotations::Department {
        code: contract.code.get_ref().clone(),
        served_by: CONNECTOR.to_owned(),
        title: Some(text(contract.title.get_ref())),
    };
    Some(FileProto {
        name: format!("{}/declared.proto", package.replace('.', "/")),
        package: package.to_owned(),
        dependency: vec![ANNOTATIONS.to_owned()],
        message_type: messages.into_descriptors(),
        service: vec![ServiceProto {
            name: name.to_owned(),
            method: methods,
            options: Some(ServiceOptionsProto {
                department: Some(department),
            }),
        }],
        source_code_info: Some(SourceProto { location }),
        syntax: "proto3".to_owned(),
    })
}

/// The package and the service's own name.
fn split<'a>(
    service: &'a Text,
    known: &Contracts,
    examined: &mut Examined<'_>,
) -> Option<(&'a str, &'a str)> {
    let full = service.get_ref();
    let parts = full.rsplit_once('.').filter(|(package, name)| {
        is_type(name)
            && package.split('.').all(is_name)
            && package.starts_with("onething.")
            && package.split('.').count() == 3
    });
    let Some((package, name)) = parts else {
        let message = "a service is named like `onething.forestry.v1.ForestryService`";
        examined.report(service.span(), "contract", message);
        return None;
    };
    let mut files = known.pool().files();
    if let Some(file) = files.find(|file| file.package_name() == package) {
        let message = format!(
            "there is a contract of the package {package} already ({}): give this one a package \
             of its own, or leave `[contract]` out to serve that one",
            file.name()
        );
        examined.report(service.span(), "contract", message);
        return None;
    }
    Some((package, name))
}

fn code(contract: &Contract, known: &Contracts, examined: &mut Examined<'_>) {
    let code = contract.code.get_ref();
    let fits = (2..=8).contains(&code.len())
        && code
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if !fits {
        let message = "a code has 2 to 8 upper-case letters and digits";
        examined.report(contract.code.span(), "contract", message);
    }
    let taken = known.pool().services().find(|service| {
        let other = known.department(service);
        other.is_some_and(|other| other.code == *code)
    });
    if let Some(service) = taken {
        let message = format!(
            "the code is that of {}: choose another",
            service.full_name()
        );
        examined.report(contract.code.span(), "contract", message);
    }
}

fn titles(title: &Title, span: Range<usize>, place: &str, examined: &mut Examined<'_>) {
    for (language, text) in [("zh", &title.zh), ("mn", &title.mn), ("en", &title.en)] {
        if text.trim().is_empty() {
            let message = format!("the title in `{language}` is empty");
            examined.report(span.clone(), place, message);
        }
    }
}

fn text(title: &Title) -> annotations::Text {
    annotations::Text {
        zh: title.zh.clone(),
        mn: title.mn.clone(),
        en: title.en.clone(),
    }
}

fn action(matter: &Matter, examined: &mut Examined<'_>) -> Option<annotations::Action> {
    let place = matter.method.get_ref().as_str();
    titles(matter.title.get_ref(), matter.title.span(), place, examined);
    let kind = match matter.kind.get_ref().as_str() {
        "query" => Some(ActionKind::Query),
        "compensable" => Some(ActionKind::Compensable),
        "pivot" => Some(ActionKind::Pivot),
        "forward" => Some(ActionKind::Forward),
        _ => {
            let message = "a matter is a `query`, `compensable`, a `pivot` or `forward`";
            examined.report(matter.kind.span(), place, message);
            None
        }
    };
    if matter.decides_later && kind == Some(ActionKind::Query) {
        let message = "a query is answered at once: leave `decides_later` out";
        examined.report(matter.kind.span(), place, message);
    }
    if kind == Some(ActionKind::Forward)
        && let Some(reason) = matter.refuses.first()
    {
        let message = "a forward matter follows a legal effect and must in the end succeed: it \
                       refuses nothing";
        examined.report(reason.span(), place, message);
    }
    for reason in &matter.refuses {
        if !is_reason(reason.get_ref()) {
            let message = "a reason is written like `LAND_NOT_FOUND`";
            examined.report(reason.span(), place, message);
        }
    }
    Some(annotations::Action {
        kind: kind?.into(),
        title: Some(text(matter.title.get_ref())),
        decides_later: matter.decides_later,
        refusal_reasons: matter
            .refuses
            .iter()
            .map(|reason| reason.get_ref().clone())
            .collect(),
        materials: matter.materials.clone(),
        normal_duration: lasting(matter.normal_duration.as_ref(), 1, place, examined),
        max_duration: lasting(matter.max_duration.as_ref(), 86_400, place, examined),
    })
}

/// A duration, or as many seconds as the contracts say for one that is not stated.
fn lasting(
    written: Option<&Text>,
    default: i64,
    place: &str,
    examined: &mut Examined<'_>,
) -> Option<prost_types::Duration> {
    let seconds = |seconds| prost_types::Duration { seconds, nanos: 0 };
    let Some(written) = written else {
        return Some(seconds(default));
    };
    let Some(found) = duration(written.get_ref()) else {
        let message = "a duration is a number and `ms`, `s`, `m`, `h` or `d`, like `30s`";
        examined.report(written.span(), place, message);
        return None;
    };
    Some(prost_types::Duration {
        seconds: i64::try_from(found.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(found.subsec_nanos()).unwrap_or_default(),
    })
}

fn share(matter: &Matter, examined: &mut Examined<'_>) -> Option<annotations::Share> {
    let written = matter.share.as_ref()?;
    let place = matter.method.get_ref().as_str();
    if matter.kind.get_ref() != "query" {
        let message = "a shared data item is read: only a query can be one";
        examined.report(written.span(), place, message);
    }
    let Share {
        id,
        title,
        legal_basis,
        proves,
        fresh_for,
        replaces,
    } = written.get_ref();
    for (name, value) in [("id", id), ("legal_basis", legal_basis)] {
        if value.trim().is_empty() {
            let message = format!("the shared item's `{name}` is empty");
            examined.report(written.span(), place, message);
        }
    }
    for element in proves {
        crate::message::known_element(element, place, examined);
    }
    Some(annotations::Share {
        id: id.clone(),
        title: Some(text(title.as_ref().unwrap_or(matter.title.get_ref()))),
        legal_basis: legal_basis.clone(),
        proves: proves.iter().map(|id| id.get_ref().clone()).collect(),
        fresh_for: lasting(fresh_for.as_ref(), 86_400, place, examined),
        replaces_materials: replaces.clone(),
    })
}
