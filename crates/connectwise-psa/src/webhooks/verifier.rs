//! Verification of deliveries: only a message that PSA has signed for the configured company is accepted.

use connectwise_psa_core::error::Error;

use crate::client::Psa;
use crate::webhooks::message::Message;
use crate::webhooks::rejection::Rejection;

/// The default of [`VerifierBuilder::max_body_size`]: 1 MiB.
const MAX_BODY_SIZE: usize = 1024 * 1024;

/// TODO
#[derive(Clone)]
pub struct Verifier {
    max_body_size: usize,
}

/// TODO
pub struct VerifierBuilder {
    max_body_size: usize,
}

impl VerifierBuilder {
    /// TODO
    pub fn build(self) -> Result<Verifier, Error> {
        Ok(Verifier { max_body_size: self.max_body_size })
    }

    /// TODO
    #[must_use]
    pub fn max_body_size(self, bytes: usize) -> Self {
        Self { max_body_size: bytes }
    }
    /// TODO
    #[must_use]
    pub fn key_fetches_per_minute(self, _most: usize) -> Self {
        self
    }
    /// TODO
    #[must_use]
    pub fn key_origin(self, _origin: impl Into<String>) -> Self {
        self
    }
    /// TODO
    #[must_use]
    pub fn send_credentials(self) -> Self {
        self
    }
}

impl Verifier {
    /// TODO
    pub fn new(psa: &Psa) -> Result<Self, Error> {
        Self::builder(psa).build()
    }

    /// TODO
    #[must_use]
    pub fn builder(_psa: &Psa) -> VerifierBuilder {
        VerifierBuilder { max_body_size: MAX_BODY_SIZE }
    }

    /// TODO
    pub async fn verify(&self, _signature: Option<&str>, body: &[u8]) -> Result<Message, Rejection> {
        Message::parse(body).map_err(Rejection::Malformed)?;
        Err(Rejection::WrongSignature)
    }

    /// Returns the most bytes of a body that the verifier accepts.
    #[must_use]
    pub fn max_body_size(&self) -> usize {
        self.max_body_size
    }
}
