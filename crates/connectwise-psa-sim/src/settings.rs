//! How a simulated server behaves where servers differ or nobody knows.

use std::time::Duration;

use http::StatusCode;
use reqwest::Client;

use crate::records::absent_fields::AbsentFields;
use crate::records::list::ListRules;
use crate::records::patch::PatchRules;

/// Settings of a server.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) company: String,
    pub(crate) public_key: String,
    pub(crate) private_key: String,
    /// Integrator logins: name and password.
    pub(crate) integrators: Vec<(String, String)>,
    /// Members' hashes: member id and hash.
    pub(crate) member_hashes: Vec<(String, String)>,
    pub(crate) code_base: String,
    pub(crate) version: String,
    /// Scheme and host that links in answers begin with. facts: those of the web site, not of the API.
    pub(crate) public_site: String,
    /// Whether links begin with the server's own address instead.
    pub(crate) self_links: bool,
    pub(crate) client_id_required: bool,
    /// facts: sources disagree between 401, 403 and 400.
    pub(crate) missing_client_id_status: StatusCode,
    /// What wrong keys get. facts: 401; on some cloud servers 404.
    pub(crate) invalid_credentials_status: StatusCode,
    /// Whether an API member's keys may mint keys for members. facts: sources disagree.
    pub(crate) mint_with_api_keys: bool,
    /// Whether `/system/info` is for everyone. facts: sources disagree.
    pub(crate) public_system_info: bool,
    /// Whether the keys of callbacks are for those who log in. facts: sources disagree.
    pub(crate) protect_callback_keys: bool,
    /// Whether plain HTTP is refused. facts: the cloud does.
    pub(crate) require_tls: bool,
    /// Whether a version in Accept that the server does not have is passed over.
    pub(crate) ignore_version: bool,
    pub(crate) patch_rules: PatchRules,
    pub(crate) list_rules: ListRules,
    pub(crate) absent_fields: AbsentFields,
    /// Requests that a minute may hold; none is no limit.
    pub(crate) requests_per_minute: Option<usize>,
    pub(crate) retry_after: Duration,
    pub(crate) latency: Duration,
    pub(crate) max_url_length: usize,
    /// Rights that the security role of the API member does not have, by area and entry:
    /// `Service Desk > Service Tickets`.
    pub(crate) denied_rights: Vec<String>,
    pub(crate) minted_key_lifetime: Duration,
    /// When callbacks are tried again. facts: after 2 s, and after 4 s more.
    pub(crate) callback_retry_delays: Vec<Duration>,
    /// After how many messages in a row that could not be delivered a callback is switched off. facts: the server waits
    /// for three days.
    pub(crate) max_callback_failures: usize,
    /// What sends callbacks.
    pub(crate) http: Client,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            company: "demo".into(),
            public_key: "public".into(),
            private_key: "private".into(),
            integrators: Vec::new(),
            member_hashes: Vec::new(),
            code_base: "v2025_1".into(),
            version: "v2025.8".into(),
            public_site: "https://na.myconnectwise.example".into(),
            self_links: false,
            client_id_required: true,
            missing_client_id_status: StatusCode::UNAUTHORIZED,
            invalid_credentials_status: StatusCode::UNAUTHORIZED,
            mint_with_api_keys: false,
            public_system_info: false,
            protect_callback_keys: false,
            require_tls: false,
            ignore_version: false,
            patch_rules: PatchRules::default(),
            list_rules: ListRules { forward_only: true, reject_unknown_fields: false },
            absent_fields: AbsentFields::default(),
            requests_per_minute: None,
            retry_after: Duration::from_secs(30),
            latency: Duration::ZERO,
            max_url_length: 2000,
            denied_rights: Vec::new(),
            minted_key_lifetime: Duration::from_secs(4 * 60 * 60),
            callback_retry_delays: vec![Duration::from_secs(2), Duration::from_secs(4)],
            max_callback_failures: 100,
            http: Client::new(),
        }
    }
}

impl Settings {
    /// What links in answers begin with. facts: they name the release and another host, and have a double slash.
    pub(crate) fn link_base(&self) -> String {
        format!("{}/{}//apis/3.0", self.public_site, self.code_base)
    }
}
