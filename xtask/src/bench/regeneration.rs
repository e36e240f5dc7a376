//! The row `regen/time`: rendering the bindings, the contract tests and the snapshots from openapi/psa.json.

use std::time::Instant;

use super::row::Row;
use super::samples::Samples;
use super::session::Session;
use crate::{Failure, regen};

/// Measures the row. The files are not written.
pub(crate) fn measure(session: &mut Session) -> Result<(), Failure> {
    let samples: Samples = (0..session.rounds(3, 1))
        .map(|_| {
            let start = Instant::now();
            regen::generate(None).map_err(|error| error.to_string())?;
            Ok(start.elapsed().as_secs_f64())
        })
        .collect();
    session.add(Row::sampled("regen/time", "s", &samples, None));
    Ok(())
}
