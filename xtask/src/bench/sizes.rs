//! The row `size/list-tickets`: the size of a program that lists tickets, beside one on progenitor's plain output. Both
//! are built with the release profile of cargo and `strip = true`, and with rustls.

use std::fs;

use super::cargo;
use super::goals::PLAIN;
use super::list_programs::{self, Package};
use super::row::Row;
use super::session::Session;
use crate::Failure;

/// Measures the row.
pub(crate) fn measure(session: &mut Session) -> Result<(), Failure> {
    let name = "size/list-tickets";
    if session.options.quick {
        return Ok(());
    }
    let build = |package: Result<Package, Failure>| {
        package.and_then(|package| size(session, &package)).map_err(|error| error.to_string())
    };
    let plain = match session.options.without_plain {
        true => Err("left out by --without-plain".to_owned()),
        false => build(list_programs::plain(&session.folder)),
    };
    let row = match (build(list_programs::own(&session.folder)), plain) {
        (Ok(own), Ok(plain)) => Row::exact(name, "MB", own, Some((PLAIN, plain))),
        (Err(reason), _) | (_, Err(reason)) => Row::not_measured(name, "MB", Some(PLAIN), &reason),
    };
    session.add(row);
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
