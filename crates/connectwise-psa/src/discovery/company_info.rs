//! The public company information of a server, which includes the host and the code base of the API.

use connectwise_psa_core::text::field_ignoring_case;
use serde_json::{Map, Value};

/// Public information about a company: `GET /login/companyinfo/{company}`, which does not need credentials.
///
/// Observed on live servers: the names of the fields are in Pascal case, unlike in the API, and any field may be
/// missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CompanyInfo {
    /// The company's display name.
    pub company_name: Option<String>,
    /// The company id: the short name that members enter when they log in.
    pub company_id: Option<String>,
    /// The code base, without slashes: `v2025_1`.
    pub code_base: Option<String>,
    /// The release: `v2025.1`.
    pub version_code: Option<String>,
    /// The build: `v4.6.98765`.
    pub version_number: Option<String>,
    /// Whether ConnectWise hosts the server.
    pub is_cloud: Option<bool>,
    /// The host of the API: `api-na.myconnectwise.net`.
    pub site_url: Option<String>,
}

impl CompanyInfo {
    /// Reads the fields of a JSON object; `None` if it has no usable field of company information.
    pub(crate) fn from_object(object: &Map<String, Value>) -> Option<Self> {
        let field = |name: &str| field_ignoring_case(object, name);
        let text = |name: &str| {
            field(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        // ConnectWise's guide shows the string "True". Observed on live servers: a JSON boolean.
        let boolean = |name: &str| match field(name) {
            Some(Value::Bool(value)) => Some(*value),
            Some(Value::String(text)) => text.trim().to_ascii_lowercase().parse().ok(),
            _ => None,
        };
        let info = Self {
            company_name: text("CompanyName"),
            company_id: text("CompanyID"),
            code_base: text("Codebase")
                .map(|code_base| code_base.trim_matches('/').to_owned())
                .filter(|code_base| !code_base.is_empty()),
            version_code: text("VersionCode"),
            version_number: text("VersionNumber"),
            is_cloud: boolean("IsCloud"),
            site_url: text("SiteUrl"),
        };
        Some(info).filter(|info| *info != Self::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_names_in_any_letter_case_and_booleans_as_strings_are_accepted() {
        let parse =
            |text: &str| CompanyInfo::from_object(serde_json::from_str::<Value>(text).unwrap().as_object().unwrap());
        let info = parse(
            r#"{"CompanyName":"Acme","Codebase":"v2017_3/","VersionCode":"v2017.3","VersionNumber":"v4.6.38842","CompanyID":"acme","IsCloud":"True","SiteUrl":"api-na.myconnectwise.net","AllowedOrigins":[]}"#,
        )
        .unwrap();
        assert_eq!(
            (info.code_base.as_deref(), info.is_cloud, info.site_url.as_deref()),
            (Some("v2017_3"), Some(true), Some("api-na.myconnectwise.net"))
        );
        let info = parse(r#"{"codebase":" v4_6_release/ ","isCloud":false,"SiteUrl":null}"#).unwrap();
        assert_eq!(
            (info.code_base.as_deref(), info.is_cloud, info.site_url),
            (Some("v4_6_release"), Some(false), None)
        );
        // Unusable values are ignored.
        assert_eq!(parse(r#"{"Codebase":"/","IsCloud":"perhaps"}"#), None);
        assert_eq!(parse(r#"{"id":5}"#), None);
    }
}
