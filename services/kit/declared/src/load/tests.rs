//! What a declared contract becomes, and what is told of one that is wrong.

use onething_proto::annotations::{ActionKind, Sensitivity};
use prost_reflect::Kind;

use super::*;

const FORESTRY: &str = r#"
service = "onething.forestry.v1.ForestryService"

[contract]
code = "FG"
title = { zh = "林业和草原", mn = "ᠣᠢ", en = "Forestry and grassland" }

[contract.messages]
Parcel = [
  { number = 1, name = "parcel_number", role = "parcel", element = "household.id" },
  { number = 2, name = "hectares", type = "integer" },
]

[[contract.matter]]
method = "ListParcels"
kind = "query"
title = { zh = "查询", mn = "ᠯᠠᠪᠯᠠᠬᠤ", en = "Parcels of a person" }
refuses = ["LAND_NOT_FOUND"]
request = [
  { number = 1, name = "id_number", role = "applicant", element = "person.id_number" },
]
answer = [
  { number = 3, name = "parcels", type = "list", of = "Parcel" },
  { number = 1, name = "total", type = "integer", title = { zh = "总数", mn = "ᠨᠡᠶᠢᠲᠡ", en = "Total" } },
]
share = { id = "D90", legal_basis = "Forest Law §15", proves = ["person.id_number"], fresh_for = "2h", replaces = ["forest-certificate"] }

[[contract.matter]]
method = "IssuePermit"
kind = "compensable"
comment = "Undoing it withdraws the permit (撤销)."
title = { zh = "采伐许可", mn = "ᠵᠥᠪᠰᠢᠶᠡᠷᠡᠯ", en = "Felling permit" }
decides_later = true
refuses = ["LAND_NOT_FOUND", "PROTECTED_FOREST"]
materials = ["forest-certificate"]
normal_duration = "2s"
max_duration = "20d"
request = [
  { number = 1, name = "id_number", role = "applicant", element = "person.id_number", sensitivity = "sensitive" },
]
answer = [{ number = 1, name = "permit_number" }]
"#;

fn file(name: &str, text: &str) -> File {
    File {
        name: name.to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn a_declared_contract_reads_like_any_other() {
    let (contracts, problems) = read(&[file("forestry.toml", FORESTRY)], Contracts::standard());
    assert!(problems.is_empty(), "{}", Problems(problems));

    let list = "onething.forestry.v1.ForestryService/ListParcels";
    let list = contracts.method(list).unwrap();
    let department = contracts.department(list.parent_service()).unwrap();
    assert_eq!(department.code, "FG");
    assert_eq!(department.served_by, "connector");
    let share = contracts.share(&list).unwrap();
    assert_eq!(
        (share.id.as_str(), share.title.unwrap().zh.as_str()),
        ("D90", "查询")
    );
    assert_eq!(share.fresh_for.unwrap().seconds, 7_200);
    assert_eq!(share.replaces_materials, ["forest-certificate"]);
    assert_eq!(contracts.action(&list).unwrap().kind(), ActionKind::Query);
    let parcels = list.output().get_field_by_name("parcels").unwrap();
    assert!(parcels.is_list());
    assert_eq!(parcels.number(), 3);
    let Kind::Message(parcel) = parcels.kind() else {
        panic!("{:?}", parcels.kind())
    };
    let number = parcel.get_field_by_name("parcel_number").unwrap();
    assert_eq!(contracts.element(&number).unwrap().role, "parcel");

    let issue = "onething.forestry.v1.ForestryService/IssuePermit";
    let issue = contracts.method(issue).unwrap();
    let action = contracts.action(&issue).unwrap();
    assert_eq!(action.kind(), ActionKind::Compensable);
    assert!(action.decides_later);
    assert_eq!(
        action.refusal_reasons,
        ["LAND_NOT_FOUND", "PROTECTED_FOREST"]
    );
    assert_eq!(action.max_duration.unwrap().seconds, 20 * 86_400);
    assert!(contracts.share(&issue).is_none());
    let id_number = issue.input().get_field_by_name("id_number").unwrap();
    let element = contracts.element(&id_number).unwrap();
    assert_eq!(element.sensitivity(), Sensitivity::Sensitive);

    // Whoever gets them over the wire, by reflection, reads the same.
    let told = Contracts::decode(&contracts.encode()).unwrap();
    let issue = told
        .method("onething.forestry.v1.ForestryService/IssuePermit")
        .unwrap();
    assert_eq!(told.action(&issue).unwrap(), action);
    let standard = "onething.health.v1.HealthService/IssueBirthCertificate";
    let standard = told.method(standard).unwrap();
    assert_eq!(told.action(&standard).unwrap().kind(), ActionKind::Pivot);
}

const BROKEN: &str = r#"service = "onething.forestry.v1.ForestryService"
[contract]
code = "HC"
title = { zh = "林", mn = " ", en = "Forestry" }
[contract.messages]
ParcelResponse = []
[[contract.matter]]
method = "issue"
kind = "query"
title = { zh = "a", mn = "a", en = "a" }
request = []
[[contract.matter]]
method = "Issue"
kind = "sometimes"
title = { zh = "a", mn = "a", en = "a" }
refuses = ["no land"]
max_duration = "soon"
request = [
  { number = 0, name = "Number" },
  { number = 2, name = "a", role = "applicant" },
  { number = 2, name = "a", role = "applicant", element = "person.shoe_size" },
  { number = 3, name = "b", type = "float" },
  { number = 4, name = "c", type = "list", of = "Parcel" },
  { number = 5, name = "d", type = "list" },
]
share = { id = "", legal_basis = "b" }
[[contract.matter]]
method = "Follow"
kind = "forward"
title = { zh = "a", mn = "a", en = "a" }
refuses = ["NO"]
request = []
"#;

#[test]
fn everything_that_is_wrong_with_a_contract_is_told_at_once() {
    let files = [
        file("broken.toml", BROKEN),
        file(
            "other.toml",
            "service = \"onething.health.v1.HealthService\"\n",
        ),
        file(
            "taken.toml",
            "service = \"onething.health.v1.OtherService\"\n[contract]\ncode = \"OT\"\n\
             title = { zh = \"a\", mn = \"a\", en = \"a\" }\n",
        ),
        file("typo.toml", "[contract]\ncode = \"OT\"\ntitel = 1\n"),
    ];
    let (_, problems) = read(&files, Contracts::standard());
    let found: Vec<_> = problems
        .iter()
        .map(|problem| problem.to_string().lines().next().unwrap().to_owned())
        .collect();
    let expected = [
        "broken.toml:3:8: contract: the code is that of onething.health.v1.HealthService: choose another",
        "broken.toml:4:9: contract: the title in `mn` is empty",
        "broken.toml:6:18: messages.ParcelResponse: a message is named like `Parcel`: letters and digits, the first in upper case, without `Request` or `Response` at its end",
        "broken.toml:8:10: issue: a matter is named like `IssuePermit`: letters and digits, the first in upper case",
        "broken.toml:14:8: Issue: a matter is a `query`, `compensable`, a `pivot` or `forward`",
        "broken.toml:16:12: Issue: a reason is written like `LAND_NOT_FOUND`",
        "broken.toml:19:14: IssueRequest: a field's number is 1 or more",
        "broken.toml:19:24: IssueRequest: a field is named in lower case, with digits and `_`",
        "broken.toml:19:24: IssueRequest: a request's field says by `role` and `element` which datum of whom it is, so that bundles can fill it",
        "broken.toml:20:36: IssueRequest: `role` and `element` go together: which datum of whom it is",
        "broken.toml:21:14: IssueRequest: another field has this number: a number stays with its field for ever, so give a new field a new one",
        "broken.toml:21:24: IssueRequest: there is another field of this name: give it one of its own",
        "broken.toml:21:59: IssueRequest: the dictionary of data elements has no such element: choose one that it has, or have it added",
        "broken.toml:22:36: IssueRequest: a field is `text`, `integer`, `boolean` or a `list`",
        "broken.toml:23:49: IssueRequest: it is no type and none of [contract.messages]: declare it there",
        "broken.toml:24:24: IssueRequest: a list says `of` what it is: a type, or one of [contract.messages]",
        "broken.toml:26:9: Issue: a shared data item is read: only a query can be one",
        "broken.toml:26:9: Issue: the shared item's `id` is empty",
        "broken.toml:31:12: Follow: a forward matter follows a legal effect and must in the end succeed: it refuses nothing",
        "taken.toml:1:11: contract: there is a contract of the package onething.health.v1 already (onething/health/v1/health.proto): give this one a package of its own, or leave `[contract]` out to serve that one",
        "typo.toml:3:1: unknown field `titel`, expected one of `code`, `title`, `messages`, `matter`",
    ];
    assert_eq!(found, expected, "\n{}", found.join("\n"));
}

#[test]
fn a_problem_shows_its_line_and_the_text_that_is_meant() {
    let text = FORESTRY.replace("kind = \"compensable\"", "kind = \"reversible\"");
    let (_, problems) = read(&[file("forestry.toml", &text)], Contracts::standard());
    let shown = problems.last().unwrap().to_string();
    assert_eq!(
        shown,
        "forestry.toml:30:8: IssuePermit: a matter is a `query`, `compensable`, a `pivot` or \
         `forward`\n    kind = \"reversible\"\n           ^^^^^^^^^^^^"
    );
}
