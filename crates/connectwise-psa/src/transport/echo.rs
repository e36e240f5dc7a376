//! Removes the client's secrets from responses: a server or a proxy may echo the credentials of a request.

use std::borrow::Cow;
use std::sync::Arc;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::secrets::KnownSecrets;
use http::{HeaderMap, HeaderValue};

/// The longest header value that is searched for secrets. No usual header is longer, and a search takes time.
const LONGEST_SEARCHED: usize = 4096;

/// What an error response has in place of a longer header value.
const REDACTED: &[u8] = b"[redacted]";

/// The secrets that the requests of a client, or of one of its members, send.
#[derive(Clone, Debug, Default)]
pub(crate) struct SentSecrets(Vec<Arc<KnownSecrets>>);

impl SentSecrets {
    pub(crate) fn new(secrets: impl IntoIterator<Item = Arc<KnownSecrets>>) -> Self {
        Self(secrets.into_iter().collect())
    }

    /// Returns a text without the secrets.
    pub(crate) fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.0.iter().fold(Cow::Borrowed(text), |text, secrets| match secrets.redact(&text) {
            Cow::Owned(redacted) => Cow::Owned(redacted),
            Cow::Borrowed(_) => text,
        })
    }

    /// Returns a body without the secrets.
    pub(crate) fn redact_body(&self, body: bytes::Bytes) -> bytes::Bytes {
        self.0.iter().fold(body, |body, secrets| match secrets.redact_bytes(&body) {
            Cow::Owned(redacted) => redacted.into(),
            Cow::Borrowed(_) => body,
        })
    }

    /// Returns an error whose texts do not contain the secrets.
    pub(crate) fn redact_error(&self, error: Error) -> Error {
        error.redact_texts(&|text| self.redact(text))
    }

    /// Removes the secrets from the headers of an error response. In a successful response, whose headers are the
    /// caller's data, marks the values that contain a secret as sensitive, so that they are not printed. A very long value
    /// counts as a secret.
    pub(crate) fn redact_headers(&self, headers: &mut HeaderMap, is_success: bool) {
        for value in headers.values_mut() {
            for secrets in &self.0 {
                let redacted = match value.as_bytes() {
                    long if long.len() > LONGEST_SEARCHED => Cow::Owned(REDACTED.to_vec()),
                    searched => secrets.redact_bytes(searched),
                };
                let Cow::Owned(redacted) = redacted else { continue };
                match HeaderValue::from_bytes(&redacted) {
                    Ok(redacted) if !is_success => *value = redacted,
                    _ => value.set_sensitive(true),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_redacted_in_errors_and_not_printed_in_successes() {
        let sets = ["Sesame-27-Sesame", "Open-28-Open-28"].map(|secret| {
            let mut secrets = KnownSecrets::new();
            secrets.add(secret);
            Arc::new(secrets)
        });
        let secrets = SentSecrets::new(sets);
        let original = HeaderValue::from_static("a Sesame-27-Sesame b Open-28-Open-28");
        for is_success in [true, false] {
            let mut headers = HeaderMap::from_iter([
                (http::header::RETRY_AFTER, original.clone()),
                (http::header::CONTENT_TYPE, HeaderValue::from_static("text/plain")),
            ]);
            secrets.redact_headers(&mut headers, is_success);
            let printed = format!("{headers:?}");
            assert!(!printed.contains("27") && !printed.contains("28") && printed.contains("text/plain"), "{printed}");
            let expected = if is_success { &original } else { &HeaderValue::from_static("a [redacted] b [redacted]") };
            assert_eq!(headers.get("retry-after"), Some(expected));
        }
        let long = HeaderValue::from_bytes("\\".repeat(200 * 1024).as_bytes()).unwrap();
        let started = std::time::Instant::now();
        for (is_success, expected) in [(true, &long), (false, &HeaderValue::from_static("[redacted]"))] {
            let mut headers = HeaderMap::from_iter([(http::header::LOCATION, long.clone())]);
            secrets.redact_headers(&mut headers, is_success);
            assert_eq!(headers.get("location"), Some(expected));
            assert_eq!(headers.get("location").map(HeaderValue::is_sensitive), Some(is_success));
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(2), "{:?}", started.elapsed());
        assert_eq!(secrets.redact("Sesame-27-Sesame, Open-28-Open-28"), "[redacted], [redacted]");
        assert_eq!(secrets.redact_body("<Open-28-Open-28>".into()), "<[redacted]>");
    }
}
