//! A system behind TLS: it is believed when an authority of the file vouches for it, and not otherwise.

#![expect(
    clippy::unwrap_used,
    reason = "tests say what they expect by panicking"
)]

use std::{net::SocketAddr, sync::Arc};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};
use tonic::Code;

use crate::{dynamic::Declared, running::Served};

const FILE: &str = r#"
service = "onething.grassland.v1.GrasslandService"

[contract]
code = "GL"
title = { zh = "草原", mn = "ᠪᠡᠯᠴᠢᠭᠡᠷ", en = "Grassland" }

[[contract.matter]]
method = "FindPasture"
kind = "query"
title = { zh = "草场", mn = "ᠪᠡᠯᠴᠢᠭᠡᠷ", en = "Pasture" }
request = [{ number = 1, name = "id_number", role = "herder", element = "person.id_number" }]
answer = [{ number = 1, name = "mu", type = "integer" }]

[systems.pastures]
url = "URL"
CA

[[matter]]
method = "FindPasture"

[matter.http]
system = "pastures"
response.mu = { type = "integer" }

[matter.http.call]
method = "GET"
path = "/pastures/{request.id_number}"

[matter.answer]
mu = "answer.mu"
"#;

/// A server that answers everything with a pasture, and its certificate.
async fn server() -> (SocketAddr, String) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.pem();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Who does not believe the certificate goes away again.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            let answer =
                "HTTP/1.1 200 OK\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{\"mu\": 120}";
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
        }
    });
    (address, certificate)
}

#[tokio::test]
async fn only_whom_the_files_authority_vouches_for_is_believed() {
    let (address, certificate) = server().await;
    for trusted in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let ca = folder.path().join("ca.pem");
        std::fs::write(&ca, &certificate).unwrap();
        let ca = format!("ca_file = \"{}\"", ca.display());
        let text = FILE
            .replace("URL", &format!("https://localhost:{}", address.port()))
            .replace(
                "CA\n",
                &if trusted {
                    ca.clone() + "\n"
                } else {
                    String::new()
                },
            );
        std::fs::write(folder.path().join("grassland.toml"), text).unwrap();
        let setting = folder.path().display().to_string();
        for served in Served::on_both(&[("CONNECTOR__DEPARTMENTS_DIR", &setting)]).await {
            let service = "onething.grassland.v1.GrasslandService";
            let grassland = Declared::new(folder.path(), service, served.channel());
            let herder = json!({ "id_number": "15010520190715996X" });
            let found = grassland.call("a", "FindPasture", herder).await;
            if trusted {
                assert_eq!(found.unwrap(), json!({ "mu": 120 }));
            } else {
                assert_eq!(found.unwrap_err().code(), Code::Unavailable);
            }
        }
    }
}
