//! The proxy that the environment or the operating system sets for the server.

use connectwise_psa_core::error::Error;
use hyper_util::client::proxy::matcher::Matcher;
use url::Url;

/// The settings of the environment or of the operating system, read as reqwest reads them.
pub(crate) struct SystemProxy {
    scheme: String,
    /// The value of the `Proxy-Authorization` header that the client sends to the proxy, in base64.
    pub(crate) credentials: Option<String>,
}

impl SystemProxy {
    /// Returns the proxy for requests to a server, if there is one.
    pub(crate) fn for_server(server: &Url) -> Option<Self> {
        Self::from_matcher(&Matcher::from_system(), server)
    }

    fn from_matcher(matcher: &Matcher, server: &Url) -> Option<Self> {
        let intercept = matcher.intercept(&server.as_str().parse().ok()?)?;
        let header = intercept.basic_auth().and_then(|header| header.to_str().ok());
        let credentials = header.and_then(|header| header.strip_prefix("Basic ")).map(str::to_owned);
        Some(Self { scheme: intercept.uri().scheme_str().unwrap_or_default().to_owned(), credentials })
    }

    /// Fails if this program cannot use the proxy.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if cfg!(feature = "socks") || !self.scheme.starts_with("socks") {
            return Ok(());
        }
        let problem = format!(
            "is a SOCKS proxy ({}://…, set by ALL_PROXY, HTTPS_PROXY, HTTP_PROXY or the operating system), and this \
             program was compiled without support for SOCKS: enable the feature `socks` of connectwise-psa, set an HTTP \
             proxy, or add the server to NO_PROXY",
            self.scheme
        );
        Err(Error::invalid_input("proxy", problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_socks_proxies_are_rejected_and_only_for_servers_that_use_them() {
        let server: Url = "https://psa.example/v4_6_release/apis/3.0".parse().unwrap();
        for (proxy, no_proxy, is_supported) in [
            ("", "", true),
            ("http://proxy.example:8080", "", true),
            ("proxy.example:8080", "", true),
            ("socks5://proxy.example", "", false),
            ("socks5h://user:Sesame@proxy.example:1080", "", false),
            ("socks4://proxy.example", "", false),
            ("socks5://proxy.example", "psa.example", true),
            ("socks5://proxy.example", "other.example", false),
        ] {
            let matcher = Matcher::builder().all(proxy).no(no_proxy).build();
            let result = SystemProxy::from_matcher(&matcher, &server).map_or(Ok(()), |proxy| proxy.check());
            assert_eq!(result.is_ok(), is_supported || cfg!(feature = "socks"), "{proxy}");
            if let Err(error) = result {
                let text = error.to_string();
                assert!(text.contains("`socks`") && !text.contains("Sesame"), "{text}");
            }
        }
        let matcher = Matcher::builder().all("http://user:Sesame@proxy.example").build();
        let proxy = SystemProxy::from_matcher(&matcher, &server);
        assert_eq!(proxy.and_then(|proxy| proxy.credentials).as_deref(), Some("dXNlcjpTZXNhbWU="));
    }
}
