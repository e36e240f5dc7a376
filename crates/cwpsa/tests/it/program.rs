//! Runs the program: with a home folder of its own, and no other environment variables than those of the test.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use connectwise_psa_sim::Sim;
use tempfile::TempDir;

/// How long a test waits for output of the program or for its end.
const LIMIT: Duration = Duration::from_secs(60);

/// The program, and its environment.
pub(crate) struct Program {
    home: TempDir,
    variables: Vec<(String, String)>,
}

/// What a run of the program has printed, and how it has ended.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    /// Returns the program without a connection.
    pub(crate) fn new() -> Self {
        Self { home: tempfile::tempdir().unwrap(), variables: Vec::new() }
    }

    /// Returns the program with the variables `CW_*` of a simulator with the default company and keys.
    pub(crate) fn of_sim(sim: &Sim) -> Self {
        Self::new()
            .with("CW_SITE", sim.url())
            .with("CW_COMPANY", "demo")
            .with("CW_PUBLIC_KEY", "public")
            .with("CW_PRIVATE_KEY", "private")
            .with("CW_CLIENT_ID", "00000000-0000-0000-0000-000000000000")
    }

    /// Sets an environment variable.
    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Returns the command with these arguments, without standard input.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cwpsa"));
        command.args(arguments).env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command
    }

    /// Runs the program to its end. Blocks: the simulator of the test needs another thread.
    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        let output = self.command(arguments).output().unwrap();
        Finished {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Starts the program.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stdout = lines(child.stdout.take().unwrap());
        let stderr = lines(child.stderr.take().unwrap());
        Running { child, stdout, stderr }
    }
}

/// A program that runs. It is killed when the test ends.
pub(crate) struct Running {
    child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Running {
    /// Returns the next line of standard output.
    pub(crate) fn line(&self) -> String {
        self.stdout.recv_timeout(LIMIT).expect("a line on standard output")
    }

    /// Returns the first line of standard error that contains a text, and skips those before it.
    pub(crate) fn note_with(&self, text: &str) -> String {
        let end = Instant::now() + LIMIT;
        loop {
            let rest = end.saturating_duration_since(Instant::now());
            let line = self.stderr.recv_timeout(rest).unwrap_or_else(|_| panic!("no line contains {text:?}"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Sends the signal of Ctrl-C.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        let status = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end. Returns the exit code, and the rest of both outputs.
    pub(crate) fn wait(mut self) -> Finished {
        let status = wait(&mut self.child);
        let rest = |lines: &Receiver<String>| lines.iter().map(|line| line + "\n").collect();
        Finished { code: status.code(), stdout: rest(&self.stdout), stderr: rest(&self.stderr) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails if it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait(child: &mut Child) -> ExitStatus {
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < end, "the program does not end");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Reads lines in a thread.
fn lines(output: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(output);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            let text = String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned();
            if sender.send(text).is_err() {
                // The program must not wait for a reader.
                let _ = std::io::copy(&mut reader.by_ref(), &mut std::io::sink());
                return;
            }
            line.clear();
        }
    });
    receiver
}
