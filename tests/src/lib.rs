//! Contract tests across the crates: see `tests/contract`. The library holds nothing but the README, whose code is compiled as a documentation test.

#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
pub struct Readme;
