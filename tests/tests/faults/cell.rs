//! A cell of the matrix: one call that meets one fault. It runs the call against the scripted server and compares what
//! happened with the table of expectations and with the guarantees that hold for every cell.

use std::error::Error as _;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use connectwise_psa::{CallOptions, Discovery, Error, ErrorKind, Psa, RetryPolicy};
use peak_alloc::PeakAlloc;
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout};

use crate::api::{Api, BASE, FILE, MINTED_KEY};
use crate::calls::{Call, Class, Observed};
use crate::contents::Content;
use crate::expectations::{MAX_ATTEMPTS, Outcome, Predicate, Table};
use crate::faults::{Context, Effect, Fault, RetryAfter};
use crate::request::RecordedRequest;
use crate::server::{Action, Script, Server};

/// How long the client waits for a connection, and for the next data.
const READ_TIMEOUT: Duration = Duration::from_millis(400);

/// How long a call may take. Three attempts without data fit.
const CALL_TIMEOUT: Duration = Duration::from_millis(1900);

/// How long a cell may take longer than its requests, on a busy machine.
const SLACK: Duration = Duration::from_secs(3);

/// The maximum size of a response that is read into memory.
const MAX_RESPONSE: u64 = 1024 * 1024;

/// How much memory a cell may need that receives more data than the client may hold.
const MAX_MEMORY: usize = 32 * 1024 * 1024;

const PUBLIC_KEY: &str = "public";
const PRIVATE_KEY: &str = "hunter2/Private=key";
const CLIENT_ID: &str = "the-client-id";

/// Which of the decisive requests meet the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Occasion {
    /// All.
    Always,
    /// Only the first: the fault is over when the request is sent again.
    First,
    /// Only the second, which reads the second page of a list.
    Second,
}

impl Occasion {
    const fn includes(self, number: usize) -> bool {
        match self {
            Self::Always => true,
            Self::First => number == 0,
            Self::Second => number == 1,
        }
    }
}

/// A cell.
#[derive(Clone)]
pub(crate) struct Cell {
    pub(crate) fault: Fault,
    pub(crate) call: Call,
    pub(crate) occasion: Occasion,
    pub(crate) outcome: Outcome,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} / {} / {:?}", self.fault.label(), self.call.name, self.occasion)
    }
}

/// What a cell led to.
pub(crate) struct Finding {
    pub(crate) cell: Cell,
    /// What happened, in the words of the table.
    pub(crate) summary: String,
    /// What differs from the table or breaks a guarantee: a short name, and the details.
    pub(crate) problems: Vec<(String, String)>,
}

/// Returns the cells for all faults and calls that can meet.
pub(crate) fn all(table: &Table, faults: &[Fault], calls: &[Call]) -> Result<Vec<Cell>, String> {
    let mut cells = Vec::new();
    for fault in faults {
        for call in calls {
            if !fault.is_for(call.content) {
                continue;
            }
            let outcome = table.outcome(fault, call)?;
            for occasion in [Occasion::Always, Occasion::First, Occasion::Second] {
                if is_useful(occasion, fault, call) {
                    cells.push(Cell { fault: fault.clone(), call: *call, occasion, outcome: outcome.clone() });
                }
            }
        }
    }
    Ok(cells)
}

/// Returns whether an occasion differs from the others.
fn is_useful(occasion: Occasion, fault: &Fault, call: &Call) -> bool {
    // The forms of `Retry-After` that lead to as many attempts as others are not combined with a single failure.
    let is_distinct = fault.retry_after.is_none_or(|form| matches!(form, RetryAfter::Absent | RetryAfter::Past));
    let is_single = !matches!(fault.effect, Effect::ClosesPort) && call.class != Class::Check && is_distinct;
    match occasion {
        Occasion::Always => true,
        Occasion::First => is_single && !call.is_paged,
        // Faults of lists concern the relation between pages, so single pages do not have them.
        Occasion::Second => is_single && call.is_paged && fault.only != [Content::List],
    }
}

impl Cell {
    /// Returns whether no other cell may run at the same time: the cell measures memory, or it closes its port, which
    /// another server could get.
    pub(crate) fn runs_alone(&self) -> bool {
        self.fault.measures_memory || matches!(self.fault.effect, Effect::ClosesPort)
    }

    /// Runs the cell.
    pub(crate) async fn run(self) -> Finding {
        let memory = self.fault.measures_memory.then(reset_peak);
        let started = Instant::now();
        let mut problems = Vec::new();
        let observed = match self.observe().await {
            Ok(observed) => observed,
            Err(problem) => {
                problems.push(("setup".to_owned(), problem));
                return Finding { cell: self, summary: "not run".to_owned(), problems };
            }
        };
        if let Some(before) = memory {
            let needed = PeakAlloc.peak_usage().saturating_sub(before);
            if needed > MAX_MEMORY {
                problems.push(("memory".to_owned(), format!("{} MiB", needed / 1024 / 1024)));
            }
        }
        let summary = match observed.result {
            None => {
                problems.push(("hang".to_owned(), format!("no result: after {:?}", started.elapsed())));
                "hang".to_owned()
            }
            Some(ref result) => {
                self.compare(result, &observed.requests, &mut problems);
                summary(result, self.decisive_count(&observed.requests))
            }
        };
        self.check_requests(&observed, &mut problems);
        Finding { cell: self, summary, problems }
    }

    async fn observe(&self) -> Result<Recording, String> {
        let other = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
        let other_address = other.local_addr().map_err(|error| error.to_string())?;
        let contacts = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&contacts);
        let accepting = tokio::spawn(async move {
            while other.accept().await.is_ok() {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        let closes_port_after = matches!(self.fault.effect, Effect::ClosesPort).then_some(self.call.requests_before);
        let server = Server::start(Api { tickets: self.call.tickets }, self.script(other_address), closes_port_after)
            .await
            .map_err(|error| error.to_string())?;
        let psa = self.client(server.address)?;
        let result = timeout(self.limit(), (self.call.run)(psa)).await.ok();
        let requests = server.requests();
        accepting.abort();
        Ok(Recording { result, requests, contacts: contacts.load(Ordering::SeqCst) })
    }

    /// Returns how long the cell may take: the timeout of each of its requests, with the slack.
    fn limit(&self) -> Duration {
        let requests = match self.call.class {
            // A check sends about ten requests, one after the other.
            Class::Check => 10,
            // The timeout does not include the time to read a file, which is not longer here.
            Class::Download => 3,
            _ if self.call.is_paged => 4,
            _ => 2,
        };
        CALL_TIMEOUT * requests + SLACK
    }

    /// Returns a client with short time limits. It trusts no certificates, because reading those of the machine takes
    /// much longer than a request, and the server speaks plain HTTP.
    fn client(&self, server: SocketAddr) -> Result<Psa, String> {
        let retry = RetryPolicy::default()
            .max_attempts(MAX_ATTEMPTS)
            .backoff(Duration::from_millis(1), Duration::from_millis(4));
        let discovery = if self.call.is_discovered { Discovery::Always } else { Discovery::Never };
        Psa::builder()
            .base_url(format!("http://{server}{BASE}"))
            .company("acme")
            .keys(PUBLIC_KEY, PRIVATE_KEY)
            .client_id(CLIENT_ID)
            .code_base_discovery(discovery)
            .connect_timeout(READ_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .max_response_size(MAX_RESPONSE)
            .http_client(|builder| builder.tls_certs_only([]))
            .options(CallOptions::new().timeout(CALL_TIMEOUT).retry(retry))
            .build()
            .map_err(|error| error.to_string())
    }

    /// Returns the script of the server.
    fn script(&self, other: SocketAddr) -> Script {
        let (fault, call, occasion) = (self.fault.clone(), self.call, self.occasion);
        let decisive = AtomicUsize::new(0);
        Box::new(move |request, _| {
            if !call.decides(request) || !occasion.includes(decisive.fetch_add(1, Ordering::SeqCst)) {
                return None;
            }
            let api = Api { tickets: call.tickets };
            Some(match &fault.effect {
                Effect::ClosesPort => return None,
                Effect::ResetsUnread => Action::ResetUnread,
                Effect::WaitsUnread => Action::WaitUnread,
                Effect::Does(make) => Action::Steps(make(&Context {
                    request,
                    honest: api.response(request),
                    content: call.content,
                    tickets: call.tickets,
                    other,
                    authorization: authorization(PUBLIC_KEY, PRIVATE_KEY),
                    private_key: PRIVATE_KEY,
                })),
            })
        })
    }

    fn decisive_count(&self, requests: &[RecordedRequest]) -> u32 {
        u32::try_from(requests.iter().filter(|request| self.call.decides(request)).count()).unwrap_or(u32::MAX)
    }

    /// Returns whether the fault is over after the first attempt, so that a retry succeeds.
    fn recovers(&self) -> bool {
        self.occasion != Occasion::Always && self.outcome.is_retried && self.outcome.attempts.1 > 1
            || (self.occasion != Occasion::Always && self.outcome.attempts == (2, 2))
    }

    /// Compares the result with the table.
    fn compare(&self, result: &Observed, requests: &[RecordedRequest], problems: &mut Vec<(String, String)>) {
        let mut problem = |name: &str, details: String| problems.push((name.to_owned(), details));
        if let Some(report) = &result.report {
            let must_succeed = self.outcome.may_succeed && self.outcome.kinds.is_empty();
            let may_succeed = self.outcome.may_succeed;
            if (report.is_ok() && !may_succeed) || (!report.is_ok() && must_succeed) {
                problem("check", format!("the check reports ok: {}\n{report}", report.is_ok()));
            }
            check_secrets("Display", &report.to_string(), &mut problem);
            check_secrets("Debug", &format!("{report:?}"), &mut problem);
            return;
        }
        let may_recover = self.occasion != Occasion::Always && self.outcome.attempts.1 > 1;
        match &result.error {
            None => {
                if !self.outcome.may_succeed && !may_recover {
                    problem("kind", format!("ok instead of {}", self.outcome.kinds.join(" or ")));
                } else {
                    self.compare_content(result, &mut problem);
                }
            }
            Some(error) => {
                if self.recovers() || (self.outcome.kinds.is_empty() && self.outcome.may_succeed) {
                    problem("kind", format!("{:?} instead of ok: {error}", error.kind()));
                } else {
                    self.compare_error(error, &mut problem);
                }
                check_error_texts(error, &mut problem);
            }
        }
        self.compare_attempts(result, self.decisive_count(requests), &mut problem);
        self.compare_ids(result, &mut problem);
    }

    /// Returns whether the list may be too short: the server says that it ends, and the client has not counted it.
    fn believes_the_end(&self) -> bool {
        self.fault.name == "early end" && self.call.name != "parallel"
    }

    /// Compares what a successful call returned.
    fn compare_content(&self, result: &Observed, problem: &mut impl FnMut(&str, String)) {
        if !self.fault.keeps_content && !self.recovers() {
            return;
        }
        let mut ids = result.ids.clone();
        ids.sort_unstable();
        if ids != self.call.ids && !self.believes_the_end() {
            problem("content", format!("the records {:?} instead of {:?}", result.ids, self.call.ids));
        }
        if let (Some(count), true) = (result.count, self.fault.name != "wrong count")
            && count != self.call.tickets
        {
            problem("content", format!("the count {count}"));
        }
        if let Some(bytes) = &result.bytes
            && bytes != FILE
        {
            problem("content", format!("a file of {} bytes instead of {}", bytes.len(), FILE.len()));
        }
    }

    /// Compares the records before an error: none is delivered twice, and none that does not exist.
    fn compare_ids(&self, result: &Observed, problem: &mut impl FnMut(&str, String)) {
        let is_list = self.call.ids.len() > 1;
        if !is_list || result.error.is_none() && !self.fault.keeps_content {
            return;
        }
        let mut ids = result.ids.clone();
        ids.sort_unstable();
        let unique = ids.windows(2).all(|pair| pair[0] != pair[1]);
        if !unique || ids.iter().any(|id| !self.call.ids.contains(id)) {
            problem("duplicate", format!("the records {:?} before {:?}", result.ids, result.error));
        }
    }

    fn compare_error(&self, error: &Error, problem: &mut impl FnMut(&str, String)) {
        let kind = format!("{:?}", error.kind());
        let outcome = &self.outcome;
        if !outcome.kinds.contains(&kind) {
            problem("kind", format!("{kind} instead of {}: {error}", outcome.kinds.join(" or ")));
        }
        for (name, expected, value) in [
            ("is_transient", outcome.is_transient, error.is_transient()),
            ("is_retryable", outcome.is_retryable, error.is_retryable()),
            ("is_ambiguous", outcome.is_ambiguous, error.is_ambiguous()),
        ] {
            if !holds(expected, value) {
                problem(name, format!("{value}: {error}"));
            }
        }
        for (name, value, expected) in predicates_of_kinds(error) {
            if value != expected {
                problem(name, format!("{value}, but the kind is {kind}: {error}"));
            }
        }
        if let (Some(expected), true) = (outcome.retry_after, error.is_api()) {
            let found = error.retry_after().map(|wait| wait.as_secs());
            let is_right = match (expected, found) {
                // The date is an hour after the response, which has taken some time.
                (Some(3600), Some(found)) => (3590..=3600).contains(&found),
                (expected, found) => expected == found,
            };
            if !is_right {
                problem("retry_after", format!("{found:?} instead of {expected:?}"));
            }
        }
        if kind == "Preparation" && error.source().is_none() {
            problem("source", format!("the error of the preparation is missing: {error}"));
        }
        if let Some(text) = &self.fault.error_contains
            && !whole_text(error).contains(text.as_str())
        {
            problem("text", format!("{text:?} is missing: {error}"));
        }
    }

    fn compare_attempts(&self, result: &Observed, sent: u32, problem: &mut impl FnMut(&str, String)) {
        let (least, most) = if self.recovers() { (2, 2) } else { self.outcome.attempts };
        // If the count does not fit the list, the client may count again.
        let may_send_more = matches!(self.fault.effect, Effect::ClosesPort) || self.fault.name == "wrong count";
        let is_exact = self.call.decisive_requests().is_some() && !may_send_more;
        if is_exact && !(least..=most).contains(&sent) {
            problem("attempts", format!("{sent} requests instead of {least} to {most}"));
        }
        let reported =
            result.error.as_ref().filter(|_| self.call.class != Class::Preparation).and_then(Error::attempts);
        if let Some(reported) = reported
            && !(least..=most).contains(&reported)
        {
            problem("attempts", format!("the error says {reported} instead of {least} to {most}"));
        }
    }

    /// Returns how often a change may be sent that is not repeatable: once, or as often as the table says because the
    /// server certainly did not carry it out.
    fn change_attempts(&self) -> u32 {
        if self.call.class == Class::Change { self.outcome.attempts.1.max(1) } else { 1 }
    }

    /// Checks the guarantees about requests that hold for every cell.
    fn check_requests(&self, observed: &Recording, problems: &mut Vec<(String, String)>) {
        let mut problem = |name: &str, details: String| problems.push((name.to_owned(), details));
        if observed.contacts > 0 {
            problem("other server", format!("{} connections to another server", observed.contacts));
        }
        let own = authorization(PUBLIC_KEY, PRIVATE_KEY);
        let minted = authorization("minted-public", MINTED_KEY);
        for request in observed.requests.iter().filter(|request| !request.headers.is_empty()) {
            let sent = request.header("authorization");
            let is_public = request.path().starts_with("/login/");
            let is_right = if is_public { sent.is_none() } else { sent == Some(&own) || sent == Some(&minted) };
            if !is_right || is_public == request.header("clientid").is_some() {
                problem("credentials", format!("{} {}: {sent:?}", request.method, request.target));
            }
        }
        let changes = observed.requests.iter().filter(|request| request.is_change()).count();
        let most = if self.call.changes_are_repeatable() { MAX_ATTEMPTS } else { self.change_attempts() } as usize;
        if changes > most {
            problem("repeated change", format!("{changes} requests, at most {most}"));
        }
        // A call whose preparation fails, or which cannot be read before it is changed, sends nothing else.
        let failed = observed.result.as_ref().is_some_and(|result| result.error.is_some());
        let others = observed.requests.iter().filter(|request| !self.call.decides(request)).count();
        let reads_first = self.call.name == "get of edit" || self.call.class == Class::Preparation;
        if failed && reads_first && others > 0 {
            problem("sent nevertheless", format!("{others} requests after the failure"));
        }
    }
}

/// What the cell recorded.
struct Recording {
    /// `None` if the call did not end in time.
    result: Option<Observed>,
    requests: Vec<RecordedRequest>,
    /// How many connections the second server got.
    contacts: usize,
}

fn reset_peak() -> usize {
    PeakAlloc.reset_peak_usage();
    PeakAlloc.current_usage()
}

const fn holds(expected: Predicate, value: bool) -> bool {
    match expected {
        Some(expected) => expected == value,
        None => true,
    }
}

/// Returns the predicates that test for kinds, each with the value that follows from the kind.
fn predicates_of_kinds(error: &Error) -> [(&'static str, bool, bool); 10] {
    let kind = error.kind();
    // The client's own limits are errors without a status.
    let is_api = error.status().is_some()
        && matches!(
            kind,
            ErrorKind::Unauthenticated
                | ErrorKind::PermissionDenied
                | ErrorKind::NotFound
                | ErrorKind::RateLimited
                | ErrorKind::Rejected
                | ErrorKind::Server
        );
    [
        ("is_not_found", error.is_not_found(), kind == ErrorKind::NotFound),
        ("is_permission_denied", error.is_permission_denied(), kind == ErrorKind::PermissionDenied),
        ("is_unauthenticated", error.is_unauthenticated(), kind == ErrorKind::Unauthenticated),
        ("is_rate_limited", error.is_rate_limited(), kind == ErrorKind::RateLimited),
        ("is_timeout", error.is_timeout(), kind == ErrorKind::Timeout),
        ("is_connect", error.is_connect(), kind == ErrorKind::Connect),
        ("is_decode", error.is_decode(), kind == ErrorKind::Decode),
        ("is_empty_response", error.is_empty_response(), kind == ErrorKind::EmptyResponse),
        ("is_invalid_input", error.is_invalid_input(), kind == ErrorKind::InvalidInput),
        ("is_api", error.is_api(), is_api),
    ]
}

/// Returns what happened in the words of the table.
fn summary(result: &Observed, sent: u32) -> String {
    let Some(error) = &result.error else {
        return match &result.report {
            Some(report) if report.is_ok() => "reports ok".to_owned(),
            Some(_) => "reports a failure".to_owned(),
            None => "ok".to_owned(),
        };
    };
    let mut summary = format!("{:?}", error.kind());
    for (name, value) in
        [("transient", error.is_transient()), ("retryable", error.is_retryable()), ("ambiguous", error.is_ambiguous())]
    {
        if value {
            summary.push_str(", ");
            summary.push_str(name);
        }
    }
    format!("{summary}, sent {} times", error.attempts().unwrap_or(sent))
}

fn authorization(public: &str, private: &str) -> String {
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("acme+{public}:{private}")))
}

/// Returns the text of an error with its sources.
fn whole_text(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// Checks that the error prints one line, and no secret.
fn check_error_texts(error: &Error, problem: &mut impl FnMut(&str, String)) {
    let line = error.to_string();
    if line.is_empty() || line.contains('\n') {
        problem("text", format!("not one line: {line:?}"));
    }
    let fields = format!("{:?}", error.field_errors());
    let (with_sources, debug) = (whole_text(error), format!("{error:?}"));
    let body = String::from_utf8_lossy(error.response_body());
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    for (name, text) in [
        ("Display", with_sources),
        ("Debug", debug),
        ("response_body", body.into_owned()),
        ("field_errors", fields),
        ("message", text(error.message())),
        ("code", text(error.code())),
        ("raw_value", text(error.raw_value())),
    ] {
        check_secrets(name, &text, problem);
    }
}

/// Checks that a text, which `name` returns, contains none of the client's secrets in any encoding.
fn check_secrets(name: &str, text: &str, problem: &mut impl FnMut(&str, String)) {
    let own = authorization(PUBLIC_KEY, PRIVATE_KEY);
    let encoded = percent_encoding::utf8_percent_encode(PRIVATE_KEY, percent_encoding::NON_ALPHANUMERIC).to_string();
    let minted = authorization("minted-public", MINTED_KEY);
    let tokens = [&own, &minted].map(|header| header.trim_start_matches("Basic "));
    let secrets = [PRIVATE_KEY, MINTED_KEY, &encoded].into_iter().chain(tokens);
    for secret in secrets.filter(|secret| text.contains(*secret)).take(1) {
        problem("secret", format!("in {name}: {secret:?} in {text}"));
    }
}
