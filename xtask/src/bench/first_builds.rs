//! The rows `first/…`: the first debug build of a small program, from nothing but downloaded sources, beside the same
//! program with other clients; and the first run of the quick start.

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;

use super::cargo;
use super::goals::{KUBE, OCTOCRAB};
use super::list_programs::{self, Package};
use super::row::Row;
use super::samples::Samples;
use super::session::Session;
use crate::{Failure, repository};

/// What a first build costs.
#[derive(Clone, Copy)]
struct Cost {
    seconds: f64,
    /// The number of compiled packages, with this one.
    crates: f64,
    /// The size of the target folder in MB.
    megabytes: f64,
}

/// Measures the rows.
pub(crate) fn measure(session: &mut Session) -> Result<(), Failure> {
    if session.options.quick {
        return Ok(());
    }
    if session.wants("first/list/") || session.wants("first/list-ring/") {
        list_programs(session);
    }
    let name = "first/quickstart/time";
    if session.wants(name) {
        let samples: Samples = quickstart(session).map(|seconds| vec![seconds]).map_err(|error| error.to_string());
        session.add(Row::sampled(name, "s", &samples, None));
    }
    Ok(())
}

fn list_programs(session: &mut Session) {
    type Write = fn(&Path) -> Result<Package, Failure>;
    let writers: [(&str, Write); 4] = [
        ("first/list/", list_programs::own),
        ("first/list-ring/", list_programs::own_with_ring),
        ("first/", list_programs::kube),
        ("first/", list_programs::octocrab),
    ];
    let packages = writers.map(|(prefix, write)| match session.wants(prefix) {
        true => write(&session.folder).map_err(|error| error.to_string()),
        false => Err("not wanted".to_owned()),
    });
    let mut costs: [Result<Vec<Cost>, String>; 4] = [const { Ok(Vec::new()) }; 4];
    for _ in 0..2 {
        for (package, costs) in packages.iter().zip(&mut costs) {
            let Ok(measured) = costs else { continue };
            let cost = package.as_ref().map_err(Clone::clone);
            match cost.and_then(|package| build(session, package).map_err(|error| error.to_string())) {
                Ok(cost) => measured.push(cost),
                Err(reason) => *costs = Err(reason),
            }
        }
    }
    type Figure = fn(&Cost) -> f64;
    let figures: [(&str, &str, Figure); 3] = [
        ("time", "s", |cost| cost.seconds),
        ("crates", "crates", |cost| cost.crates),
        ("size", "MB", |cost| cost.megabytes),
    ];
    let [own, ring, kube, octocrab] = &costs;
    for (program, own) in [("list", own), ("list-ring", ring)] {
        for (figure, unit, of) in figures {
            let samples = |costs: &Result<Vec<Cost>, String>| -> Samples {
                costs.as_ref().map(|costs| costs.iter().map(of).collect()).map_err(Clone::clone)
            };
            for (baseline, costs) in [(KUBE, kube), (OCTOCRAB, octocrab)] {
                let name = format!("first/{program}/{figure}");
                if session.wants(&name) {
                    session.add(Row::sampled(&name, unit, &samples(own), Some((baseline, &samples(costs)))));
                }
            }
        }
    }
}

/// Builds a package into an empty folder.
fn build(session: &Session, package: &Package) -> Result<Cost, Failure> {
    let target = session.folder.join("first");
    remove(&target)?;
    let start = Instant::now();
    let output = cargo::command(&["build", "--offline", "--quiet", "--message-format", "json", "--manifest-path"])
        .arg(&package.manifest)
        .arg("--target-dir")
        .arg(&target)
        // Users build incrementally.
        .env_remove("CARGO_INCREMENTAL")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    let seconds = start.elapsed().as_secs_f64();
    if !output.status.success() {
        return Err(format!("{} cannot be built: {}", package.name, output.status).into());
    }
    let crates = compiled_packages(&String::from_utf8_lossy(&output.stdout)) as f64;
    let megabytes = size(&target)? as f64 / 1e6;
    remove(&target)?;
    Ok(Cost { seconds, crates, megabytes })
}

/// Counts the packages in cargo's messages.
fn compiled_packages(messages: &str) -> usize {
    let packages: BTreeSet<String> = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message.get("reason").and_then(Value::as_str) == Some("compiler-artifact"))
        .filter_map(|message| message.get("package_id")?.as_str().map(str::to_owned))
        .collect();
    packages.len()
}

/// Runs the command that the README starts with, in an empty target folder.
fn quickstart(session: &Session) -> Result<f64, Failure> {
    let target = session.folder.join("first");
    remove(&target)?;
    cargo::run_in_repository(&["fetch"])?;
    let mut command = cargo::command(&["run", "--offline", "--quiet", "--example", "quickstart", "--target-dir"]);
    command.arg(&target).env_remove("CARGO_INCREMENTAL").current_dir(repository::root()).stdout(Stdio::null());
    // With these variables, it would call a server of the user.
    for variable in ["CW_SITE", "CW_COMPANY", "CW_PUBLIC_KEY", "CW_PRIVATE_KEY", "CW_CLIENT_ID"] {
        command.env_remove(variable);
    }
    let start = Instant::now();
    cargo::run(&mut command)?;
    let seconds = start.elapsed().as_secs_f64();
    remove(&target)?;
    Ok(seconds)
}

fn remove(folder: &Path) -> Result<(), Failure> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(format!("{}: {error}", folder.display()).into()),
        _ => Ok(()),
    }
}

/// Returns the size of all files of a folder in bytes. A file with several hard links counts once, because cargo links
/// what it has built into a second folder.
fn size(folder: &Path) -> Result<u64, Failure> {
    fn add(folder: &Path, seen: &mut HashSet<FileId>) -> io::Result<u64> {
        let mut bytes = 0;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let metadata = entry.metadata()?;
            bytes += match metadata.is_dir() {
                true => add(&entry.path(), seen)?,
                false if file_id(&metadata).is_none_or(|id| seen.insert(id)) => metadata.len(),
                false => 0,
            };
        }
        Ok(bytes)
    }
    Ok(add(folder, &mut HashSet::new()).map_err(|error| format!("{}: {error}", folder.display()))?)
}

/// The device and the number of a file, which all its links share.
type FileId = (u64, u64);

#[cfg(unix)]
fn file_id(metadata: &Metadata) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt as _;
    Some((metadata.dev(), metadata.ino()))
}

/// Not known: each link counts.
#[cfg(not(unix))]
fn file_id(_: &Metadata) -> Option<FileId> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_with_a_build_script_counts_once() {
        let messages = r#"{"reason":"compiler-artifact","package_id":"registry+x#libc@0.2.1","target":{"kind":["custom-build"]}}
{"reason":"build-script-executed","package_id":"registry+x#libc@0.2.1"}
{"reason":"compiler-artifact","package_id":"registry+x#libc@0.2.1","target":{"kind":["lib"]}}
{"reason":"compiler-artifact","package_id":"path+file:///p#list@0.0.0"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(compiled_packages(messages), 2);
    }

    #[test]
    fn the_size_of_a_folder_includes_the_folders_in_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("a")).unwrap();
        fs::write(folder.path().join("a/b"), "123").unwrap();
        fs::write(folder.path().join("c"), "45").unwrap();
        assert_eq!(size(folder.path()).unwrap(), 5);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_with_two_links_counts_once() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "123").unwrap();
        fs::hard_link(folder.path().join("a"), folder.path().join("b")).unwrap();
        assert_eq!(size(folder.path()).unwrap(), 3);
    }
}
