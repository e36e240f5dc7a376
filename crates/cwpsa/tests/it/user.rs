//! A user with a folder for settings, who logs in.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

use crate::program::{Finished, Program};

/// The private key of the tests' simulators. No output and no file may have it, except the file of the key.
pub(crate) const KEY: &str = "very-private-key-4711";

/// The client id of the tests.
pub(crate) const CLIENT_ID: &str = "00000000-0000-0000-0000-000000000000";

/// A user of the program.
pub(crate) struct User {
    folder: TempDir,
    program: Program,
}

impl User {
    /// Returns a user without connections and without a keyring.
    pub(crate) fn new() -> Self {
        Self::with(Program::new())
    }

    /// Returns a user with environment variables.
    pub(crate) fn with(program: Program) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let program = program
            .with("CWPSA_CONFIG_DIR", path("config"))
            .with("CWPSA_CACHE_DIR", path("cache"))
            .with("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent");
        Self { folder, program }
    }

    /// Returns the folder for settings.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        without_key(self.program.run(arguments))
    }

    /// Runs the program with a text on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Finished {
        let mut command = self.program.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Fails if the program ends without a read.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        without_key(Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        })
    }

    /// Logs in to a server with the public key `public`.
    pub(crate) fn login(&self, name: &str, site: &str, key: &str, more: &[&str]) -> Finished {
        let arguments = ["login", name, "--site", site, "--company", "demo", "--public-key", "public"];
        let rest = ["--client-id", CLIENT_ID, "--private-key-stdin"];
        self.run_with_input(&[&arguments[..], &rest[..], more].concat(), &format!("{key}\n"))
    }

    /// Returns the stored connections.
    pub(crate) fn connections(&self) -> Vec<Value> {
        let finished = self.run(&["connections", "--json"]);
        assert_eq!(finished.code, Some(0), "{finished:?}");
        serde_json::from_str(&finished.stdout).unwrap()
    }

    /// Returns the files below the folder for settings that contain the key.
    pub(crate) fn files_with_key(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        find_key(self.folder.path(), &mut found);
        found
    }
}

fn find_key(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find_key(&path, found);
        } else if fs::read_to_string(&path).unwrap().contains(KEY) {
            found.push(path);
        }
    }
}

fn without_key(finished: Finished) -> Finished {
    assert!(!finished.stdout.contains(KEY) && !finished.stderr.contains(KEY), "the key is printed");
    finished
}
