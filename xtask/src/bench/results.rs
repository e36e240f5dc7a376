//! The results of a run as a JSON file, and the comparison of two runs.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::machine;
use super::row::{Figures, Outcome, Row};
use crate::{Failure, output, repository};

/// The smallest change that counts, relative to the older figure.
const SMALLEST_CHANGE: f64 = 0.02;

/// The noise of a figure that was measured once.
const SINGLE_ROUND: f64 = 0.1;

/// The largest noise that is assumed: a greater change counts, however noisy the figures are.
const LARGEST_NOISE: f64 = 0.5;

/// The results of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Results {
    /// The day of the run, as in `2026-11-28`.
    pub(crate) date: String,
    pub(crate) machine: String,
    pub(crate) command: String,
    /// What the data set contains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) data_set: Option<String>,
    pub(crate) rows: Vec<Row>,
}

impl Results {
    /// The results of a run of this command, without rows so far.
    pub(crate) fn new(command: String) -> Self {
        Self { date: machine::today(), machine: machine::describe(), command, data_set: None, rows: Vec::new() }
    }

    /// Takes over the rows of an earlier part of this run.
    pub(crate) fn take_over(&mut self, earlier: Self) -> Result<(), String> {
        if earlier.machine != self.machine {
            return Err(format!(
                "the results are from another machine: {}; this one: {}",
                earlier.machine, self.machine
            ));
        }
        self.data_set = earlier.data_set;
        self.rows = earlier.rows;
        Ok(())
    }
}

/// Reads the results of an earlier run.
pub(crate) fn read(path: &Path) -> Result<Results, Failure> {
    let text = repository::read(path)?;
    Ok(serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?)
}

/// Writes the results of a run.
pub(crate) fn write(path: &Path, results: &Results) -> Result<(), Failure> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    output::replace_file(path, &(serde_json::to_string_pretty(results)? + "\n"))?;
    Ok(())
}

/// The comparison of two runs.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Comparison {
    /// What got worse by more than the noise, and what is no longer measured.
    pub(crate) worse: Vec<String>,
    /// What differs between the runs, and what is therefore not compared.
    pub(crate) notes: Vec<String>,
}

/// Compares two runs. Ratios are compared; values only if a row has no baseline, and only on the same machine. `is_part`
/// says that the new results are not complete.
pub(crate) fn compare(old: &Results, new: &Results, is_part: bool) -> Comparison {
    let mut comparison = Comparison::default();
    let same_machine = old.machine == new.machine;
    if !same_machine {
        let note = "the machine or the compiler was another one, so figures without a baseline are not compared";
        comparison.notes.push(format!("{note}: {}; now {}", old.machine, new.machine));
    }
    if let (Some(old), Some(new)) = (&old.data_set, &new.data_set)
        && old != new
    {
        comparison.notes.push(format!("the data set was another one, so changes can come from it: {old}; now {new}"));
    }
    let same_command = old.command == new.command;
    if !same_command {
        let note = "the command was another one, so missing rows are not reported";
        comparison.notes.push(format!("{note}: {}; now {}", old.command, new.command));
    }
    for earlier in &old.rows {
        let Outcome::Measured(before) = &earlier.outcome else { continue };
        let name = match &earlier.baseline {
            Some(baseline) => format!("{} beside {baseline}", earlier.name),
            None => earlier.name.clone(),
        };
        let row = new.rows.iter().find(|row| row.name == earlier.name && row.baseline == earlier.baseline);
        match row.map(|row| &row.outcome) {
            Some(Outcome::Measured(after)) => {
                let change = change(before, after, earlier.is_rate(), same_machine);
                comparison.worse.extend(change.map(|change| format!("{name}: {change}")));
            }
            Some(Outcome::NotMeasured(reason)) => {
                comparison.worse.push(format!("{name}: no longer measured: {reason}"));
            }
            None if same_command && !is_part => comparison.worse.push(format!("{name}: no longer measured")),
            None => {}
        }
    }
    comparison
}

/// Describes by how much a figure got worse. `None` if it did not, or by less than the noise, or if it cannot be
/// compared.
fn change(old: &Figures, new: &Figures, is_rate: bool, same_machine: bool) -> Option<String> {
    let (what, before, after) = match (old.ratio, new.ratio) {
        (Some(before), Some(after)) => ("ratio", before, after),
        _ if same_machine => ("value", old.value, new.value),
        _ => return None,
    };
    // Of a rate, the inverse grows when it gets worse.
    let change = if is_rate { before / after } else { after / before } - 1.0;
    let noise = |figures: &Figures| figures.spread.unwrap_or(SINGLE_ROUND);
    let allowed = (noise(old) + noise(new)).clamp(SMALLEST_CHANGE, LARGEST_NOISE);
    (change > allowed).then(|| {
        format!(
            "the {what} changed from {before:.3} to {after:.3}: worse by {:.0} %, noise {:.0} %",
            change * 100.0,
            allowed * 100.0
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(rows: Vec<Row>) -> Results {
        Results {
            date: "2026-11-28".to_owned(),
            machine: "two cores".to_owned(),
            command: "cargo xtask bench".to_owned(),
            data_set: None,
            rows,
        }
    }

    fn worse_in(old: &Results, new: &Results) -> Vec<String> {
        compare(old, new, false).worse
    }

    fn ratio(value: f64, ratios: [f64; 3]) -> Row {
        let baseline = ratios.map(|ratio| value / ratio).to_vec();
        Row::sampled("decode/ticket", "ms", &Ok(vec![value; 3]), Some(("plain", &Ok(baseline))))
    }

    #[test]
    fn ratios_are_compared_and_not_values() {
        let old = results(vec![ratio(10.0, [0.5, 0.5, 0.5])]);
        // The machine was slower, but so was the baseline.
        assert!(worse_in(&old, &results(vec![ratio(30.0, [0.5, 0.5, 0.5])])).is_empty());
        let lines = worse_in(&old, &results(vec![ratio(10.0, [0.6, 0.6, 0.6])]));
        assert_eq!(
            lines,
            ["decode/ticket beside plain: the ratio changed from 0.500 to 0.600: worse by 20 %, noise 2 %"]
        );
        assert!(worse_in(&old, &results(vec![ratio(10.0, [0.4, 0.4, 0.4])])).is_empty(), "an improvement");
    }

    #[test]
    fn a_change_within_the_noise_is_not_reported() {
        let old = results(vec![ratio(10.0, [0.4, 0.5, 0.6])]);
        assert!(worse_in(&old, &results(vec![ratio(10.0, [0.5, 0.6, 0.7])])).is_empty());
        // A single round has an assumed noise.
        let once = |value: f64| results(vec![Row::sampled("regen/time", "s", &Ok(vec![value]), None)]);
        assert!(worse_in(&once(10.0), &once(11.9)).is_empty());
        assert_eq!(worse_in(&once(10.0), &once(12.1)).len(), 1);
    }

    #[test]
    fn a_lower_rate_is_worse() {
        let rate = |value: f64| results(vec![Row::exact("simulator/decoded", "tickets/s", value, None)]);
        assert_eq!(worse_in(&rate(60_000.0), &rate(50_000.0)).len(), 1);
        assert!(worse_in(&rate(50_000.0), &rate(60_000.0)).is_empty());
    }

    #[test]
    fn a_figure_that_is_missing_now_is_reported() {
        let missing = Row::not_measured("decode/ticket", "ms", Some("plain"), "no memory");
        let old = results(vec![ratio(10.0, [0.5, 0.5, 0.5])]);
        let new = results(vec![missing]);
        assert_eq!(worse_in(&old, &new), ["decode/ticket beside plain: no longer measured: no memory"]);
        assert!(worse_in(&new, &old).is_empty());
        // Its group failed before this row.
        assert_eq!(worse_in(&old, &results(Vec::new())), ["decode/ticket beside plain: no longer measured"]);
        assert!(compare(&old, &results(Vec::new()), true).worse.is_empty(), "one group of a resumed run");
        // A run with other options leaves out rows.
        let quick = Results { command: "cargo xtask bench --quick".to_owned(), ..results(Vec::new()) };
        assert!(worse_in(&old, &quick).is_empty());
        assert!(compare(&old, &quick, false).notes[0].starts_with("the command was another one"));
    }

    #[test]
    fn values_of_different_machines_are_not_compared() {
        let once = |value: f64| Row::sampled("regen/time", "s", &Ok(vec![value]), None);
        let old = results(vec![once(10.0), ratio(10.0, [0.5, 0.5, 0.5])]);
        let new = results(vec![once(20.0), ratio(20.0, [0.6, 0.6, 0.6])]);
        assert_eq!(worse_in(&old, &new).len(), 2);
        let elsewhere = Results { machine: "eight cores".to_owned(), ..new };
        let comparison = compare(&old, &elsewhere, false);
        assert_eq!(comparison.worse.len(), 1, "{comparison:?}");
        assert!(comparison.notes[0].ends_with("two cores; now eight cores"), "{comparison:?}");
    }

    #[test]
    fn a_large_change_is_reported_however_large_the_noise_is() {
        let old = results(vec![ratio(10.0, [0.1, 0.5, 0.9])]);
        assert!(worse_in(&old, &results(vec![ratio(10.0, [0.3, 0.7, 1.1])])).is_empty());
        assert_eq!(worse_in(&old, &results(vec![ratio(10.0, [0.4, 0.8, 1.2])])).len(), 1);
    }

    #[test]
    fn rows_of_another_machine_are_not_taken_over() {
        let rows = || vec![ratio(10.0, [0.5, 0.5, 0.5])];
        let mut new = Results::new("cargo xtask bench".to_owned());
        let error = new.take_over(results(rows())).unwrap_err();
        assert!(error.starts_with("the results are from another machine: two cores; this one: "), "{error}");
        assert_eq!(new.rows, []);
        new.take_over(Results { machine: new.machine.clone(), ..results(rows()) }).unwrap();
        assert_eq!(new.rows, rows());
    }

    #[test]
    fn results_are_written_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("deep/results.json");
        let results = results(vec![ratio(10.0, [0.5, 0.6, 0.7])]);
        write(&file, &results).unwrap();
        assert_eq!(read(&file).unwrap(), results);
        fs::write(&file, "[]").unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("results.json: "));
    }
}
