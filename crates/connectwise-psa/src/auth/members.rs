//! Keys minted for members: made when they are needed, renewed before they expire, shared by all clones.

use std::fmt;
use std::time::{Duration, SystemTime};

use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::DateTime;
use connectwise_psa_core::operation::Method;
use connectwise_psa_core::transport::{Request, RequestBody, Response};
use http::HeaderValue;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::auth::credentials::{Credentials, Login, LoginKind, USER_TYPE};

/// How long minted keys live. facts: about four hours; the answer's own date has no known form and zone.
const LIFETIME: Duration = Duration::from_secs(4 * 60 * 60);

/// How long before their end keys are no longer used.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// A member that calls are made as.
pub(crate) struct Member {
    pub(crate) identifier: String,
    current: Mutex<Option<MemberLogin>>,
}

/// Keys of a member that are in use.
#[derive(Clone)]
pub(crate) struct MemberLogin {
    pub(crate) login: Login,
    expires_at: Instant,
    /// Which minting it is, so that one refusal does not throw away the keys minted after it.
    serial: u64,
}

/// Keys as the server has just minted them, and how long they can be used.
pub(crate) struct MintedKeys {
    pub(crate) login: Login,
    pub(crate) lifetime: Duration,
}

impl Member {
    pub(crate) fn new(identifier: String) -> Self {
        Self { identifier, current: Mutex::new(None) }
    }

    /// The member's login, by keys from `mint` unless there are good ones. Others wait meanwhile and use the same.
    pub(crate) async fn login(
        &self,
        mint: impl Future<Output = Result<MintedKeys, Error>>,
    ) -> Result<MemberLogin, Error> {
        let mut current = self.current.lock().await;
        if let Some(current) = current.as_ref().filter(|current| current.expires_at > Instant::now()) {
            return Ok(current.clone());
        }
        let serial = current.as_ref().map_or(0, |current| current.serial + 1);
        let MintedKeys { login, lifetime } = mint.await?;
        let fresh = MemberLogin { login, expires_at: Instant::now() + lifetime, serial };
        *current = Some(fresh.clone());
        Ok(fresh)
    }

    /// Throws away keys that the server has refused.
    pub(crate) async fn forget(&self, refused: &MemberLogin) {
        let mut current = self.current.lock().await;
        if let Some(current) = current.as_mut().filter(|current| current.serial == refused.serial) {
            current.expires_at = Instant::now();
        }
    }
}

/// Asks the server for keys of a member. `send` sends a request as the client's own login, which is of the kind `own`.
pub(crate) async fn mint<F>(
    company: &str,
    own: LoginKind,
    identifier: &str,
    send: impl FnOnce(Request) -> F,
) -> Result<MintedKeys, Error>
where
    F: Future<Output = Result<Response, Error>>,
{
    if identifier.is_empty() {
        return Err(Error::invalid_input("member", "is empty"));
    }
    let explain = |error| explain(error, identifier);
    let response = send(request(own, identifier)).await.map_err(explain)?.success(None).await.map_err(explain)?;
    let body = response.body.collect().await?;
    let keys = serde_json::from_slice(&body).ok().and_then(|keys| read(company, &keys, SystemTime::now().into()));
    // An invalid input, since the request that the keys are for was not sent. The body is not shown: it may hold half
    // of the keys.
    keys.ok_or_else(|| Error::invalid_input("member", "got no usable keys from the server"))
}

/// The request for keys. facts: some callers send the identifier in the body, some nothing, and both work.
fn request(own: LoginKind, identifier: &str) -> Request {
    let segment = percent_encoding::utf8_percent_encode(identifier, percent_encoding::NON_ALPHANUMERIC);
    let mut request = Request::new(Method::Post, format!("/system/members/{segment}/tokens"));
    request.body = RequestBody::Json(json!({"memberIdentifier": identifier}).to_string().into());
    let user_type = if own == LoginKind::Integrator { "integrator" } else { "member" };
    request.headers.insert(USER_TYPE, HeaderValue::from_static(user_type));
    request
}

/// What to do about a refusal.
fn explain(error: Error, identifier: &str) -> Error {
    let needs =
        "the login needs the right to impersonate members; an integrator login with Member Impersonation has it.";
    if error.is_permission_denied() {
        error.with_advice(format!("No keys for the member {identifier:?}: {needs}"))
    } else if error.is_unauthenticated() {
        error.with_advice(format!(
            "No keys for the member {identifier:?}: check company, login and client id; also, {needs}"
        ))
    } else {
        // Nothing of the caller's was changed.
        error.with_request(true, true)
    }
}

/// The keys in the response, and how long they can be used; `None` when they cannot be used.
fn read(company: &str, answer: &Value, now: DateTime) -> Option<MintedKeys> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let credentials =
        Credentials { kind: LoginKind::Minted, name: text("publicKey"), secret: text("privateKey").into() };
    let login = Login::new(company, credentials).ok()?;
    Some(MintedKeys { login, lifetime: lifetime(&text("expiration"), now) })
}

/// How long keys are used: to a margin before the end the server names, when that is believable, and never longer than
/// keys are known to live.
fn lifetime(expiration: &str, now: DateTime) -> Duration {
    let named = expiration.parse::<DateTime>().ok().and_then(|end| (end - now).to_std().ok());
    named.filter(|named| *named > MARGIN * 2).map_or(LIFETIME, |named| named.min(LIFETIME)) - MARGIN
}

/// Shows no keys.
impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("identifier", &self.identifier).finish_non_exhaustive()
    }
}

/// Shows no keys.
impl fmt::Debug for MintedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MintedKeys").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_life_of_keys_is_what_the_server_says_within_reason() {
        let now: DateTime = "2026-11-22T10:00:00Z".parse().unwrap();
        for (expiration, minutes) in [
            ("2026-11-22T12:00:00Z", 115),
            ("2026-11-22T14:00:00+00:00", 235),
            ("2026-11-23T10:00:00Z", 235),
            ("2026-11-22T05:00:00Z", 235),
            ("2026-11-22T10:03:00Z", 235),
            ("11/22/2026 2:00:00 PM", 235),
            ("", 235),
        ] {
            assert_eq!(lifetime(expiration, now).as_secs() / 60, minutes, "{expiration}");
        }
    }

    #[test]
    fn an_answer_without_keys_is_an_error_that_shows_none() {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        assert!(read("acme", &json!({"publicKey": "p", "privateKey": "hunter2"}), now).is_some());
        for answer in
            [json!({}), json!({"publicKey": "p"}), json!(null), json!({"publicKey": "p:q", "privateKey": "hunter2"})]
        {
            assert!(read("acme", &answer, now).is_none(), "{answer}");
        }
    }
}
