//! A service as a process of its own: arguments, configuration, its line, signals, exit codes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use http_body_util::{BodyExt, Full};
use onething_runtime::{
    Application, Endpoint, MemoryDiscovery, Peers, Running, StaticDiscovery, start,
};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::kit::{SOON, call, common, eventually};

/// `examples/greeter.rs`, which is built along with the tests.
fn greeter() -> Command {
    let test = std::env::current_exe().unwrap();
    let profile = test.parent().and_then(|deps| deps.parent()).unwrap();
    let binary: PathBuf = profile.join("examples").join("greeter");
    let mut command = Command::new(binary);
    command
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Kills the process if the test fails before it ended.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

fn signal(process: &Process, name: &str) {
    let sent = Command::new("kill")
        .args([name, &process.0.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Starts it and reads its line.
fn started(command: &mut Command) -> (Process, String) {
    let mut process = Process(command.spawn().unwrap());
    let mut line = String::new();
    BufReader::new(process.0.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    (process, line.trim_end().to_owned())
}

fn text(output: &Output) -> (String, String) {
    (
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

#[test]
fn it_says_where_it_listens_and_stops_at_a_signal() {
    for name in ["-TERM", "-INT"] {
        let (mut process, line) = started(&mut greeter());
        let address = line.strip_prefix("greeter listening on ").expect(&line);
        assert!(!address.ends_with(":0"), "{line}");
        TcpStream::connect(address).unwrap();
        signal(&process, name);
        assert_eq!(process.0.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn a_wrong_configuration_is_told_whole_and_exits_64() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, "[server]\nlisten = 3\n[nonsense]\nx = 1").unwrap();
    let output = greeter()
        .arg("--config")
        .arg(file.path())
        .env("ONETHING__DATABASE__MAX_CONNECTIONS", "many")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(64));
    let (_, stderr) = text(&output);
    for key in ["server.listen", "nonsense", "database.max_connections"] {
        assert!(stderr.contains(key), "{stderr}");
    }
    assert!(stderr.contains("3 problems"), "{stderr}");
}

#[test]
fn a_configuration_can_be_checked_without_starting() {
    let output = greeter().arg("--check-config").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output).0, "greeter: the configuration is correct\n");
    let wrong = greeter()
        .arg("--check-config")
        .env("ONETHING__SERVER__LISTEN", "x")
        .output();
    assert_eq!(wrong.unwrap().status.code(), Some(64));
}

#[test]
fn unknown_arguments_exit_64_and_the_version_is_told() {
    assert_eq!(
        greeter()
            .arg("--frobnicate")
            .output()
            .unwrap()
            .status
            .code(),
        Some(64)
    );
    let output = greeter().arg("--version").output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        text(&output).0,
        concat!("greeter ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn a_taken_address_exits_1_and_says_why() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = greeter()
        .env("ONETHING__SERVER__LISTEN", &address)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let (_, stderr) = text(&output);
    assert!(stderr.contains(&format!(
        "cannot listen on {address}: Address already in use"
    )));
}

#[test]
fn json_logs_are_an_object_a_line() {
    let (process, line) = started(
        greeter()
            .env("ONETHING__TELEMETRY__LOG_FORMAT", "json")
            .env("ONETHING__TELEMETRY__LOG_FILTER", "debug"),
    );
    assert!(line.starts_with("greeter listening on "));
    signal(&process, "-TERM");
    let mut process = process;
    let stderr = BufReader::new(process.0.stderr.take().unwrap());
    let stopped = stderr
        .lines()
        .map(|line| line.unwrap())
        .find(|line| line.contains("stopping"));
    let entry: serde_json::Value = serde_json::from_str(&stopped.unwrap()).unwrap();
    assert_eq!(entry["level"], "INFO");
    assert_eq!(entry["message"], "stopping");
    assert_eq!(entry["fields"]["service"], "greeter");
    assert_eq!(process.0.wait().unwrap().code(), Some(0));
}

/// A collector that keeps what it is sent.
async fn collector() -> (Running, Arc<Mutex<Vec<u8>>>) {
    let received = Arc::new(Mutex::new(Vec::new()));
    let keep = received.clone();
    let export = post(async move |body: Bytes| {
        keep.lock().unwrap().extend_from_slice(&body);
        // An empty message: five zero bytes of framing.
        let mut answer =
            Response::new(Full::new(Bytes::from_static(&[0; 5])).with_trailers(async {
                Some(Ok(HeaderMap::from_iter([(
                    HeaderName::from_static("grpc-status"),
                    HeaderValue::from_static("0"),
                )])))
            }));
        let kind = HeaderValue::from_static("application/grpc");
        answer.headers_mut().insert("content-type", kind);
        answer.map(Body::new)
    });
    let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    let application = Application::new("collector")
        .without_reflection()
        .grpc_router(Router::new().route(path, export));
    let discovery = Arc::new(MemoryDiscovery::new());
    (
        start(application, &common(""), discovery).await.unwrap(),
        received,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn spans_are_exported_before_the_process_ends() {
    let (collector, received) = collector().await;
    let endpoint = format!("http://{}", collector.addr());
    let (mut process, line) =
        started(greeter().env("ONETHING__TELEMETRY__OTLP_ENDPOINT", endpoint));
    let address = line.strip_prefix("greeter listening on ").unwrap();
    let services = BTreeMap::from([(
        "greeter".to_owned(),
        vec![Endpoint::parse(&format!("http://{address}")).unwrap()],
    )]);
    let peers = Peers::new(Arc::new(StaticDiscovery::new(services)), "test", SOON);
    call(&peers.peer("greeter"), "Greet", "").await.unwrap_err();
    signal(&process, "-TERM");
    assert_eq!(process.0.wait().unwrap().code(), Some(0));
    let received = String::from_utf8_lossy(&received.lock().unwrap()).into_owned();
    for part in [
        "service.name",
        "greeter",
        "service.instance.id",
        "test.v1.TestService/Greet",
    ] {
        assert!(received.contains(part), "{part}");
    }
    collector.stop().await;
}

#[test]
fn a_collector_out_of_reach_does_not_hold_up_the_end() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let (mut process, _) = started(greeter().env(
        "ONETHING__TELEMETRY__OTLP_ENDPOINT",
        format!("http://{nobody}"),
    ));
    let asked = Instant::now();
    signal(&process, "-TERM");
    assert_eq!(process.0.wait().unwrap().code(), Some(0));
    assert!(asked.elapsed() < SOON);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_it_at_once() {
    let (mut process, line) = started(&mut greeter());
    let address = line
        .strip_prefix("greeter listening on ")
        .unwrap()
        .to_owned();
    let endpoint = Endpoint::parse(&format!("http://{address}")).unwrap();
    let services = BTreeMap::from([("greeter".to_owned(), vec![endpoint])]);
    let peers = Peers::new(Arc::new(StaticDiscovery::new(services)), "test", SOON);
    // An open stream, which a stop would wait for.
    let mut client = HealthClient::new(peers.peer("greeter").without_timeout());
    let mut watched = client
        .watch(HealthCheckRequest::default())
        .await
        .unwrap()
        .into_inner();
    watched.message().await.unwrap().unwrap();
    let asked = Instant::now();
    signal(&process, "-TERM");
    eventually(async || {
        tokio::net::TcpStream::connect(&address)
            .await
            .is_err()
            .then_some(())
    })
    .await;
    assert_eq!(
        process.0.try_wait().unwrap(),
        None,
        "it waits for the stream"
    );
    signal(&process, "-TERM");
    assert_eq!(process.0.wait().unwrap().code(), Some(130));
    assert!(asked.elapsed() < SOON / 2);
}
