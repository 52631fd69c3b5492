//! A gate in front of a server: closed, it holds what clients send, and lets it go on when it is opened
//! again, as a network does that is slow at the wrong moment.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::{mpsc, watch},
};

/// A gate. Connections go on when it is dropped.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    open: watch::Sender<bool>,
    held: Arc<Mutex<Vec<u8>>>,
}

impl Gate {
    /// Opens a gate in front of the server at this address.
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (open, opened) = watch::channel(true);
        let held = Arc::default();
        let keep = Arc::clone(&held);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (opened, held) = (opened.clone(), Arc::clone(&keep));
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(server).await {
                        pass(client, server, opened, held).await;
                    }
                });
            }
        });
        Self {
            address,
            open,
            held,
        }
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Holds everything that clients send from now on.
    pub fn close(&self) {
        self.open.send_replace(false);
    }

    /// Lets everything go on, in order.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    /// How many bytes were held so far.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .len()
    }
}

async fn pass(
    client: TcpStream,
    server: TcpStream,
    opened: watch::Receiver<bool>,
    held: Arc<Mutex<Vec<u8>>>,
) {
    client.set_nodelay(true).ok();
    server.set_nodelay(true).ok();
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = server.into_split();
    let (chunks, queue) = mpsc::unbounded_channel();
    tokio::spawn(hold(from_client, chunks, opened.clone(), held));
    tokio::spawn(let_go(queue, to_server, opened));
    tokio::io::copy(&mut from_server, &mut to_client).await.ok();
}

/// Reads on while the gate is closed, so that it is known what is held.
async fn hold(
    mut from: OwnedReadHalf,
    chunks: mpsc::UnboundedSender<Vec<u8>>,
    opened: watch::Receiver<bool>,
    held: Arc<Mutex<Vec<u8>>>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let chunk = buffer[..count].to_vec();
        if !*opened.borrow() {
            let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
            held.extend(&chunk);
        }
        if chunks.send(chunk).is_err() {
            return;
        }
    }
}

async fn let_go(
    mut chunks: mpsc::UnboundedReceiver<Vec<u8>>,
    mut to: OwnedWriteHalf,
    mut opened: watch::Receiver<bool>,
) {
    while let Some(chunk) = chunks.recv().await {
        // The gate itself may be gone: then everything passes.
        opened.wait_for(|open| *open).await.ok();
        if to.write_all(&chunk).await.is_err() {
            return;
        }
    }
    to.shutdown().await.ok();
}
