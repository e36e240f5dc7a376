//! A row of the table: a figure, the figure of its baseline, and the goal.

use serde::{Deserialize, Serialize};

use super::goals::{self, Goal};
use super::samples::{Samples, median, spread};

/// A figure that the project claims, or the reason why it is missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Row {
    /// The group and what is measured, such as `decode/ticket`. With the name of the baseline, it identifies the row.
    pub(crate) name: String,
    pub(crate) unit: String,
    /// The name of what the figure is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) baseline: Option<String>,
    /// Whether the HTTP responses of the figure and of its baseline are compressed. `None` without HTTP.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) responses: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) goal: Option<Goal>,
    /// Whether the goal is met. `None` without a goal or a figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) met: Option<bool>,
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
}

/// What came of a measurement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Measured(Figures),
    /// The reason why the figure is missing.
    NotMeasured(String),
}

/// The figures of a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figures {
    /// The median of all rounds.
    pub(crate) value: f64,
    /// The median of the baseline.
    pub(crate) baseline: Option<f64>,
    /// The value divided by the baseline's: the median of the ratios of all rounds.
    pub(crate) ratio: Option<f64>,
    /// How much the rounds differ: the distance between the quartiles of the ratios, or of the values if there is no
    /// baseline, divided by the median. 0 for figures that are the same in every run, `None` after a single round.
    pub(crate) spread: Option<f64>,
}

impl Row {
    /// A row with the samples of several rounds.
    pub(crate) fn sampled(name: &str, unit: &str, own: &Samples, baseline: Option<(&str, &Samples)>) -> Self {
        let baseline_name = baseline.map(|(name, _)| name);
        let own = match own {
            Ok(own) => own,
            Err(reason) => return Self::not_measured(name, unit, baseline_name, reason),
        };
        let baseline = match baseline {
            Some((_, Err(reason))) => return Self::not_measured(name, unit, baseline_name, reason),
            Some((_, Ok(baseline))) => Some(baseline),
            None => None,
        };
        let ratios: Option<Vec<f64>> =
            baseline.map(|baseline| own.iter().zip(baseline).map(|(own, baseline)| own / baseline).collect());
        let figures = Figures {
            value: median(own),
            baseline: baseline.map(|baseline| median(baseline)),
            ratio: ratios.as_deref().map(median),
            spread: spread(ratios.as_deref().unwrap_or(own)),
        };
        Self::with(name, unit, baseline_name, Outcome::Measured(figures))
    }

    /// A row with a figure that is the same in every run, such as a size.
    pub(crate) fn exact(name: &str, unit: &str, value: f64, baseline: Option<(&str, f64)>) -> Self {
        let figures = Figures {
            value,
            baseline: baseline.map(|(_, value)| value),
            ratio: baseline.map(|(_, baseline)| value / baseline),
            spread: Some(0.0),
        };
        Self::with(name, unit, baseline.map(|(name, _)| name), Outcome::Measured(figures))
    }

    /// A row without a figure.
    pub(crate) fn not_measured(name: &str, unit: &str, baseline: Option<&str>, reason: &str) -> Self {
        Self::with(name, unit, baseline, Outcome::NotMeasured(reason.trim().to_owned()))
    }

    fn with(name: &str, unit: &str, baseline: Option<&str>, outcome: Outcome) -> Self {
        let goal = goals::goal(name, baseline);
        let met = match &outcome {
            Outcome::Measured(figures) => goal.and_then(|goal| goal.is_met(figures.value, figures.ratio)),
            Outcome::NotMeasured(_) => None,
        };
        let (name, unit) = (name.to_owned(), unit.to_owned());
        Self { name, unit, baseline: baseline.map(str::to_owned), responses: None, goal, met, outcome }
    }

    /// Says whether the HTTP responses are compressed.
    pub(crate) fn responses(mut self, responses: &str) -> Self {
        self.responses = Some(responses.to_owned());
        self
    }

    /// Returns whether a larger figure is better: only rates are such figures.
    pub(crate) fn is_rate(&self) -> bool {
        self.unit.ends_with("/s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_the_median_of_the_ratios_of_each_round() {
        // The machine was slow in the second round: the medians alone would give 2 / 4.
        let (own, baseline) = (Ok(vec![1.0, 10.0, 2.0]), Ok(vec![4.0, 40.0, 4.0]));
        let row = Row::sampled("x/y", "ms", &own, Some(("plain", &baseline)));
        let Outcome::Measured(figures) = row.outcome else { panic!("{row:?}") };
        assert_eq!(figures.ratio, Some(0.25));
        assert_eq!((figures.value, figures.baseline), (2.0, Some(4.0)));
    }

    #[test]
    fn a_row_whose_baseline_failed_has_the_reason() {
        let row = Row::sampled("x/y", "ms", &Ok(vec![1.0]), Some(("node", &Err("node is not installed\n".to_owned()))));
        assert_eq!(row.outcome, Outcome::NotMeasured("node is not installed".to_owned()));
        assert_eq!(row.baseline.as_deref(), Some("node"));
        assert_eq!(row.met, None);
    }

    #[test]
    fn rows_are_the_same_after_a_round_trip_through_json() {
        for row in [
            Row::exact("size/list-tickets", "MB", 4.5, Some(("progenitor", 9.0))).responses("uncompressed"),
            Row::not_measured("decode/ticket", "ms", Some("Node"), "no node"),
        ] {
            let text = serde_json::to_string(&row).unwrap();
            assert_eq!(serde_json::from_str::<Row>(&text).unwrap(), row, "{text}");
        }
    }
}
