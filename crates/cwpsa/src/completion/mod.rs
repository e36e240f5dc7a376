//! Completion of values in the shell: operations, sections, connections, and the names of records.
//!
//! The names of records come from a file for each connection and list ([`cache`]). A list that is older than an hour is
//! read again ([`refresh`]), for at most two seconds. Whatever fails, there are fewer candidates, and no message.

pub(crate) mod arguments;
pub(crate) mod cache;
pub(crate) mod candidates;
mod lists;
mod refresh;

/// The environment variable with which the shell's script requests candidates.
pub(crate) const VARIABLE: &str = "CWPSA_COMPLETE";
