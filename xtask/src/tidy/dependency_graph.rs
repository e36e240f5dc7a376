//! The dependency graph from `cargo metadata`: every package, including those from registries, with its dependencies
//! and the Rust version that it needs.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::Failure;

/// The packages that the lock file selects for the platform that the command runs on.
#[derive(Debug, Deserialize)]
pub(crate) struct DependencyGraph {
    packages: Vec<ResolvedPackage>,
    resolve: Resolve,
}

/// A package in the version that the lock file selects.
#[derive(Debug, Deserialize)]
pub(crate) struct ResolvedPackage {
    id: String,
    /// The name of the package.
    pub(crate) name: String,
    /// The version that the lock file selects.
    pub(crate) version: String,
    /// The `rust-version` that the package declares.
    pub(crate) rust_version: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Edge>,
}

#[derive(Debug, Deserialize)]
struct Edge {
    pkg: String,
    dep_kinds: Vec<EdgeKind>,
}

#[derive(Debug, Deserialize)]
struct EdgeKind {
    kind: Option<String>,
}

impl DependencyGraph {
    /// Runs `cargo metadata` for the workspace in a folder. Fails if the lock file is not up to date.
    pub(crate) fn read(root: &Path) -> Result<Self, Failure> {
        // The filter avoids downloading packages for other platforms.
        let platform = output(Command::new("rustc").args(["--print", "host-tuple"]))?;
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let arguments =
            ["metadata", "--format-version", "1", "--locked", "--all-features", "--filter-platform", platform.trim()];
        Self::from_json(&output(Command::new(cargo).args(arguments).current_dir(root))?)
    }

    /// Parses the output of `cargo metadata --format-version 1`.
    pub(crate) fn from_json(text: &str) -> Result<Self, Failure> {
        serde_json::from_str(text).map_err(|error| format!("cargo metadata: {error}").into())
    }

    /// Returns the package with this name. If there are several versions, returns an arbitrary one.
    pub(crate) fn package(&self, name: &str) -> Option<&ResolvedPackage> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// Returns all packages that are compiled with this package, except those that only tests need. Each has the names
    /// of the packages on the shortest dependency path to it.
    pub(crate) fn compiled_with<'a>(
        &'a self,
        package: &'a ResolvedPackage,
    ) -> Vec<(&'a ResolvedPackage, Vec<&'a str>)> {
        let packages: BTreeMap<&str, &ResolvedPackage> =
            self.packages.iter().map(|package| (package.id.as_str(), package)).collect();
        let nodes: BTreeMap<&str, &Node> = self.resolve.nodes.iter().map(|node| (node.id.as_str(), node)).collect();
        let mut found: BTreeMap<&str, (&ResolvedPackage, Vec<&str>)> =
            BTreeMap::from([(package.id.as_str(), (package, Vec::new()))]);
        let mut pending = VecDeque::from([package.id.as_str()]);
        while let Some(id) = pending.pop_front() {
            let path = found
                .get(id)
                .map(|(package, path)| [path.as_slice(), &[package.name.as_str()]].concat())
                .unwrap_or_default();
            let edges = nodes.get(id).into_iter().flat_map(|node| &node.deps).filter(|edge| edge.is_compiled());
            for next in edges.filter_map(|edge| packages.get(edge.pkg.as_str())) {
                if !found.contains_key(next.id.as_str()) {
                    found.insert(&next.id, (next, path.clone()));
                    pending.push_back(&next.id);
                }
            }
        }
        found.into_values().collect()
    }
}

impl Edge {
    /// Returns whether the dependency is compiled into a program or a build script.
    fn is_compiled(&self) -> bool {
        self.dep_kinds.iter().any(|kind| kind.kind.as_deref() != Some("dev"))
    }
}

/// Runs a command and returns its standard output.
fn output(command: &mut Command) -> Result<String, Failure> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{program}: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dev_dependencies_are_not_part_of_the_compiled_packages() {
        let node = |id: &str, dependencies: &[(&str, Option<&str>)]| {
            let dependencies: Vec<_> = dependencies
                .iter()
                .map(|(id, kind)| serde_json::json!({"pkg": id, "dep_kinds": [{"kind": kind}]}))
                .collect();
            serde_json::json!({"id": id, "deps": dependencies})
        };
        let package = |id: &str| serde_json::json!({"id": id, "name": id.to_uppercase(), "version": "1.0.0", "rust_version": null});
        let graph = serde_json::json!({
            "packages": (["a", "b", "c", "d", "e"].map(package)),
            "resolve": {"nodes": [node("a", &[("b", None), ("d", Some("dev"))]), node("b", &[("c", Some("build"))]), node("c", &[("a", None)]), node("d", &[]), node("e", &[])]},
        });
        let graph = DependencyGraph::from_json(&graph.to_string()).unwrap();
        let compiled: Vec<_> = graph
            .compiled_with(graph.package("A").unwrap())
            .into_iter()
            .map(|(package, path)| (package.name.as_str(), path))
            .collect();
        assert_eq!(compiled, [("A", vec![]), ("B", vec!["A"]), ("C", vec!["A", "B"])]);
        assert!(graph.package("F").is_none());
    }
}
