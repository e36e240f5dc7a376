//! The path of every request: login, endpoint, limits, attempts, response. Each step has its file; [`pipeline`] puts them in order.

pub(crate) mod budget;
pub(crate) mod http;
pub(crate) mod limits;
mod permit_stream;
pub(crate) mod pipeline;
mod retry;
pub(crate) mod trace;
