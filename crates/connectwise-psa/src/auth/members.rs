//! Keys that are minted for members: the server creates a temporary pair of API keys at the client's request. They are
//! minted when needed, renewed before they expire, and shared by all clones of a client.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::DateTime;
use connectwise_psa_core::operation::Method;
use connectwise_psa_core::secrets::KnownSecrets;
use connectwise_psa_core::text::without_byte_order_mark;
use connectwise_psa_core::transport::{Request, RequestBody, Response};
use http::HeaderValue;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::auth::authentication::{Authentication, USER_TYPE};
use crate::auth::credentials::{CredentialKind, Credentials};
use crate::sync::lock;

/// How long minted keys are valid. Observed on live servers: about four hours. The format and the time zone of the
/// expiration date in the response are not known, so the date can only shorten this time.
const LIFETIME: Duration = Duration::from_secs(4 * 60 * 60);

/// How long before their expiration keys are renewed.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// A member that calls are made as, with its current keys.
pub(crate) struct Member {
    pub(crate) identifier: String,
    current: Mutex<Option<MemberKeys>>,
    /// The current keys and the ones before them, which late responses may echo.
    secrets: std::sync::Mutex<VecDeque<Arc<KnownSecrets>>>,
}

/// A member's keys, and until when they are used.
#[derive(Clone)]
pub(crate) struct MemberKeys {
    pub(crate) credentials: Authentication,
    expires_at: Instant,
    /// How often keys were minted for this member before. A late 401 for keys with an older number does not discard
    /// these keys.
    serial: u64,
}

/// Newly minted keys, and how long they are used.
pub(crate) struct MintedKeys {
    pub(crate) credentials: Authentication,
    pub(crate) lifetime: Duration,
}

impl Member {
    pub(crate) fn new(identifier: String) -> Self {
        Self { identifier, current: Mutex::new(None), secrets: std::sync::Mutex::default() }
    }

    /// Returns the member's current keys, or mints new ones with `mint`. Concurrent callers wait and get the same keys.
    pub(crate) async fn keys(
        &self,
        mint: impl Future<Output = Result<MintedKeys, Error>>,
    ) -> Result<MemberKeys, Error> {
        let mut current = self.current.lock().await;
        if let Some(current) = current.as_ref().filter(|current| current.expires_at > Instant::now()) {
            return Ok(current.clone());
        }
        let serial = current.as_ref().map_or(0, |current| current.serial + 1);
        let MintedKeys { credentials, lifetime } = mint.await?;
        let fresh = MemberKeys { credentials, expires_at: Instant::now() + lifetime, serial };
        *current = Some(fresh.clone());
        let mut secrets = lock(&self.secrets);
        secrets.truncate(1);
        secrets.push_front(Arc::new(fresh.credentials.secrets()));
        Ok(fresh)
    }

    /// Returns the secrets that the member's requests send.
    pub(crate) fn secrets(&self) -> Vec<Arc<KnownSecrets>> {
        lock(&self.secrets).iter().cloned().collect()
    }

    /// Discards keys that the server has rejected.
    pub(crate) async fn discard(&self, rejected: &MemberKeys) {
        let mut current = self.current.lock().await;
        if let Some(current) = current.as_mut().filter(|current| current.serial == rejected.serial) {
            current.expires_at = Instant::now();
        }
    }
}

/// Mints keys for a member. `send` sends a request with the client's own credentials, whose kind is `own`.
pub(crate) async fn mint<F>(
    company: &str,
    own: CredentialKind,
    identifier: &str,
    send: impl FnOnce(Request) -> F,
) -> Result<MintedKeys, Error>
where
    F: Future<Output = Result<Response, Error>>,
{
    if identifier.is_empty() {
        return Err(Error::invalid_input("member", "is empty: pass the name that the member logs in with"));
    }
    let add_advice = |error| add_advice(error, identifier);
    let response =
        send(mint_request(own, identifier)).await.map_err(add_advice)?.success(None).await.map_err(add_advice)?;
    let (status, headers) = (response.status, response.headers);
    let body = response.body.collect().await.map_err(add_advice)?;
    if let Some(error) = Error::from_error_object(status, &headers, &body) {
        return Err(add_advice(error));
    }
    let keys = serde_json::from_slice(without_byte_order_mark(&body))
        .ok()
        .and_then(|keys| parse_keys(company, &keys, SystemTime::now().into()));
    // The error does not show the body, because it may contain a part of the keys.
    keys.ok_or_else(|| {
        add_advice(Error::unexpected_because("has no usable keys: publicKey or privateKey is missing or not valid"))
    })
}

/// Returns the request that mints keys. Observed on live servers: the identifier in the body is optional.
fn mint_request(own: CredentialKind, identifier: &str) -> Request {
    let segment = percent_encoding::utf8_percent_encode(identifier, percent_encoding::NON_ALPHANUMERIC);
    let mut request = Request::new(Method::Post, format!("/system/members/{segment}/tokens"));
    request.body = RequestBody::Json(json!({"memberIdentifier": identifier}).to_string().into());
    let user_type = if own == CredentialKind::Integrator { "integrator" } else { "member" };
    request.headers.insert(USER_TYPE, HeaderValue::from_static(user_type));
    request
}

/// Adds advice to an error of minting keys if it is about credentials or rights.
fn add_advice(error: Error, identifier: &str) -> Error {
    let needs = "the credentials need the right to impersonate members, which an integrator login with Member \
                 Impersonation has.";
    let error = if error.is_permission_denied() {
        error.with_advice(format!("API keys for the member {identifier:?} cannot be created: {needs}"))
    } else if error.is_unauthenticated() {
        error.with_advice(format!(
            "API keys for the member {identifier:?} cannot be created: check company, credentials and client id; also, \
             {needs}"
        ))
    } else {
        error
    };
    // Minting does not change the caller's data, so its request counts as read-only and repeatable, and the error is
    // never ambiguous.
    error.with_request(true, true)
}

/// Parses the keys in a response and their lifetime. Returns `None` if they are not usable.
fn parse_keys(company: &str, response: &Value, now: DateTime) -> Option<MintedKeys> {
    let text = |name: &str| response.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let credentials = Credentials::new(CredentialKind::Minted, text("publicKey"), text("privateKey"));
    let credentials = Authentication::new(company, credentials).ok()?;
    Some(MintedKeys { credentials, lifetime: lifetime(&text("expiration"), now) })
}

/// Returns how long keys are used: until [`MARGIN`] before the server's expiration date, at most [`LIFETIME`] less
/// [`MARGIN`]. Ignores a date that cannot be parsed, and one that is not plausible for new keys: in the past, or at
/// most two margins away.
fn lifetime(expiration: &str, now: DateTime) -> Duration {
    let remaining = expiration.parse::<DateTime>().ok().and_then(|end| (end - now).to_std().ok());
    remaining.filter(|time| *time > MARGIN * 2).map_or(LIFETIME, |time| time.min(LIFETIME)) - MARGIN
}

/// Omits the keys.
impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("identifier", &self.identifier).finish_non_exhaustive()
    }
}

/// Omits the keys.
impl fmt::Debug for MintedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MintedKeys").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_used_until_shortly_before_a_plausible_expiration_date() {
        let now: DateTime = "2026-11-22T10:00:00Z".parse().unwrap();
        // 235 minutes are `LIFETIME` less `MARGIN`.
        for (expiration, minutes) in [
            ("2026-11-22T12:00:00Z", 115),
            ("2026-11-22T14:00:00+00:00", 235),
            ("2026-11-23T10:00:00Z", 235),
            // In the past, too close, and not parsable.
            ("2026-11-22T05:00:00Z", 235),
            ("2026-11-22T10:03:00Z", 235),
            ("11/22/2026 2:00:00 PM", 235),
            ("", 235),
        ] {
            assert_eq!(lifetime(expiration, now).as_secs() / 60, minutes, "{expiration}");
        }
    }

    #[test]
    fn a_response_without_usable_keys_is_rejected() {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        assert!(parse_keys("acme", &json!({"publicKey": "p", "privateKey": "hunter2"}), now).is_some());
        // The last public key contains `:`, which separates the parts of the credentials.
        for response in
            [json!({}), json!({"publicKey": "p"}), json!(null), json!({"publicKey": "p:q", "privateKey": "hunter2"})]
        {
            assert!(parse_keys("acme", &response, now).is_none(), "{response}");
        }
    }
}
