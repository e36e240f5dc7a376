//! Signatures of deliveries: HMAC-SHA-256 of the body.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::{Digest as _, Sha256};

/// The bytes of a key and of a signature.
const LENGTH: usize = 32;

/// The key that signatures are computed with. `Debug` omits it.
#[derive(Clone)]
pub(crate) struct SigningKey(Arc<SecretBox<[u8; LENGTH]>>);

impl SigningKey {
    /// Creates the key from the text that the server returns. Observed on live servers: the key is the SHA-256 of the
    /// text.
    pub(crate) fn new(text: &str) -> Self {
        Self(Arc::new(SecretBox::new(Box::new(Sha256::digest(text.as_bytes()).into()))))
    }

    /// Returns whether a body has this signature. Takes the same time for every wrong signature.
    pub(crate) fn has_signed(&self, body: &[u8], signature: &Signature) -> bool {
        // HMAC accepts keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.expose_secret()) else { return false };
        mac.update(body);
        mac.verify_slice(&signature.0).is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey([redacted])")
    }
}

/// The signature of a delivery, from the header `x-content-signature`.
#[derive(Clone, Debug)]
pub(crate) struct Signature([u8; LENGTH]);

impl Signature {
    /// Reads the base64 in the header; `None` if it is not that of a signature.
    pub(crate) fn parse(header: &str) -> Option<Self> {
        let mut bytes = [0; LENGTH];
        // A text of any other length is rejected before it is decoded.
        match STANDARD.decode_slice(header.trim(), &mut bytes) {
            Ok(LENGTH) => Some(Self(bytes)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with Python's `hmac` and `hashlib`.
    const TEXT: &str = "test-signing-key";
    const BODY: &[u8] = br#"{"Action":"updated","ID":7601,"Type":"ticket"}"#;
    const SIGNATURE: &str = "gafmZW08u4In2zHlJAU3fImYuNfyHTEYc/MVX2bP5KQ=";

    #[test]
    fn the_signature_of_the_known_body_is_accepted_and_no_other() {
        let (key, signature) = (SigningKey::new(TEXT), Signature::parse(SIGNATURE).unwrap());
        let hex: String = key.0.expose_secret().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "2eae0511df4e58ec738ec1f8661a46876269c0b5534fbf993af0cdc23b54949c");
        assert!(key.has_signed(BODY, &signature));
        assert!(!SigningKey::new("test-signing-key ").has_signed(BODY, &signature));
        for at in 0..BODY.len() {
            let mut changed = BODY.to_vec();
            changed[at] ^= 1;
            assert!(!key.has_signed(&changed, &signature), "byte {at} of the body");
        }
        for at in 0..LENGTH {
            let mut changed = signature.clone();
            changed.0[at] ^= 1;
            assert!(!key.has_signed(BODY, &changed), "byte {at} of the signature");
        }
    }

    #[test]
    fn only_base64_of_32_bytes_is_a_signature() {
        for (header, is_signature) in [
            (SIGNATURE, true),
            (" gafmZW08u4In2zHlJAU3fImYuNfyHTEYc/MVX2bP5KQ= ", true),
            ("", false),
            ("gafmZW08u4In2zHlJAU3fImYuNfyHTEYc/MVX2bP5KQ", false),
            ("gafmZW08u4In2zHlJAU3fImYuNfyHTEYc_MVX2bP5KQ=", false),
            ("gafmZW08u4In2zHlJAU3fImYuNfyHTEYc/MVX2bP5KR=", false),
            ("gafmZW08u4In2zHlJAU3fImYuNfyHTEYc/MVX2bP5A==", false),
            ("gafmZW08u4In2zHlJAU3fImYuNfyHTEYc/MVX2bP5KQ=gafm", false),
            ("sha256=gafmZW08u4In2zHlJAU3fImYuNfyHTEYc/MVX2bP5KQ=", false),
            ("81a7e6656d3cbb8227db31e52405377c8998b8d7f21d311873f3155f66cfe4a4", false),
        ] {
            assert_eq!(Signature::parse(header).is_some(), is_signature, "{header:?}");
        }
    }

    #[test]
    fn debug_omits_the_key() {
        assert_eq!(format!("{:?}", SigningKey::new(TEXT)), "SigningKey([redacted])");
    }
}
