//! With full durability no acknowledgement and no call leaves before the disk has what it rests upon:
//! shown by the system calls of the process. The same check fails without syncs.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Command, Stdio},
};

use onething_tests::{
    DEPARTMENTS, Foreign, Suite, eventually,
    power::{Moment, Trace, early},
};

const CALLS: &str = "trace=read,write,readv,writev,recvfrom,sendto,recvmsg,sendmsg,pwrite64,pwritev,fsync,fdatasync";
/// The journal's new pages; they move to the file itself later.
const JOURNAL: &str = ".db-wal";
const CASES: usize = 5;

/// Files cases with the program under a trace.
fn traced(folder: &Path, careless: bool) -> Option<Trace> {
    let strace = Foreign::Strace.find()?;
    let path = folder.join("trace");
    let mut command = Command::new(strace);
    command
        .args(["-f", "-yy", "-s", "80", "-e", CALLS, "-o"])
        .arg(&path)
        .arg(env!("CARGO_BIN_EXE_journal"))
        .arg("--database")
        .arg(folder.join("journal.db"));
    if careless {
        command.arg("--careless");
    }
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    for case in 0..CASES {
        writeln!(input, "file {case}").unwrap();
        // The acknowledgement and the three calls.
        for _ in 0..4 {
            lines.next().unwrap().unwrap();
        }
    }
    drop(input);
    assert!(child.wait().unwrap().success());
    let text = fs::read_to_string(path).unwrap();
    let marks = ["\"file ", "\"acknowledged ", "\"called first", "\"called "];
    let trace = Trace::read(&text, JOURNAL, &marks);
    assert_eq!(trace.spoken("\"file "), CASES);
    assert_eq!(trace.spoken("\"acknowledged "), CASES);
    assert_eq!(trace.spoken("\"called first"), CASES);
    assert_eq!(trace.spoken("\"called "), 2 * CASES);
    Some(trace)
}

/// Acknowledgements and calls that left too early. The first call rests upon the same commit as the
/// acknowledgement.
fn too_early(trace: &Trace) -> Vec<String> {
    early(
        trace,
        &["\"acknowledged ", "\"called first", "\"called "],
        &["\"acknowledged "],
    )
}

#[test]
fn every_acknowledgement_and_every_call_waits_for_its_sync() {
    let folder = tempfile::tempdir().unwrap();
    let Some(trace) = traced(folder.path(), false) else {
        return;
    };
    assert_eq!(too_early(&trace), [""; 0], "{:#?}", trace.moments);
}

#[test]
fn without_syncs_the_same_check_fails_for_every_case() {
    let folder = tempfile::tempdir().unwrap();
    let Some(trace) = traced(folder.path(), true) else {
        return;
    };
    assert!(trace.moments.contains(&Moment::Wrote));
    let found = too_early(&trace);
    assert_eq!(found.len(), 4 * CASES, "{found:#?}");
}

/// The gateway itself: its answer over HTTP. The departments are frozen, so that nothing but the
/// acceptance is written before the answer.
#[tokio::test]
async fn a_gateways_answer_waits_for_the_sync_of_its_acceptance() {
    let Some(strace) = Foreign::Strace.find() else {
        return;
    };
    let mut suite = Suite::start().await;
    let client = suite.client();
    let form = suite.samples.relocation(&client).await;
    for department in DEPARTMENTS {
        suite.department(department).freeze();
    }
    let folder = tempfile::tempdir().unwrap();
    let (path, said) = (folder.path().join("trace"), folder.path().join("said"));
    let mut tracer = Command::new(strace)
        .args(["-f", "-yy", "-s", "80", "-e", CALLS, "-p"])
        .arg(suite.gateway.id().to_string())
        .arg("-o")
        .arg(&path)
        .stderr(fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    eventually("strace is attached", async || {
        fs::read_to_string(&said)
            .unwrap()
            .contains("attached")
            .then_some(())
    })
    .await;
    for _ in 0..CASES {
        // A connection of its own, so that the request comes in in one piece.
        client.fresh().file("enterprise-relocation", &form).await;
    }
    let marks = ["\"POST /v1/cases ", "\"HTTP/1.1 202"];
    let trace = eventually("the trace has every answer", async || {
        let trace = Trace::read(&fs::read_to_string(&path).unwrap(), JOURNAL, &marks);
        (trace.spoken(marks[1]) == CASES).then_some(trace)
    })
    .await;
    // Else it would hold on to a process that is killed.
    tracer.kill().unwrap();
    tracer.wait().unwrap();
    for department in DEPARTMENTS {
        suite.department(department).thaw();
    }
    // A thread that reads the first request may still be unattached; every answer is there.
    assert!(trace.spoken(marks[0]) + 1 >= CASES);
    assert_eq!(
        early(&trace, &marks[1..], &[]),
        [""; 0],
        "{:#?}",
        trace.moments
    );
}
