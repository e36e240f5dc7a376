//! The commands, one file for each. They parse their arguments and call the modules that do the work.

pub(crate) mod call;
pub(crate) mod changes;
pub(crate) mod check;
pub(crate) mod completion;
pub(crate) mod conditions;
pub(crate) mod connections;
pub(crate) mod listen;
pub(crate) mod login;
pub(crate) mod man;
pub(crate) mod mcp;
pub(crate) mod ops;
pub(crate) mod records;
pub(crate) mod search;
pub(crate) mod sim;
pub(crate) mod trigger;
