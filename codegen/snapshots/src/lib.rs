//! What the generator makes of `vendor.json`, a small document written by hand with one case of every shape and of
//! every error of the vendor's. `cargo xtask regen` writes it; `tests/snapshots.rs` holds it against the generator.

#[allow(clippy::all, clippy::pedantic, unreachable_pub, unused_imports, unused_qualifications, dead_code, reason = "generated: judged by the snapshots and by being compiled")]
#[allow(unexpected_cfgs, reason = "the small crate has no JSON Schemas")]
#[rustfmt::skip]
mod generated;

pub use generated::*;
