//! Opaque texts that the server gives to agents and later gets back, such as cursors. An altered text, and one from another
//! server or for another call, is rejected.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

/// The length of the authentication code in bytes.
const CODE_LENGTH: usize = 16;

/// Seals values with a key that this process has chosen at random.
pub(crate) struct Seal {
    key: [u8; 32],
}

impl Seal {
    /// Chooses a key. Fails if the operating system has no random numbers.
    pub(crate) fn new() -> Result<Self, getrandom::Error> {
        let mut key = [0; 32];
        getrandom::fill(&mut key)?;
        Ok(Self { key })
    }

    /// Returns the text of a value, which is valid for one call.
    pub(crate) fn seal(&self, call: &Fingerprint, value: &impl Serialize) -> Option<String> {
        let payload = serde_json::to_vec(value).ok()?;
        let code = self.code(call, &payload)?;
        Some(format!("{}.{}", URL_SAFE_NO_PAD.encode(&payload), URL_SAFE_NO_PAD.encode(code)))
    }

    /// Returns the value of a text. `None` if the text was altered, comes from another server, or is for another call.
    pub(crate) fn open<T: DeserializeOwned>(&self, call: &Fingerprint, text: &str) -> Option<T> {
        let (payload, code) = text.split_once('.')?;
        let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
        let code = URL_SAFE_NO_PAD.decode(code).ok()?;
        if code.len() != CODE_LENGTH {
            return None;
        }
        self.mac(call, &payload)?.verify_truncated_left(&code).ok()?;
        serde_json::from_slice(&payload).ok()
    }

    fn code(&self, call: &Fingerprint, payload: &[u8]) -> Option<Vec<u8>> {
        let code = self.mac(call, payload)?.finalize().into_bytes();
        code.get(..CODE_LENGTH).map(<[u8]>::to_vec)
    }

    fn mac(&self, call: &Fingerprint, payload: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(&call.0);
        mac.update(payload);
        Some(mac)
    }
}

/// The hash of a call: operation, parameters and body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Returns the hash of the parts of a call. The order of the fields in JSON objects does not matter.
    pub(crate) fn of(parts: &impl Serialize) -> Option<Self> {
        // A `Value` has its fields in alphabetical order.
        let value = serde_json::to_value(parts).ok()?;
        let text = serde_json::to_vec(&value).ok()?;
        Some(Self(Sha256::digest(text).into()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn call(text: &str) -> Fingerprint {
        Fingerprint::of(&text).unwrap()
    }

    #[test]
    fn a_sealed_value_is_valid_for_its_call_and_server_only() {
        let seal = Seal::new().unwrap();
        let text = seal.seal(&call("a"), &json!({"page": 2})).unwrap();
        assert_eq!(seal.open(&call("a"), &text), Some(json!({"page": 2})));
        assert_eq!(seal.open::<serde_json::Value>(&call("b"), &text), None);
        assert_eq!(Seal::new().unwrap().open::<serde_json::Value>(&call("a"), &text), None);
    }

    #[test]
    fn an_altered_text_is_rejected() {
        let seal = Seal::new().unwrap();
        let text = seal.seal(&call("a"), &json!({"page": 2})).unwrap();
        for index in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(bytes).unwrap();
            // The last character of base64 has bits that are not used, but those are checked as well.
            assert_eq!(seal.open::<serde_json::Value>(&call("a"), &altered), None, "{altered}");
        }
        for text in ["", ".", "e30.", "e30"] {
            assert_eq!(seal.open::<serde_json::Value>(&call("a"), text), None, "{text}");
        }
    }

    #[test]
    fn the_order_of_fields_does_not_change_a_fingerprint() {
        let left: serde_json::Value = serde_json::from_str(r#"{"a": 1, "b": {"c": 2, "d": 3}}"#).unwrap();
        let right: serde_json::Value = serde_json::from_str(r#"{"b": {"d": 3, "c": 2}, "a": 1}"#).unwrap();
        assert_eq!(Fingerprint::of(&left), Fingerprint::of(&right));
        assert_ne!(Fingerprint::of(&left), Fingerprint::of(&json!({"a": 1})));
    }
}
