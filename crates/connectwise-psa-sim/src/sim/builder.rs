//! The builder of a server.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;

use crate::request_log::{Observer, RecordedRequest};
use crate::seed::Seed;
use crate::settings::Settings;

/// The settings of a server to start; see [`Sim::builder`](crate::Sim::builder).
#[must_use = "settings have no effect until the server is started"]
pub struct SimBuilder {
    pub(super) settings: Settings,
    pub(super) seed: Seed,
    pub(super) listen: IpAddr,
    pub(super) port: u16,
    pub(super) state: Option<PathBuf>,
    pub(super) observer: Option<Observer>,
    #[cfg(feature = "tls")]
    pub(super) tls: bool,
    #[cfg(feature = "tls")]
    pub(super) hosts: Vec<String>,
}

impl std::fmt::Debug for SimBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimBuilder")
            .field("settings", &self.settings)
            .field("seed", &self.seed)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl SimBuilder {
    pub(super) fn new() -> Self {
        Self {
            settings: Settings::default(),
            seed: Seed::Demo { scale: 1 },
            listen: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            state: None,
            observer: None,
            #[cfg(feature = "tls")]
            tls: false,
            #[cfg(feature = "tls")]
            hosts: Vec::new(),
        }
    }

    /// Sets the records that the server starts with. Default: the demo data at scale 1.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// Sets a file that keeps the records. A server that is started with the same file continues with its records.
    /// Default: records are not kept.
    ///
    /// Every change is on the disk before its response is sent. The file contains all changes of a request or none.
    /// Changes by [`Store`](crate::Store) are written to the disk before the next API response is sent or when the
    /// [`Sim`](crate::Sim) is dropped, whichever comes first. The [`seed`](Self::seed) is used only if the file is
    /// missing or empty. API keys created for members, faults and the request log are not kept.
    ///
    /// Only one server at a time can use the file. The server also creates `FILE.lock`, which it does not delete, and
    /// temporarily `FILE.new`. If lines of the file are damaged, it keeps the others and copies the damaged file to
    /// `FILE.damaged`; see [`Sim::state_damage`](crate::Sim::state_damage).
    pub fn state(mut self, file: impl Into<PathBuf>) -> Self {
        self.state = Some(file.into());
        self
    }

    /// Sets the port. Default: 0, which selects a free port.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Sets the IP address to listen on. Default: the loopback address `127.0.0.1`. On other addresses, other machines
    /// can reach the server.
    pub fn listen(mut self, address: impl Into<IpAddr>) -> Self {
        self.listen = address.into();
        self
    }

    /// Enables TLS, with a certificate for `localhost`, `127.0.0.1`, `::1` and the listening address. Clients must
    /// trust the authority that the server generates: [`Sim::ca_certificate`](crate::Sim::ca_certificate).
    #[cfg(feature = "tls")]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Adds a host name or IP address to the certificate. Without [`tls`](Self::tls), it has no effect.
    #[cfg(feature = "tls")]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Sets a closure to call for every request, after the response is built and before it is sent. For a request that
    /// gets no response, it is called before the connection is closed.
    pub fn on_request(mut self, observer: impl Fn(&RecordedRequest) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Sets the short name of the company. Default: `demo`.
    pub fn company(mut self, company: impl Into<String>) -> Self {
        self.settings.company = company.into();
        self
    }

    /// Sets the keys of the API member. Default: `public` and `private`.
    pub fn keys(mut self, public: impl Into<String>, private: impl Into<String>) -> Self {
        self.settings.public_key = public.into();
        self.settings.private_key = private.into();
        self
    }

    /// Adds an integrator login, which may create ("mint") API keys for members:
    /// `POST /system/members/{memberIdentifier}/tokens`.
    pub fn integrator(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.settings.integrators.push((name.into(), password.into()));
        self
    }

    /// Adds a member hash: the member's identifier and the hash with which a page of the Hosted API (an integration's
    /// page that PSA shows in a frame) authenticates. Requests must also send both as the cookies `memberId` and
    /// `memberHash`.
    pub fn member_hash(mut self, member_id: impl Into<String>, hash: impl Into<String>) -> Self {
        self.settings.member_hashes.push((member_id.into(), hash.into()));
        self
    }

    /// Sets the code base, the part of the base URL that names the tenant's release. Default: `v2025_1`. The alias
    /// `v4_6_release` always works as well.
    pub fn code_base(mut self, code_base: impl Into<String>) -> Self {
        self.settings.code_base = code_base.into();
        self
    }

    /// Accepts requests without a client id. Default: they are rejected.
    pub fn optional_client_id(mut self) -> Self {
        self.settings.client_id_required = false;
        self
    }

    /// Sets the status of the response to a request without a client id. Default: 401. Reports name 400, 401 and
    /// 403.
    pub fn missing_client_id_status(mut self, status: StatusCode) -> Self {
        self.settings.missing_client_id_status = status;
        self
    }

    /// Sets the status of the response to a request with wrong or expired credentials. Default: 401. Some cloud servers
    /// are reported to send 404. Without credentials, the status is always 401.
    pub fn invalid_credentials_status(mut self, status: StatusCode) -> Self {
        self.settings.invalid_credentials_status = status;
        self
    }

    /// Lets the API member's keys create API keys for members. Default: only [integrator](Self::integrator) logins may.
    /// Sources disagree.
    pub fn mint_with_api_keys(mut self) -> Self {
        self.settings.mint_with_api_keys = true;
        self
    }

    /// Serves `/system/info` without credentials. Default: it needs credentials. Sources disagree.
    pub fn public_system_info(mut self) -> Self {
        self.settings.public_system_info = true;
        self
    }

    /// Requires credentials at the endpoint for callback signing keys. Default: it needs none. Sources disagree.
    pub fn protect_callback_keys(mut self) -> Self {
        self.settings.protect_callback_keys = true;
        self
    }

    /// Rejects requests without TLS with status 403 and the message `SSL is required.` Observed on live servers: those
    /// of the cloud send this message; their status is not known.
    pub fn require_tls(mut self) -> Self {
        self.settings.require_tls = true;
        self
    }

    /// Keeps deleted companies: `DELETE` sets `deletedFlag`, and the company can still be read. Default: a deleted
    /// company is gone, like other records. One source needs the switch; what live servers do is not known.
    pub fn keep_deleted_companies(mut self) -> Self {
        self.settings.keep_deleted_companies = true;
        self
    }

    /// Makes the notes of project tickets available at `/service/tickets/{id}/notes`, too. Default: status 404. Sources
    /// disagree.
    pub fn service_path_of_project_notes(mut self) -> Self {
        self.settings.service_path_of_project_notes = true;
        self
    }

    /// Ignores an unknown version in `Accept`. Default: it is rejected with 400. The behaviour of live servers is known
    /// for few endpoints only.
    pub fn ignore_version(mut self) -> Self {
        self.settings.ignore_version = true;
        self
    }

    /// Ignores patches of a field inside a reference, such as `company/identifier`: the response is 200, and nothing
    /// changes. Default: they change the reference. Sources disagree.
    pub fn ignore_reference_patches(mut self) -> Self {
        self.settings.patch_rules.ignore_reference_patches = true;
        self
    }

    /// If a record has custom fields, rejects patches that do not change `customFields`. Default: they are accepted.
    /// Observed on live servers: some record types reject them.
    pub fn require_custom_fields(mut self) -> Self {
        self.settings.patch_rules.require_custom_fields = true;
        self
    }

    /// Writes absent fields as null. Default: they are omitted. Observed on live servers: older ones write null, newer
    /// ones omit them.
    pub fn absent_as_null(mut self) -> Self {
        self.settings.absent_fields.as_null = true;
        self
    }

    /// Writes absent references as `{}`, even with [`absent_as_null`](Self::absent_as_null). Default: they are written
    /// like other absent fields. Observed on some live servers for some references.
    pub fn absent_references_as_empty(mut self) -> Self {
        self.settings.absent_fields.references_as_empty = true;
        self
    }

    /// Writes `errors: null` in error responses without errors of single fields. Default: they have no `errors`. Observed
    /// on live servers: both.
    pub fn null_errors(mut self) -> Self {
        self.settings.null_errors = true;
        self
    }

    /// Rejects unknown names in the `fields` parameter. Default: they are ignored. Observed on live servers: both.
    pub fn reject_unknown_fields(mut self) -> Self {
        self.settings.list_rules.reject_unknown_fields = true;
        self
    }

    /// Disables forward-only paging: requests for it get numbered pages. Observed on live servers: not every endpoint
    /// supports forward-only paging.
    pub fn numbered_pages_only(mut self) -> Self {
        self.settings.list_rules.forward_only = false;
        self
    }

    /// Sets the maximum number of requests per minute, and the `Retry-After` time for further requests, in whole
    /// seconds. Default: no limit.
    pub fn rate_limit(mut self, requests_per_minute: usize, retry_after: Duration) -> Self {
        self.settings.requests_per_minute = Some(requests_per_minute);
        self.settings.retry_after = retry_after;
        self
    }

    /// Sets the maximum size of a multipart form, such as an upload, in bytes. Default: 64 MiB. A longer body gets status
    /// 413. Other bodies have at most 8 MiB. Each file is once in memory.
    pub fn max_body_size(mut self, bytes: usize) -> Self {
        self.settings.max_form_bytes = bytes;
        self
    }

    /// Waits this long before it carries out each request. Default: no delay.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.settings.latency = latency;
        self
    }

    /// Sets the delay before each retry of a callback message that got status 404, 409, 419 or 429. There are as many
    /// retries as delays. Default: 2 s, then 4 s, as observed on live servers.
    pub fn callback_retry_delays(mut self, delays: impl IntoIterator<Item = Duration>) -> Self {
        self.settings.callback_retry_delays = delays.into_iter().collect();
        self
    }

    /// Sets the number of consecutive undelivered messages after which a callback is deactivated. Minimum: 1. Default:
    /// 100. Observed on live servers: a callback is deactivated after three days of failures.
    pub fn max_callback_failures(mut self, messages: usize) -> Self {
        self.settings.max_callback_failures = messages.max(1);
        self
    }

    /// Sets how long API keys that are created for members are valid. Default: four hours.
    pub fn minted_key_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.minted_key_lifetime = lifetime;
        self
    }

    /// Removes a right from the security role of all callers: `Service Desk > Service Tickets`, or with a level in
    /// parentheses, `Service Desk > Service Tickets (Add)`. [`start`](Self::start) rejects a right that does not exist.
    pub fn deny_right(mut self, right: impl Into<String>) -> Self {
        self.settings.denied_rights.push(right.into());
        self
    }
}
