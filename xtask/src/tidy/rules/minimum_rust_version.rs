//! The rule `minimum-rust-version`: the libraries declare the configured minimum Rust version, and none of their
//! dependencies needs a newer one.

use crate::tidy::configuration::{CONFIGURATION_FILE, Configuration, MinimumRust};
use crate::tidy::dependency_graph::{DependencyGraph, ResolvedPackage};
use crate::tidy::files::Files;
use crate::tidy::packages::Package;
use crate::tidy::problem::Problem;

const RULE: &str = "minimum-rust-version";
const TABLE: &str = "minimum_rust";
const LOCK_FILE: &str = "Cargo.lock";

/// Checks the `rust-version` of each library, and that of its dependencies in the versions that the lock file selects.
pub(crate) fn check(
    files: &Files,
    packages: &[Package],
    graph: &DependencyGraph,
    minimum: &MinimumRust,
    configuration: &Configuration,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    for library in &minimum.libraries {
        let (Some(package), Some(resolved)) =
            (packages.iter().find(|package| package.name == *library), graph.package(library))
        else {
            problems.push(Problem {
                file: CONFIGURATION_FILE.to_owned(),
                line: configuration.line_of(TABLE, library),
                rule: RULE,
                message: format!("the workspace has no package `{library}`"),
                fix: format!("remove `{library}` from `[{TABLE}]`"),
            });
            continue;
        };
        if resolved.rust_version.as_deref() != Some(&minimum.version) {
            problems.push(wrong_declaration(files, package, resolved, minimum));
        }
        for (dependency, path) in graph.compiled_with(resolved) {
            let is_library = minimum.libraries.contains(&dependency.name);
            if let Some(needed) = &dependency.rust_version
                && !is_library
                && release(needed) > release(&minimum.version)
                && !problems
                    .iter()
                    .any(|problem| problem.line == line_in_lock_file(files, dependency) && problem.file == LOCK_FILE)
            {
                problems.push(Problem {
                    file: LOCK_FILE.to_owned(),
                    line: line_in_lock_file(files, dependency),
                    rule: RULE,
                    message: format!(
                        "`{}` {} needs Rust {needed}, but `{library}` must compile with {} (dependency path: {})",
                        dependency.name,
                        dependency.version,
                        minimum.version,
                        path.join(" > ")
                    ),
                    fix: format!(
                        "lower the requirement of `{0}` in Cargo.toml until `cargo update {0}` selects a version that \
                         supports it, or raise `[{TABLE}]` in {CONFIGURATION_FILE} and the libraries' `rust-version`",
                        dependency.name
                    ),
                });
            }
        }
    }
    problems
}

/// Returns the problem of a library that declares another Rust version than the minimum, or no version at all.
fn wrong_declaration(files: &Files, package: &Package, resolved: &ResolvedPackage, minimum: &MinimumRust) -> Problem {
    let path = package.manifest_path();
    let line = line_with(files, &path, |line| line.starts_with("rust-version"));
    let declared = resolved
        .rust_version
        .as_ref()
        .map_or_else(|| "no Rust version".to_owned(), |version| format!("Rust {version}"));
    Problem {
        file: path,
        line,
        rule: RULE,
        message: format!("`{}` declares {declared}, but the libraries' minimum is {}", package.name, minimum.version),
        fix: format!(
            "set `rust-version = \"{}\"` under [package], or change `[{TABLE}]` in {CONFIGURATION_FILE}",
            minimum.version
        ),
    }
}

fn line_in_lock_file(files: &Files, package: &ResolvedPackage) -> usize {
    let name = format!("name = \"{}\"", package.name);
    let version = format!("version = \"{}\"", package.version);
    let lines: Vec<&str> = files.text(LOCK_FILE).unwrap_or_default().lines().collect();
    lines.windows(2).position(|pair| pair == [name.as_str(), version.as_str()]).map_or(1, |at| at + 1)
}

/// Returns the number of the first line that matches, or 1 if there is none.
fn line_with(files: &Files, path: &str, is_wanted: impl Fn(&str) -> bool) -> usize {
    files.text(path).unwrap_or_default().lines().position(is_wanted).map_or(1, |at| at + 1)
}

/// Converts a Rust version such as `1.88` or `1.88.0` into comparable numbers.
fn release(version: &str) -> [u32; 3] {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_compared_as_numbers() {
        assert!(
            release("1.89.0") > release("1.88")
                && release("1.100") > release("1.99.1")
                && release("1.88") == release("1.88.0")
        );
    }
}
