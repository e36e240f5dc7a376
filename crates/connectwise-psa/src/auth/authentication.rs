//! Validates credentials, and adds them to requests as sensitive headers.

use std::fmt;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::secrets::KnownSecrets;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderName, HeaderValue};
use reqwest::RequestBuilder;
use secrecy::{ExposeSecret as _, SecretString};

use crate::auth::credentials::{CredentialKind, Credentials};

/// The header with the type of user. Observed on live servers: integrator logins and minted member keys need it.
pub(crate) const USER_TYPE: HeaderName = HeaderName::from_static("x-cw-usertype");

/// Validated credentials, which authenticate each request.
#[derive(Clone)]
pub(crate) struct Authentication {
    /// The user name of basic authentication: `company+name`. The name is the public key, the integrator's name, or the
    /// member id.
    user: String,
    secret: SecretString,
    pub(crate) kind: CredentialKind,
    cookie: Option<HeaderValue>,
    /// The whole value of the header `Authorization`, if the credentials are a token.
    bearer: Option<HeaderValue>,
}

impl Authentication {
    /// Validates credentials. The error names the invalid part and does not quote secrets.
    pub(crate) fn new(company: &str, credentials: Credentials) -> Result<Self, Error> {
        let Credentials { kind, name, secret } = credentials;
        if kind == CredentialKind::Bearer {
            return Self::bearer(secret);
        }
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
        Ok(Self { user: format!("{company}+{name}"), secret, kind, cookie, bearer: None })
    }

    /// Validates a token for `Authorization: Bearer`.
    fn bearer(secret: SecretString) -> Result<Self, Error> {
        let token = secret.expose_secret();
        if token.is_empty() {
            return Err(Error::invalid_input("bearer token", "is missing"));
        }
        // The characters of a token according to RFC 6750.
        if !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)) {
            let problem = "contains characters that a bearer token cannot hold, such as whitespace";
            return Err(Error::invalid_input("bearer token", problem));
        }
        let mut bearer = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| Error::invalid_input("bearer token", "contains characters that a header cannot hold"))?;
        bearer.set_sensitive(true);
        Ok(Self { user: String::new(), secret, kind: CredentialKind::Bearer, cookie: None, bearer: Some(bearer) })
    }

    /// Returns the secrets that requests with these credentials send.
    pub(crate) fn secrets(&self) -> KnownSecrets {
        let mut secrets = KnownSecrets::new();
        if self.bearer.is_some() {
            secrets.add(self.secret.expose_secret());
        } else {
            secrets.add_pair(&self.user, self.secret.expose_secret());
        }
        secrets
    }

    /// Adds the credentials to a request, in headers that are marked as sensitive.
    pub(crate) fn authenticate(&self, request: RequestBuilder) -> RequestBuilder {
        if let Some(bearer) = &self.bearer {
            // `headers` replaces a header, `header` would add a second one.
            return request.headers([(AUTHORIZATION, bearer.clone())].into_iter().collect());
        }
        let request = request.basic_auth(&self.user, Some(self.secret.expose_secret()));
        let user_type = match self.kind {
            CredentialKind::Integrator => Some("integrator"),
            CredentialKind::Minted => Some("member"),
            CredentialKind::Keys | CredentialKind::MemberHash | CredentialKind::Bearer => None,
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

/// Omits the secret.
impl fmt::Debug for Authentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authentication").field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(kind: CredentialKind, company: &str, name: &str, secret: &str) -> Result<Authentication, Error> {
        Authentication::new(company, Credentials { kind, name: name.to_owned(), secret: secret.to_owned().into() })
    }

    fn headers(credentials: &Authentication) -> http::HeaderMap {
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
}
