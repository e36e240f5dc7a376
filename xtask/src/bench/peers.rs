//! The clients for PSA in other languages, installed into the bench's folder. A client that cannot be installed has a
//! reason in place of a program.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::program::Program;
use crate::repository;

/// The versions that are measured.
const CONNECTWISE_REST: &str = "connectwise-rest@1.3.0";
const PYCONNECTWISE: &str = "pyconnectwise==0.6.1.2";

/// Starts the JavaScript program.
pub(crate) fn node(folder: &Path, data: &Path) -> Result<Program, String> {
    let installed = folder.join("node");
    output(Command::new("node").arg("--version"))?;
    if !installed.join("node_modules/connectwise-rest").exists() {
        create(&installed)?;
        let arguments = ["install", "--silent", "--no-save", "--prefix"];
        // Without the client, the program still measures `JSON`.
        if let Err(error) = output(Command::new("npm").args(arguments).arg(&installed).arg(CONNECTWISE_REST)) {
            eprintln!("connectwise-rest cannot be installed: {error}");
        }
    }
    let mut command = Command::new("node");
    command
        .env("NODE_PATH", installed.join("node_modules"))
        .arg(repository::benches().join("peers/peer.cjs"))
        .arg(data);
    Program::start(&mut command)
}

/// Starts the Python program.
pub(crate) fn python(folder: &Path, data: &Path) -> Result<Program, String> {
    let environment = folder.join("python");
    let python = environment.join("bin/python");
    let complete = environment.join("installed");
    if !complete.exists() {
        create(folder)?;
        output(Command::new("python3").args(["-m", "venv"]).arg(&environment))?;
        let arguments = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYCONNECTWISE];
        output(Command::new(&python).args(arguments))?;
        fs::write(&complete, "").map_err(|error| format!("{}: {error}", complete.display()))?;
    }
    let program: PathBuf = repository::benches().join("peers/peer.py");
    Program::start(Command::new(python).env("PYTHONDONTWRITEBYTECODE", "1").arg(program).arg(data))
}

fn create(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

/// Runs a command without showing its output. The error is the last line of what it prints.
fn output(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().display().to_string();
    let output = command.output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("{program}: {}", text.trim().lines().last().unwrap_or("failed without a message")))
}
