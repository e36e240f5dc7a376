//! Checks that every page with Rust samples is compiled: that `tests/src/lib.rs` includes it as documentation.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

/// Adds the Markdown files in a folder, without build output, to `found`.
fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            pages(&path, found);
        } else if name.ends_with(".md") {
            found.push(path);
        }
    }
}

#[test]
fn every_page_with_rust_samples_is_compiled() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let included = fs::read_to_string(root.join("tests/src/lib.rs")).unwrap();
    let mut all = Vec::new();
    pages(root, &mut all);
    let with_samples: Vec<String> = all
        .iter()
        .filter(|path| fs::read_to_string(path).unwrap().lines().any(|line| line.trim_start().starts_with("```rust")))
        .map(|path| path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/"))
        .collect();
    let missing: Vec<_> =
        with_samples.iter().filter(|page| !included.contains(&format!("include_str!(\"../../{page}\")"))).collect();
    // The search works: the repository has at least nine such pages.
    assert!(with_samples.len() >= 9, "{with_samples:?}");
    assert_eq!(missing, Vec::<&String>::new());
}

/// The first words of the names of operations, with which guides mention them.
const VERBS: [&str; 26] = [
    "add",
    "approve",
    "attach",
    "convert",
    "copy",
    "count",
    "create",
    "deactivate",
    "delete",
    "detach",
    "disable",
    "download",
    "enable",
    "get",
    "link",
    "list",
    "mark",
    "merge",
    "replace",
    "reject",
    "remove",
    "reverse",
    "search",
    "submit",
    "update",
    "upload",
];

/// Methods of other libraries and languages that guides mention, a test, and a misspelt id.
const FOREIGN: [&str; 4] = ["create_default_context", "enable_all", "list_of_tools", "list_tickts"];

/// Returns the names in code spans that look like methods: a known verb and at least one more word.
fn method_names(page: &str) -> Vec<String> {
    let mut names = Vec::new();
    for span in page.split('`').skip(1).step_by(2) {
        for name in span.split(|character: char| {
            !(character.is_ascii_lowercase() || character.is_ascii_digit() || character == '_')
        }) {
            if let Some((verb, rest)) = name.split_once('_')
                && VERBS.contains(&verb)
                // `approve_…` stands for several names.
                && !rest.is_empty()
                && !name.ends_with('_')
            {
                names.push(name.to_owned());
            }
        }
    }
    names
}

/// Adds the names of the functions and fields in the Rust files of a folder to `found`.
fn defined_names(folder: &Path, found: &mut std::collections::BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            defined_names(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let words: Vec<&str> = text
                .split(|character: char| !(character.is_alphanumeric() || character == '_'))
                .filter(|word| !word.is_empty())
                .collect();
            for pair in words.windows(2) {
                if let [before, name] = pair
                    && matches!(*before, "fn" | "pub")
                {
                    found.insert((*name).to_owned());
                }
            }
        }
    }
}

#[test]
fn every_method_that_a_guide_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut defined = std::collections::BTreeSet::new();
    for crate_name in ["connectwise-psa", "connectwise-psa-core", "connectwise-psa-bindings", "connectwise-psa-sim"] {
        defined_names(&root.join("crates").join(crate_name).join("src"), &mut defined);
    }
    let mut all = Vec::new();
    pages(&root.join("docs"), &mut all);
    all.push(root.join("README.md"));
    let mut checked = 0;
    let mut missing = Vec::new();
    for path in all {
        for name in method_names(&fs::read_to_string(&path).unwrap()) {
            checked += 1;
            if !defined.contains(&name) && !FOREIGN.contains(&name.as_str()) {
                missing.push(format!("{}: {name}", path.file_name().unwrap_or_default().to_string_lossy()));
            }
        }
    }
    // The search works.
    assert!(checked > 100, "{checked}");
    assert_eq!(missing, Vec::<String>::new());
}
