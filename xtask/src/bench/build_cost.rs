//! The rows `build/…`: what it costs to compile the bindings, beside progenitor's plain output for the same OpenAPI
//! document. Dependencies are built first and not counted.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::compiler::{self, Cost, read_cost};
use super::goals::PLAIN;
use super::row::Row;
use super::samples::Samples;
use super::session::Session;
use super::{cargo, plain};
use crate::{Failure, repository};

/// A cargo command that is measured.
#[derive(Clone, Copy, Debug)]
struct Build {
    name: &'static str,
    command: &'static [&'static str],
}

const BUILDS: [Build; 3] = [
    Build { name: "release", command: &["build", "--release"] },
    Build { name: "check", command: &["check"] },
    Build { name: "debug", command: &["build"] },
];

/// A library that is compiled.
struct Library {
    name: &'static str,
    package: &'static str,
    manifest: PathBuf,
    target: PathBuf,
    /// The arguments that build only the dependencies, and those that build the library as well.
    dependencies: Vec<&'static str>,
    all: Vec<&'static str>,
}

/// Measures the rows.
pub(crate) fn measure(session: &mut Session) -> Result<(), Failure> {
    let baseline = match session.options.without_plain {
        true => Err("left out by --without-plain".to_owned()),
        false => plain::write(&session.folder.join("plain")).map_err(|error| error.to_string()),
    };
    let own = |name, features: &'static [&'static str]| Library {
        name,
        package: "connectwise-psa-bindings",
        manifest: repository::bindings().join("Cargo.toml"),
        target: session.folder.join("bindings"),
        dependencies: vec!["--no-default-features"],
        all: [&["--no-default-features"], features].concat(),
    };
    let libraries =
        [own("all", &["--features", "default"]), own("service", &["--features", "service"]), own("no-section", &[])];
    let builds: Vec<Build> = BUILDS
        .into_iter()
        .filter(|build| build.name == "release" || !session.options.quick)
        .filter(|build| {
            libraries.iter().any(|library| session.wants(&format!("build/{}/{}", library.name, build.name)))
        })
        .collect();
    for build in builds {
        let plain = baseline.as_ref().map_err(Clone::clone).map(|manifest| plain_library(manifest, session, build));
        // One round: the baseline takes minutes, and the cost of a compilation differs little between rounds.
        let measure = |library: &Library| cost(library, build).map_err(|error| error.to_string());
        let baseline = plain.and_then(|plain| measure(&plain));
        for library in &libraries {
            add_rows(session, library.name, build, &measure(library), &baseline);
        }
    }
    Ok(())
}

fn plain_library(manifest: &Path, session: &Session, build: Build) -> Library {
    // The program that measures the plain types uses the release build, so it is built with the program's dependencies.
    let (dependencies, all) = match build.name {
        "release" => (plain::WITHOUT_BINDINGS.to_vec(), plain::WITH_PROGRAM.to_vec()),
        _ => (vec!["--package", plain::CRATE], vec!["--package", plain::CRATE, "--features", "bindings"]),
    };
    Library {
        name: "plain",
        package: plain::CRATE,
        manifest: manifest.to_owned(),
        target: plain::target_folder(&session.folder),
        dependencies,
        all,
    }
}

/// Builds the dependencies, then only the library, and returns the cost of the library.
fn cost(library: &Library, build: Build) -> Result<Cost, Failure> {
    let file = library.target.join("measured.txt");
    fs::create_dir_all(&library.target)?;
    let mut dependencies = command(library, build, &library.dependencies);
    compiler::measure(&mut dependencies, None)?;
    cargo::run(&mut dependencies)?;
    // A different set of features causes a rebuild, but this set may have been built by an earlier run.
    let mut clean = vec!["clean", "--quiet", "--package", library.package];
    clean.extend(build.command.get(1..).unwrap_or_default());
    cargo::run(in_target(&mut cargo::command(&clean), library))?;
    let _ = fs::remove_file(&file);
    let mut measured = command(library, build, &library.all);
    compiler::measure(&mut measured, Some((&library.package.replace('-', "_"), &file)))?;
    cargo::run(&mut measured)?;
    let text = fs::read_to_string(&file);
    read_cost(&text.map_err(|error| format!("{}: the compiler was not measured: {error}", library.package))?)
}

fn command(library: &Library, build: Build, arguments: &[&str]) -> Command {
    let mut command = cargo::command(build.command);
    command.args(arguments).arg("--quiet");
    in_target(&mut command, library);
    command
}

fn in_target<'a>(command: &'a mut Command, library: &Library) -> &'a mut Command {
    command.arg("--manifest-path").arg(&library.manifest).arg("--target-dir").arg(&library.target)
}

fn add_rows(
    session: &mut Session,
    library: &str,
    build: Build,
    cost: &Result<Cost, String>,
    plain: &Result<Cost, String>,
) {
    let figures: [(&str, &str, Figure); 3] = [
        ("time", "s", |cost| Some(cost.seconds)),
        ("memory", "MB", |cost| cost.peak),
        ("size", "MB", |cost| Some(cost.size)),
    ];
    for (figure, unit, of) in figures {
        let name = format!("build/{library}/{}/{figure}", build.name);
        if session.wants(&name) {
            let (own, baseline) = (samples(cost, of), samples(plain, of));
            session.add(Row::sampled(&name, unit, &own, Some((PLAIN, &baseline))));
        }
    }
}

/// Returns one figure of a cost. `None` if the system does not report it.
type Figure = fn(&Cost) -> Option<f64>;

fn samples(cost: &Result<Cost, String>, of: Figure) -> Samples {
    let value = of(cost.as_ref().map_err(Clone::clone)?);
    value.map(|value| vec![value]).ok_or_else(|| "this system does not report it".to_owned())
}
