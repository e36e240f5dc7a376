//! The HTTP client that sends callback messages: with TLS and proxies by reqwest, without TLS by hyper alone. Without
//! the feature `tls`, reqwest may have been compiled so that it fails unless the program sets up TLS.

use std::time::Duration;

use bytes::Bytes;
#[cfg(not(feature = "tls"))]
use http_body_util::Full;
#[cfg(not(feature = "tls"))]
use hyper_util::client::legacy::{Client, connect::HttpConnector};
#[cfg(not(feature = "tls"))]
use hyper_util::rt::TokioExecutor;

/// Observed on live servers: the timeout is 5 s.
const TIMEOUT: Duration = Duration::from_secs(5);

const HEADERS: [&str; 2] = ["content-type", "x-content-signature"];

#[cfg(feature = "tls")]
type HttpClient = reqwest::Client;
#[cfg(not(feature = "tls"))]
type HttpClient = Client<HttpConnector, Full<Bytes>>;

/// Sends messages. Clones share their connections.
#[derive(Clone, Debug)]
pub(crate) struct CallbackClient(HttpClient);

impl CallbackClient {
    /// Creates a client.
    pub(crate) fn new() -> Self {
        #[cfg(feature = "tls")]
        let client = HttpClient::new();
        #[cfg(not(feature = "tls"))]
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self(client)
    }

    /// Sends a message. Returns the status of the response, or `None` if there is none in time.
    pub(crate) async fn post(&self, url: &str, signature: &str, body: Bytes) -> Option<u16> {
        let values = ["application/json", signature];
        let headers = HEADERS.into_iter().zip(values);
        tokio::time::timeout(TIMEOUT, self.send(url, headers, body)).await.ok().flatten()
    }

    #[cfg(feature = "tls")]
    async fn send<'a>(&self, url: &str, headers: impl Iterator<Item = (&'a str, &'a str)>, body: Bytes) -> Option<u16> {
        let request = headers.fold(self.0.post(url), |request, (name, value)| request.header(name, value));
        Some(request.body(body).send().await.ok()?.status().as_u16())
    }

    #[cfg(not(feature = "tls"))]
    async fn send<'a>(&self, url: &str, headers: impl Iterator<Item = (&'a str, &'a str)>, body: Bytes) -> Option<u16> {
        // The parser of URLs accepts more than that of HTTP requests, and encodes it.
        let url = url::Url::parse(url).ok()?;
        let request =
            headers.fold(http::Request::post(url.as_str()), |request, (name, value)| request.header(name, value));
        Some(self.0.request(request.body(body.into()).ok()?).await.ok()?.status().as_u16())
    }
}
