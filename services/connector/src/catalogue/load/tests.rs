//! What loads and what does not, with every message.

use std::fs;

use super::*;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn problems(files: &[(&str, &str)]) -> Vec<String> {
    let folder = folder(files);
    let problems = Catalogue::load(Some(folder.path())).unwrap_err();
    problems
        .0
        .iter()
        .map(|problem| problem.to_string().lines().next().unwrap().to_owned())
        .collect()
}

#[test]
fn the_built_in_departments_load() {
    let catalogue = Catalogue::load(None).unwrap();
    let codes: Vec<_> = catalogue.departments().map(|d| d.code.as_str()).collect();
    assert_eq!(codes.len(), BUILT_IN.len());
    for code in ["BK", "CO", "EM", "FI", "HC", "HF", "IN", "MIIT", "RE", "TX"] {
        assert!(codes.contains(&code), "{code}");
    }
    let health = catalogue.department("HC").unwrap();
    let methods: Vec<_> = health.matters.iter().map(|matter| matter.name()).collect();
    let expected = [
        "FindBirthRecord",
        "IssueBirthCertificate",
        "OpenVaccinationRecord",
    ];
    assert_eq!(methods, expected);
}

#[test]
fn a_file_of_the_folder_takes_a_built_in_ones_place() {
    let post = BUILT_IN.iter().find(|(name, _)| *name == "post.toml");
    let changed = post.unwrap().1.replace("'EM' + ", "'CN' + ");
    // What an answer can be without may be left out.
    let bank = BUILT_IN[0].1.replace("\novertaken = \"overtaken\"\n", "\n");
    assert_ne!(bank, BUILT_IN[0].1);
    let notes = ("notes.txt", "no department");
    let folder = folder(&[("mail.toml", &changed), ("bank.toml", &bank), notes]);
    let catalogue = Catalogue::load(Some(folder.path())).unwrap();
    assert_eq!(catalogue.departments().count(), BUILT_IN.len());
}

const BROKEN: &str = r#"service = "onething.health.v1.HealthService"

[records.birth]
attributes.mother_id_number = "text"
attributes.weight = "number"
attributes.key = "text"
indexed = ["mother"]

[sequences]
certificate = -1

[[matter]]
method = "FindBirthRecord"

[[matter.find]]
record = "birth"
as = "birth"
where.mother_id_number = "request.mother"
only = "birth.certificate == null"
else = { refuse = "NO_RECORD", message = " ", field = "mother" }

[[matter.create]]
record = "birth"
key = "request.mother_id_number"

[matter.answer]
record_number = "birth.key"
hospital = "1 + 1"
born_in = "today"

[[matter]]
method = "IssueBirthCertificate"
optional = ["uncle_name"]

[[matter.find]]
record = "birth"
as = "request"
key = "request.record_number"
where.mother_id_number = "'M'"

[[matter.find]]
record = "birth"
as = "maybe"
key = "request.record_number"

[[matter.require]]
that = "maybe.mother_id_number == 'M'"
else = { refuse = "ALREADY_OPEN", message = "x" }

[[matter.number]]
as = "n"
sequence = "nothing"
format = "number"

[[matter.create]]
record = "certificate"
key = "n"

[[matter.change]]
found = "maybe"
set.mother_id_number = "null"
set.father = "n"

[[matter.change]]
found = "nobody"
set.mother_id_number = "n"

[matter.answer]
certificate_number = "n"
issued_on = "today.year"

[[matter]]
method = "IssueBirthCertificate"

[[matter]]
method = "BuryTheDead"
"#;

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_line() {
    let found = problems(&[("health.toml", BROKEN)]);
    let expected = [
        "health.toml:1:11: there is no matter for onething.health.v1.HealthService/OpenVaccinationRecord",
        "health.toml:5:21: records.birth: `number` is no type; write text, integer or boolean, with `?` behind it where it may be missing",
        "health.toml:6:18: records.birth: `key` cannot be an attribute: names are in lower case, with digits and `_`, and `key` is every record's own",
        "health.toml:7:12: records.birth: there is no attribute `mother` to index",
        "health.toml:10:15: sequences.certificate: a sequence begins with 0 or more",
        "health.toml:13:10: FindBirthRecord: the contract calls it a query, which changes nothing",
        "health.toml:13:10: FindBirthRecord, answer: it does not answer `born_on`",
        "health.toml:13:10: FindBirthRecord, answer: it does not answer `child_sex`",
        "health.toml:18:26: FindBirthRecord, find 1: birth is not indexed by `mother_id_number`",
        "health.toml:18:26: FindBirthRecord, find 1: `request.mother`: request has no `mother`; it has mother_id_number",
        "health.toml:19:8: FindBirthRecord, find 1: `birth.certificate == null`: birth has no `certificate`; it has key, mother_id_number",
        "health.toml:20:19: FindBirthRecord, find 1: the contract does not name the reason `NO_RECORD`; it may be refused as BIRTH_RECORD_NOT_FOUND, INVALID_INPUT",
        "health.toml:20:42: FindBirthRecord, find 1: a refusal says why, in a sentence",
        "health.toml:20:55: FindBirthRecord, find 1: the request has no field `mother`",
        "health.toml:23:10: FindBirthRecord, create 1: it does not set `mother_id_number`, which no birth lacks",
        "health.toml:28:12: FindBirthRecord, answer: `1 + 1` is integer, and text is wanted",
        "health.toml:29:11: FindBirthRecord, answer: onething.health.v1.FindBirthRecordResponse has no field `born_in`",
        "health.toml:33:13: IssueBirthCertificate: the request has no field `uncle_name`",
        "health.toml:36:10: IssueBirthCertificate, find 1: it looks either by `key` or by `where`, with an attribute or more",
        "health.toml:37:6: IssueBirthCertificate, find 1: the name `request` is taken",
        "health.toml:47:8: IssueBirthCertificate, require 1: `maybe.mother_id_number == 'M'`: `maybe` may be missing: give its find an `else` to use `mother_id_number`",
        "health.toml:48:19: IssueBirthCertificate, require 1: the contract does not name the reason `ALREADY_OPEN`; it may be refused as BIRTH_RECORD_NOT_FOUND, MOTHER_MISMATCH, ALREADY_CERTIFIED, INVALID_INPUT",
        "health.toml:52:12: IssueBirthCertificate, number 1: there is no sequence `nothing`",
        "health.toml:53:10: IssueBirthCertificate, number 1: `number` is integer, and text is wanted",
        "health.toml:56:10: IssueBirthCertificate, create 1: there is no kind of record `certificate`",
        "health.toml:60:9: IssueBirthCertificate, change 1: `maybe` may be missing: give its find an `else`",
        "health.toml:61:24: IssueBirthCertificate, change 1: `null` is null, and text is wanted",
        "health.toml:62:14: IssueBirthCertificate, change 1: birth has no attribute `father`",
        "health.toml:65:9: IssueBirthCertificate, change 2: no record was found as `nobody`",
        "health.toml:70:13: IssueBirthCertificate, answer: `today.year`: text has no `year`",
        "health.toml:73:10: IssueBirthCertificate: there is another matter for this method",
        "health.toml:76:10: BuryTheDead: onething.health.v1.HealthService has no method `BuryTheDead`; it has FindBirthRecord, IssueBirthCertificate, OpenVaccinationRecord",
    ];
    assert_eq!(found, expected, "\n{}", found.join("\n"));
}

#[test]
fn problems_of_several_files_come_together() {
    let found = problems(&[
        (
            "a.toml",
            "service = \"onething.nothing.v1.NothingService\"\n",
        ),
        (
            "b.toml",
            "\nservice = \"onething.civil_affairs.v1.CivilAffairsService\"\n",
        ),
        (
            "c.toml",
            "service = \"onething.post.v1.PostService\"\n[records]\n  = 1\n",
        ),
        (
            "d.toml",
            "service = \"onething.post.v1.PostService\"\ncolour = 1\n",
        ),
        ("e.toml", BUILT_IN[3].1),
        ("f.toml", BUILT_IN[3].1),
    ]);
    assert_eq!(found.len(), 5, "{found:?}");
    assert_eq!(
        found[0],
        "a.toml:1:11: no contract has a service `onething.nothing.v1.NothingService`"
    );
    assert_eq!(
        found[1],
        "b.toml:2:11: onething.civil_affairs.v1.CivilAffairsService is served by civil-affairs"
    );
    assert!(found[2].starts_with("c.toml:3:"), "{}", found[2]);
    assert!(
        found[3].starts_with("d.toml:2:1: unknown field `colour`"),
        "{}",
        found[3]
    );
    assert_eq!(
        found[4],
        "f.toml:3:11: another file declares this department as well"
    );
}

#[test]
fn a_change_that_does_nothing_and_a_double_change_are_refused() {
    let idle = BUILT_IN[3].1.replace(
        "[[matter.create]]\nrecord = \"parcel\"\nkey = \"delivery_number\"\nset.address = \"request.address\"\n\
         set.content_number = \"request.content_number\"\nset.accepted_on = \"today\"\n",
        "",
    );
    assert_ne!(idle, BUILT_IN[3].1);
    let change = "[[matter.change]]\nfound = \"account\"\nset.address = ";
    let again = format!("{change}\"request.address\"\n");
    let double = BUILT_IN[0].1.replace(change, &(again + change));
    let found = problems(&[("bank.toml", &double), ("post.toml", &idle)]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].contains("change 2: `account` is changed already"));
    assert!(found[1].contains("it creates and changes no record, and is no query"));
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let problems = Catalogue::load(Some(Path::new("/nonexistent/departments"))).unwrap_err();
    assert!(problems.to_string().contains("the folder cannot be read"));
}

const CARELESS: &str = r#"
service = "onething.felling.v1.FellingService"

[contract]
code = "FE"
title = { zh = "a", mn = "a", en = "a" }

[[contract.matter]]
method = "Fell"
kind = "compensable"
title = { zh = "a", mn = "a", en = "a" }
refuses = ["TAKEN"]
request = [{ number = 1, name = "id_number", role = "owner", element = "person.id_number" }]
answer = [{ number = 1, name = "number" }]

[[contract.matter]]
method = "Plant"
kind = "forward"
title = { zh = "a", mn = "a", en = "a" }
decides_later = true
request = [{ number = 1, name = "id_number", role = "owner", element = "person.id_number" }]
answer = []

[records.tree]
attributes.kind = "text"

[systems.wood]
url = "ftp://wood"
timeout = "soon"
headers.authorization = { env = "NO_SUCH_VARIABLE_HERE" }

[[matter]]
method = "Fell"

[[matter.create]]
record = "tree"
key = "request.id_number"
set.kind = "'oak'"

[matter.http]
system = "woods"
idempotency_header = "Idem potency"
response.number = { at = "permit.number", type = "number" }

[matter.http.call]
method = "SEND"
path = "permits/{request.number}"
body = { "a" = "request.id_number", "a.b" = "answer.number" }
absent = [404]
refuse = [{ status = [409], when = "answer.code == 'X'", reason = "GONE", message = " ", field = "place" }]

[matter.answer]
number = "answer.number"

[[matter]]
method = "Plant"

[matter.http]
system = "wood"

[matter.http.call]
method = "POST"
path = "/trees"

[matter.http.undo]
method = "DELETE"
path = "/trees"
"#;

#[test]
fn everything_that_is_wrong_with_an_http_matter_is_told_at_once() {
    let found = problems(&[("felling.toml", CARELESS)]);
    let expected = [
        "felling.toml:28:7: systems.wood: a system's URL is like `https://host:8443/api`",
        "felling.toml:29:11: systems.wood: a duration is a number and `ms`, `s`, `m`, `h` or `d`, like `5s`",
        "felling.toml:30:25: systems.wood: the environment has no variable NO_SUCH_VARIABLE_HERE: set it",
        "felling.toml:36:10: Fell, create: an HTTP system carries the matter out: leave `create` to it, or leave [matter.http] out",
        "felling.toml:41:10: Fell, http: there is no system `woods`: declare it as [systems.woods]",
        "felling.toml:42:22: Fell, http: it is no header's name",
        "felling.toml:43:50: Fell, http.response: write text, integer, boolean or list, with `?` behind it where it may be missing",
        "felling.toml:45:1: Fell, http.call: `absent` belongs to [matter.http.outcome]",
        "felling.toml:45:1: Fell, http: the matter can be undone by its contract: say how in [matter.http.undo]",
        "felling.toml:46:10: Fell, http.call: write GET, POST, PUT, PATCH or DELETE",
        "felling.toml:47:8: Fell, http.call: a path begins with `/`; what stands behind a `?` goes to `params`",
        "felling.toml:47:8: Fell, http.call: `request.number`: request has no `number`; it has id_number",
        "felling.toml:48:45: Fell, http.call: `answer.number`: unknown name `answer`; known here: key, request, today",
        "felling.toml:48:45: Fell, http.call: something else stands at `a.b` of the body",
        "felling.toml:50:36: Fell, http.call: `answer.code == 'X'`: answer has no `code`; it has nothing",
        "felling.toml:50:67: Fell, http.call: the contract does not name the reason `GONE`; it may be refused as TAKEN, INVALID_INPUT",
        "felling.toml:50:85: Fell, http.call: a refusal says why, in a sentence",
        "felling.toml:50:98: Fell, http.call: the request has no field `place`",
        "felling.toml:53:10: Fell, answer: `answer.number`: answer has no `number`; it has nothing",
        "felling.toml:61:1: Plant, http.call: the contract says that the matter is decided later: say which status is `pending`",
        "felling.toml:61:1: Plant, http: the system decides later: say in [matter.http.outcome] how it is asked whether it has",
        "felling.toml:65:1: Plant, http: by its contract the matter takes legal effect and is never undone: leave [matter.http.undo] out",
    ];
    assert_eq!(found, expected, "\n{}", found.join("\n"));
}

/// The file without its mistakes, and without all that the system offers.
const FRUGAL: &str = r#"
service = "onething.felling.v1.FellingService"

[contract]
code = "FE"
title = { zh = "a", mn = "a", en = "a" }

[[contract.matter]]
method = "Fell"
kind = "pivot"
title = { zh = "a", mn = "a", en = "a" }
request = [{ number = 1, name = "id_number", role = "owner", element = "person.id_number" }]
answer = []

[systems.wood]
url = "https://wood.example"

[[matter]]
method = "Fell"

[matter.http]
system = "wood"

[matter.http.call]
method = "POST"
path = "/permits"
body = { owner = "request.id_number", key = "key" }
"#;

#[test]
fn what_a_system_cannot_promise_is_said_at_load() {
    let notices = |text: &str| {
        let folder = folder(&[("felling.toml", text)]);
        let catalogue = Catalogue::load(Some(folder.path())).unwrap();
        let notices = catalogue.notices().iter();
        notices.map(ToString::to_string).collect::<Vec<_>>()
    };
    let told = notices(FRUGAL);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("felling.toml:24:1: Fell: the system knows neither"));
    assert!(told[0].contains("OUTCOME_UNKNOWN"), "{}", told[0]);
    assert!(
        told[0].ends_with("[matter.http.call]\n    ^^^^^^^^^^^^^^^^^^"),
        "{}",
        told[0]
    );

    let asked = "\n[matter.http.outcome]\nmethod = \"GET\"\npath = \"/permits/{key}\"\n";
    let told = notices(&format!("{FRUGAL}{asked}absent = [404]\n"));
    assert!(
        told[0].contains("knows no `idempotency_header`"),
        "{told:?}"
    );
    let settled = "absent = [404]\nfinal_after = \"10m\"\n";
    assert!(notices(&format!("{FRUGAL}{asked}{settled}")).is_empty());
    let keyed = "system = \"wood\"\nidempotency_header = \"Idempotency-Key\"\n";
    assert!(notices(&FRUGAL.replace("system = \"wood\"\n", keyed)).is_empty());
}
