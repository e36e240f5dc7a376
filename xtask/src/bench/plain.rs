//! A package with progenitor's plain output for the same OpenAPI document, and a program that measures its types.

use std::fs;
use std::path::{Path, PathBuf};

use connectwise_psa_codegen::render::baseline;

use super::{cargo, compiler};
use crate::{Failure, output, repository};

/// The name of the crate.
pub(crate) const CRATE: &str = "plain_bindings";

/// The name of the program that measures the types.
const PROGRAM: &str = "bench-times-with-plain";

/// The arguments that build the program's dependencies, and the library and the program.
pub(crate) const WITHOUT_BINDINGS: [&str; 2] = ["--package", PROGRAM];
pub(crate) const WITH_PROGRAM: [&str; 4] = ["--package", PROGRAM, "--features", "bindings"];

/// The dependencies of progenitor's output.
const DEPENDENCIES: &str = r#"bytes = "1"
chrono = { version = "0.4", default-features = false, features = ["serde", "std"] }
futures-core = "0.3"
progenitor-client = "=0.15.1"
reqwest = { version = "0.13", default-features = false, features = ["json", "query", "stream"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
uuid = { version = "1", features = ["serde"] }
"#;

/// The types that are measured: the names in the data set and in the vendor's document.
const TYPES: &[(&str, &str)] = &[
    ("ticket", "Ticket"),
    ("company", "Company"),
    ("contact", "Contact"),
    ("configuration", "CompanyConfiguration"),
    ("agreement", "Agreement"),
    ("invoice", "Invoice"),
    ("time-entry", "TimeEntry"),
];

/// Writes the package of the library, and inside it that of the program. Returns the path of the library's manifest.
///
/// The feature `bindings` has the bindings; without it, a build compiles only the dependencies. The library does not
/// depend on this repository, so that a change here does not rebuild it.
pub(crate) fn write(folder: &Path) -> Result<PathBuf, Failure> {
    let (_, psa) = repository::committed_psa()?;
    let bindings = baseline::render(&psa)?;
    let manifest = format!(
        r#"[package]
name = "{CRATE}"
version = "0.0.0"
edition = "2024"

[features]
bindings = []

[dependencies]
{DEPENDENCIES}
[workspace]
members = ["program"]

[profile.dev]
debug = "line-tables-only"
"#
    );
    let library = r#"//! Built only to be measured.
#[cfg(feature = "bindings")]
mod bindings;
#[cfg(feature = "bindings")]
pub use bindings::*;
"#;
    let manifest_path = folder.join("Cargo.toml");
    output::replace_file(&manifest_path, &manifest)?;
    output::replace_file(&folder.join("src/lib.rs"), library)?;
    output::replace_file(&folder.join("src/bindings.rs"), &bindings)?;
    output::replace_file(&folder.join("program/Cargo.toml"), &program_manifest())?;
    output::replace_file(&folder.join("program/src/main.rs"), &program())?;
    write_lock(&repository::root().join("Cargo.lock"), folder)?;
    Ok(manifest_path)
}

/// Gives the package the same versions of dependencies as the repository. Cargo adds others to the copy of the lock
/// file, so a second copy shows whether the repository's file has changed since then.
fn write_lock(repository: &Path, folder: &Path) -> Result<(), Failure> {
    let lock = repository::read(repository)?;
    let (written, copied) = (folder.join("Cargo.lock"), folder.join("Cargo.lock.copied"));
    if !written.exists() || fs::read_to_string(&copied).ok().as_deref() != Some(&lock) {
        output::replace_file(&written, &lock)?;
        output::replace_file(&copied, &lock)?;
    }
    Ok(())
}

/// Returns the manifest of the program.
fn program_manifest() -> String {
    format!(
        r#"[package]
name = "{PROGRAM}"
version = "0.0.0"
edition = "2024"

[features]
bindings = ["{CRATE}/bindings"]

[dependencies]
connectwise-psa-benches = {{ path = "{}" }}
{CRATE} = {{ path = ".." }}
"#,
        cargo::in_manifest(&repository::benches())
    )
}

/// Returns the source of the program.
fn program() -> String {
    let types: String = TYPES
        .iter()
        .map(|(name, type_name)| format!("        PlainType::new::<types::{type_name}>({name:?}),\n"))
        .collect();
    format!(
        r#"//! Measures times, with progenitor's plain types.

use std::path::PathBuf;

use connectwise_psa_benches::plain::PlainType;
use connectwise_psa_benches::protocol::serve;
use connectwise_psa_benches::times::Times;

#[cfg(feature = "bindings")]
fn plain() -> Vec<PlainType> {{
    use {CRATE}::types;
    vec![
{types}    ]
}}

/// Built while the dependencies are built.
#[cfg(not(feature = "bindings"))]
fn plain() -> Vec<PlainType> {{
    Vec::new()
}}

fn main() -> Result<(), String> {{
    let folder = PathBuf::from(std::env::args_os().nth(1).ok_or("usage: PROGRAM FOLDER")?);
    let plain = plain();
    let mut times = Times::new(&folder, &plain)?;
    serve(|request| times.measure(request)).map_err(|error| error.to_string())
}}
"#
    )
}

/// Returns where the package is built.
pub(crate) fn target_folder(folder: &Path) -> PathBuf {
    folder.join("plain-target")
}

/// Builds the program that measures times with the plain types. It uses the release build that the rows of the group
/// `build` have measured, if there is one.
pub(crate) fn times_program(folder: &Path) -> Result<PathBuf, String> {
    let build = || -> Result<PathBuf, Failure> {
        let manifest = write(&folder.join("plain"))?;
        let target = target_folder(folder);
        let mut command = cargo::command(&["build", "--release", "--quiet"]);
        command.args(WITH_PROGRAM);
        command.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(&target);
        compiler::measure(&mut command, None)?;
        cargo::run(&mut command)?;
        Ok(target.join("release").join(PROGRAM))
    };
    build().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_is_copied_when_that_of_the_repository_changes() {
        let folder = tempfile::tempdir().unwrap();
        let (repository, package) = (folder.path().join("Cargo.lock"), folder.path().join("package"));
        let lock = package.join("Cargo.lock");
        fs::write(&repository, "first").unwrap();
        write_lock(&repository, &package).unwrap();
        fs::write(&lock, "first, with what cargo added").unwrap();
        write_lock(&repository, &package).unwrap();
        assert_eq!(fs::read_to_string(&lock).unwrap(), "first, with what cargo added");
        fs::write(&repository, "second").unwrap();
        write_lock(&repository, &package).unwrap();
        assert_eq!(fs::read_to_string(&lock).unwrap(), "second");
        fs::remove_file(&lock).unwrap();
        write_lock(&repository, &package).unwrap();
        assert_eq!(fs::read_to_string(&lock).unwrap(), "second");
    }
}
