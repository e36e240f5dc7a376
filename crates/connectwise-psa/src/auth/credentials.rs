//! The credentials of a client as values, before they are validated.

use std::fmt;

use connectwise_psa_core::error::Error;
use secrecy::{ExposeSecret as _, SecretString};

/// The kinds of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CredentialKind {
    /// The API keys of an API member or any other member.
    Keys,
    /// An integrator login.
    Integrator,
    /// A member's id and hash, which PSA passes to a page of the Hosted API.
    MemberHash,
    /// API keys minted for a member: the server created them at the client's request.
    Minted,
    /// A token that a gateway in front of PSA accepts.
    Bearer,
}

impl CredentialKind {
    /// Returns the names of the two parts in error messages.
    pub(crate) const fn part_names(self) -> (&'static str, &'static str) {
        match self {
            Self::Keys | Self::Minted => ("public key", "private key"),
            Self::Integrator => ("integrator", "integrator password"),
            Self::MemberHash => ("member id", "member hash"),
            Self::Bearer => ("bearer token", "bearer token"),
        }
    }
}

/// Credentials that a [`CredentialSource`](crate::credentials::CredentialSource) supplies. The client validates them
/// before it sends them.
///
/// Two values are equal if they are of the same kind and have the same name and secret. [`Debug`](fmt::Debug) shows only
/// the kind.
#[derive(Clone)]
pub struct Credentials {
    pub(crate) kind: CredentialKind,
    /// Public key, integrator's name, or member id.
    pub(crate) name: String,
    /// Private key, password, hash, or token.
    pub(crate) secret: SecretString,
}

impl Credentials {
    /// The public and the private key of an API member. The public key may start with the company id: `acme+AbCdEf`.
    #[must_use]
    pub fn keys(public: impl Into<String>, private: impl Into<String>) -> Self {
        Self::new(CredentialKind::Keys, public, private)
    }

    /// An integrator login, which can impersonate members: [`Psa::as_member`](crate::Psa::as_member).
    #[must_use]
    pub fn integrator(name: impl Into<String>, password: impl Into<String>) -> Self {
        Self::new(CredentialKind::Integrator, name, password)
    }

    /// The credentials of a page that PSA shows in a frame: see
    /// [`PsaBuilder::member_hash`](crate::PsaBuilder::member_hash).
    #[must_use]
    pub fn member_hash(member_id: impl Into<String>, hash: impl Into<String>) -> Self {
        Self::new(CredentialKind::MemberHash, member_id, hash)
    }

    /// A token, which is sent as `Authorization: Bearer …`. ConnectWise does not document tokens for the PSA API
    /// (November 2026); this is for a gateway in front of it that accepts them. The company id is not sent with a token.
    #[must_use]
    pub fn bearer(token: impl Into<String>) -> Self {
        Self::new(CredentialKind::Bearer, "", token)
    }

    pub(crate) fn new(kind: CredentialKind, name: impl Into<String>, secret: impl Into<String>) -> Self {
        Self { kind, name: name.into(), secret: SecretString::from(secret.into()) }
    }

    /// Returns the company, and the credentials without the company that a public key may start with.
    pub(crate) fn split_company(self, company: &str) -> Result<(String, Self), Error> {
        if self.kind != CredentialKind::Keys {
            return Ok((company.to_owned(), self));
        }
        let (company, name) = split_company(company, &self.name)?;
        Ok((company, Self { name, ..self }))
    }
}

impl PartialEq for Credentials {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.name == other.name
            && self.secret.expose_secret() == other.secret.expose_secret()
    }
}

impl Eq for Credentials {}

/// Returns the company and the public key. Splits a public key that was pasted as `company+publicKey`. If the company
/// was set as well, it must be the same, ignoring letter case.
fn split_company(company: &str, name: &str) -> Result<(String, String), Error> {
    let (from_name, key) = match name.split_once('+') {
        Some((company, key)) => (Some(company), key),
        None => (None, name),
    };
    match from_name {
        Some(other) if !company.is_empty() && !other.eq_ignore_ascii_case(company) => {
            Err(Error::invalid_input("company", format!("is {company:?}, but the public key belongs to {other:?}")))
        }
        Some(other) if company.is_empty() => Ok((other.to_owned(), key.to_owned())),
        // The company that was set is kept, even if the key has it in another letter case: one source says that the
        // letter case matters.
        _ => Ok((company.to_owned(), key.to_owned())),
    }
}

/// Omits the name and the secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_key_with_a_company_is_split() {
        for (company, name, expected) in [
            ("acme", "pub", Some(("acme", "pub"))),
            ("", "acme+pub", Some(("acme", "pub"))),
            ("acme", "acme+pub", Some(("acme", "pub"))),
            ("acme", "ACME+pub", Some(("acme", "pub"))),
            ("other", "acme+pub", None),
        ] {
            let split = split_company(company, name).ok();
            assert_eq!(split.as_ref().map(|(company, name)| (company.as_str(), name.as_str())), expected);
        }
    }
}
