//! The settings of the simulator.

use std::time::Duration;

use http::StatusCode;

use crate::callback_client::CallbackClient;
use crate::records::absent_fields::AbsentFields;
use crate::records::list::ListRules;
use crate::records::patch::PatchRules;

/// Limits that protect the server from slow and broken clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConnectionLimits {
    /// The maximum number of connections at the same time. Further clients wait until a connection is closed.
    pub(crate) connections: usize,
    /// The maximum time for the head of a request. It starts when the connection is ready for the request, so it is also
    /// the time after which a connection without requests is closed.
    pub(crate) head_time: Duration,
    /// The maximum time for the first head of a connection.
    pub(crate) first_head_time: Duration,
    /// The maximum time between two parts of a request body.
    pub(crate) body_pause: Duration,
    /// The maximum time for a request body.
    pub(crate) body_time: Duration,
    /// The maximum time during which a client reads nothing of a response.
    pub(crate) write_pause: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections: 1024,
            head_time: Duration::from_secs(60),
            first_head_time: Duration::from_secs(10),
            body_pause: Duration::from_secs(30),
            body_time: Duration::from_secs(5 * 60),
            write_pause: Duration::from_secs(60),
        }
    }
}

/// Settings of a server.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) company: String,
    pub(crate) public_key: String,
    pub(crate) private_key: String,
    /// Integrator logins: name and password.
    pub(crate) integrators: Vec<(String, String)>,
    /// Member hashes: member id and hash.
    pub(crate) member_hashes: Vec<(String, String)>,
    pub(crate) code_base: String,
    /// The release that responses report as `api-current-version` and `VersionCode`.
    pub(crate) version: String,
    /// The scheme and host of the web site, which callbacks name.
    pub(crate) public_site: String,
    pub(crate) client_id_required: bool,
    /// The status of a request without a client id. Sources name 400, 401 and 403.
    pub(crate) missing_client_id_status: StatusCode,
    /// The status of a request with wrong keys. Observed on live servers: 401; 404 on some cloud servers.
    pub(crate) invalid_credentials_status: StatusCode,
    /// Whether the API member's keys may mint keys for members. Sources disagree.
    pub(crate) mint_with_api_keys: bool,
    /// Whether `/system/info` needs no credentials. Sources disagree.
    pub(crate) public_system_info: bool,
    /// Whether the endpoint for callback signing keys needs credentials. Sources disagree.
    pub(crate) protect_callback_keys: bool,
    /// Whether the notes of project tickets can also be read and written under `/service/tickets`. Sources disagree.
    pub(crate) service_path_of_project_notes: bool,
    /// Whether a deleted company stays, with `deletedFlag`. One source.
    pub(crate) keep_deleted_companies: bool,
    /// Whether plain HTTP is rejected. Observed on live servers: those of the cloud reject it.
    pub(crate) require_tls: bool,
    /// Whether an unknown version in `Accept` is ignored.
    pub(crate) ignore_version: bool,
    pub(crate) patch_rules: PatchRules,
    pub(crate) list_rules: ListRules,
    pub(crate) absent_fields: AbsentFields,
    /// Whether error responses without errors of single fields have `errors: null`.
    pub(crate) null_errors: bool,
    /// The rate limit, in requests per minute; `None` is unlimited.
    pub(crate) requests_per_minute: Option<usize>,
    /// The `Retry-After` time of responses to requests over the rate limit.
    pub(crate) retry_after: Duration,
    pub(crate) latency: Duration,
    /// The maximum size of a multipart form, in bytes.
    pub(crate) max_form_bytes: usize,
    /// The maximum length of a URL with scheme, host and query, in bytes.
    pub(crate) max_url_length: usize,
    /// The rights that the caller's security role lacks, as module and entry: `Service Desk > Service Tickets`, or with
    /// a level in parentheses.
    pub(crate) denied_rights: Vec<String>,
    pub(crate) minted_key_lifetime: Duration,
    /// The delays before each retry of a callback. Observed on live servers: 2 s, then 4 s.
    pub(crate) callback_retry_delays: Vec<Duration>,
    /// The number of consecutive failed deliveries after which a callback is deactivated. Observed on live servers: the
    /// server deactivates it after three days of failures.
    pub(crate) max_callback_failures: usize,
    /// The client that sends callbacks.
    pub(crate) callback_client: CallbackClient,
    pub(crate) connections: ConnectionLimits,
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
            client_id_required: true,
            missing_client_id_status: StatusCode::UNAUTHORIZED,
            invalid_credentials_status: StatusCode::UNAUTHORIZED,
            mint_with_api_keys: false,
            public_system_info: false,
            protect_callback_keys: false,
            service_path_of_project_notes: false,
            keep_deleted_companies: false,
            require_tls: false,
            ignore_version: false,
            patch_rules: PatchRules::default(),
            list_rules: ListRules { forward_only: true, reject_unknown_fields: false },
            absent_fields: AbsentFields::default(),
            null_errors: false,
            requests_per_minute: None,
            retry_after: Duration::from_secs(30),
            latency: Duration::ZERO,
            max_form_bytes: 64 * 1024 * 1024,
            max_url_length: 2000,
            denied_rights: Vec::new(),
            minted_key_lifetime: Duration::from_secs(4 * 60 * 60),
            callback_retry_delays: vec![Duration::from_secs(2), Duration::from_secs(4)],
            max_callback_failures: 100,
            callback_client: CallbackClient::new(),
            connections: ConnectionLimits::default(),
        }
    }
}
