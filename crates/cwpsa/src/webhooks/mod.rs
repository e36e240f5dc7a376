//! Webhooks on the command line: which events, where messages are forwarded to, how they are received, and what is
//! printed about them.

pub(crate) mod backlog;
pub(crate) mod callbacks;
pub(crate) mod event_filter;
pub(crate) mod forwarder;
pub(crate) mod interrupt;
pub(crate) mod listener;
pub(crate) mod received;
pub(crate) mod report;
pub(crate) mod response_text;
pub(crate) mod simulator;
pub(crate) mod target;
