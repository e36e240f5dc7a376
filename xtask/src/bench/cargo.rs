//! Runs cargo.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Failure, repository};

/// Returns a cargo command with the environment that all measured builds have.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).env("CARGO_INCREMENTAL", "0").env_remove("RUSTFLAGS").env_remove("RUSTC_WRAPPER");
    command
}

/// Runs a quiet cargo command in the repository.
pub(crate) fn run_in_repository(arguments: &[&str]) -> Result<(), Failure> {
    run(command(arguments).arg("--quiet").current_dir(repository::root()))
}

/// Runs a command, and fails if it fails.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status().map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed: {status}").into()) }
}

/// Returns the target folder of the repository.
pub(crate) fn target_folder() -> PathBuf {
    let root = repository::root();
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |folder| root.join(folder))
}

/// Returns a path as it is written in a manifest.
pub(crate) fn in_manifest(path: &Path) -> String {
    path.display().to_string().replace('\\', "/")
}
