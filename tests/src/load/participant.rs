//! The department's process: started by the measurement out of the same program, gone with it.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Child, Command, Stdio},
};

use tokio::net::TcpListener;
use tonic::transport::{Server, server::TcpIncoming};

use super::{answering, command::ParticipantArguments, ledger};

/// Serves until the measurement that started it is gone.
pub(super) async fn serve(arguments: ParticipantArguments) -> Result<(), String> {
    let routes = match arguments.ledger {
        Some(url) => ledger::routes(&url).await?,
        None => answering::routes(),
    };
    let listener = TcpListener::bind("127.0.0.1:0")
        .await
        .map_err(|error| error.to_string())?;
    println!(
        "{}",
        listener.local_addr().map_err(|error| error.to_string())?
    );
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    let gone = async {
        // The measurement holds the other end: it closes when the measurement ends, however it does.
        let read = || std::io::stdin().read_to_end(&mut Vec::new());
        tokio::task::spawn_blocking(read).await.ok();
    };
    Server::builder()
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, gone)
        .await
        .map_err(|error| error.to_string())
}

/// A running department.
pub(super) struct Participant {
    child: Child,
    /// Where it listens.
    pub(super) url: String,
}

impl Participant {
    /// Starts a department, over a ledger in this database if one is named.
    pub(super) fn start(ledger: Option<&str>) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command.arg("participant");
        if let Some(url) = ledger {
            command.args(["--ledger", url]);
        }
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start the participant: {error}"))?;
        let mut line = String::new();
        let out = child.stdout.take().ok_or("the participant has no output")?;
        BufReader::new(out)
            .read_line(&mut line)
            .map_err(|error| error.to_string())?;
        let address = line.trim();
        if address.is_empty() {
            return Err("the participant ended at its start".to_owned());
        }
        Ok(Self {
            child,
            url: format!("http://{address}"),
        })
    }

    /// Its process.
    pub(super) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Participant {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
