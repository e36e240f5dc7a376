//! The generator's output for `vendor.json`, a small hand-written document with one case of each shape and of each
//! error in the vendor's document. `cargo xtask regen` writes this output, and `tests/snapshots.rs` checks that it is
//! current.

#[allow(clippy::all, clippy::pedantic, unreachable_pub, unused_imports, unused_qualifications, dead_code, reason = "generated: the snapshots and the compiler check it")]
#[allow(unexpected_cfgs, reason = "this crate has no JSON Schemas")]
#[rustfmt::skip]
mod generated;

pub use generated::*;
