//! The member who looks at a hosted page, as the frame describes it, and a client with the member's credentials.

use std::fmt;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::text::field_ignoring_case;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::{Map, Value};

use crate::builder::PsaBuilder;
use crate::client::Psa;
use crate::discovery::site::{Site, is_cloud_host};

/// The response of the frame to `getMemberAuthentication`: the member who looks at the page, with credentials.
///
/// The browser sends it, so it is not proven. Before you show anything that the member may see:
///
/// 1. Compare [`company_id`](Self::company_id) with the companies that use your service: on the cloud, every company has
///    the same origin, and a member of another company has a valid hash, too.
/// 2. Make a call with the credentials, such as [`Psa::check`](crate::Psa::check). PSA rejects a wrong hash.
///
/// The hash and the tokens are secrets: `Debug` omits them, and the type cannot be serialized.
///
/// ```
/// use connectwise_psa::hosted::{FrameMessage, MessageError};
///
/// fn client(message: &str) -> Result<connectwise_psa::PsaBuilder, Box<dyn std::error::Error>> {
///     let FrameMessage::MemberAuthentication(member) = FrameMessage::parse(message)? else {
///         return Err("not the expected message".into());
///     };
///     if !member.is_of_company("acme") {
///         return Err("another company".into());
///     }
///     Ok(member.builder()?.client_id("00000000-0000-0000-0000-000000000000"))
/// }
///
/// let message = r#"{"response": "getmemberauthentication", "data": {"companyid": "acme", "memberid": "jdoe",
///     "memberHash": "hash", "memberEmail": "jdoe@example.com", "memberContext": "c", "site": "na.myconnectwise.net"}}"#;
/// client(message)?.build()?;
/// assert!(client(&message.replace("na.myconnectwise.net", "evil.example")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct MemberAuthentication {
    /// The company id with which the member has logged in.
    pub company_id: String,
    /// The identifier of the member.
    pub member_id: String,
    /// The member's e-mail address.
    pub email: Option<String>,
    /// The member context, which PSA does not document.
    pub context: Option<String>,
    /// The host that the member has logged in to, such as `na.myconnectwise.net`.
    pub site: String,
    /// The code base of the company, such as `v2025_1`.
    pub code_base: Option<String>,
    hash: SecretString,
    sso_access_token: Option<SecretString>,
    sso_id_token: Option<SecretString>,
}

impl MemberAuthentication {
    /// Returns the member's hash, which authenticates calls like a password.
    #[must_use]
    pub fn hash(&self) -> &str {
        self.hash.expose_secret()
    }

    /// Returns the access token of single sign-on, which newer servers send.
    #[must_use]
    pub fn sso_access_token(&self) -> Option<&str> {
        self.sso_access_token.as_ref().map(|token| token.expose_secret())
    }

    /// Returns the id token of single sign-on, which newer servers send.
    #[must_use]
    pub fn sso_id_token(&self) -> Option<&str> {
        self.sso_id_token.as_ref().map(|token| token.expose_secret())
    }

    /// Returns whether the message names this company, in any letter case.
    #[must_use]
    pub fn is_of_company(&self, company: &str) -> bool {
        self.company_id.eq_ignore_ascii_case(company.trim())
    }

    /// Returns the builder of a client that makes its calls as this member, on the ConnectWise cloud. For a self-hosted
    /// server, use [`builder_for_host`](Self::builder_for_host).
    ///
    /// # Errors
    ///
    /// An invalid-input error if the site of the message is not an https host of the ConnectWise cloud: the credentials
    /// would be sent there.
    pub fn builder(&self) -> Result<PsaBuilder, Error> {
        let site = parse_site(&self.site)?;
        let host = site.base.host_str().unwrap_or_default().to_ascii_lowercase();
        if site.base.scheme() != "https" || site.base.port().is_some() || !is_cloud_host(&host) {
            let problem = format!("is {:?}, which is not a host of the ConnectWise cloud", self.site);
            return Err(Error::invalid_input("site", problem));
        }
        Ok(self.builder_at(&host))
    }

    /// Returns the builder of a client that makes its calls as this member, on the server that your program is configured
    /// with. Accepts the forms of [`PsaBuilder::host`]. A self-hosted server that is only reachable with plain HTTP also
    /// needs [`PsaBuilder::allow_plain_http`].
    ///
    /// # Errors
    ///
    /// An invalid-input error if the message names another server.
    pub fn builder_for_host(&self, host: &str) -> Result<PsaBuilder, Error> {
        let expected = Site::from_host(host)?;
        let site = parse_site(&self.site)?;
        let is_same = expected.base.host_str() == site.base.host_str()
            // The site can be a host without a port.
            && (site.base.port().is_none() || site.base.port() == expected.base.port());
        if !is_same {
            let problem = format!("is {:?}, which is not the configured server", self.site);
            return Err(Error::invalid_input("site", problem));
        }
        Ok(self.builder_at(host))
    }

    fn builder_at(&self, host: &str) -> PsaBuilder {
        Psa::builder().host(host).company(&self.company_id).member_hash(&self.member_id, self.hash())
    }

    fn read(fields: &Map<String, Value>) -> Result<Self, String> {
        let optional = |name: &str| match field_ignoring_case(fields, name) {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let required = |name: &str| optional(name).ok_or_else(|| format!("{name} is missing"));
        let secret = |name: &str| optional(name).map(SecretString::from);
        Ok(Self {
            company_id: required("companyid")?,
            member_id: required("memberid")?,
            email: optional("memberEmail"),
            context: optional("memberContext"),
            site: required("site")?,
            code_base: optional("codeBase"),
            hash: SecretString::from(required("memberHash")?),
            sso_access_token: secret("ssoAccessToken"),
            sso_id_token: secret("ssoIdToken"),
        })
    }
}

/// Parses the site of a message. Errors name the field of the message.
fn parse_site(site: &str) -> Result<Site, Error> {
    Site::from_host(site).map_err(|error| error.with_parameter("site"))
}

impl<'de> Deserialize<'de> for MemberAuthentication {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::read(&Map::deserialize(from)?).map_err(D::Error::custom)
    }
}

/// Omits the hash and the tokens.
impl fmt::Debug for MemberAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemberAuthentication")
            .field("company_id", &self.company_id)
            .field("member_id", &self.member_id)
            .field("site", &self.site)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(site: &str) -> MemberAuthentication {
        serde_json::from_value(json!({
            "companyid": "acme", "memberid": "jdoe", "memberHash": "hunter2", "site": site, "ssoIdToken": "hunter3",
        }))
        .unwrap()
    }

    #[test]
    fn credentials_go_only_to_the_cloud_or_to_the_configured_server() {
        for site in ["na.myconnectwise.net", "https://eu.myconnectwise.net/", "STAGING.connectwisedev.com"] {
            let psa = at(site).builder().unwrap().build().unwrap();
            assert!(format!("{psa:?}").contains("https://api-"), "{psa:?}");
        }
        for site in [
            "evil.example",
            "na.myconnectwise.net.evil.example",
            "evilmyconnectwise.net",
            "https://na.myconnectwise.net@evil.example",
            "http://na.myconnectwise.net",
            "https://na.myconnectwise.net:8443",
            "evil.example/na.myconnectwise.net",
            "evil.example?.myconnectwise.net",
            "evil.example#.myconnectwise.net",
            "https://evil.example\\.myconnectwise.net",
            " ",
        ] {
            let error = MemberAuthentication { site: site.to_owned(), ..at("x") }.builder().unwrap_err();
            assert_eq!(error.parameter(), Some("site"), "{site}: {error}");
            assert!(!error.to_string().contains("hunter2"));
        }
        let own = at("psa.example.com");
        own.builder_for_host("https://psa.example.com:8443/v4_6_release").unwrap().build().unwrap();
        for (site, host) in [
            ("psa.example.com", "psa.example.org"),
            ("psa.example.com:1", "psa.example.com:2"),
            ("na.myconnectwise.net", "eu.myconnectwise.net"),
        ] {
            assert_eq!(at(site).builder_for_host(host).unwrap_err().parameter(), Some("site"), "{site} {host}");
        }
        at("na.myconnectwise.net").builder_for_host("api-na.myconnectwise.net").unwrap().build().unwrap();
    }

    #[test]
    fn secrets_are_not_shown_and_required_fields_are_named() {
        let member = at("na.myconnectwise.net");
        let shown = format!("{member:?}");
        assert!(!shown.contains("hunter") && shown.contains("jdoe"), "{shown}");
        assert_eq!(
            (member.hash(), member.sso_id_token(), member.sso_access_token()),
            ("hunter2", Some("hunter3"), None)
        );
        assert!(member.is_of_company("ACME") && !member.is_of_company("acme2"));
        for missing in ["companyid", "memberid", "memberHash", "site"] {
            let mut fields = json!({"companyId": "acme", "memberId": "jdoe", "memberhash": "x", "SITE": "s"});
            fields.as_object_mut().unwrap().retain(|name, _| !name.eq_ignore_ascii_case(missing));
            let error = serde_json::from_value::<MemberAuthentication>(fields).unwrap_err().to_string();
            assert!(error.contains(missing), "{error}");
        }
    }
}
