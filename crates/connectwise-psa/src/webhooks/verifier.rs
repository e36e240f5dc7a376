//! Verification of deliveries: only a message that PSA has signed for the configured company is accepted.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::serde_json::{self, Map, Value};
use connectwise_psa_core::text::{field_ignoring_case, without_byte_order_mark};
use url::Url;

use crate::client::Psa;
use crate::discovery::site::{Site, is_loopback};
use crate::transport::limits::MAX_DURATION;
use crate::transport::pipeline::Pipeline;
use crate::webhooks::key_url::{self, is_company};
use crate::webhooks::keys::{Keys, Outcome};
use crate::webhooks::message::{MAX_BODY, Message, quoted};
use crate::webhooks::rejection::{KeyFailure, KeyUrlProblem, Rejection};
use crate::webhooks::signature::{Signature, SigningKey};

/// The default of [`VerifierBuilder::max_body_size`]: 1 MiB.
const MAX_BODY_SIZE: usize = 1024 * 1024;

/// The default of [`VerifierBuilder::key_fetches_per_minute`].
const FETCHES_PER_MINUTE: usize = 300;

/// The default of [`VerifierBuilder::keep_keys_for`].
const KEEP_KEYS: Duration = Duration::from_secs(60 * 60);

/// How long the request of a key may take. PSA waits 5 seconds for the response to a delivery.
const KEY_TIMEOUT: Duration = Duration::from_millis(3500);
const _: () = assert!(KEY_TIMEOUT.as_millis() < 5_000, "the response must arrive before PSA gives up");

/// Verifies deliveries: an accepted message is one that PSA has signed for the company of the client. It is cheap to
/// clone; clones share the signing keys.
///
/// The signature is an HMAC of the body, computed with a key that the server returns under a URL in the body. Thousands of
/// companies share the hosts of the ConnectWise cloud, and keys are public, so anyone with a PSA can sign a message that
/// names another company. Therefore, the URL must be one of the client's server and company, and the message must be about
/// the same company. A delivery with another URL causes no request.
///
/// Only the body is signed. The id and the action that PSA appends to the URL of a delivery are not, so the verifier does
/// not take them. There is no signed time, so a message that was recorded can be sent again: reject duplicates with
/// [`Message::id`].
///
/// ```no_run
/// use connectwise_psa::Psa;
/// use connectwise_psa::webhooks::{Event, Rejection, Verifier};
///
/// async fn receive(verifier: &Verifier, signature: Option<&str>, body: &[u8]) -> Result<Event, Rejection> {
///     // `signature` is the header `x-content-signature`, `body` the bytes as they were received.
///     Ok(verifier.verify(signature, body).await?.into_event())
/// }
/// # fn main() -> Result<(), connectwise_psa::Error> {
/// let verifier = Verifier::new(&Psa::builder().build()?)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    pipeline: Pipeline,
    keys: Keys,
    key_servers: Vec<Url>,
    max_body_size: usize,
}

/// Sets up a [`Verifier`].
#[derive(Clone)]
#[must_use]
pub struct VerifierBuilder {
    pipeline: Pipeline,
    key_servers: Vec<String>,
    with_credentials: bool,
    max_body_size: usize,
    fetches_per_minute: usize,
    keep_keys: Duration,
}

impl VerifierBuilder {
    /// Sets the most bytes of a body. The default is 1 MiB. `build` rejects 0 and more than 16 MiB.
    pub fn max_body_size(mut self, bytes: usize) -> Self {
        self.max_body_size = bytes;
        self
    }

    /// Sets how many signing keys the verifier requests in any minute, whatever is posted. The default is 300. `build`
    /// rejects 0.
    ///
    /// Above the limit, messages with a key that is not known yet are rejected with [`Rejection::TooManyKeys`] (status
    /// 429), and PSA sends them again after 2 and after 4 seconds. The requests do not count towards the limits of the
    /// client. Set a higher limit if your server uses a new key URL for each message and sends many messages at a time.
    pub fn key_fetches_per_minute(mut self, fetches: usize) -> Self {
        self.fetches_per_minute = fetches;
        self
    }

    /// Sets how long a signing key is used before it is requested again. The default is one hour. At most 256 keys are
    /// kept.
    pub fn keep_keys_for(mut self, time: Duration) -> Self {
        self.keep_keys = time;
        self
    }

    /// Also accepts key URLs of another server: its host, with a port if it is not the default one, such as
    /// `psa.example.com:8443`, or its URL. Needed if the URLs that a self-hosted server writes have another host than the
    /// one that the client connects to.
    ///
    /// On the ConnectWise cloud, this is not needed: the verifier accepts the client's host with and without `api-`, and
    /// the host that the client has discovered, if it has done so before ([`Psa::base_url`]).
    pub fn key_server(mut self, host: impl Into<String>) -> Self {
        self.key_servers.push(host.into());
        self
    }

    /// Sends the client's own credentials with the requests of signing keys, to the accepted servers only. By default,
    /// none are sent, because servers return keys without them.
    pub fn with_credentials(mut self) -> Self {
        self.with_credentials = true;
        self
    }

    /// Creates the verifier. Sends no request.
    ///
    /// # Errors
    ///
    /// Returns an invalid-input error that names the setting that is invalid.
    pub fn build(self) -> Result<Verifier, Error> {
        if !(1..=MAX_BODY).contains(&self.max_body_size) {
            return Err(Error::invalid_input("max_body_size", format!("is not from 1 to {MAX_BODY} bytes")));
        }
        if self.fetches_per_minute == 0 {
            return Err(Error::invalid_input("key_fetches_per_minute", "is 0, so no message could be accepted"));
        }
        let own = self.pipeline.shared.endpoint.configured();
        let key_servers: Result<Vec<Url>, Error> =
            self.key_servers.iter().map(|host| key_server(host, own.scheme() == "http")).collect();
        let (pipeline, with_credentials) = (self.pipeline.clone(), self.with_credentials);
        let fetch = Box::new(move |url| {
            let pipeline = pipeline.clone();
            Box::pin(async move { fetch_key(&pipeline, url, with_credentials).await }) as _
        });
        Ok(Verifier(Arc::new(Inner {
            pipeline: self.pipeline,
            keys: Keys::new(fetch, self.keep_keys.min(MAX_DURATION), self.fetches_per_minute),
            key_servers: key_servers?,
            max_body_size: self.max_body_size,
        })))
    }
}

impl Verifier {
    /// Creates a verifier of deliveries from the server of this client, about its company.
    ///
    /// # Errors
    ///
    /// Fails only with settings of [`VerifierBuilder`] that are invalid, so never here.
    pub fn new(psa: &Psa) -> Result<Self, Error> {
        Self::builder(psa).build()
    }

    /// Returns a builder of a verifier with other settings.
    pub fn builder(psa: &Psa) -> VerifierBuilder {
        VerifierBuilder {
            pipeline: psa.pipeline().clone(),
            key_servers: Vec::new(),
            with_credentials: false,
            max_body_size: MAX_BODY_SIZE,
            fetches_per_minute: FETCHES_PER_MINUTE,
            keep_keys: KEEP_KEYS,
        }
    }

    /// Returns the message of a delivery if PSA has signed it for the configured company. `signature` is the value of the
    /// header `x-content-signature`; `body` is the body exactly as it was received. Takes less than 4 seconds.
    ///
    /// # Errors
    ///
    /// Returns the reason for the rejection, and logs it. [`Rejection::status`] is the status to respond with.
    pub async fn verify(&self, signature: Option<&str>, body: &[u8]) -> Result<Message, Rejection> {
        let rejected = |message: Option<&Message>, rejection: Rejection| {
            log(message, &rejection);
            rejection
        };
        // The checks that need no request come first.
        let signature = self.check_form(signature, body).map_err(|rejection| rejected(None, rejection))?;
        let message = Message::parse(body).map_err(|invalid| rejected(None, Rejection::Malformed(invalid)))?;
        match self.check_signature(&message, &signature, body).await {
            Ok(()) => Ok(message),
            Err(rejection) => Err(rejected(Some(&message), rejection)),
        }
    }

    /// Returns the most bytes of a body that the verifier accepts. A program need not read more.
    #[must_use]
    pub fn max_body_size(&self) -> usize {
        self.0.max_body_size
    }

    fn check_form(&self, signature: Option<&str>, body: &[u8]) -> Result<Signature, Rejection> {
        if body.len() > self.0.max_body_size {
            return Err(Rejection::TooLarge { limit: self.0.max_body_size });
        }
        let header = signature.filter(|header| !header.trim().is_empty()).ok_or(Rejection::MissingSignature)?;
        Signature::parse(header).ok_or(Rejection::WrongSignature)
    }

    async fn check_signature(&self, message: &Message, signature: &Signature, body: &[u8]) -> Result<(), Rejection> {
        let url = self.key_url(message)?;
        let keys = &self.0.keys;
        let mut key = keys.get(&url).await?;
        // The server may have replaced a key that was requested earlier.
        if !key.key.has_signed(body, signature) && !key.is_fresh {
            key = keys.renew(&url, &key).await?.ok_or(Rejection::WrongSignature)?;
        }
        if !key.key.has_signed(body, signature) {
            return Err(Rejection::WrongSignature);
        }
        keys.verified(&url);
        Ok(())
    }

    /// Returns the URL of the key if message and key belong to the configured server and company.
    fn key_url(&self, message: &Message) -> Result<Url, Rejection> {
        let shared = &self.0.pipeline.shared;
        match message.company() {
            Some(company) if is_company(company, &shared.company) => {}
            company => return Err(Rejection::OtherCompany { company: company.map(str::to_owned) }),
        }
        let text = message.key_url().ok_or(Rejection::KeyUrl(KeyUrlProblem::Missing))?;
        let known = shared.endpoint.known();
        let servers = key_url::servers([&*known, shared.endpoint.configured()].into_iter().chain(&self.0.key_servers));
        key_url::pin(text, &servers, &shared.company).map_err(Rejection::KeyUrl)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("company", &self.0.pipeline.shared.company)
            .field("max_body_size", &self.0.max_body_size)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for VerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierBuilder")
            .field("company", &self.pipeline.shared.company)
            .field("key_servers", &self.key_servers.len())
            .field("with_credentials", &self.with_credentials)
            .field("max_body_size", &self.max_body_size)
            .field("key_fetches_per_minute", &self.fetches_per_minute)
            .field("keep_keys_for", &self.keep_keys)
            .finish()
    }
}

/// Reads the host of a server that keys are also accepted from. `http` is for this machine, or for a client that uses it.
fn key_server(host: &str, allows_http: bool) -> Result<Url, Error> {
    let site = Site::from_host(host).map_err(|error| error.with_parameter("key_server"))?;
    if site.base.scheme() == "http" && !allows_http && !is_loopback(&site.base) {
        return Err(Error::invalid_input("key_server", "is plain http, so others could change the keys; use https"));
    }
    Ok(site.base)
}

/// Requests a signing key once.
async fn fetch_key(pipeline: &Pipeline, url: Url, with_credentials: bool) -> Outcome {
    match pipeline.small_resource(url, with_credentials, KEY_TIMEOUT).await {
        Ok(response) if !response.status.is_success() => Err(KeyFailure::Status(response.status)),
        Ok(response) => match response.body.collect().await {
            Ok(body) => signing_key(&body).ok_or(KeyFailure::NotAKey),
            Err(error) => Err(failure(error)),
        },
        Err(error) => Err(failure(error)),
    }
}

fn failure(error: Error) -> KeyFailure {
    if error.is_response_too_large() {
        KeyFailure::TooLong
    } else if error.is_timeout() {
        KeyFailure::Timeout
    } else {
        KeyFailure::Request(Arc::new(error))
    }
}

/// Reads the key from a response. The media type is not checked: servers may return JSON as text.
fn signing_key(body: &[u8]) -> Option<SigningKey> {
    let object: Map<String, Value> = serde_json::from_slice(without_byte_order_mark(body)).ok()?;
    let text = field_ignoring_case(&object, "signing_key")?.as_str()?;
    (!text.is_empty()).then(|| SigningKey::new(text))
}

/// Logs why a delivery was rejected: no keys, no key URLs, and only short parts of the message.
fn log(message: Option<&Message>, rejection: &Rejection) {
    let id = message.and_then(Message::id).map(quoted);
    tracing::warn!(
        status = rejection.status().as_u16(),
        callback_id = message.and_then(Message::callback_id),
        message_id = id.as_deref(),
        reason = %rejection,
        "rejected a delivery of a webhook"
    );
}
