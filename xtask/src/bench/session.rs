//! What the groups of rows share: the options, the rows so far, and the programs and servers that measure.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;

use super::Options;
use super::data_set::{self, DataSet};
use super::peers;
use super::plain;
use super::program::Program;
use super::row::Row;
use super::{cargo, table};
use crate::Failure;

/// A program, or the reason why there is none.
pub(crate) type Started = Result<Rc<Program>, String>;

/// A run of the task.
pub(crate) struct Session {
    pub(crate) options: Options,
    /// The folder for everything that the task writes. It may be deleted at any time.
    pub(crate) folder: PathBuf,
    pub(crate) rows: Vec<Row>,
    times: OnceCell<Started>,
    memory: OnceCell<Started>,
    node: OnceCell<Started>,
    python: OnceCell<Started>,
    simulator: OnceCell<Result<PathBuf, String>>,
    data: OnceCell<Result<DataSet, String>>,
}

impl Session {
    pub(crate) fn new(options: Options) -> Result<Self, Failure> {
        let folder = cargo::target_folder().join("bench");
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self {
            options,
            folder,
            rows: Vec::new(),
            times: OnceCell::new(),
            memory: OnceCell::new(),
            node: OnceCell::new(),
            python: OnceCell::new(),
            simulator: OnceCell::new(),
            data: OnceCell::new(),
        })
    }

    /// Returns whether rows whose names begin with this prefix are wanted, at least some of them.
    pub(crate) fn wants(&self, prefix: &str) -> bool {
        let only = self.options.only.as_deref().unwrap_or_default();
        prefix.starts_with(only) || only.starts_with(prefix)
    }

    /// Adds a row, and prints it.
    pub(crate) fn add(&mut self, row: Row) {
        println!("{}", table::line(&row));
        self.rows.push(row);
    }

    /// Returns how many rounds to measure: fewer in a quick run.
    pub(crate) fn rounds(&self, full: usize, quick: usize) -> usize {
        if self.options.quick { quick } else { full }
    }

    /// The program that measures times, with progenitor's plain types if they can be built.
    pub(crate) fn times(&self) -> &Started {
        self.times.get_or_init(|| {
            let program = if self.options.without_plain {
                own_program("bench-times").map_err(|error| error.to_string())
            } else {
                plain::times_program(&self.folder).or_else(|error| {
                    eprintln!("progenitor's plain types cannot be measured: {error}");
                    own_program("bench-times").map_err(|error| error.to_string())
                })
            };
            self.start(&program?)
        })
    }

    /// The program that measures memory.
    pub(crate) fn memory(&self) -> &Started {
        self.memory.get_or_init(|| {
            let program = own_program("bench-memory").map_err(|error| error.to_string())?;
            self.start(&program)
        })
    }

    /// The program that measures Node and its client for PSA.
    pub(crate) fn node(&self) -> &Started {
        self.node.get_or_init(|| peers::node(&self.folder, &self.data_folder()).map(Rc::new))
    }

    /// The program that measures Python's client for PSA.
    pub(crate) fn python(&self) -> &Started {
        self.python.get_or_init(|| peers::python(&self.folder, &self.data_folder()).map(Rc::new))
    }

    /// The simulator's program.
    pub(crate) fn simulator(&self) -> Result<&Path, String> {
        let built = self.simulator.get_or_init(|| {
            let arguments = ["build", "--release", "-p", "connectwise-psa-sim", "--bin", "cwpsa-sim"];
            cargo::run_in_repository(&arguments).map_err(|error| error.to_string())?;
            Ok(cargo::target_folder().join("release/cwpsa-sim"))
        });
        built.as_deref().map_err(Clone::clone)
    }

    /// The data set of all decoding rows.
    pub(crate) fn data(&self) -> Result<&DataSet, String> {
        let written = self.data.get_or_init(|| {
            let data = data_set::write(self.simulator()?, &self.data_folder())?;
            println!("data set: {}", data.describe());
            Ok(data)
        });
        written.as_ref().map_err(Clone::clone)
    }

    /// Describes the data set, if a row has used it.
    pub(crate) fn data_if_used(&self) -> Option<String> {
        self.data.get()?.as_ref().ok().map(DataSet::describe)
    }

    fn data_folder(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn start(&self, program: &Path) -> Started {
        Program::start(Command::new(program).arg(self.data_folder())).map(Rc::new)
    }
}

/// Builds a program of the package `benches`.
pub(crate) fn own_program(name: &str) -> Result<PathBuf, Failure> {
    cargo::run_in_repository(&["build", "--release", "-p", "connectwise-psa-benches", "--bin", name])?;
    Ok(cargo::target_folder().join("release").join(name))
}
