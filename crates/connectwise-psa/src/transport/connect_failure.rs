//! Why a connection failed: classified by the texts of the sources, because neither the HTTP client nor the operating
//! system has types for all causes.

use std::error::Error;

/// The cause of a failed connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConnectFailure {
    /// The proxy requires a user and a password.
    ProxyLogin,
    /// The proxy is a SOCKS proxy, for which the program was not compiled.
    Socks,
    /// The proxy cannot be reached, or cannot reach the host.
    Proxy,
    /// The host name cannot be resolved.
    HostName,
    /// Nothing listens at host and port.
    Closed,
    /// The certificate is not trusted, has expired or is for another host.
    Certificate,
    /// Nothing responds in time.
    Timeout,
    /// The TLS handshake failed for another reason than the certificate.
    Tls,
    /// There is no route to the host.
    Network,
    /// Anything else.
    Other,
}

/// The texts that show a cause, in lower case. The first cause with a matching text counts.
const TEXTS: [(ConnectFailure, &[&str]); 9] = [
    (ConnectFailure::ProxyLogin, &["proxy authorization required", "proxy authentication required"]),
    (ConnectFailure::Socks, &["unsupported scheme socks"]),
    (ConnectFailure::Proxy, &["proxy", "tunnel"]),
    (
        ConnectFailure::HostName,
        &["dns error", "lookup address", "name or service not known", "nodename nor servname", "no such host"],
    ),
    (ConnectFailure::Closed, &["connection refused", "actively refused"]),
    (ConnectFailure::Certificate, &["certificate", "unknownissuer", "notvalidforname", "self-signed", "self signed"]),
    (ConnectFailure::Timeout, &["timed out", "deadline has elapsed"]),
    (
        ConnectFailure::Tls,
        &["invalidcontenttype", "wrong version number", "corrupt message", "handshake", "tls", "ssl"],
    ),
    (ConnectFailure::Network, &["unreachable", "no route"]),
];

impl ConnectFailure {
    /// Returns the cause that an error and its sources show.
    pub(crate) fn of(error: &(dyn Error + 'static)) -> Self {
        let mut text = String::new();
        let mut next = Some(error);
        while let Some(error) = next {
            text.push_str(&error.to_string().to_ascii_lowercase());
            text.push('\n');
            next = error.source();
        }
        let is_shown = |texts: &[&str]| texts.iter().any(|shown| text.contains(shown));
        TEXTS.into_iter().find(|(_, texts)| is_shown(texts)).map_or(Self::Other, |(cause, _)| cause)
    }

    /// Returns whether a further attempt would fail in the same way.
    pub(crate) fn is_permanent(self) -> bool {
        matches!(self, Self::Certificate | Self::ProxyLogin | Self::Socks)
    }

    /// Returns what to do: one or two sentences.
    pub(crate) const fn advice(self) -> &'static str {
        match self {
            Self::ProxyLogin => "Set a user and a password in the URL of the proxy.",
            Self::Socks => "Use an HTTP proxy, or compile the program with the feature `socks`.",
            Self::Proxy => {
                "Check the proxy settings: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, or those of the operating system."
            }
            Self::HostName => "Check the spelling of the host, and whether DNS works on this machine.",
            Self::Closed => "Check host and port, and whether the server is running.",
            Self::Certificate => {
                "Check the host. If it has a private certificate, trust its issuer on this machine, or add the issuer's \
                 certificate with `http_client` of the client's builder."
            }
            Self::Timeout => "Check host and port, and whether a firewall blocks the connection; try again later.",
            Self::Tls => "Check the port, and whether a proxy intercepts TLS.",
            Self::Network => "Check the network of this machine.",
            Self::Other => "Check the host and the network.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_searched_and_the_first_cause_counts() {
        let inner = std::io::Error::other("invalid peer certificate: UnknownIssuer");
        assert_eq!(ConnectFailure::of(&std::io::Error::other(inner)), ConnectFailure::Certificate);
        let both = std::io::Error::other("proxy: connection refused");
        assert_eq!(ConnectFailure::of(&both), ConnectFailure::Proxy);
    }

    #[test]
    fn causes_are_classified() {
        for (text, expected) in [
            ("dns error\nfailed to lookup address information: Name or service not known", ConnectFailure::HostName),
            ("tcp connect error: Connection refused (os error 111)", ConnectFailure::Closed),
            (
                "No connection could be made because the target machine actively refused it. (os error 10061)",
                ConnectFailure::Closed,
            ),
            ("invalid peer certificate: UnknownIssuer", ConnectFailure::Certificate),
            ("error:0A000086:SSL routines: certificate verify failed", ConnectFailure::Certificate),
            ("operation timed out", ConnectFailure::Timeout),
            ("received corrupt message of type InvalidContentType", ConnectFailure::Tls),
            ("Network is unreachable (os error 101)", ConnectFailure::Network),
            ("tunnel error: unsuccessful", ConnectFailure::Proxy),
            ("tunnel error: proxy authorization required", ConnectFailure::ProxyLogin),
            ("unsupported scheme socks5", ConnectFailure::Socks),
            ("x", ConnectFailure::Other),
        ] {
            let error: Box<dyn Error> = text.into();
            let found = ConnectFailure::of(error.as_ref());
            assert_eq!(found, expected, "{text}");
            assert!(found.advice().ends_with('.'));
        }
    }
}
