//! Converts the vendor's OpenAPI document to `openapi/psa.json`, and psa.json to the Rust bindings.
//!
//! - `import` writes psa.json: the facts of the vendor's document without its prose.
//! - `render` generates Rust from psa.json, with the help of progenitor.
//! - `diff` compares two psa.json documents.
//! - `actions` compares `openapi/actions.csv` with the operations.
//!
//! This crate does not read or write files. `xtask` does.

pub mod actions;
pub mod corrections;
mod decisions;
pub mod diff;
pub mod docs;
pub mod document;
pub mod import;
mod limits;
pub mod model;
pub mod names;
pub mod normalise;
pub mod paste;
pub mod problem;
mod prose;
pub mod render;
pub mod report;
pub mod rust_names;
mod strict_json;
pub mod structure;
