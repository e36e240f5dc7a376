//! The builder of a client, which checks all settings before it creates the client.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectwise_psa_bindings::API_VERSION;
use connectwise_psa_core::conditions::Condition;
use connectwise_psa_core::error::Error;
use connectwise_psa_core::secrets::KnownSecrets;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};

use crate::auth::authentication::Authentication;
use crate::auth::credentials::Credentials;
use crate::auth::source::{CredentialSource, OwnCredentials};
use crate::client::Psa;
use crate::discovery::endpoint::Endpoint;
use crate::discovery::mode::Discovery;
use crate::discovery::region::Region;
use crate::discovery::site::{Site, is_loopback, means_this_machine};
#[cfg(feature = "system")]
use crate::sync::Cached;
use crate::transport::budget::Budget;
use crate::transport::http::header;
use crate::transport::limits::{Limits, MAX_DURATION};
use crate::transport::pipeline::{CALL_TIMEOUT, Pipeline, Shared};
use crate::transport::proxy::SystemProxy;
#[cfg(all(feature = "rustls-ring", not(any(feature = "rustls", feature = "native-tls"))))]
use crate::transport::ring;
use connectwise_psa_core::transport::{CallOptions, MAX_RESPONSE_SIZE, RetryPolicy};

/// The default time limit for opening a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The default time limit between two reads of a response. Observed on live servers: searches in large tables take 30 s
/// and more.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// The default number of concurrent requests. Observed on live servers: twelve workers ran into the rate limit, four
/// did not.
const MAX_CONCURRENT_REQUESTS: usize = 4;

/// The default number of requests in any minute. Observed on live servers: above about 1,000, the server rejects them.
const REQUESTS_PER_MINUTE: usize = 900;

/// A builder of a [`Psa`]; see [`Psa::builder`].
///
/// A setter replaces an earlier value of the same setting: `host`, `region` and `base_url` set the server, `keys`,
/// `integrator`, `member_hash` and `credential_source` the credentials. Only [`options`](Self::options) keeps earlier values: those of the
/// options that the new value does not set.
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct PsaBuilder {
    address: Option<Address>,
    company: String,
    credentials: Option<BuilderCredentials>,
    client_id: Option<String>,
    discovery: Discovery,
    plain_http: bool,
    max_concurrent_requests: usize,
    requests_per_minute: Option<usize>,
    connect_timeout: Duration,
    read_timeout: Duration,
    max_response_size: u64,
    accepts_gzip: bool,
    http_client: Option<Arc<ConfigureHttp>>,
    options: CallOptions,
    company_condition: Option<Condition>,
    /// The settings that still have the values of the environment, each with the variable that an error names instead
    /// of the setting.
    variables: Vec<(&'static str, &'static str)>,
}

/// The credentials as the caller set them.
#[derive(Clone)]
enum BuilderCredentials {
    Fixed(Credentials),
    Source(Arc<dyn CredentialSource>),
}

/// Omits secrets.
impl fmt::Debug for BuilderCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(credentials) => credentials.fmt(f),
            Self::Source(_) => f.write_str("CredentialSource"),
        }
    }
}

/// The caller's function that configures the HTTP client.
type ConfigureHttp = dyn Fn(ClientBuilder) -> ClientBuilder + Send + Sync;

/// The server address as the caller set it. It is not printed, because it may contain a password by mistake.
#[derive(Clone)]
enum Address {
    Host(String),
    BaseUrl(String),
}

impl Address {
    /// Returns the name of the setting in errors.
    const fn name(&self) -> &'static str {
        match self {
            Self::Host(_) => "host",
            Self::BaseUrl(_) => "base_url",
        }
    }

    fn site(&self) -> Result<Site, Error> {
        match self {
            Self::Host(text) => Site::from_host(text),
            Self::BaseUrl(text) => Site::from_base_url(text),
        }
    }
}

/// The settings that the environment provides, each with its name in errors and its variable.
const VARIABLES: [(&str, &str); 5] = [
    ("host", "CW_SITE"),
    ("company", "CW_COMPANY"),
    ("public key", "CW_PUBLIC_KEY"),
    ("private key", "CW_PRIVATE_KEY"),
    ("client_id", "CW_CLIENT_ID"),
];

/// Constructors.
impl Psa {
    /// Returns a builder with default settings.
    pub fn builder() -> PsaBuilder {
        PsaBuilder::new()
    }

    /// Creates a client from the environment variables `CW_SITE` (a host in any form), `CW_COMPANY`, `CW_PUBLIC_KEY`,
    /// `CW_PRIVATE_KEY` and `CW_CLIENT_ID` (optional). Use [`PsaBuilder::from_env`] to add other settings.
    ///
    /// # Errors
    ///
    /// Returns an invalid-input error that names the variable that is missing or invalid.
    pub fn from_env() -> Result<Self, Error> {
        PsaBuilder::from_env().build()
    }
}

impl PsaBuilder {
    pub(crate) fn new() -> Self {
        Self {
            address: None,
            company: String::new(),
            credentials: None,
            client_id: None,
            discovery: Discovery::default(),
            plain_http: false,
            max_concurrent_requests: MAX_CONCURRENT_REQUESTS,
            requests_per_minute: Some(REQUESTS_PER_MINUTE),
            connect_timeout: CONNECT_TIMEOUT,
            read_timeout: READ_TIMEOUT,
            max_response_size: MAX_RESPONSE_SIZE,
            accepts_gzip: false,
            http_client: None,
            company_condition: None,
            options: CallOptions::new().version(API_VERSION).timeout(CALL_TIMEOUT).retry(RetryPolicy::default()),
            variables: Vec::new(),
        }
    }

    /// Returns a builder with settings from the environment variables `CW_SITE` (a host in any form), `CW_COMPANY`,
    /// `CW_PUBLIC_KEY`, `CW_PRIVATE_KEY` and `CW_CLIENT_ID` (optional). Later setters replace these values.
    ///
    /// Nothing is checked yet: [`build`](Self::build) returns an error that names the variable that is missing or
    /// invalid.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use connectwise_psa::{Psa, PsaBuilder};
    ///
    /// let psa: Psa = PsaBuilder::from_env().read_timeout(Duration::from_secs(120)).build()?;
    /// # Ok::<(), connectwise_psa::Error>(())
    /// ```
    pub fn from_env() -> Self {
        Self::from_variables(|name| std::env::var(name).ok())
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| variable(name).map(|value| value.trim().to_owned()).unwrap_or_default();
        let builder = Self::new()
            .host(value("CW_SITE"))
            .company(value("CW_COMPANY"))
            .keys(value("CW_PUBLIC_KEY"), value("CW_PRIVATE_KEY"));
        let builder = match value("CW_CLIENT_ID") {
            client_id if client_id.is_empty() => builder,
            client_id => builder.client_id(client_id),
        };
        Self { variables: VARIABLES.to_vec(), ..builder }
    }

    /// Records that a setter replaced a setting from the environment, so errors name the setting.
    fn mark_replaced(&mut self, setting: &str) {
        self.variables.retain(|(other, _)| *other != setting);
    }

    /// Sets the server. Accepts the host in any form: `na.myconnectwise.net`, `https://api-na.myconnectwise.net/`,
    /// `psa.msp.example:8443`, or a URL copied from a browser.
    ///
    /// On the ConnectWise cloud, the client looks up the API's host and its code base (the part of the path that names
    /// the company's release, such as `v2025_1`) before the first request. On other servers, it uses the path in the
    /// address, up to the code base or `/apis/3.0`, or else `/v4_6_release/apis/3.0`.
    pub fn host(self, host: impl Into<String>) -> Self {
        self.address(Address::Host(host.into()))
    }

    /// Sets the server to a region of the ConnectWise cloud.
    pub fn region(self, region: Region) -> Self {
        self.host(region.host())
    }

    /// Sets the complete base URL of the API: `https://psa.msp.example/v4_6_release/apis/3.0`. The client uses it as it
    /// is, without trailing slashes, and looks nothing up unless [`code_base_discovery`](Self::code_base_discovery) is
    /// `Always`. If the URL has no path, the client adds `/v4_6_release/apis/3.0`.
    pub fn base_url(self, base_url: impl Into<String>) -> Self {
        self.address(Address::BaseUrl(base_url.into()))
    }

    fn address(mut self, address: Address) -> Self {
        self.mark_replaced("host");
        self.address = Some(address);
        self
    }

    /// Sets the company id: the short name that members enter when they log in.
    pub fn company(mut self, company: impl Into<String>) -> Self {
        self.mark_replaced("company");
        self.company = company.into();
        self
    }

    /// Sets the public and the private key of an API member. The public key may start with the company id:
    /// `acme+AbCdEf`.
    pub fn keys(self, public: impl Into<String>, private: impl Into<String>) -> Self {
        self.credentials(BuilderCredentials::Fixed(Credentials::keys(public, private)))
    }

    /// Sets an integrator login, which can impersonate members: [`Psa::as_member`].
    pub fn integrator(self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials(BuilderCredentials::Fixed(Credentials::integrator(name, password)))
    }

    /// Sets the credentials of a page that PSA shows in a frame (a pod of the Hosted API): the `memberid` and the
    /// `memberHash` that PSA returns for the page's request `getMemberAuthentication`.
    pub fn member_hash(self, member_id: impl Into<String>, hash: impl Into<String>) -> Self {
        self.credentials(BuilderCredentials::Fixed(Credentials::member_hash(member_id, hash)))
    }

    /// Sets a source of credentials, such as a vault, instead of credentials that do not change. The company must be set
    /// too.
    pub fn credential_source(self, source: impl CredentialSource + 'static) -> Self {
        self.credentials(BuilderCredentials::Source(Arc::new(source)))
    }

    fn credentials(mut self, credentials: BuilderCredentials) -> Self {
        self.mark_replaced("public key");
        self.mark_replaced("private key");
        self.credentials = Some(credentials);
        self
    }

    /// Sets a condition that every list and every count of companies gets in addition to its own filters, for a program
    /// that works with some of the companies only. It applies to the lists and counts of `list_companies` and
    /// `count_companies`, also if the operation is called by name or path with
    /// [`RawRequest::list`](crate::raw::RawRequest::list). It does not apply to other requests, such as a company that is
    /// read by its id, nor to lists of other records. [`Psa::without_company_condition`] returns a client without it.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let builder = connectwise_psa::Psa::builder().company_condition(r#"status/name = "Active""#.parse()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn company_condition(mut self, condition: Condition) -> Self {
        self.company_condition = Some(condition);
        self
    }

    /// Sets the program's client id, which ConnectWise issues in its developer portal. Observed on live servers: the
    /// cloud rejects requests without a client id.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.mark_replaced("client_id");
        self.client_id = Some(client_id.into());
        self
    }

    /// Sets when the client looks up the host and the code base of the company's API. The default is
    /// [`Discovery::CloudOnly`]. Use [`Discovery::Never`] if the lookup is not possible, for example because a gateway
    /// allows only requests to the API.
    ///
    /// ```
    /// use connectwise_psa::{Discovery, Psa};
    ///
    /// let psa = Psa::builder().host("na.myconnectwise.net").code_base_discovery(Discovery::Never);
    /// ```
    pub fn code_base_discovery(mut self, discovery: Discovery) -> Self {
        self.discovery = discovery;
        self
    }

    /// Allows `http://` URLs of hosts other than this machine. Credentials are then sent unencrypted.
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// Sets how many requests all clones of the client together have in flight at a time. The default is 4. `build`
    /// rejects 0.
    ///
    /// A request is in flight until its whole response has been read. A download is in flight only until its headers
    /// have arrived: while a program reads it, other calls are sent, so a program can stream a download into an upload.
    /// An upload is in flight until the server has responded, however long its source takes.
    pub fn max_concurrent_requests(mut self, requests: usize) -> Self {
        self.max_concurrent_requests = requests;
        self
    }

    /// Sets how many requests all clones of the client together send in any minute. The default is 900. `build` rejects
    /// 0. After a 429, the client lowers the limit for a while.
    pub fn requests_per_minute(mut self, requests: usize) -> Self {
        self.requests_per_minute = Some(requests);
        self
    }

    /// Removes the limit on requests per minute. After a 429, requests still wait as long as the server asks, and the
    /// limit on concurrent requests ([`max_concurrent_requests`](Self::max_concurrent_requests)) still applies.
    pub fn unlimited_requests_per_minute(mut self) -> Self {
        self.requests_per_minute = None;
        self
    }

    /// Sets the time limit for opening a connection. The default is 10 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sets how long the client waits for the next data from the server. The default is 60 s.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// Sets the maximum size of a response that is read into memory, in bytes. The default is 256 MiB. `build` rejects 0.
    ///
    /// It applies to the response of every call, and to [`Download::bytes`](crate::Download::bytes); bytes that the
    /// HTTP client decompresses count after decompression. A larger response is an error whose
    /// [`is_response_too_large`](crate::Error::is_response_too_large) is true. Downloads that are read as streams have
    /// no maximum. Decoded values need several times as much memory as their JSON, and each concurrent request can have
    /// a response of this size.
    pub fn max_response_size(mut self, bytes: u64) -> Self {
        self.max_response_size = bytes;
        self
    }

    /// Requests responses that are compressed with gzip. By default, the client requests uncompressed ones.
    ///
    /// On a slow network, lists then arrive several times as fast: a page of 1,000 tickets takes a tenth of its size. On
    /// a fast network, lists take a little longer, because the server has to compress them and the client to decompress
    /// them. `docs/performance.md` has figures. Some servers ignore the setting.
    #[cfg(feature = "gzip")]
    pub fn accept_gzip(mut self) -> Self {
        self.accepts_gzip = true;
        self
    }

    /// Configures the HTTP client, for example its proxy or the certificates that it trusts. `build` calls the function
    /// once with the builder of the HTTP client. That builder has the timeouts of this one, the user agent, and the
    /// proxies of the environment or of the operating system.
    ///
    /// Three settings cannot be changed: the HTTP client follows no redirects, because they could lead to another host; it
    /// does not retry by itself; and it uses no proxy for a server at a loopback address (`localhost`, `127.0.0.0/8`,
    /// `::1`).
    ///
    /// ```no_run
    /// use connectwise_psa::Psa;
    /// use connectwise_psa::dependencies::reqwest::Certificate;
    ///
    /// let issuer = Certificate::from_pem(&std::fs::read("issuer.pem")?)?;
    /// let psa = Psa::builder()
    ///     .host("psa.example.com")
    ///     .company("acme")
    ///     .keys("publicKey", "privateKey")
    ///     .http_client(move |client| client.tls_certs_merge([issuer.clone()]))
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// If the only TLS feature is `rustls-ring`, `build` fails unless the program has installed a default provider of
    /// rustls.
    ///
    /// Apart from the re-export in [`dependencies`](crate::dependencies), this is the only public item that uses a type
    /// of reqwest.
    pub fn http_client(mut self, configure: impl Fn(ClientBuilder) -> ClientBuilder + Send + Sync + 'static) -> Self {
        self.http_client = Some(Arc::new(configure));
        self
    }

    /// Sets the default options of calls: API version (default: [`API_VERSION`]), timeout (default: 300 s), retry
    /// policy (default: [`RetryPolicy::default`], 4 attempts), and whether requests that are not idempotent are retried
    /// (default: no). Options that `options` does not set keep their values.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options.or(&self.options);
        self
    }

    /// Creates the client and sends nothing. [`Psa::check`] tests the settings against the server.
    ///
    /// # Errors
    ///
    /// Returns an invalid-input error that names the setting that is missing or invalid. The error does not contain
    /// secrets.
    pub fn build(self) -> Result<Psa, Error> {
        let variables = self.variables.clone();
        self.build_checked().map_err(|error| with_variable_name(error, &variables))
    }

    fn build_checked(self) -> Result<Psa, Error> {
        let missing = || Error::invalid_input("host", "is missing: set the host, a region or the base URL");
        let site = self.address.as_ref().ok_or_else(missing)?.site()?;
        let address_name = self.address.as_ref().map_or("host", Address::name);
        if site.base.scheme() == "http" && !self.plain_http && !is_loopback(&site.base) {
            let reason = "is plain http, which would send the credentials unencrypted; use https, or allow it with \
                          allow_plain_http";
            return Err(Error::invalid_input(address_name, reason));
        }
        let credentials = self.credentials.ok_or_else(|| {
            Error::invalid_input(
                "credentials",
                "are missing: set them with `keys`, `integrator`, `member_hash` or `credential_source`",
            )
        })?;
        let (company, credentials, mut secrets) = match credentials {
            BuilderCredentials::Fixed(credentials) => {
                let (company, credentials) = credentials.split_company(&self.company)?;
                let authentication = Authentication::new(&company, credentials)?;
                let secrets = authentication.secrets();
                (company, OwnCredentials::Fixed(Box::new(authentication)), secrets)
            }
            BuilderCredentials::Source(_) if self.company.is_empty() => {
                return Err(Error::invalid_input("company", "is missing"));
            }
            BuilderCredentials::Source(source) => {
                (self.company, OwnCredentials::from_source(source), KnownSecrets::new())
            }
        };
        let client_id = match self.client_id.as_deref() {
            None => None,
            Some("") => {
                return Err(Error::invalid_input(
                    "client_id",
                    "is empty; do not set it if the server does not require one",
                ));
            }
            Some(text) if text.trim() != text => {
                return Err(Error::invalid_input("client_id", "has leading or trailing whitespace"));
            }
            Some(text) => Some({
                let mut value = header(text, "client_id")?;
                value.set_sensitive(true);
                value
            }),
        };
        for (name, is_zero, effect) in [
            ("max_concurrent_requests", self.max_concurrent_requests == 0, "sent"),
            ("requests_per_minute", self.requests_per_minute == Some(0), "sent"),
            ("max_response_size", self.max_response_size == 0, "read"),
        ] {
            if is_zero {
                return Err(Error::invalid_input(name, format!("is 0, so nothing could be {effect}; set at least 1")));
            }
        }
        if site.base.scheme() == "https"
            && self.http_client.is_none()
            && !cfg!(any(feature = "rustls", feature = "rustls-ring", feature = "native-tls"))
        {
            return Err(Error::invalid_input(
                address_name,
                "is https, but this program was compiled without TLS: enable the feature `rustls`, `rustls-ring` or \
                 `native-tls`",
            ));
        }
        if let Some(client_id) = &self.client_id {
            secrets.add(client_id);
        }
        let is_local = means_this_machine(&site.base);
        let proxy = if is_local { None } else { SystemProxy::for_server(&site.base) };
        if let Some(proxy) = proxy {
            // The caller's function may replace the proxy.
            if self.http_client.is_none() {
                proxy.check()?;
            }
            proxy.credentials.iter().for_each(|credentials| secrets.add_base64(credentials));
        }
        let builder = http_client_builder(self.connect_timeout, self.read_timeout, self.accepts_gzip);
        let client = http_client(builder, self.http_client.as_deref(), is_local)?;
        let is_discovered = match self.discovery {
            Discovery::CloudOnly => site.is_cloud,
            Discovery::Always => true,
            Discovery::Never => false,
        };
        let shared = Shared {
            client,
            endpoint: Endpoint::new(site, company.clone(), is_discovered),
            company,
            credentials,
            client_id,
            secrets: Arc::new(secrets),
            max_response_size: self.max_response_size,
            limits: Limits::new(self.max_concurrent_requests, self.requests_per_minute),
            budget: Budget::new(),
            members: Mutex::default(),
            #[cfg(feature = "system")]
            custom_field_definitions: Cached::default(),
        };
        let pipeline = Pipeline {
            shared: Arc::new(shared),
            member: None,
            options: self.options,
            company_condition: self.company_condition.map(Arc::new),
            call: CallOptions::new(),
            deadline: None,
        };
        pipeline.accept()?;
        Ok(Psa::from_pipeline(pipeline))
    }
}

/// Replaces the name of a setting in the error with the name of the environment variable.
fn with_variable_name(error: Error, variables: &[(&str, &str)]) -> Error {
    let Some((_, variable)) = variables.iter().find(|(setting, _)| error.parameter() == Some(setting)) else {
        return error;
    };
    error.with_parameter(*variable)
}

/// Returns a builder of the HTTP client with the settings that the caller can change.
fn http_client_builder(connect_timeout: Duration, read_timeout: Duration, accepts_gzip: bool) -> ClientBuilder {
    // Clamped, because an unlimited timeout would overflow reqwest's deadline.
    let (connect_timeout, read_timeout) = (connect_timeout.min(MAX_DURATION), read_timeout.min(MAX_DURATION));
    let builder = Client::builder().connect_timeout(connect_timeout).read_timeout(read_timeout);
    let builder = builder.user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
    #[cfg(feature = "native-tls")]
    let builder = builder.tls_backend_native();
    // Otherwise the features that other crates enable in reqwest would decide about compression.
    let builder = builder.no_gzip().no_brotli().no_deflate().no_zstd();
    #[cfg(feature = "gzip")]
    let builder = builder.gzip(accepts_gzip);
    #[cfg(not(feature = "gzip"))]
    let _ = accepts_gzip;
    builder
}

/// Creates the HTTP client of a server. `is_local` says that the server is on this machine.
fn http_client(builder: ClientBuilder, configure: Option<&ConfigureHttp>, is_local: bool) -> Result<Client, Error> {
    let builder = match configure {
        Some(configure) => configure(builder),
        None => builder,
    };
    #[cfg(all(feature = "rustls-ring", not(any(feature = "rustls", feature = "native-tls"))))]
    let builder = ring::set_tls(builder, configure.is_some())?;
    // A redirect could lead to another host, which would get the client id and the body of the request.
    let builder = builder.redirect(Policy::none());
    // Only the pipeline retries: it knows which requests are repeatable.
    let builder = builder.retry(reqwest::retry::never());
    // A proxy would get the credentials of a server that is on this machine, and could not reach it.
    let builder = if is_local { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| {
        let reason = "cannot be created; check the TLS and proxy settings of this machine";
        Error::invalid_input_from("http_client", reason, error)
    })
}

/// Shows the server, the company and the kind of the credentials. Omits secrets.
impl fmt::Debug for PsaBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PsaBuilder")
            .field("site", &self.address.as_ref().map(Address::site))
            .field("company", &self.company)
            .field("credentials", &self.credentials)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(&str, &str); 5] = [
        ("CW_SITE", "https://psa.example/"),
        ("CW_COMPANY", "acme"),
        ("CW_PUBLIC_KEY", "pub"),
        ("CW_PRIVATE_KEY", "hunter2"),
        ("CW_CLIENT_ID", "id"),
    ];

    fn build_with(changed: &[(&str, &str)]) -> Result<Psa, Error> {
        let value = |name: &str| {
            changed.iter().chain(&ALL).find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        };
        PsaBuilder::from_variables(value).build()
    }

    #[test]
    fn errors_name_the_environment_variable() {
        // These settings are valid.
        for changed in [
            &[][..],
            &[("CW_CLIENT_ID", "")],
            &[("CW_COMPANY", ""), ("CW_PUBLIC_KEY", "acme+pub")],
            &[("CW_SITE", "na.myconnectwise.net")],
        ] {
            build_with(changed).unwrap_or_else(|error| panic!("{changed:?}: {error}"));
        }
        for (changed, expected) in [
            (("CW_SITE", " "), "CW_SITE is missing"),
            (("CW_SITE", "https://user:hunter2@h"), "CW_SITE contains credentials"),
            (("CW_SITE", "http://psa.example"), "CW_SITE is plain http"),
            (("CW_COMPANY", ""), "CW_COMPANY is missing"),
            (("CW_COMPANY", "a+b"), "CW_COMPANY contains `+`"),
            (("CW_PUBLIC_KEY", ""), "CW_PUBLIC_KEY is missing"),
            (("CW_PUBLIC_KEY", "other+pub"), "CW_COMPANY is \"acme\", but the public key belongs to \"other\""),
            (("CW_PRIVATE_KEY", ""), "CW_PRIVATE_KEY is missing"),
            (("CW_PRIVATE_KEY", "pub"), "CW_PRIVATE_KEY is the same as the public key"),
            (("CW_CLIENT_ID", "a\u{7f}"), "CW_CLIENT_ID contains characters"),
        ] {
            let error = build_with(&[changed]).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("hunter2"), "{changed:?}: {error}");
        }
    }

    #[test]
    fn errors_name_the_invalid_setting() {
        let valid = || PsaBuilder::new().host("psa.example").company("acme").keys("pub", "hunter2");
        valid().build().unwrap();
        valid().region(Region::Eu).integrator("robot", "secret").build().unwrap();
        for (builder, expected) in [
            (PsaBuilder::new(), "host is missing"),
            (PsaBuilder::new().host("psa.example").keys("pub", "hunter2"), "company is missing"),
            (
                PsaBuilder::new().host("psa.example").company("acme"),
                "credentials are missing: set them with `keys`, `integrator`, `member_hash` or `credential_source`",
            ),
            (valid().keys("", "hunter2"), "public key is missing"),
            (valid().max_concurrent_requests(0), "max_concurrent_requests is 0"),
            (valid().requests_per_minute(0), "requests_per_minute is 0"),
            (valid().max_response_size(0), "max_response_size is 0"),
            (valid().client_id(""), "client_id is empty"),
            (valid().options(CallOptions::new().version("2025 8")), "version is \"2025 8\""),
            (valid().base_url("https://psa.example/?x=1"), "base_url contains a query"),
            (valid().base_url("http://psa.example"), "base_url is plain http"),
        ] {
            let error = builder.build().unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        assert!(!format!("{:?}", valid()).contains("hunter2"), "`Debug` of the builder omits the secret");
    }

    fn from_environment() -> PsaBuilder {
        PsaBuilder::from_variables(|name| {
            ALL.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn setters_replace_the_environment_and_errors_name_the_setting() {
        let psa =
            from_environment().host("eu.myconnectwise.net").company("other").keys("pub", "hunter2").build().unwrap();
        assert!(
            format!("{psa:?}").contains("api-eu.myconnectwise.net") && format!("{psa:?}").contains("other"),
            "{psa:?}"
        );
        for (builder, expected) in [
            (from_environment().host(" "), "host is missing"),
            (from_environment().base_url("ftp://h"), "base_url is not an https URL"),
            (from_environment().company(""), "company is missing"),
            (from_environment().keys("", "hunter2"), "public key is missing"),
            (from_environment().client_id(""), "client_id is empty"),
            (from_environment().client_id("x").company("a+b"), "company contains `+`"),
        ] {
            let error = builder.build().unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("CW_"), "{error}");
        }
    }

    #[test]
    fn a_cloned_builder_builds_another_client() {
        let builder = from_environment();
        let (first, second) = (builder.clone().company("first").build().unwrap(), builder.build().unwrap());
        assert!(format!("{first:?}").contains("first") && format!("{second:?}").contains("acme"));
    }

    #[test]
    fn the_cause_is_in_the_source_chain_and_not_in_the_message() {
        let chain = |error: &Error| {
            let mut texts = vec![error.message().unwrap_or_default().to_owned()];
            texts.extend(
                std::iter::successors(std::error::Error::source(error), |cause| cause.source())
                    .map(ToString::to_string),
            );
            texts
        };
        for error in [
            PsaBuilder::new().host("https://psa.example:port").build().unwrap_err(),
            build_with(&[("CW_SITE", "https://psa.example:port")]).unwrap_err(),
        ] {
            let texts = chain(&error);
            assert_eq!(
                texts.first().map(String::as_str),
                Some("is not a valid server address, such as na.myconnectwise.net or https://psa.example.com")
            );
            assert_eq!(texts.last().map(String::as_str), Some("invalid port number"), "{texts:?}");
        }
    }
}
