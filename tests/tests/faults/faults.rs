//! The faults: what the server does instead of responding as the API does. `expectations.toml` says what each of them
//! must lead to.

mod bodies;
mod gzip;
mod lists;
mod redirects;
mod statuses;
mod transport;

use std::net::SocketAddr;
use std::sync::Arc;

use crate::api::ApiResponse;
use crate::contents::Content;
use crate::request::RecordedRequest;
use crate::server::Step;

/// The `Retry-After` header of an error response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum RetryAfter {
    Absent,
    /// One second, which fits into the time of a call once.
    OneSecond,
    /// The date in an hour, which is after the end of every call.
    InAnHour,
    /// A date in the past.
    Past,
    /// A number of seconds that is longer than a lifetime.
    Endless,
    /// Text that is neither a number nor a date.
    Text,
}

impl RetryAfter {
    pub(crate) const ALL: [Self; 6] =
        [Self::Absent, Self::OneSecond, Self::InAnHour, Self::Past, Self::Endless, Self::Text];

    /// Returns the name in the table of expectations.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::OneSecond => "one second",
            Self::InAnHour => "in an hour",
            Self::Past => "in the past",
            Self::Endless => "999999999999 seconds",
            Self::Text => "soon",
        }
    }
}

/// What a fault knows when it makes the response to a request.
pub(crate) struct Context<'a> {
    pub(crate) request: &'a RecordedRequest,
    /// The response without the fault.
    pub(crate) honest: ApiResponse,
    pub(crate) content: Content,
    /// How many tickets the API has.
    pub(crate) tickets: i64,
    /// A second server, to which no request may be sent.
    pub(crate) other: SocketAddr,
    /// The `Authorization` header of the client and its private key.
    pub(crate) authorization: String,
    pub(crate) private_key: &'static str,
}

/// Makes the steps of the server from a request.
type Make = Arc<dyn Fn(&Context<'_>) -> Vec<Step> + Send + Sync>;

/// What the server does with the faulty requests.
#[derive(Clone)]
pub(crate) enum Effect {
    /// It closes its port.
    ClosesPort,
    /// It resets the connection without reading the request.
    ResetsUnread,
    /// It neither reads the request nor closes the connection.
    WaitsUnread,
    /// It reads the request and does these steps.
    Does(Make),
}

/// A fault.
#[derive(Clone)]
pub(crate) struct Fault {
    /// The name in the table of expectations.
    pub(crate) name: String,
    /// What distinguishes it from other faults with the same name.
    pub(crate) variant: String,
    pub(crate) effect: Effect,
    pub(crate) retry_after: Option<RetryAfter>,
    /// Whether the response still has the content that the call expects, so that a success must return it.
    pub(crate) keeps_content: bool,
    /// The contents that the fault exists for; empty if it exists for all.
    pub(crate) only: &'static [Content],
    /// Whether the cell is run alone, to measure the memory that it needs.
    pub(crate) measures_memory: bool,
    /// The text that the error must contain: the target of a redirect.
    pub(crate) error_contains: Option<String>,
}

impl Fault {
    fn new(name: impl Into<String>, effect: Effect) -> Self {
        Self {
            name: name.into(),
            variant: String::new(),
            effect,
            retry_after: None,
            keeps_content: false,
            only: &[],
            measures_memory: false,
            error_contains: None,
        }
    }

    /// Returns a fault of these steps.
    fn steps(name: impl Into<String>, make: impl Fn(&Context<'_>) -> Vec<Step> + Send + Sync + 'static) -> Self {
        Self::new(name, Effect::Does(Arc::new(make)))
    }

    /// Returns a fault of one complete response.
    fn response(name: impl Into<String>, make: impl Fn(&Context<'_>) -> ApiResponse + Send + Sync + 'static) -> Self {
        Self::steps(name, move |context| vec![Step::Send(make(context).bytes(false)), Step::Next])
    }

    fn variant(mut self, variant: impl Into<String>) -> Self {
        self.variant = variant.into();
        self
    }

    fn keeps_content(mut self) -> Self {
        self.keeps_content = true;
        self
    }

    fn only(mut self, contents: &'static [Content]) -> Self {
        self.only = contents;
        self
    }

    fn measures_memory(mut self) -> Self {
        self.measures_memory = true;
        self
    }

    /// Returns the name with the variant.
    pub(crate) fn label(&self) -> String {
        if self.variant.is_empty() { self.name.clone() } else { format!("{} ({})", self.name, self.variant) }
    }

    /// Returns whether the fault exists for a content.
    pub(crate) fn is_for(&self, content: Content) -> bool {
        self.only.is_empty() || self.only.contains(&content)
    }
}

/// Returns all faults.
pub(crate) fn all() -> Vec<Fault> {
    [statuses::faults(), redirects::faults(), transport::faults(), bodies::faults(), lists::faults()].concat()
}
