//! What a server says about a company before anybody logs in: where its API is.

use connectwise_psa_core::text::member_ignoring_case;
use serde_json::{Map, Value};

/// The public facts about a company: `GET /login/companyinfo/{company}`, which takes no credentials.
///
/// facts: all members are in Pascal case, unlike the API; any may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompanyInfo {
    /// The company's name for people.
    pub company_name: Option<String>,
    /// The short name that its members give when they log in.
    pub company_id: Option<String>,
    /// The code base, without slash: `v2025_1`.
    pub code_base: Option<String>,
    /// The release: `v2025.1`.
    pub version_code: Option<String>,
    /// The build: `v4.6.98765`.
    pub version_number: Option<String>,
    /// Whether the vendor runs the server.
    pub is_cloud: Option<bool>,
    /// The host of the API: `api-na.myconnectwise.net`.
    pub site_url: Option<String>,
}

impl CompanyInfo {
    pub(crate) fn read(members: &Map<String, Value>) -> Self {
        let member = |name: &str| member_ignoring_case(members, name);
        let text = |name: &str| {
            member(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        // facts: the guide shows the text "True", servers send a flag.
        let flag = |name: &str| match member(name) {
            Some(Value::Bool(flag)) => Some(*flag),
            Some(Value::String(text)) => text.trim().to_ascii_lowercase().parse().ok(),
            _ => None,
        };
        Self {
            company_name: text("CompanyName"),
            company_id: text("CompanyID"),
            code_base: text("Codebase")
                .map(|code_base| code_base.trim_matches('/').to_owned())
                .filter(|code_base| !code_base.is_empty()),
            version_code: text("VersionCode"),
            version_number: text("VersionNumber"),
            is_cloud: flag("IsCloud"),
            site_url: text("SiteUrl"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_the_answer_are_read() {
        let read = |text: &str| CompanyInfo::read(serde_json::from_str::<Value>(text).unwrap().as_object().unwrap());
        let info = read(
            r#"{"CompanyName":"Acme","Codebase":"v2017_3/","VersionCode":"v2017.3","VersionNumber":"v4.6.38842","CompanyID":"acme","IsCloud":"True","SiteUrl":"api-na.myconnectwise.net","AllowedOrigins":[]}"#,
        );
        assert_eq!(
            (info.code_base.as_deref(), info.is_cloud, info.site_url.as_deref()),
            (Some("v2017_3"), Some(true), Some("api-na.myconnectwise.net"))
        );
        let info = read(r#"{"codebase":" v4_6_release/ ","isCloud":false,"SiteUrl":null}"#);
        assert_eq!(
            (info.code_base.as_deref(), info.is_cloud, info.site_url),
            (Some("v4_6_release"), Some(false), None)
        );
        assert_eq!(read(r#"{"Codebase":"/","IsCloud":"perhaps"}"#), CompanyInfo::default());
    }
}
