//! Runs a part of a test in a process of its own. A stack overflow ends a process, and an import that never ends cannot be
//! stopped otherwise.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const INPUT: &str = "VERSIONS_CHILD_INPUT";
const OUTPUT: &str = "VERSIONS_CHILD_OUTPUT";

/// The stack of a thread that imports and renders: as large as that of the main thread, on which `cargo xtask` runs.
const STACK: usize = 8 << 20;

/// Runs a function on a thread with a large stack.
pub(crate) fn on_large_stack<T: Send>(function: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, function).unwrap();
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Runs a test that calls [`child`] in a process of its own, and returns what it returned. The error says how the process
/// ended instead.
pub(crate) fn run(test: &str, input: &str, limit: Duration) -> Result<String, String> {
    let folder = tempfile::tempdir().unwrap();
    let (file, output) = (folder.path().join("input"), folder.path().join("output"));
    std::fs::write(&file, input).unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test])
        .env(INPUT, &file)
        .env(OUTPUT, &output)
        .env("RUST_MIN_STACK", STACK.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > limit {
            child.kill().unwrap();
            child.wait().unwrap();
            return Err(format!("it does not end within {limit:?}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    if !status.success() {
        return Err(format!("the process ended: {status}"));
    }
    Ok(std::fs::read_to_string(&output).unwrap())
}

/// In the process that [`run`] started: calls a function with the input, and returns its output. Does nothing in others.
pub(crate) fn child(function: impl FnOnce(&str) -> String) {
    let (Ok(file), Ok(output)) = (std::env::var(INPUT), std::env::var(OUTPUT)) else { return };
    std::fs::write(output, function(&std::fs::read_to_string(file).unwrap())).unwrap();
}
