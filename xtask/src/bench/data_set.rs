//! The data set of all decoding rows: a page of 1,000 records of each type, from the simulator with its fixed seed. The
//! dates of its records are counted back from the day of the run.

use std::fs;
use std::path::Path;

use serde::de::IgnoredAny;

use super::servers;

/// How many records a page has.
pub(crate) const PAGE: usize = 1000;

/// The size of the demo data. It is the smallest that has a page of each type.
const SCALE: u32 = 40;

/// The types: the names of their files, and the paths of their lists.
pub(crate) const TYPES: &[(&str, &str)] = &[
    ("ticket", "/service/tickets"),
    ("company", "/company/companies"),
    ("contact", "/company/contacts"),
    ("configuration", "/company/configurations"),
    ("agreement", "/finance/agreements"),
    ("invoice", "/finance/invoices"),
    ("time-entry", "/time/entries"),
];

/// The pages that were written.
#[derive(Debug)]
pub(crate) struct DataSet {
    /// The size of each page in bytes, in the order of [`TYPES`].
    sizes: Vec<usize>,
}

impl DataSet {
    /// Describes the pages and their sizes.
    pub(crate) fn describe(&self) -> String {
        let sizes: Vec<String> = TYPES
            .iter()
            .zip(&self.sizes)
            .map(|((name, _), size)| format!("{name} {:.2} MB", *size as f64 / 1e6))
            .collect();
        format!("{PAGE} records of each type, from the simulator with --scale {SCALE}: {}", sizes.join(", "))
    }
}

/// Writes the pages into a folder. The error says why the data set is missing.
pub(crate) fn write(simulator: &Path, folder: &Path) -> Result<DataSet, String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let simulator = servers::simulator(simulator, SCALE)?;
    let mut sizes = Vec::new();
    for (name, path) in TYPES {
        let page = simulator.get(&format!("{path}?pageSize={PAGE}"))?;
        let records: Vec<IgnoredAny> = serde_json::from_slice(&page).map_err(|error| format!("{path}: {error}"))?;
        if records.len() != PAGE {
            return Err(format!("the simulator has only {} records of {path}", records.len()));
        }
        let file = folder.join(format!("{name}.json"));
        fs::write(&file, &page).map_err(|error| format!("{}: {error}", file.display()))?;
        sizes.push(page.len());
    }
    Ok(DataSet { sizes })
}
