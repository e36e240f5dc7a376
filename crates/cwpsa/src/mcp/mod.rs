//! The agent server, which speaks the Model Context Protocol.
//!
//! Six tools reach all operations: an agent searches for one, has it described, and calls it. docs/agents.md explains the
//! server to its users.

mod arguments;
pub(crate) mod budget;
mod change;
mod checked;
mod confirm;
mod count;
mod failure;
mod files;
mod find;
mod guides;
pub(crate) mod handler;
mod json;
mod plans;
pub(crate) mod policy;
mod read;
mod seal;
mod shape;
pub(crate) mod state;
mod tools;
pub(crate) mod transport;
mod write;
mod write_limit;

#[cfg(test)]
mod tests;
