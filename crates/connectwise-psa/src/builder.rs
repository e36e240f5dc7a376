//! Settings of a client, checked as a whole before there is one.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectwise_psa_bindings::API_VERSION;
use connectwise_psa_core::error::Error;
use reqwest::Client;
use reqwest::redirect::Policy;
use secrecy::SecretString;

use crate::auth::credentials::{Credentials, Login, LoginKind, divide};
use crate::client::Psa;
use crate::discovery::endpoint::Endpoint;
use crate::discovery::mode::Discovery;
use crate::discovery::region::Region;
use crate::discovery::site::{Site, is_loopback};
use crate::transport::budget::Budget;
use crate::transport::http::header;
use crate::transport::limits::{FAR, Limits};
use crate::transport::pipeline::{CALL_TIMEOUT, Pipeline, Shared};
use connectwise_psa_core::transport::{CallOptions, RetryPolicy};

/// How long a connection may take to be made.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the server may be silent. facts: searches in large tables take 30 s and more.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// How many requests are in flight at a time. facts: twelve workers ran into the server's limit, four did not.
const MAX_CONCURRENT_REQUESTS: usize = 4;

/// How many requests leave in any minute. facts: above about 1,000 the server refuses them.
const REQUESTS_PER_MINUTE: usize = 900;

/// Settings of a [`Psa`]; see [`Psa::builder`]. A later call of a setter replaces what an earlier one has set.
#[derive(Clone)]
#[must_use = "settings do nothing until a client is built with them"]
pub struct PsaBuilder {
    address: Option<Address>,
    company: String,
    credentials: Option<Credentials>,
    client_id: Option<String>,
    discovery: Discovery,
    plain_http: bool,
    max_concurrent_requests: usize,
    requests_per_minute: Option<usize>,
    connect_timeout: Duration,
    read_timeout: Duration,
    client: Option<Client>,
    options: CallOptions,
    /// The settings that came from the environment, with the variables that errors name.
    variables: Vec<(&'static str, &'static str)>,
}

/// Where the server is, as it was given. It may hold a password by mistake, so that it is not printed.
#[derive(Clone)]
enum Address {
    Host(String),
    BaseUrl(String),
}

impl Address {
    fn site(&self) -> Result<Site, Error> {
        match self {
            Self::Host(text) => Site::from_host(text),
            Self::BaseUrl(text) => Site::from_base_url(text),
        }
    }
}

/// What the settings are called in errors and in the environment.
const VARIABLES: [(&str, &str); 5] = [
    ("host", "CW_SITE"),
    ("company", "CW_COMPANY"),
    ("public key", "CW_PUBLIC_KEY"),
    ("private key", "CW_PRIVATE_KEY"),
    ("client_id", "CW_CLIENT_ID"),
];

/// Where clients come from.
impl Psa {
    /// Settings of a client, to be completed and built.
    pub fn builder() -> PsaBuilder {
        PsaBuilder::new()
    }

    /// A client from the environment: `CW_SITE` (a host in any form), `CW_COMPANY`, `CW_PUBLIC_KEY`, `CW_PRIVATE_KEY`,
    /// and `CW_CLIENT_ID`, which may be missing. [`PsaBuilder::from_env`] takes more settings.
    ///
    /// # Errors
    ///
    /// Names the variable that is missing or cannot be used.
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
            client: None,
            options: CallOptions::new().version(API_VERSION).timeout(CALL_TIMEOUT).retry(RetryPolicy::default()),
            variables: Vec::new(),
        }
    }

    /// Settings from the environment, to be completed: `CW_SITE` (a host in any form), `CW_COMPANY`, `CW_PUBLIC_KEY`,
    /// `CW_PRIVATE_KEY`, and `CW_CLIENT_ID`, which may be missing. Settings that are made afterwards replace the
    /// variables.
    ///
    /// Nothing is checked yet: [`build`](Self::build) names the variable that is missing or cannot be used.
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

    /// Forgets that a setting came from the environment.
    fn replaces(&mut self, setting: &str) {
        self.variables.retain(|(other, _)| *other != setting);
    }

    /// The server, in any form in which a person may have it: `na.myconnectwise.net`,
    /// `https://api-na.myconnectwise.net/`, `psa.msp.example:8443`, or what the browser's address line shows.
    ///
    /// On the vendor's cloud the API's own host and code base are looked up before the first request; elsewhere the API
    /// is at `/v4_6_release/apis/3.0` unless the address has a code base in it.
    pub fn host(self, host: impl Into<String>) -> Self {
        self.address(Address::Host(host.into()))
    }

    /// A region of the vendor's cloud.
    pub fn region(self, region: Region) -> Self {
        self.host(region.host())
    }

    /// The whole base URL of the API, which is used as it is: `https://psa.msp.example/v4_6_release/apis/3.0`. Nothing
    /// is looked up.
    pub fn base_url(self, base_url: impl Into<String>) -> Self {
        self.address(Address::BaseUrl(base_url.into()))
    }

    fn address(mut self, address: Address) -> Self {
        self.replaces("host");
        self.address = Some(address);
        self
    }

    /// The short name of the company that its members give when they log in.
    pub fn company(mut self, company: impl Into<String>) -> Self {
        self.replaces("company");
        self.company = company.into();
        self
    }

    /// The public and the private key of an API member. The public one may have the company in front: `acme+AbCdEf`.
    pub fn keys(self, public: impl Into<String>, private: impl Into<String>) -> Self {
        self.credentials(LoginKind::Keys, public, private)
    }

    /// An integrator login, which can call as members: [`Psa::as_member`].
    pub fn integrator(self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.credentials(LoginKind::Integrator, name, password)
    }

    /// A member's id and hash, as a hosted page gets them from the program it is shown in.
    pub fn member_hash(self, member_id: impl Into<String>, hash: impl Into<String>) -> Self {
        self.credentials(LoginKind::MemberHash, member_id, hash)
    }

    fn credentials(mut self, kind: LoginKind, name: impl Into<String>, secret: impl Into<String>) -> Self {
        self.replaces("public key");
        self.replaces("private key");
        self.credentials = Some(Credentials { kind, name: name.into(), secret: SecretString::from(secret.into()) });
        self
    }

    /// The client id the vendor gave to the program. facts: the cloud refuses calls without one.
    pub fn client_id(mut self, client_id: impl Into<String>) -> Self {
        self.replaces("client_id");
        self.client_id = Some(client_id.into());
        self
    }

    /// When the server is asked for the host and the code base of the company's API: on the vendor's cloud only, unless
    /// set.
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

    /// Permits `http://` to other hosts than this machine. The keys can then be read on the way.
    pub fn allow_plain_http(mut self) -> Self {
        self.plain_http = true;
        self
    }

    /// How many requests are in flight at a time, of all clones together: 4 unless set. It must not be 0.
    pub fn max_concurrent_requests(mut self, requests: usize) -> Self {
        self.max_concurrent_requests = requests;
        self
    }

    /// How many requests leave in any minute, of all clones together: 900 unless set. It must not be 0. After a refusal
    /// of the server (429) there are fewer for a while.
    pub fn requests_per_minute(mut self, requests: usize) -> Self {
        self.requests_per_minute = Some(requests);
        self
    }

    /// Removes the limit of requests in a minute. After a 429, requests wait for as long as the server asks. The limit
    /// of requests in flight ([`max_concurrent_requests`](Self::max_concurrent_requests)) stays.
    pub fn unlimited_requests_per_minute(mut self) -> Self {
        self.requests_per_minute = None;
        self
    }

    /// How long a connection may take to be made: 10 s unless set.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long the server may be silent: 60 s unless set.
    pub fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// The HTTP client to send with, in place of one made from these settings: it has its own timeouts, proxies and
    /// TLS. It should follow no redirects, since answers from other hosts are refused.
    ///
    /// This is the only place where reqwest is part of this crate's interface.
    pub fn http_client(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }

    /// The settings that calls can have of their own: version (the one of these bindings unless set), timeout (300 s),
    /// retries, repetition.
    pub fn options(mut self, options: CallOptions) -> Self {
        self.options = options.or(&self.options);
        self
    }

    /// Makes the client. Nothing is sent yet; [`Psa::check`] tries it out.
    ///
    /// # Errors
    ///
    /// An invalid-input error that names the setting that is missing or cannot be used, and quotes no secret.
    pub fn build(self) -> Result<Psa, Error> {
        let variables = self.variables.clone();
        self.assemble().map_err(|error| named(error, &variables))
    }

    fn assemble(self) -> Result<Psa, Error> {
        let missing = || Error::invalid_input("host", "is missing: name the host, a region or the base URL");
        let site = self.address.as_ref().ok_or_else(missing)?.site()?;
        if site.base.scheme() == "http" && !self.plain_http && !is_loopback(&site.base) {
            let why = "is plain http, which would show the keys to everyone on the way; use https, or permit it with allow_plain_http";
            return Err(Error::invalid_input("host", why));
        }
        let credentials = self.credentials.unwrap_or_else(|| Credentials {
            kind: LoginKind::Keys,
            name: String::new(),
            secret: SecretString::default(),
        });
        let (company, name) = match credentials.kind {
            LoginKind::Keys => divide(&self.company, &credentials.name)?,
            _ => (self.company, credentials.name),
        };
        let login = Login::new(&company, Credentials { name, ..credentials })?;
        let client_id = match self.client_id.as_deref() {
            None => None,
            Some("") => return Err(Error::invalid_input("client_id", "is empty")),
            Some(text) if text.trim() != text => return Err(Error::invalid_input("client_id", "has blanks around it")),
            Some(text) => Some({
                let mut value = header(text, "client_id")?;
                value.set_sensitive(true);
                value
            }),
        };
        if self.max_concurrent_requests == 0 || self.requests_per_minute == Some(0) {
            let name =
                if self.max_concurrent_requests == 0 { "max_concurrent_requests" } else { "requests_per_minute" };
            return Err(Error::invalid_input(name, "is 0, so that nothing could ever be sent"));
        }
        if site.base.scheme() == "https"
            && self.client.is_none()
            && !cfg!(any(feature = "rustls", feature = "native-tls"))
        {
            return Err(Error::invalid_input(
                "host",
                "is https, and this program was compiled without TLS: add the feature `rustls` or `native-tls`",
            ));
        }
        let client = match self.client {
            Some(client) => client,
            None => default_client(self.connect_timeout, self.read_timeout)?,
        };
        let is_discovered = match self.discovery {
            Discovery::CloudOnly => site.is_cloud,
            Discovery::Always => true,
            Discovery::Never => false,
        };
        let shared = Shared {
            client,
            endpoint: Endpoint::new(site, company.clone(), is_discovered),
            company,
            login,
            client_id,
            limits: Limits::new(self.max_concurrent_requests, self.requests_per_minute),
            budget: Budget::new(),
            members: Mutex::default(),
        };
        let pipeline =
            Pipeline { shared: Arc::new(shared), member: None, options: self.options, call: CallOptions::new() };
        pipeline.accept()?;
        Ok(Psa::from_pipeline(pipeline))
    }
}

/// The error with the variable's name in place of the setting's.
fn named(error: Error, variables: &[(&str, &str)]) -> Error {
    let Some((_, variable)) = variables.iter().find(|(setting, _)| error.parameter() == Some(setting)) else {
        return error;
    };
    error.with_parameter(*variable)
}

fn default_client(connect_timeout: Duration, read_timeout: Duration) -> Result<Client, Error> {
    // Times without end overflow in there.
    let (connect_timeout, read_timeout) = (connect_timeout.min(FAR), read_timeout.min(FAR));
    let builder =
        Client::builder().redirect(Policy::none()).connect_timeout(connect_timeout).read_timeout(read_timeout);
    let builder = builder.user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
    #[cfg(feature = "native-tls")]
    let builder = builder.tls_backend_native();
    builder.build().map_err(|error| {
        Error::invalid_input_from("client", "cannot be made: TLS or proxy settings of this machine", error)
    })
}

/// Shows no keys.
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

    fn built(changed: &[(&str, &str)]) -> Result<Psa, Error> {
        let value = |name: &str| {
            changed.iter().chain(&ALL).find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        };
        PsaBuilder::from_variables(value).build()
    }

    #[test]
    fn the_environment_is_read_and_its_variables_named() {
        for changed in [
            &[][..],
            &[("CW_CLIENT_ID", "")],
            &[("CW_COMPANY", ""), ("CW_PUBLIC_KEY", "acme+pub")],
            &[("CW_SITE", "na.myconnectwise.net")],
        ] {
            built(changed).unwrap_or_else(|error| panic!("{changed:?}: {error}"));
        }
        for (changed, why) in [
            (("CW_SITE", " "), "CW_SITE is missing"),
            (("CW_SITE", "https://user:hunter2@h"), "CW_SITE holds credentials"),
            (("CW_SITE", "http://psa.example"), "CW_SITE is plain http"),
            (("CW_COMPANY", ""), "CW_COMPANY is missing"),
            (("CW_COMPANY", "a+b"), "CW_COMPANY holds `+`"),
            (("CW_PUBLIC_KEY", ""), "CW_PUBLIC_KEY is missing"),
            (("CW_PUBLIC_KEY", "other+pub"), "CW_COMPANY is \"acme\", and the public key is that of \"other\""),
            (("CW_PRIVATE_KEY", ""), "CW_PRIVATE_KEY is missing"),
            (("CW_PRIVATE_KEY", "pub"), "CW_PRIVATE_KEY is the same as the public key"),
            (("CW_CLIENT_ID", "a\u{7f}"), "CW_CLIENT_ID has characters"),
        ] {
            let error = built(&[changed]).unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("hunter2"), "{changed:?}: {error}");
        }
    }

    #[test]
    fn settings_that_cannot_be_are_named() {
        let fine = || PsaBuilder::new().host("psa.example").company("acme").keys("pub", "hunter2");
        fine().build().unwrap();
        fine().region(Region::Eu).integrator("who", "secret").build().unwrap();
        for (builder, why) in [
            (PsaBuilder::new(), "host is missing"),
            (PsaBuilder::new().host("psa.example"), "company is missing"),
            (PsaBuilder::new().host("psa.example").company("acme"), "public key is missing"),
            (fine().max_concurrent_requests(0), "max_concurrent_requests is 0"),
            (fine().requests_per_minute(0), "requests_per_minute is 0"),
            (fine().client_id(""), "client_id is empty"),
            (fine().options(CallOptions::new().version("2025 8")), "version is \"2025 8\""),
            (fine().base_url("https://psa.example/?x=1"), "base_url holds a query"),
        ] {
            let error = builder.build().unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        assert!(!format!("{:?}", fine()).contains("hunter2"));
    }

    fn from_all() -> PsaBuilder {
        PsaBuilder::from_variables(|name| {
            ALL.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn settings_after_the_environment_replace_it_and_have_their_own_names() {
        let psa = from_all().host("eu.myconnectwise.net").company("other").keys("pub", "hunter2").build().unwrap();
        assert!(
            format!("{psa:?}").contains("api-eu.myconnectwise.net") && format!("{psa:?}").contains("other"),
            "{psa:?}"
        );
        for (builder, why) in [
            (from_all().host(" "), "host is missing"),
            (from_all().base_url("ftp://h"), "base_url is no address of https"),
            (from_all().company(""), "company is missing"),
            (from_all().keys("", "hunter2"), "public key is missing"),
            (from_all().client_id(""), "client_id is empty"),
            (from_all().client_id("x").company("a+b"), "company holds `+`"),
        ] {
            let error = builder.build().unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("CW_"), "{error}");
        }
    }

    #[test]
    fn a_builder_can_be_used_twice() {
        let builder = from_all();
        let (first, second) = (builder.clone().company("first").build().unwrap(), builder.build().unwrap());
        assert!(format!("{first:?}").contains("first") && format!("{second:?}").contains("acme"));
    }

    #[test]
    fn the_cause_is_in_the_chain_and_not_in_the_message() {
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
            built(&[("CW_SITE", "https://psa.example:port")]).unwrap_err(),
        ] {
            let texts = chain(&error);
            assert_eq!(texts.first().map(String::as_str), Some("is no address of a server"));
            assert_eq!(texts.last().map(String::as_str), Some("invalid port number"), "{texts:?}");
        }
    }
}
