//! Keys minted for members: made when they are needed, renewed before they expire, shared by all clones.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::auth::credentials::{Credentials, Kind, Login};
use crate::{DateTime, Error};

/// How long minted keys live. facts: about four hours; the answer's own date has no known form and zone.
const LIFE: Duration = Duration::from_secs(4 * 60 * 60);

/// How long before their end keys are no longer used.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// A member that calls are made as.
pub(crate) struct Member {
    pub(crate) identifier: String,
    minted: Mutex<Option<Minted>>,
}

#[derive(Clone)]
pub(crate) struct Minted {
    pub(crate) login: Login,
    until: Instant,
    /// Which minting it is, so that one refusal does not throw away the keys minted after it.
    serial: u64,
}

impl Member {
    pub(crate) fn new(identifier: String) -> Self {
        Self { identifier, minted: Mutex::new(None) }
    }

    /// The member's keys, minted by `mint` unless there are good ones. Others wait meanwhile and use the same.
    pub(crate) async fn login<F: Future<Output = Result<Login, Error>>>(
        &self,
        mint: impl FnOnce() -> F + Send,
        life: impl Fn() -> Duration,
    ) -> Result<Minted, Error> {
        let mut minted = self.minted.lock().await;
        if let Some(minted) = minted.as_ref().filter(|minted| minted.until > Instant::now()) {
            return Ok(minted.clone());
        }
        let serial = minted.as_ref().map_or(0, |minted| minted.serial + 1);
        let login = mint().await?;
        let fresh = Minted { login, until: Instant::now() + life(), serial };
        *minted = Some(fresh.clone());
        Ok(fresh)
    }

    /// Throws away keys that the server has refused.
    pub(crate) async fn forget(&self, refused: &Minted) {
        let mut minted = self.minted.lock().await;
        if let Some(minted) = minted.as_mut().filter(|minted| minted.serial == refused.serial) {
            minted.until = Instant::now();
        }
    }
}

/// The body of the request for keys. facts: some callers send the identifier, some nothing, and both work.
pub(crate) fn body(identifier: &str) -> Value {
    json!({"memberIdentifier": identifier})
}

/// The keys in the answer, and how long they can be used.
pub(crate) fn read(company: &str, answer: &Value, now: DateTime) -> Result<(Login, Duration), Error> {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
    let credentials = Credentials { kind: Kind::Minted, name: text("publicKey"), secret: text("privateKey").into() };
    let login = Login::new(company, credentials).map_err(|error| Error::invalid_input_from("member", "got no usable keys from the server", error))?;
    Ok((login, life(&text("expiration"), now)))
}

/// How long keys are used: to a margin before the end the server names, when that is believable, and never longer than keys are known to live.
fn life(expiration: &str, now: DateTime) -> Duration {
    let named = expiration.parse::<DateTime>().ok().and_then(|end| (end - now).to_std().ok());
    named.filter(|named| *named > MARGIN * 2).map_or(LIFE, |named| named.min(LIFE)) - MARGIN
}

/// Shows no keys.
impl fmt::Debug for Member {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Member").field("identifier", &self.identifier).finish_non_exhaustive()
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
            assert_eq!(life(expiration, now).as_secs() / 60, minutes, "{expiration}");
        }
    }

    #[test]
    fn an_answer_without_keys_is_an_error_that_shows_none() {
        let now = "2026-11-22T10:00:00Z".parse().unwrap();
        assert!(read("acme", &json!({"publicKey": "p", "privateKey": "hunter2"}), now).is_ok());
        for answer in [json!({}), json!({"publicKey": "p"}), json!(null), json!({"publicKey": "p:q", "privateKey": "hunter2"})] {
            let error = format!("{:?}", read("acme", &answer, now).unwrap_err());
            assert!(error.contains("member got no usable keys") && !error.contains("hunter2"), "{error}");
        }
    }
}
