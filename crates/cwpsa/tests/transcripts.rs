//! Runs the commands of the transcripts and compares what they print.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

/// The pages whose commands also run.
const PAGES: [&str; 2] = ["command-line.md", "connections.md"];

#[test]
fn transcripts() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(package.join("tests/transcripts")).unwrap().map(|entry| entry.unwrap().path());
    let files = files.chain(PAGES.map(|page| package.join("../../docs").join(page)));
    let transcripts: Vec<_> =
        files.filter(|file| file.extension().is_some_and(|extension| extension == "md")).collect();
    // All of them run, also after a failure.
    let failed: Vec<_> =
        transcripts.into_iter().filter(|transcript| catch_unwind(|| run(transcript)).is_err()).collect();
    assert_eq!(failed, Vec::<PathBuf>::new());
}

/// Runs a transcript with a folder for settings of its own. A file with the same name and the ending `.toml` has the
/// connections that are in it at the start.
fn run(transcript: &Path) {
    let config = tempfile::tempdir().unwrap();
    let connections = transcript.with_extension("toml");
    if connections.exists() {
        fs::copy(connections, config.path().join("connections.toml")).unwrap();
    }
    let cases = trycmd::TestCases::new();
    cases.env("CWPSA_CONFIG_DIR", config.path().to_str().unwrap());
    cases.env("CWPSA_CACHE_DIR", config.path().join("cache").to_str().unwrap());
    // The variables of the person who runs the tests.
    for name in ["CWPSA_CONNECTION", "CW_SITE", "CW_COMPANY", "CW_PUBLIC_KEY", "CW_PRIVATE_KEY", "CW_CLIENT_ID"] {
        cases.env(name, "");
    }
    cases.case(transcript);
    // The cases run here, before the folder is removed.
    drop(cases);
}
