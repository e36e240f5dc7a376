//! The settings of a server, before it starts.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use http::StatusCode;

use crate::request_log::{Observer, RecordedRequest};
use crate::seed::Seed;
use crate::settings::Settings;

/// Settings of a server; see [`Sim::builder`](crate::Sim::builder).
#[must_use = "settings do nothing until a server is started"]
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

    /// What records there are to begin with; demo data unless set.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// A file that keeps the records: a server that is started with it again goes on where the last one was. Nothing is
    /// kept unless set.
    ///
    /// Every change is on the disk before its response leaves, whatever becomes of the server then; each request's
    /// changes get there all or not at all. Changes by [`Store`](crate::Store) get there with the next request that is
    /// answered, or when the server is dropped. The records of the [`seed`](Self::seed) are added only where there is
    /// no state yet. Keys minted for members, faults and the log of requests are not kept.
    ///
    /// One server at a time can have the file. Beside it there are `FILE.lock`, which stays, and now and then
    /// `FILE.new`.
    pub fn state(mut self, file: impl Into<PathBuf>) -> Self {
        self.state = Some(file.into());
        self
    }

    /// The port; a free one unless set.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The address it listens on; that of the loopback interface, `127.0.0.1`, unless set. On others, everyone who
    /// reaches the machine reaches the server.
    pub fn listen(mut self, address: impl Into<IpAddr>) -> Self {
        self.listen = address.into();
        self
    }

    /// Speaks TLS, with a certificate for `localhost`, `127.0.0.1`, `::1` and the address it listens on, signed by an
    /// authority of its own: [`Sim::ca_certificate`](crate::Sim::ca_certificate).
    #[cfg(feature = "tls")]
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Another name or address that the certificate is for.
    #[cfg(feature = "tls")]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.hosts.push(host.into());
        self
    }

    /// Calls a closure for every request when its response is made, before it leaves.
    pub fn on_request(mut self, observer: impl Fn(&RecordedRequest) + Send + Sync + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// The short name of the company.
    pub fn company(mut self, company: impl Into<String>) -> Self {
        self.settings.company = company.into();
        self
    }

    /// The keys of the API member.
    pub fn keys(mut self, public: impl Into<String>, private: impl Into<String>) -> Self {
        self.settings.public_key = public.into();
        self.settings.private_key = private.into();
        self
    }

    /// An integrator login, which may mint keys for members.
    pub fn integrator(mut self, name: impl Into<String>, password: impl Into<String>) -> Self {
        self.settings.integrators.push((name.into(), password.into()));
        self
    }

    /// A member's id and hash, as hosted pages use them.
    pub fn member_hash(mut self, member_id: impl Into<String>, hash: impl Into<String>) -> Self {
        self.settings.member_hashes.push((member_id.into(), hash.into()));
        self
    }

    /// The release's code base: `v2025_1`.
    pub fn code_base(mut self, code_base: impl Into<String>) -> Self {
        self.settings.code_base = code_base.into();
        self
    }

    /// Accepts calls without a client id, which are refused unless set.
    pub fn optional_client_id(mut self) -> Self {
        self.settings.client_id_required = false;
        self
    }

    /// The status that a call without a client id gets; 401 unless set. facts: sources disagree on the status.
    pub fn missing_client_id_status(mut self, status: StatusCode) -> Self {
        self.settings.missing_client_id_status = status;
        self
    }

    /// The status that wrong keys get; 401 unless set. facts: some cloud servers are said to answer 404.
    pub fn invalid_credentials_status(mut self, status: StatusCode) -> Self {
        self.settings.invalid_credentials_status = status;
        self
    }

    /// Lets the API member's own keys mint keys for members; only integrator logins may unless set. facts: sources
    /// disagree.
    pub fn mint_with_api_keys(mut self) -> Self {
        self.settings.mint_with_api_keys = true;
        self
    }

    /// Answers `/system/info` without credentials. facts: sources disagree.
    pub fn public_system_info(mut self) -> Self {
        self.settings.public_system_info = true;
        self
    }

    /// Gives the keys of callbacks only to those who log in. facts: sources disagree.
    pub fn protect_callback_keys(mut self) -> Self {
        self.settings.protect_callback_keys = true;
        self
    }

    /// Refuses calls without TLS, as the cloud does: `SSL is required.` facts: the status is not known; it is 403.
    pub fn require_tls(mut self) -> Self {
        self.settings.require_tls = true;
        self
    }

    /// Lets `Link` headers and hyperlinks lead to the server itself, for clients that follow them as they are. facts:
    /// they name another host than that of the API.
    pub fn self_links(mut self) -> Self {
        self.settings.self_links = true;
        self
    }

    /// Ignores a version in `Accept` that the server does not have, which is refused with 400 unless set. What servers
    /// do is known of few endpoints.
    pub fn ignore_version(mut self) -> Self {
        self.settings.ignore_version = true;
        self
    }

    /// Answers patches of members of references, like `company/identifier`, with 200 and changes nothing. facts:
    /// sources disagree.
    pub fn ignore_reference_patches(mut self) -> Self {
        self.settings.patch_rules.ignore_reference_patches = true;
        self
    }

    /// Refuses patches without custom fields, of records that have some. facts: seen of some objects.
    pub fn require_custom_fields(mut self) -> Self {
        self.settings.patch_rules.require_custom_fields = true;
        self
    }

    /// Writes absent members as null. facts: older servers do, newer ones leave them out.
    pub fn absent_as_null(mut self) -> Self {
        self.settings.absent_fields.as_null = true;
        self
    }

    /// Writes absent references as `{}`. facts: some servers do, of some references.
    pub fn absent_references_as_empty(mut self) -> Self {
        self.settings.absent_fields.references_as_empty = true;
        self
    }

    /// Refuses unknown names of `fields`. facts: some servers do, others drop them.
    pub fn reject_unknown_fields(mut self) -> Self {
        self.settings.list_rules.reject_unknown_fields = true;
        self
    }

    /// Reads lists by page number alone: requests for forward-only pages get numbered ones. facts: not every endpoint
    /// reads forward only.
    pub fn numbered_pages_only(mut self) -> Self {
        self.settings.list_rules.forward_only = false;
        self
    }

    /// How many requests a minute may hold, and how long the others have to wait. There is no limit unless set.
    pub fn rate_limit(mut self, requests_per_minute: usize, retry_after: Duration) -> Self {
        self.settings.requests_per_minute = Some(requests_per_minute);
        self.settings.retry_after = retry_after;
        self
    }

    /// How long every response takes.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.settings.latency = latency;
        self
    }

    /// When callbacks are tried again after a status of 404, 409, 419 or 429; facts: after 2 s, and after 4 s more.
    pub fn callback_retry_delays(mut self, delays: impl IntoIterator<Item = Duration>) -> Self {
        self.settings.callback_retry_delays = delays.into_iter().collect();
        self
    }

    /// After how many messages in a row that could not be delivered a callback is switched off; 100 unless set, and at
    /// least 1. facts: the server switches it off after three days of failures.
    pub fn max_callback_failures(mut self, messages: usize) -> Self {
        self.settings.max_callback_failures = messages.max(1);
        self
    }

    /// How long minted keys live; four hours unless set.
    pub fn minted_key_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.minted_key_lifetime = lifetime;
        self
    }

    /// Takes a right from whoever calls, as if from the security role: `Service Desk > Service Tickets`, or with a
    /// level in parentheses.
    pub fn deny_right(mut self, right: impl Into<String>) -> Self {
        self.settings.denied_rights.push(right.into());
        self
    }
}
