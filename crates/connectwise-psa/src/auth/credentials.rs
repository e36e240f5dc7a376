//! Validates credentials, of which there are four kinds, and adds them to requests as sensitive headers.

use std::fmt;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::secrets::KnownSecrets;
use http::header::COOKIE;
use http::{HeaderName, HeaderValue};
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret as _, SecretString};

/// The header with the type of user. Observed on live servers: integrator logins and minted member keys need it.
pub(crate) const USER_TYPE: HeaderName = HeaderName::from_static("x-cw-usertype");

/// Credentials as the caller passes them to the builder.
#[derive(Clone)]
pub(crate) struct UncheckedCredentials {
    pub(crate) kind: CredentialKind,
    /// Public key, integrator's name, or member id.
    pub(crate) name: String,
    /// Private key, password, or hash.
    pub(crate) secret: SecretString,
}

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
}

impl CredentialKind {
    /// Returns the names of the two parts in error messages.
    const fn part_names(self) -> (&'static str, &'static str) {
        match self {
            Self::Keys | Self::Minted => ("public key", "private key"),
            Self::Integrator => ("integrator", "integrator password"),
            Self::MemberHash => ("member id", "member hash"),
        }
    }
}

/// Validated credentials, which authenticate each request.
#[derive(Clone)]
pub(crate) struct Credentials {
    /// The user name of basic authentication: `company+name`. The name is the public key, the integrator's name, or the
    /// member id.
    user: String,
    secret: SecretString,
    pub(crate) kind: CredentialKind,
    cookie: Option<HeaderValue>,
}

impl Credentials {
    /// Validates credentials. The error names the invalid part and does not quote secrets.
    pub(crate) fn new(company: &str, credentials: UncheckedCredentials) -> Result<Self, Error> {
        let UncheckedCredentials { kind, name, secret } = credentials;
        let (name_label, secret_label) = kind.part_names();
        for (label, value) in
            [("company", company), (name_label, name.as_str()), (secret_label, secret.expose_secret())]
        {
            let problem = if value.is_empty() {
                "is missing"
            } else if value.trim() != value {
                "has leading or trailing whitespace"
            } else if value.chars().any(char::is_control) {
                "contains control characters"
            } else if value.starts_with(['"', '\'']) {
                "starts with a quotation mark; remove the quotation marks"
            } else {
                continue;
            };
            return Err(Error::invalid_input(label, problem));
        }
        // In `company+name:secret`, the first `+` ends the company and the first `:` ends the name.
        for (label, value, separators) in [("company", company, "+:"), (name_label, name.as_str(), ":")] {
            if let Some(separator) = value.chars().find(|c| separators.contains(*c)) {
                return Err(Error::invalid_input(
                    label,
                    format!("contains `{separator}`, which separates the parts of the credentials"),
                ));
            }
        }
        if secret.expose_secret() == name {
            return Err(Error::invalid_input(secret_label, format!("is the same as the {name_label}")));
        }
        let cookie = match kind {
            CredentialKind::MemberHash => Some(cookie(company, &name, &secret)?),
            _ => None,
        };
        Ok(Self { user: format!("{company}+{name}"), secret, kind, cookie })
    }

    /// Returns the secrets that requests with these credentials send.
    pub(crate) fn secrets(&self) -> KnownSecrets {
        let mut secrets = KnownSecrets::new();
        secrets.add_pair(&self.user, self.secret.expose_secret());
        secrets
    }

    /// Adds the credentials to a request, in headers that are marked as sensitive.
    pub(crate) fn authenticate(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.basic_auth(&self.user, Some(self.secret.expose_secret()));
        let user_type = match self.kind {
            CredentialKind::Integrator => Some("integrator"),
            CredentialKind::Minted => Some("member"),
            CredentialKind::Keys | CredentialKind::MemberHash => None,
        };
        // The request that mints keys has this header already: `headers` replaces it, `header` would add a second one.
        let user_type = user_type.into_iter().map(|user_type| (USER_TYPE, HeaderValue::from_static(user_type)));
        let request = request.headers(user_type.collect());
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }
}

/// Returns the cookies of a member's session. Observed on live servers: a page of the Hosted API sends them in addition
/// to the `Authorization` header.
fn cookie(company: &str, member: &str, hash: &SecretString) -> Result<HeaderValue, Error> {
    let text =
        format!("companyName={company}; memberHash={}; memberId={member}; memberContext=web", hash.expose_secret());
    for (label, value) in [("company", company), ("member id", member), ("member hash", hash.expose_secret())] {
        if !value.bytes().all(|byte| byte.is_ascii_graphic() && !b";,\"\\".contains(&byte)) {
            return Err(Error::invalid_input(label, "contains characters that a cookie cannot hold"));
        }
    }
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| Error::invalid_input("member hash", "contains characters that a header cannot hold"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Returns the company and the public key. Splits a public key that was pasted as `company+publicKey`. If the company
/// was set as well, it must be the same, ignoring letter case.
pub(crate) fn split_company(company: &str, name: &str) -> Result<(String, String), Error> {
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

/// Omits the secret.
impl fmt::Debug for UncheckedCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UncheckedCredentials").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Omits the secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(kind: CredentialKind, company: &str, name: &str, secret: &str) -> Result<Credentials, Error> {
        Credentials::new(
            company,
            UncheckedCredentials { kind, name: name.to_owned(), secret: secret.to_owned().into() },
        )
    }

    fn headers(credentials: &Credentials) -> http::HeaderMap {
        credentials.authenticate(reqwest::Client::new().get("http://127.0.0.1/")).build().unwrap().headers().clone()
    }

    #[test]
    fn each_kind_has_its_headers_and_secrets_are_marked_as_sensitive() {
        // base64 of myco+pub:priv
        let basic = "Basic bXljbytwdWI6cHJpdg==";
        for (kind, user_type, cookie) in [
            (CredentialKind::Keys, None, None),
            (CredentialKind::Integrator, Some("integrator"), None),
            (CredentialKind::Minted, Some("member"), None),
            (
                CredentialKind::MemberHash,
                None,
                Some("companyName=myco; memberHash=priv; memberId=pub; memberContext=web"),
            ),
        ] {
            let credentials = credentials(kind, "myco", "pub", "priv").unwrap();
            let headers = headers(&credentials);
            let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
            assert_eq!(
                (text("authorization"), text("x-cw-usertype"), text("cookie")),
                (Some(basic), user_type, cookie)
            );
            assert!(
                headers["authorization"].is_sensitive() && headers.get("cookie").is_none_or(HeaderValue::is_sensitive)
            );
            // `Debug` omits the name as well.
            assert!(!format!("{credentials:?}").contains("pub"));
        }
    }

    #[test]
    fn the_secrets_of_every_kind_are_those_that_its_headers_send() {
        for kind in
            [CredentialKind::Keys, CredentialKind::Integrator, CredentialKind::Minted, CredentialKind::MemberHash]
        {
            let credentials = credentials(kind, "myco", "pub", "hunter2").unwrap();
            for name in ["authorization", "cookie"] {
                let Some(value) = headers(&credentials).get(name).cloned() else { continue };
                let redacted = credentials.secrets().redact(value.to_str().unwrap()).into_owned();
                assert!(redacted.contains("[redacted]") && !redacted.contains("hunter2"), "{redacted}");
            }
            // Company and name are not secret.
            assert_eq!(credentials.secrets().redact("myco+pub is unknown"), "myco+pub is unknown");
        }
    }

    #[test]
    fn errors_name_the_invalid_part_and_do_not_quote_the_secret() {
        for (kind, company, name, secret, expected) in [
            (CredentialKind::Keys, "", "pub", "hunter2", "company is missing"),
            (CredentialKind::Keys, "acme", "", "hunter2", "public key is missing"),
            (CredentialKind::Keys, "acme", "pub", "", "private key is missing"),
            (CredentialKind::Integrator, "acme", "pub", "", "integrator password is missing"),
            (CredentialKind::MemberHash, "acme", "", "hunter2", "member id is missing"),
            (CredentialKind::Keys, "acme", "pub", "hunter2\n", "private key has leading or trailing whitespace"),
            (CredentialKind::Keys, " acme", "pub", "hunter2", "company has leading or trailing whitespace"),
            (CredentialKind::Keys, "acme", "pub", "\"hunter2\"", "private key starts with a quotation mark"),
            (CredentialKind::Keys, "ac+me", "pub", "hunter2", "company contains `+`"),
            (CredentialKind::Keys, "acme", "p:ub", "hunter2", "public key contains `:`"),
            (CredentialKind::Keys, "acme", "hunter2", "hunter2", "private key is the same as the public key"),
            (CredentialKind::MemberHash, "acme", "5", "hunter2;x", "member hash contains characters"),
        ] {
            let error = credentials(kind, company, name, secret).unwrap_err().to_string();
            assert!(error.contains(expected) && !error.contains("hunter2"), "{error}");
        }
    }

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
