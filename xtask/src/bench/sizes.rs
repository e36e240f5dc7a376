//! The rows `size/…`: the size of a program that lists tickets, with rustls and either of its cryptographic libraries,
//! beside one on progenitor's plain output. They are built with the release profile of cargo and `strip = true`.

use std::fs;
use std::path::Path;

use super::cargo;
use super::goals::PLAIN;
use super::list_programs::{self, Package};
use super::row::Row;
use super::session::Session;
use crate::Failure;

/// The programs with the library, by the names of their rows.
const PROGRAMS: [(&str, PackageOf); 2] =
    [("size/list-tickets", list_programs::own), ("size/ring/list-tickets", list_programs::own_with_ring)];

type PackageOf = fn(&Path) -> Result<Package, Failure>;

/// Measures the rows.
pub(crate) fn measure(session: &mut Session) -> Result<(), Failure> {
    let programs: Vec<_> = PROGRAMS.into_iter().filter(|(name, _)| session.wants(name)).collect();
    if session.options.quick || programs.is_empty() {
        return Ok(());
    }
    let build = |session: &Session, package: PackageOf| {
        let built = package(&session.folder).and_then(|package| size(session, &package));
        built.map_err(|error| error.to_string())
    };
    let plain = match session.options.without_plain {
        true => Err("left out by --without-plain".to_owned()),
        false => build(session, list_programs::plain),
    };
    for (name, package) in programs {
        let sizes = build(session, package).and_then(|own| Ok((own, plain.clone()?)));
        let row = match sizes {
            Ok((own, plain)) => Row::exact(name, "MB", own, Some((PLAIN, plain))),
            Err(reason) => Row::not_measured(name, "MB", Some(PLAIN), &reason),
        };
        session.add(row);
    }
    Ok(())
}

/// Builds a program, and returns its size in MB.
fn size(session: &Session, package: &Package) -> Result<f64, Failure> {
    let target = session.folder.join("programs/target");
    let mut command = cargo::command(&["build", "--release", "--quiet", "--manifest-path"]);
    cargo::run(command.arg(&package.manifest).arg("--target-dir").arg(&target))?;
    let program = target.join("release").join(package.name);
    let metadata = fs::metadata(&program).map_err(|error| format!("{}: {error}", program.display()))?;
    Ok(metadata.len() as f64 / 1e6)
}
