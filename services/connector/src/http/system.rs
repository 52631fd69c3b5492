//! An HTTP system of a department: where it is, what it is told with every request, and whom it is
//! believed to be.

use std::{fs, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use onething_declared::{Examined, duration};
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject};
use toml::Spanned;

use super::declaration::{HeaderDeclaration, SystemDeclaration};

/// How long a request may take unless the file says otherwise: less than a caller waits.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest answer that is read, in bytes.
const LARGEST: usize = 1024 * 1024;

/// A system.
pub(crate) struct System {
    url: String,
    headers: HeaderMap,
    pub(crate) timeout: Duration,
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
}

impl std::fmt::Debug for System {
    /// Without its headers, which hold credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("System")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

/// Why nothing came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Silence {
    /// There was no connection: the request never left.
    NotSent,
    /// The request may have arrived.
    Lost,
}

impl System {
    /// Checks a system as a file declares it. Credentials come from the environment.
    pub(crate) fn check(
        name: &str,
        declared: &Spanned<SystemDeclaration>,
        examined: &mut Examined<'_>,
    ) -> Option<Self> {
        let place = format!("systems.{name}");
        let span = declared.span();
        let declared = declared.get_ref();
        let url = match (&declared.url, &declared.url_env) {
            (Some(url), None) => Some(url.get_ref().clone()),
            (None, Some(variable)) => {
                let value = std::env::var(variable.get_ref()).ok();
                if value.is_none() {
                    let message =
                        "the environment has no such variable: set it to the system's URL";
                    examined.report(variable.span(), &place, message);
                }
                value
            }
            _ => {
                let message = "a system says where it is: either `url`, or by `url_env` which \
                               variable says so";
                examined.report(span.clone(), &place, message);
                None
            }
        };
        let written = declared.url.as_ref().or(declared.url_env.as_ref());
        let url = url.and_then(|url| {
            let url = url.trim_end_matches('/').to_owned();
            let parsed: Option<Uri> = url.parse().ok();
            let fits = parsed.is_some_and(|uri| {
                uri.authority().is_some() && matches!(uri.scheme_str(), Some("http" | "https"))
            });
            if !fits {
                let span = written.map_or(span.clone(), Spanned::span);
                let message = "a system's URL is like `https://host:8443/api`";
                examined.report(span, &place, message);
            }
            fits.then_some(url)
        });
        let timeout = match &declared.timeout {
            None => Some(TIMEOUT),
            Some(text) => {
                let found = duration(text.get_ref());
                if found.is_none() {
                    let message =
                        "a duration is a number and `ms`, `s`, `m`, `h` or `d`, like `5s`";
                    examined.report(text.span(), &place, message);
                }
                found
            }
        };
        let mut headers = HeaderMap::new();
        for (name, header) in &declared.headers {
            headers.extend(self::header(name, header, &place, examined));
        }
        let roots = match &declared.ca_file {
            Some(file) => match authorities(file.get_ref()) {
                Ok(roots) => Some(roots),
                Err(problem) => {
                    examined.report(file.span(), &place, problem);
                    None
                }
            },
            None => Some(of_the_machine()),
        };
        Some(Self {
            url: url?,
            headers,
            timeout: timeout?,
            client: client(roots?)?,
        })
    }

    /// Sends a request to a path of the system.
    pub(crate) async fn send(
        &self,
        method: http::Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
        timeout: Duration,
    ) -> Result<Reply, Silence> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = method;
        *request.uri_mut() = format!("{}{path}", self.url)
            .parse()
            .map_err(|_| Silence::NotSent)?;
        request.headers_mut().extend(self.headers.clone());
        request.headers_mut().extend(headers);
        let exchanged = async {
            let response = self.client.request(request).await.map_err(|error| {
                if error.is_connect() {
                    Silence::NotSent
                } else {
                    Silence::Lost
                }
            })?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LARGEST);
            let body = body.collect().await.map_err(|_| Silence::Lost)?.to_bytes();
            Ok(Reply { status, body })
        };
        // Without an answer in time, it may have arrived.
        let answered = tokio::time::timeout(timeout, exchanged).await;
        answered.unwrap_or(Err(Silence::Lost))
    }
}

fn header(
    name: &str,
    declared: &Spanned<HeaderDeclaration>,
    place: &str,
    examined: &mut Examined<'_>,
) -> Option<(HeaderName, HeaderValue)> {
    let HeaderDeclaration { value, env, prefix } = declared.get_ref();
    let value = match (value, env) {
        (Some(value), None) => value.clone(),
        (None, Some(variable)) => {
            let Ok(value) = std::env::var(variable) else {
                let message = format!("the environment has no variable {variable}: set it");
                examined.report(declared.span(), place, message);
                return None;
            };
            format!("{prefix}{value}")
        }
        _ => {
            let message = "a header has a `value`, or names by `env` the variable that holds it";
            examined.report(declared.span(), place, message);
            return None;
        }
    };
    let parsed = name.parse::<HeaderName>().ok().zip(value.parse().ok());
    if parsed.is_none() {
        // Not the value: it may be a credential.
        let message = format!("`{name}` and its value are no header");
        examined.report(declared.span(), place, message);
    }
    parsed.map(|(name, mut value): (_, HeaderValue)| {
        value.set_sensitive(true);
        (name, value)
    })
}

fn authorities(file: &str) -> Result<RootCertStore, String> {
    let text = fs::read(file).map_err(|error| format!("it cannot be read: {}", error.kind()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&text) {
        let added = certificate
            .ok()
            .and_then(|certificate| roots.add(certificate).ok());
        if added.is_none() {
            return Err("it holds something else than certificates in PEM".to_owned());
        }
    }
    if roots.is_empty() {
        return Err("it holds no certificate in PEM".to_owned());
    }
    Ok(roots)
}

/// The authorities that this machine trusts.
fn of_the_machine() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    roots
}

fn client(roots: RootCertStore) -> Option<Client<HttpsConnector<HttpConnector>, Full<Bytes>>> {
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_http1()
        .build();
    Some(Client::builder(TokioExecutor::new()).build(connector))
}
