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
