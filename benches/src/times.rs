//! Measurements of time.

use std::path::Path;

use tokio::runtime::{Builder, Runtime};

use crate::conditions::Conditions;
use crate::decoding::Decoding;
use crate::lists;
use crate::plain::PlainType;
use crate::protocol::{Measured, unknown};

/// Carries out the requests `decode TYPE VARIANT`, `encode TYPE VARIANT`, `list URL VARIANT`, `get URL` and
/// `conditions WHAT VARIANT`.
pub struct Times {
    runtime: Runtime,
    decoding: Decoding,
    conditions: Conditions,
    plain: Vec<PlainType>,
}

impl Times {
    /// Measures with the data set in `folder`, and with the plain types, if there are any.
    ///
    /// # Errors
    ///
    /// Fails if the threads cannot be started.
    pub fn new(folder: &Path, plain: &[PlainType]) -> Result<Self, String> {
        let runtime = runtime()?;
        Ok(Self {
            runtime,
            decoding: Decoding::new(folder, plain),
            conditions: Conditions::default(),
            plain: plain.to_vec(),
        })
    }

    /// Carries out one request. Times are in seconds.
    ///
    /// # Errors
    ///
    /// Fails if the request is unknown, and with the error of what it measures.
    pub fn measure(&mut self, request: &[&str]) -> Result<Measured, String> {
        match *request {
            ["decode", name, variant] => self.decoding.decode(&self.runtime, name, variant),
            ["encode", name, variant] => self.decoding.encode(name, variant),
            ["list", url, variant] => lists::list(&self.runtime, url, variant, &self.plain),
            ["get", url] => lists::get(&self.runtime, url),
            ["conditions", what, variant] => self.conditions.measure(what, variant),
            _ => Err(unknown(request)),
        }
    }
}

/// Returns the runtime of all measurements: that of `#[tokio::main]`, with two threads on every machine.
pub(crate) fn runtime() -> Result<Runtime, String> {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(|error| error.to_string())
}
