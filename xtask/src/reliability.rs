//! `reliability`: runs the whole fault matrix, and writes its table into `docs/reliability.md`.

use std::process::Command;

use crate::{Failure, repository};

/// Runs the task. Fails if a cell differs from the table of expectations.
pub(crate) fn reliability() -> Result<(), Failure> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments =
        ["test", "-p", "connectwise-psa-tests", "--test", "faults", "--", "the_matrix_holds", "--nocapture"];
    let status =
        Command::new(cargo).args(arguments).env("FAULT_MATRIX", "write").current_dir(repository::root()).status()?;
    if status.success() { Ok(()) } else { Err("some cells differ; docs/reliability.md shows where".into()) }
}
