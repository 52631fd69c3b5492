//! The listener: HTTP/1.1 and HTTP/2 on one port, and its graceful end.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// Pings on an idle HTTP/2 connection, so that a caller who vanished is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
/// How long a caller may take to send an HTTP/1 request's head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Calls at a time on one HTTP/2 connection.
const STREAMS: u32 = 1024;
/// Pause after a failed accept: the reason is mostly a lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Binds `address` (`host:port`; port 0 takes a free one).
pub(crate) async fn bind(address: &str) -> io::Result<TcpListener> {
    TcpListener::bind(address).await
}

/// A running listener with its connections. Dropping it cuts all of them off.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    stop: CancellationToken,
    accepting: JoinHandle<Connections>,
}

/// The connections that were open when accepting stopped.
struct Connections {
    graceful: GracefulShutdown,
    tasks: JoinSet<()>,
}

impl std::fmt::Debug for Connections {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connections")
            .field("tasks", &self.tasks.len())
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Serves `router` on `listener` until [`Server::drain`].
    pub(crate) fn serve(listener: TcpListener, router: Router) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let stop = CancellationToken::new();
        let accepting = tokio::spawn(accept(listener, router, stop.clone()));
        Ok(Self {
            address,
            stop,
            accepting,
        })
    }

    /// The bound address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting, asks open connections to end after the calls in flight, and cuts off what is
    /// still there after `grace`. `false` if something was cut off.
    pub(crate) async fn drain(mut self, grace: Duration) -> bool {
        self.stop.cancel();
        let Ok(mut connections) = (&mut self.accepting).await else {
            return false;
        };
        let drained = tokio::time::timeout(grace, connections.graceful.shutdown())
            .await
            .is_ok();
        connections.tasks.shutdown().await;
        drained
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, router: Router, stop: CancellationToken) -> Connections {
    let graceful = GracefulShutdown::new();
    let mut tasks = JoinSet::new();
    let mut http = auto::Builder::new(TokioExecutor::new());
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .max_concurrent_streams(STREAMS);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let service = TowerToHyperService::new(router.clone());
                    let connection = http.serve_connection(io(stream), service).into_owned();
                    let connection = graceful.watch(connection);
                    tasks.spawn(async move {
                        if let Err(error) = connection.await {
                            tracing::debug!(%error, "a connection ended early");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            Some(_) = tasks.join_next() => {}
        }
    }
    Connections { graceful, tasks }
}

fn io(stream: TcpStream) -> TokioIo<TcpStream> {
    // Without it small answers wait for the caller's acknowledgement; failing to set it costs only time.
    let _ = stream.set_nodelay(true);
    TokioIo::new(stream)
}
