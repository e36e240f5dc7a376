//! The results of a run as a JSON file, and the comparison of two runs.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::row::{Figures, Outcome, Row};
use crate::{Failure, output, repository};

/// The smallest change that counts, relative to the older figure.
const SMALLEST_CHANGE: f64 = 0.02;

/// The noise of a figure that was measured once.
const SINGLE_ROUND: f64 = 0.1;

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

/// Describes what got worse between two runs by more than the noise, and what can no longer be compared. Ratios are
/// compared; values only if a row has no baseline.
pub(crate) fn worse(old: &Results, new: &Results) -> Vec<String> {
    let mut lines = Vec::new();
    for row in &new.rows {
        let Some(earlier) = old.rows.iter().find(|old| old.name == row.name && old.baseline == row.baseline) else {
            continue;
        };
        let name = match &row.baseline {
            Some(baseline) => format!("{} beside {baseline}", row.name),
            None => row.name.clone(),
        };
        match (&earlier.outcome, &row.outcome) {
            (Outcome::Measured(old), Outcome::Measured(new)) => {
                lines.extend(compare(old, new, row.is_rate()).map(|change| format!("{name}: {change}")));
            }
            (Outcome::Measured(_), Outcome::NotMeasured(reason)) => {
                lines.push(format!("{name}: no longer measured: {reason}"));
            }
            (Outcome::NotMeasured(_), _) => {}
        }
    }
    lines
}

/// Describes by how much a figure got worse. `None` if it did not, or by less than the noise.
fn compare(old: &Figures, new: &Figures, is_rate: bool) -> Option<String> {
    let (what, before, after) = match (old.ratio, new.ratio) {
        (Some(before), Some(after)) => ("ratio", before, after),
        _ => ("value", old.value, new.value),
    };
    // Of a rate, the inverse grows when it gets worse.
    let change = if is_rate { before / after } else { after / before } - 1.0;
    let noise = |figures: &Figures| figures.spread.unwrap_or(SINGLE_ROUND);
    let allowed = (noise(old) + noise(new)).max(SMALLEST_CHANGE);
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

    fn ratio(value: f64, ratios: [f64; 3]) -> Row {
        let baseline = ratios.map(|ratio| value / ratio).to_vec();
        Row::sampled("decode/ticket", "ms", &Ok(vec![value; 3]), Some(("plain", &Ok(baseline))))
    }

    #[test]
    fn ratios_are_compared_and_not_values() {
        let old = results(vec![ratio(10.0, [0.5, 0.5, 0.5])]);
        // The machine was slower, but so was the baseline.
        assert!(worse(&old, &results(vec![ratio(30.0, [0.5, 0.5, 0.5])])).is_empty());
        let lines = worse(&old, &results(vec![ratio(10.0, [0.6, 0.6, 0.6])]));
        assert_eq!(
            lines,
            ["decode/ticket beside plain: the ratio changed from 0.500 to 0.600: worse by 20 %, noise 2 %"]
        );
        assert!(worse(&old, &results(vec![ratio(10.0, [0.4, 0.4, 0.4])])).is_empty(), "an improvement");
    }

    #[test]
    fn a_change_within_the_noise_is_not_reported() {
        let old = results(vec![ratio(10.0, [0.4, 0.5, 0.6])]);
        assert!(worse(&old, &results(vec![ratio(10.0, [0.5, 0.6, 0.7])])).is_empty());
        // A single round has an assumed noise.
        let once = |value: f64| results(vec![Row::sampled("regen/time", "s", &Ok(vec![value]), None)]);
        assert!(worse(&once(10.0), &once(11.9)).is_empty());
        assert_eq!(worse(&once(10.0), &once(12.1)).len(), 1);
    }

    #[test]
    fn a_lower_rate_is_worse() {
        let rate = |value: f64| results(vec![Row::exact("simulator/decoded", "tickets/s", value, None)]);
        assert_eq!(worse(&rate(60_000.0), &rate(50_000.0)).len(), 1);
        assert!(worse(&rate(50_000.0), &rate(60_000.0)).is_empty());
    }

    #[test]
    fn a_figure_that_is_missing_now_is_reported() {
        let missing = Row::not_measured("decode/ticket", "ms", Some("plain"), "no memory");
        let old = results(vec![ratio(10.0, [0.5, 0.5, 0.5])]);
        let new = results(vec![missing]);
        assert_eq!(worse(&old, &new), ["decode/ticket beside plain: no longer measured: no memory"]);
        assert!(worse(&new, &old).is_empty());
        // Rows that one of the runs left out are not compared.
        assert!(worse(&old, &results(Vec::new())).is_empty());
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
