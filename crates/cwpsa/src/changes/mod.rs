//! The difference between a file and the server's records: what would change, as patches with nothing else.

pub(crate) mod difference;
pub(crate) mod file;
pub(crate) mod plan;
