//! From the vendor's OpenAPI document to `openapi/psa.json`, and from there to the Rust bindings.
//!
//! `import` makes psa.json (facts, no prose); `render` makes Rust from psa.json through progenitor; `diff` compares two
//! documents; `actions` holds the coverage contract against the operations. Nothing here reads or writes files: `xtask`
//! does.

pub mod actions;
pub mod corrections;
pub mod diff;
pub mod document;
pub mod import;
pub mod model;
pub mod names;
pub mod normalise;
mod preflight;
pub mod problem;
mod prose;
pub mod render;
pub mod report;
