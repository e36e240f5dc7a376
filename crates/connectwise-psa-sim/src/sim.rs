//! A simulated server as a value: started on a free port, stopped when it is dropped.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use connectwise_psa::Psa;
use http::StatusCode;
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::actions::keep;
use crate::faults::Fault;
use crate::gate::{Caller, CallerKind};
use crate::seed::Seed;
use crate::server::{Shared, Watcher, lock, serve};
use crate::settings::Settings;
use crate::state::{Journal, StateFile};
use crate::store::{key, new_info};
use crate::world::{World, members};

/// A running server. It stops when it is dropped.
///
/// ```
/// use connectwise_psa_sim::{Seed, Sim};
/// use serde_json::json;
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let sim = Sim::builder().seed(Seed::Empty).start().await?;
/// sim.store().insert("/company/companies", json!({"identifier": "acme", "name": "Acme"}));
///
/// let companies: Vec<_> = sim.psa().company().list_companies().filter(|company| company.name().eq("Acme")).try_collect().await?;
/// assert_eq!(companies.len(), 1);
/// # Ok::<(), connectwise_psa::Error>(())
/// # }).unwrap();
/// ```
pub struct Sim {
    shared: Arc<Shared>,
    /// Under which clients of this machine reach it.
    address: SocketAddr,
    /// What trusts its certificate; none without TLS.
    #[cfg(feature = "tls")]
    client: Option<reqwest::Client>,
    stop: watch::Sender<bool>,
}

/// Settings of a server; see [`Sim::builder`].
#[must_use = "settings do nothing until a server is started"]
pub struct SimBuilder {
    settings: Settings,
    seed: Seed,
    listen: IpAddr,
    port: u16,
    state: Option<PathBuf>,
    watcher: Option<Watcher>,
    #[cfg(feature = "tls")]
    tls: bool,
    #[cfg(feature = "tls")]
    hosts: Vec<String>,
}

impl std::fmt::Debug for SimBuilder {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("SimBuilder").field("settings", &self.settings).field("seed", &self.seed).field("port", &self.port).finish_non_exhaustive()
    }
}

/// A request that the server has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// The method.
    pub method: String,
    /// The path, with the API base.
    pub path: String,
    /// The query as it came.
    pub query: String,
    /// The status of the answer; none when the connection was broken.
    pub status: Option<u16>,
    /// How long the answer took, latency and faults included.
    pub duration: Duration,
}

impl Sim {
    /// Settings: company `demo`, keys `public` and `private`, demo data, no limits.
    pub fn builder() -> SimBuilder {
        SimBuilder {
            settings: Settings::default(),
            seed: Seed::Demo { scale: 1 },
            listen: Ipv4Addr::LOCALHOST.into(),
            port: 0,
            state: None,
            watcher: None,
            #[cfg(feature = "tls")]
            tls: false,
            #[cfg(feature = "tls")]
            hosts: Vec::new(),
        }
    }

    /// `http://127.0.0.1:PORT`, and `https://…` with TLS.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.shared.scheme(), self.address)
    }

    /// The certificate of the authority that signed the server's, as PEM, for clients to trust; none without TLS. Each server has an authority of its own, whose
    /// key is forgotten when it has signed.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn ca_certificate(&self) -> Option<&str> {
        self.shared.tls.as_ref().map(|certificates| certificates.ca())
    }

    /// A client of it, as its API member; it trusts the server's certificate. It does not limit its requests in a minute.
    ///
    /// # Panics
    ///
    /// Never: the settings are the server's own.
    #[must_use]
    pub fn psa(&self) -> Psa {
        let settings = &self.shared.settings;
        let builder = Psa::builder().host(self.url()).company(&settings.company).keys(settings.public_key.clone(), settings.private_key.clone());
        #[cfg(feature = "tls")]
        let builder = match &self.client {
            Some(client) => builder.http_client(client.clone()),
            None => builder,
        };
        // The server may listen elsewhere than on the loopback interface.
        let builder = builder.allow_plain_http();
        #[allow(clippy::expect_used, reason = "the server's settings were checked when it was started")]
        builder.client_id("00000000-0000-0000-0000-000000000000").unlimited_requests_per_minute().build().expect("the server's own settings")
    }

    /// Its records, to look in and to plant some.
    #[must_use]
    pub fn store(&self) -> Store {
        Store(Arc::clone(&self.shared))
    }

    /// Lets something go wrong with some of the coming requests.
    pub fn fail(&self, fault: Fault) {
        lock(&self.shared.faults).push(fault);
    }

    /// The requests it has seen, in the order of their answers: the last 100 000.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.shared.log).iter().cloned().collect()
    }

    /// Waits as long as the server can do its work, which is for ever but for a state file that can no longer be written; for programs that are nothing but a
    /// server.
    ///
    /// # Errors
    ///
    /// Why the state file can no longer be written. Every request is answered with that and status 500 from then on.
    pub async fn run(&self) -> Result<(), std::io::Error> {
        match &self.shared.journal {
            Some(journal) => Err(std::io::Error::other(journal.failed().await)),
            None => {
                self.stop.closed().await;
                Ok(())
            }
        }
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        // Nobody listens when the runtime has gone before.
        let _ = self.stop.send(true);
        if let Some(journal) = &self.shared.journal {
            journal.close();
        }
    }
}

impl std::fmt::Debug for Sim {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Sim").field("url", &self.url()).finish_non_exhaustive()
    }
}

impl SimBuilder {
    /// What records there are to begin with; demo data unless set.
    pub fn seed(mut self, seed: Seed) -> Self {
        self.seed = seed;
        self
    }

    /// A file in which the records are kept: a server that is started with it again goes on where the last one was. Nothing is kept unless set.
    ///
    /// Every change is on the disk before its answer leaves, whatever becomes of the server then; each request's changes get there all or not at all. Changes
    /// by [`Store`] get there with the next request that is answered, or when the server is dropped. The records of the [`seed`](Self::seed) are planted only
    /// where there is no state yet. Keys minted for members, faults and the log of requests are not kept.
    ///
    /// One server at a time can have the file. Beside it there are `FILE.lock`, which stays, and now and then `FILE.new`.
    pub fn state(mut self, file: impl Into<PathBuf>) -> Self {
        self.state = Some(file.into());
        self
    }

    /// The port; a free one unless set.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The address it listens on; that of the loopback interface, `127.0.0.1`, unless set. On others, everyone who reaches the machine reaches the server.
    pub fn listen(mut self, address: impl Into<IpAddr>) -> Self {
        self.listen = address.into();
        self
    }

    /// Speaks TLS, with a certificate for `localhost`, `127.0.0.1`, `::1` and the address it listens on, signed by an authority of its own:
    /// [`Sim::ca_certificate`].
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

    /// Is told of every request when its answer is made, before it leaves.
    pub fn on_request(mut self, watcher: impl Fn(&Seen) + Send + Sync + 'static) -> Self {
        self.watcher = Some(Box::new(watcher));
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

    /// Whether a call needs a client id, and the status it gets without one. facts: sources disagree on the status; 401 unless set.
    pub fn client_id(mut self, needed: bool, refused_with: StatusCode) -> Self {
        self.settings.needs_client_id = needed;
        self.settings.client_id_status = refused_with;
        self
    }

    /// The status that wrong keys get. facts: 401, which it is unless set; some cloud servers are said to answer 404.
    pub fn wrong_keys(mut self, refused_with: StatusCode) -> Self {
        self.settings.wrong_keys_status = refused_with;
        self
    }

    /// Lets the API member's own keys mint keys for members. facts: sources disagree; integrator logins alone unless set.
    pub fn keys_mint(mut self, may_mint: bool) -> Self {
        self.settings.keys_mint = may_mint;
        self
    }

    /// Answers `/system/info` without credentials. facts: sources disagree.
    pub fn public_info(mut self, public: bool) -> Self {
        self.settings.public_info = public;
        self
    }

    /// Gives the keys of callbacks only to those who log in. facts: sources disagree.
    pub fn private_callback_keys(mut self, private: bool) -> Self {
        self.settings.private_callback_keys = private;
        self
    }

    /// Refuses calls without TLS, as the cloud does: `SSL is required.` facts: the status is not known; it is 403.
    pub fn ssl_required(mut self, required: bool) -> Self {
        self.settings.needs_tls = required;
        self
    }

    /// Lets `Link` headers and hyperlinks lead to the server itself, for clients that follow them as they are. facts: they name another host than that of the API.
    pub fn own_links(mut self, own: bool) -> Self {
        self.settings.own_links = own;
        self
    }

    /// Passes over a version in `Accept` that the server does not have: 400 unless set. What servers do is known of few endpoints.
    pub fn any_version(mut self, any: bool) -> Self {
        self.settings.any_version = any;
        self
    }

    /// Patches of members of references, like `company/identifier`, are answered with 200 and change nothing. facts: sources disagree.
    pub fn fixed_references(mut self, fixed: bool) -> Self {
        self.settings.patches.fixed_references = fixed;
        self
    }

    /// Refuses patches without custom fields, of records that have some. facts: seen of some objects.
    pub fn custom_fields_needed(mut self, needed: bool) -> Self {
        self.settings.patches.needs_custom_fields = needed;
        self
    }

    /// Writes absent members as null. facts: older servers do, newer ones leave them out.
    pub fn nulls(mut self, nulls: bool) -> Self {
        self.settings.empty.nulls = nulls;
        self
    }

    /// Writes absent references as `{}`. facts: some servers do, of some references.
    pub fn empty_references(mut self, empty: bool) -> Self {
        self.settings.empty.references = empty;
        self
    }

    /// Refuses unknown names of `fields`. facts: some servers do, others drop them.
    pub fn strict(mut self, strict: bool) -> Self {
        self.settings.strict = strict;
        self
    }

    /// Whether lists can be read forward only; facts: not every endpoint can.
    pub fn forward_only(mut self, forward_only: bool) -> Self {
        self.settings.forward_only = forward_only;
        self
    }

    /// How many requests a minute may hold, and how long the others are to wait.
    pub fn rate_limit(mut self, per_minute: usize, retry_after: Duration) -> Self {
        self.settings.per_minute = Some(per_minute);
        self.settings.retry_after = retry_after;
        self
    }

    /// How long every answer takes.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.settings.latency = latency;
        self
    }

    /// When callbacks are tried again after an answer of 404, 409, 419 or 429; facts: after 2 s, and after 4 s more.
    pub fn callback_delays(mut self, delays: impl IntoIterator<Item = Duration>) -> Self {
        self.settings.callback_delays = delays.into_iter().collect();
        self
    }

    /// After how many messages in a row that could not be delivered a callback is switched off: 100 unless set. facts: the server switches it off after
    /// three days of failures.
    pub fn callback_failures(mut self, messages: usize) -> Self {
        self.settings.callback_failures = messages.max(1);
        self
    }

    /// How long minted keys live; four hours unless set.
    pub fn token_life(mut self, life: Duration) -> Self {
        self.settings.token_life = life;
        self
    }

    /// Takes a right from whoever calls, as if from the security role: `Service Desk > Service Tickets`, or with a level in parentheses.
    pub fn forbid(mut self, right: impl Into<String>) -> Self {
        self.settings.forbidden.push(right.into());
        self
    }

    /// Starts the server.
    ///
    /// # Errors
    ///
    /// An invalid-input error when the port cannot be had, the credentials cannot be used in a header, a right has another name, the seed cannot be read, or the
    /// state file is that of another program or version, in use by another server, damaged, or out of reach, or a host cannot be in a certificate.
    pub async fn start(self) -> Result<Sim, connectwise_psa::Error> {
        let refuse = |name: &str, error: std::io::Error| connectwise_psa::Error::invalid_input_from(name, format!("cannot be had: {error}"), error);
        let listener = TcpListener::bind((self.listen, self.port)).await.map_err(|error| refuse("port", error))?;
        let bound = listener.local_addr().map_err(|error| refuse("port", error))?;
        let address = SocketAddr::new(reached(bound.ip()), bound.port());
        #[cfg(feature = "tls")]
        let (tls, client) = if self.tls {
            let certificates = crate::tls::Certificates::make(&self.hosts, bound.ip())?;
            let client = certificates.client()?;
            (Some(certificates), Some(client))
        } else {
            (None, None)
        };
        // Whether the credentials are usable shows when a client is made of them.
        let settings = &self.settings;
        let keys = (settings.public_key.clone(), settings.private_key.clone());
        Psa::builder().host("http://127.0.0.1").company(&settings.company).keys(keys.0, keys.1).build()?;
        for right in &self.settings.forbidden {
            crate::rights::check(right).map_err(|why| connectwise_psa::Error::invalid_input("forbid", format!("is {right:?}: {why}")))?;
        }
        let mut settings = self.settings;
        if settings.own_links {
            #[cfg(feature = "tls")]
            let scheme = if tls.is_some() { "https" } else { "http" };
            #[cfg(not(feature = "tls"))]
            let scheme = "http";
            settings.public_site = format!("{scheme}://{address}");
        }
        let (world, journal) = begin(self.seed, self.state, &settings)?;
        let (stop, stopped) = watch::channel(false);
        let shared = Arc::new_cyclic(|this| Shared {
            settings,
            world,
            journal,
            faults: Mutex::default(),
            log: Mutex::default(),
            watcher: self.watcher,
            authority: address.to_string(),
            this: this.clone(),
            runtime: tokio::runtime::Handle::current(),
            #[cfg(feature = "tls")]
            tls,
        });
        tokio::spawn(serve(listener, Arc::clone(&shared), stopped));
        Ok(Sim {
            shared,
            address,
            #[cfg(feature = "tls")]
            client,
            stop,
        })
    }
}

/// The address under which a client on this machine reaches a server that listens on one.
fn reached(listening: IpAddr) -> IpAddr {
    match listening {
        IpAddr::V4(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(address) if address.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        address => address,
    }
}

/// The records to begin with, and what keeps them.
fn begin(seed: Seed, state: Option<PathBuf>, settings: &Settings) -> Result<(Arc<Mutex<World>>, Option<Journal>), connectwise_psa::Error> {
    let mut world = World::default();
    let Some(path) = state else {
        seed.plant(&mut world, settings)?;
        return Ok((Arc::new(Mutex::new(world)), None));
    };
    let (mut file, records) = StateFile::open(&path)?;
    match records {
        Some(records) => world.records = records,
        None => {
            seed.plant(&mut world, settings)?;
            file.replace(&world.records)?;
        }
    }
    world.records.keep_edits();
    let world = Arc::new(Mutex::new(world));
    let journal = Journal::begin(file, Arc::clone(&world))?;
    Ok((world, Some(journal)))
}

/// The records of a server. Lists are named by their path: `/service/tickets`, `/service/tickets/5/notes`.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

impl Store {
    /// Plants a record as it is, without any check, and gives its id: the one in it, or the next. Anything but an object becomes an empty record.
    pub fn insert(&self, list: &str, record: Value) -> i64 {
        let mut record = members(record);
        let id = record.get("id").and_then(Value::as_i64);
        record.entry("_info").or_insert_with(|| new_info(chrono::Utc::now(), "sim"));
        self.0.world().records.insert(&key(list), record, id)
    }

    /// Changes a record as somebody else would, and gives what has become of it; none when it is not there. References are completed where what they lead to is
    /// there; nothing else is checked. The change is in `_info`, in the
    /// audit trail and in callbacks, as one of a member called `sim`; what follows from the members follows, as `closedFlag` does from a ticket's status.
    ///
    /// The closure must not use the server: it is waiting.
    pub fn update(&self, list: &str, id: i64, change: impl FnOnce(&mut Map<String, Value>)) -> Option<Value> {
        let caller = Caller { member: "sim".to_owned(), kind: CallerKind::Keys };
        let list = key(list);
        let mut world = self.0.world();
        let mut record = members(world.records.get(&list, id)?);
        change(&mut record);
        record.insert("id".to_owned(), Value::from(id));
        crate::seed::complete(&world.records, &self.0.settings.link_base(), &list, &mut record);
        self.0.act(&mut world, &caller, |scene| keep(scene, &list, id, record));
        world.records.get(&list, id)
    }

    /// A record.
    #[must_use]
    pub fn get(&self, list: &str, id: i64) -> Option<Value> {
        self.0.world().records.get(&key(list), id)
    }

    /// All records of a list, by id.
    #[must_use]
    pub fn list(&self, list: &str) -> Vec<Value> {
        let world = self.0.world();
        world.records.collection(&key(list)).map(|collection| collection.records.values().collect()).unwrap_or_default()
    }

    /// How many records a list has.
    #[must_use]
    pub fn count(&self, list: &str) -> usize {
        self.0.world().records.collection(&key(list)).map_or(0, |collection| collection.records.len())
    }

    /// Takes a record out, as if it had never been.
    pub fn remove(&self, list: &str, id: i64) -> Option<Value> {
        self.0.world().records.remove(&key(list), id)
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("Store")
    }
}
