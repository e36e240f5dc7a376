//! Measures one compilation: cargo runs this program as `RUSTC_WRAPPER`, which times the compiler and reads its peak
//! memory.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use super::machine::process_memory;
use crate::Failure;

/// The environment variable with the name of the crate to measure. Empty while the dependencies are built.
const MEASURED_CRATE: &str = "XTASK_MEASURED_CRATE";
/// The environment variable with the file that receives the cost.
const MEASURED_FILE: &str = "XTASK_MEASURED_FILE";

/// The cost of one compilation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cost {
    pub(crate) seconds: f64,
    /// Peak memory in MB. `None` if the system does not report it.
    pub(crate) peak: Option<f64>,
    /// Size of the library in MB.
    pub(crate) size: f64,
}

/// Lets cargo compile through this program, which measures the crate with this name and writes its cost to the file.
/// Without a crate, the compilations are the same, but none is measured.
pub(crate) fn measure(command: &mut Command, measured: Option<(&str, &Path)>) -> Result<(), Failure> {
    command.env("RUSTC_WRAPPER", std::env::current_exe()?);
    command.env(MEASURED_CRATE, measured.map_or("", |(crate_name, _)| crate_name));
    if let Some((_, file)) = measured {
        command.env(MEASURED_FILE, file);
    }
    Ok(())
}

pub(crate) fn read_cost(text: &str) -> Result<Cost, Failure> {
    let numbers: Vec<f64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    match numbers.as_slice() {
        [seconds, peak, size] => Ok(Cost { seconds: *seconds, peak: (*peak > 0.0).then_some(*peak), size: *size }),
        _ => Err(format!("expected seconds, peak memory and size of a compilation, found `{text}`").into()),
    }
}

/// Runs the compiler if cargo has started this program as `RUSTC_WRAPPER`, and measures it if it compiles the measured
/// crate. Returns `None` if this program was started in any other way.
pub(crate) fn run_as_compiler() -> Option<ExitCode> {
    let measured = std::env::var(MEASURED_CRATE).ok()?;
    let mut arguments = std::env::args_os().skip(1);
    let compiler = arguments.next()?;
    let arguments: Vec<OsString> = arguments.collect();
    match compile(&compiler, &arguments, &measured) {
        Ok(code) => Some(code),
        Err(error) => {
            eprintln!("error: {}: {error}", compiler.display());
            Some(ExitCode::FAILURE)
        }
    }
}

fn compile(compiler: &OsString, arguments: &[OsString], measured: &str) -> Result<ExitCode, Failure> {
    let texts: Vec<&str> = arguments.iter().filter_map(|argument| argument.to_str()).collect();
    let after = |flag: &str| texts.iter().position(|text| *text == flag).and_then(|at| texts.get(at + 1)).copied();
    let started = Instant::now();
    let mut child = Command::new(compiler).args(arguments).env_remove(MEASURED_CRATE).spawn()?;
    let is_measured = !measured.is_empty() && after("--crate-name") == Some(measured);
    let mut peak = 0.0_f64;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if is_measured {
            peak = peak.max(process_memory(child.id(), "VmHWM").unwrap_or(0.0));
        }
        thread::sleep(Duration::from_millis(5));
    };
    if is_measured
        && status.success()
        && let Some(file) = std::env::var_os(MEASURED_FILE)
    {
        let suffix = texts.iter().find_map(|text| text.strip_prefix("extra-filename=")).unwrap_or_default();
        let stem = PathBuf::from(after("--out-dir").unwrap_or_default()).join(format!("lib{measured}{suffix}"));
        let size = ["rlib", "rmeta"]
            .iter()
            .find_map(|extension| fs::metadata(stem.with_extension(extension)).ok())
            .map_or(0, |metadata| metadata.len());
        fs::write(file, format!("{} {peak} {}", started.elapsed().as_secs_f64(), size as f64 / 1e6))?;
    }
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_parsed() {
        assert_eq!(read_cost("12.5 900 40.25").unwrap(), Cost { seconds: 12.5, peak: Some(900.0), size: 40.25 });
        // The system does not report the peak memory.
        assert_eq!(read_cost("1 0 1").unwrap().peak, None);
        assert!(read_cost("1 2").is_err());
    }
}
