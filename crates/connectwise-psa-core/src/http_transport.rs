//! The transport over HTTP: one request and its answer, with credentials that never leave the configured origin.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};
use reqwest::Client;
use reqwest::redirect::Policy;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use crate::upload::{Form, Part, UploadBody};
use crate::{Answer, BoxFuture, ByteStream, Error, Request, RequestBody, Response, Transport, Upload};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the server may be silent. facts: searches in large tables take 30 s and more.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// The path of the API on a server, when only its name is given. facts: on cloud servers `v4_6_release` leads to the tenant's own release.
const BASE_PATH: &str = "/v4_6_release/apis/3.0";

const CLIENT_ID: HeaderName = HeaderName::from_static("clientid");

/// Sends requests over HTTP: one try, no limits.
///
/// Redirects are not followed: credentials go to the configured origin and nowhere else. Connecting may take 10 s, and the server may be silent for 60 s.
///
/// ```
/// use connectwise_psa_core::{Connection, HttpTransport};
///
/// let transport = HttpTransport::builder("https://api-na.myconnectwise.net/v4_6_release/apis/3.0")?
///     .company("acme")
///     .keys("public", "private")
///     .client_id("00000000-0000-0000-0000-000000000000")
///     .version("2025.8")
///     .build()?;
/// let connection = Connection::new(transport);
/// # Ok::<(), connectwise_psa_core::Error>(())
/// ```
#[derive(Clone)]
pub struct HttpTransport {
    client: Client,
    base: Url,
    /// `company+publicKey`.
    user: String,
    private_key: SecretString,
    client_id: HeaderValue,
    accept: HeaderValue,
    accept_file: HeaderValue,
}

/// Settings of an [`HttpTransport`]; see [`HttpTransport::builder`].
#[must_use]
pub struct HttpTransportBuilder {
    base: Url,
    company: String,
    public_key: String,
    private_key: SecretString,
    client_id: String,
    version: Option<String>,
    client: Option<Client>,
    plain_http: bool,
}

impl HttpTransport {
    /// Begins with the base URL of the API, such as `https://api-na.myconnectwise.net/v4_6_release/apis/3.0`, or with the host alone: the scheme and the
    /// path `/v4_6_release/apis/3.0` are added where they are missing.
    ///
    /// # Errors
    ///
    /// When it is no URL of http or https, or holds credentials, a query or a fragment.
    pub fn builder(base_url: &str) -> Result<HttpTransportBuilder, Error> {
        Ok(HttpTransportBuilder {
            base: base_url_of(&site_url(base_url.trim()), "base_url")?,
            company: String::new(),
            public_key: String::new(),
            private_key: SecretString::default(),
            client_id: String::new(),
            version: None,
            client: None,
            plain_http: false,
        })
    }

    /// Settings from the environment: `CW_SITE`, `CW_COMPANY`, `CW_PUBLIC_KEY`, `CW_PRIVATE_KEY` and `CW_CLIENT_ID`.
    ///
    /// `CW_SITE` is a host (`api-na.myconnectwise.net`) or a URL; without a path, `/v4_6_release/apis/3.0` is added.
    ///
    /// # Errors
    ///
    /// Names the variable that is missing or cannot be used.
    pub fn from_env() -> Result<Self, Error> {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let required = |name: &str| {
            let value = variable(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
            value.ok_or_else(|| Error::invalid_input(name, "is missing from the environment"))
        };
        let site = site_url(&required("CW_SITE")?);
        let base = base_url_of(&site, "CW_SITE")?;
        let builder = Self::builder(base.as_str())?.company(required("CW_COMPANY")?);
        builder.keys(required("CW_PUBLIC_KEY")?, required("CW_PRIVATE_KEY")?).client_id(required("CW_CLIENT_ID")?).build()
    }

    /// The base URL requests go to.
    #[must_use]
    pub fn base_url(&self) -> &str {
        self.base.as_str()
    }

    /// The URL of a request: its path and query behind the base URL, and nothing that leads elsewhere.
    fn url(&self, request: &Request) -> Result<Url, Error> {
        let refuse = |why: &str| Error::invalid_input("path", format!("{why}: `{}`", request.path));
        if !request.path.starts_with('/') {
            return Err(refuse("does not start with a slash"));
        }
        let expected = format!("{}{}", self.base.path().trim_end_matches('/'), request.path);
        let text = format!("{}{}", self.base.as_str().trim_end_matches('/'), request.path_and_query());
        match Url::parse(&text) {
            // Parsing resolves `..` and takes what is not encoded as something else; the path has to come out as it went in.
            Ok(url) if url.origin() == self.base.origin() && url.path() == expected && url.fragment().is_none() => Ok(url),
            _ => Err(refuse("is not encoded, or leads to another endpoint")),
        }
    }

    fn headers(&self, request: &Request) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(request.headers.len() + 3);
        let file = matches!(request.operation.map(|operation| operation.answer), Some(Answer::Bytes(_)));
        headers.insert(ACCEPT, if file { self.accept_file.clone() } else { self.accept.clone() });
        for (name, value) in &request.headers {
            headers.insert(name, value.clone());
        }
        headers.insert(CLIENT_ID, self.client_id.clone());
        // Set by the client from the keys, and by nobody else.
        headers.remove(AUTHORIZATION);
        headers
    }

    async fn exchange(&self, request: Request) -> Result<Response, Error> {
        let url = self.url(&request)?;
        let headers = self.headers(&request);
        // Marks the header as sensitive, so that it is not printed.
        let outgoing = self.client.request(request.method.into(), url).headers(headers).basic_auth(&self.user, Some(self.private_key.expose_secret()));
        let outgoing = match request.body {
            RequestBody::Empty => outgoing,
            RequestBody::Json(json) => outgoing.header(CONTENT_TYPE, "application/json").body(json),
            RequestBody::Multipart(form) => outgoing.multipart(multipart(form)?),
        };
        let response = outgoing.send().await.map_err(failure)?;
        let status = response.status();
        let headers = response.headers().clone();
        Ok(Response { status, headers, body: ByteStream::new(Body(Box::pin(response.bytes_stream()))) })
    }
}

impl Transport for HttpTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, Error>> {
        Box::pin(self.exchange(request))
    }
}

/// Shows no keys.
impl fmt::Debug for HttpTransport {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("HttpTransport").field("base_url", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl HttpTransportBuilder {
    /// The short name of the company that its members give when they log in.
    pub fn company(mut self, company: impl Into<String>) -> Self {
        self.company = company.into();
        self
    }

    /// The public and the private key of an API member.
    pub fn keys(mut self, public: impl Into<String>, private: impl Into<SecretString>) -> Self {
        self.public_key = public.into();
        self.private_key = private.into();
        self
    }

    /// The client id the vendor gave to the program.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.client_id = client_id.into();
        self
    }

    /// The version of the API's types, such as `2025.8`; without it the server uses its newest.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// The caller's own client with its own timeouts, proxies and redirects. One that follows redirects carries the `clientId` header along.
    pub fn client(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }

    /// Permits `http://` to other hosts than this machine. The keys can then be read on the way.
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Makes the transport.
    ///
    /// # Errors
    ///
    /// Names the setting that is missing or cannot be used.
    pub fn build(self) -> Result<HttpTransport, Error> {
        if self.base.scheme() == "http" && !self.plain_http && !is_loopback(&self.base) {
            return Err(Error::invalid_input(
                "base_url",
                "is plain http, which would show the keys to everyone on the way; use https, or permit it with allow_plain_http",
            ));
        }
        let private_key = self.private_key.expose_secret();
        let texts = [("company", self.company.as_str()), ("public key", &self.public_key), ("private key", private_key), ("client_id", &self.client_id)];
        for (name, value) in texts {
            if value.is_empty() {
                return Err(Error::invalid_input(name, "is missing"));
            }
            if value.trim() != value || value.chars().any(char::is_control) {
                return Err(Error::invalid_input(name, "has blanks around it or control characters in it"));
            }
        }
        // The first colon ends the user's name; the first plus ends the company.
        for (name, value, forbidden) in [("company", &self.company, &[':', '+'][..]), ("public key", &self.public_key, &[':'])] {
            if value.contains(forbidden) {
                return Err(Error::invalid_input(name, format!("holds one of {forbidden:?}, which separate the parts of the credentials")));
            }
        }
        let client_id = header(&self.client_id, "client_id")?;
        let accept = match &self.version {
            Some(version) if version.is_empty() || !version.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')) => {
                return Err(Error::invalid_input("version", format!("is {version:?}; it looks like 2025.8")));
            }
            Some(version) => format!("application/vnd.connectwise.com+json; version={version}"),
            None => "application/json".to_owned(),
        };
        let client = match self.client {
            Some(client) => client,
            None => default_client()?,
        };
        Ok(HttpTransport {
            client,
            base: self.base,
            user: format!("{}+{}", self.company, self.public_key),
            private_key: self.private_key,
            client_id,
            accept_file: header(&format!("{accept}, */*"), "version")?,
            accept: header(&accept, "version")?,
        })
    }
}

/// Shows no keys.
impl fmt::Debug for HttpTransportBuilder {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("HttpTransportBuilder").field("base_url", &self.base.as_str()).field("company", &self.company).finish_non_exhaustive()
    }
}

fn default_client() -> Result<Client, Error> {
    let builder = Client::builder().redirect(Policy::none()).connect_timeout(CONNECT_TIMEOUT).read_timeout(READ_TIMEOUT);
    let builder = builder.user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
    builder.build().map_err(|error| Error::invalid_input_from("client", "cannot be made: TLS or proxy settings of this machine", error))
}

fn header(text: &str, name: &str) -> Result<HeaderValue, Error> {
    HeaderValue::from_str(text).map_err(|error| Error::invalid_input_from(name, "has characters that a header cannot hold", error))
}

/// The base URL, checked. The text is not quoted in errors, since it may hold credentials.
fn base_url_of(text: &str, name: &str) -> Result<Url, Error> {
    let url = Url::parse(text.trim()).map_err(|error| Error::invalid_input_from(name, format!("is no URL: {error}"), error))?;
    let problem = if !matches!(url.scheme(), "http" | "https") {
        Some("is no URL of https")
    } else if !url.username().is_empty() || url.password().is_some() {
        Some("holds credentials; give them as company and keys")
    } else if url.query().is_some() || url.fragment().is_some() {
        Some("holds a query or a fragment")
    } else {
        None
    };
    match problem {
        Some(problem) => Err(Error::invalid_input(name, problem)),
        None => Ok(url),
    }
}

/// A site as a base URL: the scheme and the path are added where they are missing.
fn site_url(site: &str) -> String {
    let with_scheme = if site.contains("://") { site.to_owned() } else { format!("https://{site}") };
    let host_only = with_scheme.trim_end_matches('/');
    if !host_only.contains("://") {
        // No host at all: the path must not become one.
        return site.to_owned();
    }
    let has_path = host_only.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    if has_path { with_scheme } else { format!("{host_only}{BASE_PATH}") }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

fn multipart(form: Form) -> Result<reqwest::multipart::Form, Error> {
    form.parts.into_iter().try_fold(reqwest::multipart::Form::new(), |outgoing, (name, part)| match part {
        Part::Text(text) => Ok(outgoing.text(name, text)),
        Part::File(upload) => Ok(outgoing.part(name, file_part(upload)?)),
    })
}

fn file_part(upload: Upload) -> Result<reqwest::multipart::Part, Error> {
    let part = match upload.body {
        UploadBody::Bytes(bytes) => {
            // Lengths of memory fit into 64 bits on every platform.
            let length = bytes.len() as u64;
            reqwest::multipart::Part::stream_with_length(bytes, length)
        }
        UploadBody::Stream { stream, length } => reqwest::multipart::Part::stream_with_length(reqwest::Body::wrap_stream(stream), length),
    };
    let part = part.file_name(upload.file_name);
    match upload.media_type {
        Some(media_type) => {
            let named = part.mime_str(&media_type);
            named.map_err(|error| Error::invalid_input_from("media type of the upload", format!("is {media_type:?}, which is none"), error))
        }
        None => Ok(part),
    }
}

/// What reqwest says as an error of ours. Its URL is left out: the conditions in it are the caller's data.
fn failure(error: reqwest::Error) -> Error {
    let error = error.without_url();
    // An upload stream's own error comes back as ours.
    if error.is_connect() {
        Error::connect(error)
    } else if error.is_timeout() {
        Error::timeout(error)
    } else if error.is_builder() {
        Error::invalid_input_from("request", "cannot be made", error)
    } else {
        Error::transport(error)
    }
}

/// The body of an answer with errors of ours.
struct Body<S>(Pin<Box<S>>);

impl<S: Stream<Item = Result<Bytes, reqwest::Error>>> Stream for Body<S> {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(context).map(|item| item.map(|chunk| chunk.map_err(failure)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_is_read() {
        let all = [("CW_COMPANY", "acme"), ("CW_PUBLIC_KEY", "pub"), ("CW_PRIVATE_KEY", "hunter2"), ("CW_CLIENT_ID", "id")];
        for (site, base) in [
            ("api-na.myconnectwise.net", "https://api-na.myconnectwise.net/v4_6_release/apis/3.0"),
            (" https://psa.example/ ", "https://psa.example/v4_6_release/apis/3.0"),
            ("psa.example:8443", "https://psa.example:8443/v4_6_release/apis/3.0"),
            ("psa.example/v2025_1/apis/3.0", "https://psa.example/v2025_1/apis/3.0"),
            ("http://localhost:8080", "http://localhost:8080/v4_6_release/apis/3.0"),
        ] {
            let variable = |name: &str| all.iter().chain(&[("CW_SITE", site)]).find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned());
            let transport = HttpTransport::from_variables(variable).unwrap();
            assert_eq!((transport.base_url(), transport.user.as_str()), (base, "acme+pub"), "{site}");
            for missing in ["CW_SITE", "CW_COMPANY", "CW_PUBLIC_KEY", "CW_PRIVATE_KEY", "CW_CLIENT_ID"] {
                for blank in [None, Some(" ".to_owned())] {
                    let error = HttpTransport::from_variables(|name| if name == missing { blank.clone() } else { variable(name) }).unwrap_err();
                    assert!(error.to_string().contains(&format!("{missing} is missing from the environment")), "{error}");
                }
            }
        }
        let error = HttpTransport::from_variables(|name| Some(if name == "CW_SITE" { "https://user:hunter2@h" } else { "x" }.to_owned())).unwrap_err();
        assert!(error.to_string().contains("CW_SITE holds credentials") && !error.to_string().contains("hunter2"), "{error}");
    }

    #[test]
    fn the_credentials_are_marked_as_sensitive() {
        let transport = HttpTransport::builder("https://h/").unwrap().company("acme").keys("pub", "hunter2").client_id("id").build().unwrap();
        let request = transport.client.get("https://h/").basic_auth(&transport.user, Some(transport.private_key.expose_secret())).build().unwrap();
        assert!(request.headers()[AUTHORIZATION].is_sensitive());
    }
}
