//! What the figures depend on: the machine, the compiler and the date.

use std::fs;
use std::process::Command;

/// Returns the current day in UTC, as in `2026-11-28`.
pub(crate) fn today() -> String {
    chrono::Utc::now().format("%Y-%m-%d").to_string()
}

/// Describes the machine and the compiler.
pub(crate) fn describe() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor = line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let memory = line_of("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok())
        .map(|kibibytes| format!(", {:.0} GB of memory", kibibytes * 1024.0 / 1e9));
    let version = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("--version").output();
    let version = version.map_or_else(|_| "an unknown rustc".to_owned(), |output| text(&output.stdout));
    format!("{cores} cores ({processor}){}, {version}", memory.unwrap_or_default())
}

/// Returns a figure of a process in MB, by its name in `/proc`. `None` on other systems than Linux.
pub(crate) fn process_memory(process: u32, name: &str) -> Option<f64> {
    let text = line_of(&format!("/proc/{process}/status"), name)?;
    // The kernel writes kB for units of 1,024 bytes.
    let kibibytes: f64 = text.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024.0 / 1e6)
}

/// Returns what follows a name and a colon in a file of lines.
fn line_of(file: &str, name: &str) -> Option<String> {
    let content = fs::read_to_string(file).ok()?;
    let line = content.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim().to_owned()
}
