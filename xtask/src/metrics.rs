//! `metrics`: measures the build cost of the bindings, and of progenitor's plain output for the same document, in one
//! run on one machine.
//!
//! Measures only the compilation of the crate itself: the dependencies are built first. Cargo runs this program as
//! `RUSTC_WRAPPER`; it times the compiler and reads its peak memory.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use connectwise_psa_codegen::render::baseline;

use crate::{Failure, output, regen, repository};

/// The environment variable with the name of the crate to measure. Empty while the dependencies are built.
const MEASURED_CRATE: &str = "XTASK_MEASURED_CRATE";
/// The environment variable with the file that receives the cost.
const MEASURED_FILE: &str = "XTASK_MEASURED_FILE";

/// The cost of one compilation.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    seconds: f64,
    /// Peak memory in MB. `None` if the system does not report it.
    peak: Option<f64>,
    /// Size of the library in MB.
    size: f64,
}

/// A cargo command that is measured.
#[derive(Clone, Copy, Debug)]
struct Build {
    name: &'static str,
    command: &'static [&'static str],
}

const BUILDS: [Build; 3] = [
    Build { name: "check", command: &["check"] },
    Build { name: "dev", command: &["build"] },
    Build { name: "release", command: &["build", "--release"] },
];

/// Runs the task.
pub(crate) fn metrics(with_baseline: bool) -> Result<(), Failure> {
    let target = repository::root().join("target/metrics");
    let mut baselines = Vec::new();
    println!(
        "{:<26} {:<8} {:>9} {:>9} {:>9}   relative to plain: time, memory, size",
        "", "", "time s", "peak MB", "size MB"
    );
    if with_baseline {
        let baseline = write_baseline(&target.join("plain"))?;
        for build in BUILDS {
            let cost = measure(&baseline, "plain_bindings", build, &[], &["--features", "bindings"], &target)?;
            print_row("progenitor, plain", build, cost, None);
            baselines.push(cost);
        }
    }
    let manifest = repository::bindings().join("Cargo.toml");
    for (name, features) in [
        ("bindings, no section", None),
        ("bindings, service", Some("service")),
        ("bindings, all sections", Some("default")),
    ] {
        for (index, build) in BUILDS.into_iter().enumerate() {
            let mut arguments = vec!["--no-default-features"];
            arguments.extend(features.iter().flat_map(|features| ["--features", features]));
            let cost =
                measure(&manifest, "connectwise_psa_bindings", build, &["--no-default-features"], &arguments, &target)?;
            print_row(name, build, cost, baselines.get(index).copied());
        }
    }
    Ok(())
}

/// How often each variant is built.
const ROUNDS: usize = 7;

/// Measures the cost of the typed fields in a release build. Builds with and without them alternate, because the speed
/// of a machine changes over time.
pub(crate) fn fields() -> Result<(), Failure> {
    let target = repository::root().join("target/metrics");
    let generated = output::read_folder(&repository::generated_bindings())?;
    let without = generated
        .iter()
        .map(|(path, text)| if is_fields(path) { (path.clone(), String::new()) } else { (path.clone(), text.clone()) })
        .collect();
    let release = BUILDS.into_iter().last().ok_or("no build")?;
    let variants = [("without fields", without), ("with fields", generated)];
    let mut costs: [Vec<Cost>; 2] = [Vec::new(), Vec::new()];
    for (name, files) in &variants {
        regen::write_bindings(&target.join(name.replace(' ', "-")), files)?;
    }
    println!("{:<16} {:>9} {:>9} {:>9}", "", "time s", "peak MB", "size MB");
    for _ in 0..ROUNDS {
        for ((name, _), costs) in variants.iter().zip(&mut costs) {
            let manifest = target.join(name.replace(' ', "-")).join("Cargo.toml");
            let cost = measure(
                &manifest,
                "connectwise_psa_bindings",
                release,
                &["--no-default-features"],
                &[],
                &target.join(name.replace(' ', "-")),
            )?;
            println!("{name:<16} {:>9.1} {:>9.0} {:>9.1}", cost.seconds, cost.peak.unwrap_or_default(), cost.size);
            costs.push(cost);
        }
    }
    let [without, with] = &costs;
    let ratio = |of: fn(&Cost) -> f64| median(with, of) / median(without, of);
    println!(
        "with fields, relative to without (medians of {ROUNDS}): time {:.2}, memory {:.2}, size {:.2}",
        ratio(|cost| cost.seconds),
        ratio(|cost| cost.peak.unwrap_or(1.0)),
        ratio(|cost| cost.size)
    );
    Ok(())
}

/// Returns whether a generated file contains typed fields.
fn is_fields(path: &str) -> bool {
    path.ends_with("/fields.rs") || path.starts_with("common/fields/")
}

fn median(costs: &[Cost], of: fn(&Cost) -> f64) -> f64 {
    let mut values: Vec<f64> = costs.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

fn print_row(name: &str, build: Build, cost: Cost, baseline: Option<Cost>) {
    let peak = cost.peak.map_or_else(|| "n/a".to_owned(), |peak| format!("{peak:.0}"));
    let ratios = baseline.map(|baseline| {
        let memory = cost
            .peak
            .zip(baseline.peak)
            .map_or_else(|| "n/a".to_owned(), |(own, baseline)| format!("{:.2}", own / baseline));
        format!("{:.2}, {memory}, {:.2}", cost.seconds / baseline.seconds, cost.size / baseline.size)
    });
    println!(
        "{name:<26} {:<8} {:>9.1} {peak:>9} {:>9.1}   {}",
        build.name,
        cost.seconds,
        cost.size,
        ratios.unwrap_or_default()
    );
}

/// Writes a crate with progenitor's plain output. Returns the path of its manifest.
fn write_baseline(folder: &Path) -> Result<PathBuf, Failure> {
    let (_, psa) = repository::committed_psa()?;
    let bindings = baseline::render(&psa)?;
    let manifest = r#"[package]
name = "plain_bindings"
version = "0.0.0"
edition = "2021"

[features]
bindings = []

[dependencies]
bytes = "1"
chrono = { version = "0.4", default-features = false, features = ["serde", "std"] }
futures-core = "0.3"
progenitor-client = "=0.15.1"
reqwest = { version = "0.13", default-features = false, features = ["json", "query", "stream"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
uuid = { version = "1", features = ["serde"] }

[workspace]

[profile.dev]
debug = "line-tables-only"
"#;
    output::replace_file(&folder.join("Cargo.toml"), manifest)?;
    output::replace_file(
        &folder.join("src/lib.rs"),
        r#"//! Built only to be measured.
#[cfg(feature = "bindings")]
mod bindings;
#[cfg(feature = "bindings")]
pub use bindings::*;
"#,
    )?;
    output::replace_file(&folder.join("src/bindings.rs"), &bindings)?;
    Ok(folder.join("Cargo.toml"))
}

/// Builds the dependencies (with `warm`), then only the crate (with `arguments`), and returns the cost of the crate.
fn measure(
    manifest: &Path,
    crate_name: &str,
    build: Build,
    warm: &[&str],
    arguments: &[&str],
    target: &Path,
) -> Result<Cost, Failure> {
    let file = target.join("measured.txt");
    fs::create_dir_all(target)?;
    cargo(manifest, build, warm, target, None)?;
    // A different set of features causes a rebuild, but this set may have been built by an earlier run.
    let mut clean = vec!["clean", "--package", crate_name_as_package(crate_name)];
    clean.extend(build.command.get(1..).unwrap_or_default());
    run(&mut command(manifest, &clean, target))?;
    let _ = fs::remove_file(&file);
    cargo(manifest, build, arguments, target, Some((crate_name, &file)))?;
    read_cost(
        &fs::read_to_string(&file).map_err(|error| format!("{crate_name}: the compiler was not measured: {error}"))?,
    )
}

fn crate_name_as_package(crate_name: &str) -> &str {
    if crate_name == "connectwise_psa_bindings" { "connectwise-psa-bindings" } else { crate_name }
}

fn cargo(
    manifest: &Path,
    build: Build,
    arguments: &[&str],
    target: &Path,
    measured: Option<(&str, &Path)>,
) -> Result<(), Failure> {
    let mut all: Vec<&str> = build.command.to_vec();
    all.extend(arguments);
    let mut command = command(manifest, &all, target);
    command.env("RUSTC_WRAPPER", std::env::current_exe()?);
    if let Some((crate_name, file)) = measured {
        command.env(MEASURED_CRATE, crate_name).env(MEASURED_FILE, file);
    } else {
        command.env(MEASURED_CRATE, "");
    }
    run(&mut command)
}

fn command(manifest: &Path, arguments: &[&str], target: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(arguments)
        .arg("--quiet")
        .arg("--manifest-path")
        .arg(manifest)
        .arg("--target-dir")
        .arg(target.join("target"));
    command.env("CARGO_INCREMENTAL", "0").env_remove("RUSTFLAGS");
    command
}

fn run(command: &mut Command) -> Result<(), Failure> {
    let status = command.status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed: {status}").into()) }
}

fn read_cost(text: &str) -> Result<Cost, Failure> {
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
            peak = peak.max(peak_memory(child.id()).unwrap_or(0.0));
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

/// Returns the peak memory of a process in MB. Works only on Linux.
fn peak_memory(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let kilobytes: f64 =
        status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_with_typed_fields_are_recognised() {
        for (path, expected) in [
            ("service/fields.rs", true),
            ("common/fields/mod.rs", true),
            ("common/agreement.rs", false),
            ("service/types.rs", false),
        ] {
            assert_eq!(is_fields(path), expected, "{path}");
        }
    }

    #[test]
    fn the_median_is_the_middle_cost() {
        let costs = [3.0, 1.0, 2.0].map(|seconds| Cost { seconds, peak: None, size: 0.0 });
        assert_eq!(median(&costs, |cost| cost.seconds), 2.0);
    }

    #[test]
    fn a_cost_is_parsed() {
        assert_eq!(read_cost("12.5 900 40.25").unwrap(), Cost { seconds: 12.5, peak: Some(900.0), size: 40.25 });
        // The system does not report the peak memory.
        assert_eq!(read_cost("1 0 1").unwrap().peak, None);
        assert!(read_cost("1 2").is_err());
    }
}
