//! The address of one instance.

use std::fmt;

use http::Uri;

/// Where an instance is reached: `http://host:port`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    address: String,
}

/// A text that is not an [`Endpoint`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address of the form http://host:port")]
pub struct InvalidEndpoint(pub String);

impl Endpoint {
    /// Reads `http://host:port`.
    ///
    /// # Errors
    /// [`InvalidEndpoint`] for anything else.
    pub fn parse(text: &str) -> Result<Self, InvalidEndpoint> {
        let invalid = || InvalidEndpoint(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| invalid())?;
        let plain = uri.scheme_str() == Some("http") && matches!(uri.path(), "" | "/");
        let authority = uri.authority().filter(|_| plain && uri.query().is_none());
        let authority = authority.filter(|a| !a.host().is_empty() && a.port_u16().is_some());
        let authority = authority
            .filter(|a| !a.as_str().contains('@'))
            .ok_or_else(invalid)?;
        Ok(Self {
            address: authority.as_str().to_owned(),
        })
    }

    /// The endpoint at `host` and `port`; an IPv6 address may come with or without brackets.
    ///
    /// # Errors
    /// [`InvalidEndpoint`] if `host` is neither a name nor an address.
    pub fn at(host: &str, port: u16) -> Result<Self, InvalidEndpoint> {
        if host.contains(':') && !host.starts_with('[') {
            Self::parse(&format!("http://[{host}]:{port}"))
        } else {
            Self::parse(&format!("http://{host}:{port}"))
        }
    }

    /// `http://host:port`.
    pub fn uri(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The host, without the brackets of an IPv6 address.
    pub fn host(&self) -> &str {
        let host = self
            .address
            .rsplit_once(':')
            .map_or(self.address.as_str(), |(host, _)| host);
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port.
    pub fn port(&self) -> u16 {
        // `parse` let only addresses with a valid port in.
        self.address
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok())
            .unwrap_or_default()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_http_with_host_and_port_is_an_endpoint() {
        let endpoint = Endpoint::parse("http://127.0.0.1:7101").unwrap();
        assert_eq!((endpoint.host(), endpoint.port()), ("127.0.0.1", 7101));
        assert_eq!(endpoint.uri(), "http://127.0.0.1:7101");
        let endpoint = Endpoint::at("::1", 80).unwrap();
        assert_eq!((endpoint.host(), endpoint.port()), ("::1", 80));
        assert_eq!(Endpoint::parse("http://[::1]:80/").unwrap(), endpoint);
        for wrong in [
            "",
            "a:1",
            "https://a:1",
            "http://a",
            "http://a:1/x",
            "http://a:1?x",
            "http://u@a:1",
            "http://a:70000",
        ] {
            assert!(Endpoint::parse(wrong).is_err(), "{wrong}");
        }
    }
}
