//! Who the client is to the server: the four kinds of login, as headers that do not print.

use std::fmt;

use connectwise_psa_core::error::Error;
use http::header::{AUTHORIZATION, COOKIE};
use http::{HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};

/// The header that tells what kind of user logs in. facts: needed for integrator logins and for minted member keys.
pub(crate) const USER_TYPE: HeaderName = HeaderName::from_static("x-cw-usertype");

/// A way to log in, as the builder is given it.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) kind: LoginKind,
    /// Public key, integrator's name, or member id.
    pub(crate) name: String,
    /// Private key, password, or hash.
    pub(crate) secret: SecretString,
}

/// The kinds of login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LoginKind {
    /// The keys of an API member, or of any member.
    Keys,
    /// A user of the older integrator logins.
    Integrator,
    /// A member's id and hash, as a hosted page gets them.
    MemberHash,
    /// Keys minted for a member.
    Minted,
}

impl LoginKind {
    /// What the two parts are called in errors.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Keys | Self::Minted => ("public key", "private key"),
            Self::Integrator => ("integrator", "integrator password"),
            Self::MemberHash => ("member id", "member hash"),
        }
    }
}

/// A checked login: what goes into each request.
#[derive(Clone)]
pub(crate) struct Login {
    /// `company+publicKey`.
    user: String,
    secret: SecretString,
    pub(crate) kind: LoginKind,
    cookie: Option<HeaderValue>,
}

impl Login {
    /// Checks the parts; the error names the one that is wrong and quotes none.
    pub(crate) fn new(company: &str, credentials: Credentials) -> Result<Self, Error> {
        let Credentials { kind, name, secret } = credentials;
        let (name_called, secret_called) = kind.names();
        for (called, value) in
            [("company", company), (name_called, name.as_str()), (secret_called, secret.expose_secret())]
        {
            let problem = if value.is_empty() {
                "is missing"
            } else if value.trim() != value || value.chars().any(char::is_control) {
                "has blanks around it or control characters in it"
            } else if value.starts_with(['"', '\'']) {
                "begins with a quote; give it without"
            } else {
                continue;
            };
            return Err(Error::invalid_input(called, problem));
        }
        // The first plus ends the company, the first colon the whole name.
        for (called, value, separators) in [("company", company, "+:"), (name_called, name.as_str(), ":")] {
            if let Some(separator) = value.chars().find(|c| separators.contains(*c)) {
                return Err(Error::invalid_input(
                    called,
                    format!("holds `{separator}`, which separates the parts of the credentials"),
                ));
            }
        }
        if secret.expose_secret() == name {
            return Err(Error::invalid_input(secret_called, format!("is the same as the {name_called}")));
        }
        let cookie = match kind {
            LoginKind::MemberHash => Some(cookie(company, &name, &secret)?),
            _ => None,
        };
        Ok(Self { user: format!("{company}+{name}"), secret, kind, cookie })
    }

    /// Adds the login to a request, in headers that are marked as sensitive.
    pub(crate) fn sign(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.basic_auth(&self.user, Some(self.secret.expose_secret()));
        let user_type = match self.kind {
            LoginKind::Integrator => Some("integrator"),
            LoginKind::Minted => Some("member"),
            LoginKind::Keys | LoginKind::MemberHash => None,
        };
        // In place of one that is there already, not beside it.
        let request =
            request.headers(user_type.into_iter().map(|kind| (USER_TYPE, HeaderValue::from_static(kind))).collect());
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }
}

/// How many characters of an encoded login are enough to know it by. The name fills these, so that cut-off text is
/// known as well.
const ENOUGH: usize = 16;

impl Login {
    /// Whether a text repeats the secret, or what goes into the header.
    pub(crate) fn shows_in(&self, client: &Client, text: &str) -> bool {
        // The address is that of no request: only the header is looked at.
        let signed = self.sign(client.get("http://localhost/")).build();
        let header = signed.as_ref().ok().and_then(|request| request.headers().get(AUTHORIZATION)?.to_str().ok());
        let encoded = header.and_then(|header| header.strip_prefix("Basic ")).unwrap_or_default();
        let start = encoded.get(..ENOUGH).unwrap_or(encoded);
        text.contains(self.secret.expose_secret()) || (!start.is_empty() && text.contains(start))
    }
}

/// The cookies of a member's session. facts: a hosted page sends them beside the header.
fn cookie(company: &str, member: &str, hash: &SecretString) -> Result<HeaderValue, Error> {
    let text =
        format!("companyName={company}; memberHash={}; memberId={member}; memberContext=web", hash.expose_secret());
    for (called, value) in [("company", company), ("member id", member), ("member hash", hash.expose_secret())] {
        if !value.bytes().all(|byte| byte.is_ascii_graphic() && !b";,\"\\".contains(&byte)) {
            return Err(Error::invalid_input(called, "has characters that a cookie cannot hold"));
        }
    }
    let mut value = HeaderValue::from_str(&text)
        .map_err(|_| Error::invalid_input("member hash", "has characters that a header cannot hold"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Divides `company+publicKey` where both were pasted as one; the company may have been given as well and has to be the
/// same then.
pub(crate) fn divide(company: &str, name: &str) -> Result<(String, String), Error> {
    let (from_name, key) = match name.split_once('+') {
        Some((company, key)) => (Some(company), key),
        None => (None, name),
    };
    match from_name {
        Some(other) if !company.is_empty() && !other.eq_ignore_ascii_case(company) => {
            Err(Error::invalid_input("company", format!("is {company:?}, and the public key is that of {other:?}")))
        }
        // facts: one source says that the company's letter case matters, so the one that was given on purpose is kept.
        Some(other) if company.is_empty() => Ok((other.to_owned(), key.to_owned())),
        _ => Ok((company.to_owned(), key.to_owned())),
    }
}

/// Shows no secret.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Shows no secret.
impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("kind", &self.kind).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login(kind: LoginKind, company: &str, name: &str, secret: &str) -> Result<Login, Error> {
        Login::new(company, Credentials { kind, name: name.to_owned(), secret: secret.to_owned().into() })
    }

    fn headers(login: &Login) -> http::HeaderMap {
        login.sign(Client::new().get("http://127.0.0.1/")).build().unwrap().headers().clone()
    }

    #[test]
    fn each_kind_has_its_headers_and_all_secrets_are_marked() {
        // base64 of myco+pub:priv
        let basic = "Basic bXljbytwdWI6cHJpdg==";
        for (kind, user_type, cookie) in [
            (LoginKind::Keys, None, None),
            (LoginKind::Integrator, Some("integrator"), None),
            (LoginKind::Minted, Some("member"), None),
            (LoginKind::MemberHash, None, Some("companyName=myco; memberHash=priv; memberId=pub; memberContext=web")),
        ] {
            let login = login(kind, "myco", "pub", "priv").unwrap();
            let headers = headers(&login);
            let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
            assert_eq!(
                (text("authorization"), text("x-cw-usertype"), text("cookie")),
                (Some(basic), user_type, cookie)
            );
            assert!(
                headers["authorization"].is_sensitive() && headers.get("cookie").is_none_or(HeaderValue::is_sensitive)
            );
            assert!(!format!("{login:?}").contains("pub"));
        }
    }

    #[test]
    fn a_login_is_known_again_in_text() {
        let login = login(LoginKind::Keys, "myco", "pub", "hunter2").unwrap();
        // base64 of myco+pub:hunter2
        for (text, shows) in [
            ("you sent hunter2", true),
            ("Basic bXljbytwdWI6aHVudGVyMg==", true),
            ("{bXljbytwdWI6aHVud…", true),
            ("myco+pub is unknown", false),
            ("", false),
        ] {
            assert_eq!(login.shows_in(&Client::new(), text), shows, "{text}");
        }
    }

    #[test]
    fn the_part_that_is_wrong_is_named_and_no_secret_is_quoted() {
        for (kind, company, name, secret, why) in [
            (LoginKind::Keys, "", "pub", "hunter2", "company is missing"),
            (LoginKind::Keys, "acme", "", "hunter2", "public key is missing"),
            (LoginKind::Keys, "acme", "pub", "", "private key is missing"),
            (LoginKind::Integrator, "acme", "pub", "", "integrator password is missing"),
            (LoginKind::MemberHash, "acme", "", "hunter2", "member id is missing"),
            (LoginKind::Keys, "acme", "pub", "hunter2\n", "private key has blanks"),
            (LoginKind::Keys, " acme", "pub", "hunter2", "company has blanks"),
            (LoginKind::Keys, "acme", "pub", "\"hunter2\"", "private key begins with a quote"),
            (LoginKind::Keys, "ac+me", "pub", "hunter2", "company holds `+`"),
            (LoginKind::Keys, "acme", "p:ub", "hunter2", "public key holds `:`"),
            (LoginKind::Keys, "acme", "hunter2", "hunter2", "private key is the same as the public key"),
            (LoginKind::MemberHash, "acme", "5", "hunter2;x", "member hash has characters"),
        ] {
            let error = login(kind, company, name, secret).unwrap_err().to_string();
            assert!(error.contains(why) && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_combined_key_is_divided() {
        for (company, name, expected) in [
            ("acme", "pub", Some(("acme", "pub"))),
            ("", "acme+pub", Some(("acme", "pub"))),
            ("acme", "acme+pub", Some(("acme", "pub"))),
            ("acme", "ACME+pub", Some(("acme", "pub"))),
            ("other", "acme+pub", None),
        ] {
            let divided = divide(company, name).ok();
            assert_eq!(divided.as_ref().map(|(company, name)| (company.as_str(), name.as_str())), expected);
        }
    }
}
