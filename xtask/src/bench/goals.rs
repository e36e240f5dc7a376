//! The goals: which row should reach which ratio or value.

use serde::{Deserialize, Serialize};

/// A limit for the ratio or the value of a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    /// The ratio is at most this.
    Ratio(f64),
    /// The value is at most this.
    AtMost(f64),
    /// The value is at least this.
    AtLeast(f64),
}

impl Goal {
    /// Returns whether a value, and its ratio to the baseline, meet the goal. `None` if the ratio is missing.
    pub(crate) fn is_met(self, value: f64, ratio: Option<f64>) -> Option<bool> {
        match self {
            Self::Ratio(limit) => ratio.map(|ratio| ratio <= limit),
            Self::AtMost(limit) => Some(value <= limit),
            Self::AtLeast(limit) => Some(value >= limit),
        }
    }
}

/// The names of baselines.
pub(crate) const PLAIN: &str = "progenitor's plain output";
pub(crate) const PLAIN_TYPES: &str = "progenitor's plain types";
pub(crate) const VALUE: &str = "`serde_json::Value`";
pub(crate) const SCAN: &str = "scanning alone";
pub(crate) const NODE: &str = "Node's `JSON`";
pub(crate) const PYCONNECTWISE: &str = "pyconnectwise";
pub(crate) const CONNECTWISE_REST: &str = "connectwise-rest";
pub(crate) const JSON_TEXT: &str = "their JSON";
pub(crate) const LOOP_VALUE: &str = "hand-written loop into `Value`";
pub(crate) const LOOP_PLAIN: &str = "hand-written loop into plain types";
pub(crate) const LOOP_OWN: &str = "hand-written loop into the library's types";
pub(crate) const KUBE: &str = "kube";
pub(crate) const OCTOCRAB: &str = "octocrab";

/// The goals, by the name and the baseline of the row.
const GOALS: &[(&str, Option<&str>, Goal)] = &[
    ("build/all/release/time", Some(PLAIN), Goal::Ratio(0.15)),
    ("build/all/release/memory", Some(PLAIN), Goal::Ratio(0.2)),
    ("build/all/release/size", Some(PLAIN), Goal::Ratio(0.25)),
    ("build/all/check/time", Some(PLAIN), Goal::Ratio(0.12)),
    ("build/service/release/time", Some(PLAIN), Goal::Ratio(0.02)),
    ("build/service/release/memory", Some(PLAIN), Goal::Ratio(0.05)),
    ("first/list/time", Some(KUBE), Goal::Ratio(0.6)),
    ("first/list/time", Some(OCTOCRAB), Goal::Ratio(0.35)),
    ("first/list-ring/time", Some(KUBE), Goal::Ratio(0.6)),
    ("first/list-ring/time", Some(OCTOCRAB), Goal::Ratio(0.35)),
    ("first/quickstart/time", None, Goal::AtMost(80.0)),
    ("decode/ticket", Some(PLAIN_TYPES), Goal::Ratio(0.55)),
    ("decode/ticket", Some(NODE), Goal::Ratio(0.6)),
    ("decode/ticket", Some(PYCONNECTWISE), Goal::Ratio(0.06)),
    ("memory/small-ticket", Some(JSON_TEXT), Goal::Ratio(2.5)),
    ("list/prebuilt/sequential", Some(LOOP_VALUE), Goal::Ratio(0.6)),
    ("list/prebuilt/sequential", Some(LOOP_PLAIN), Goal::Ratio(0.7)),
    ("list/prebuilt/sequential", Some(CONNECTWISE_REST), Goal::Ratio(0.4)),
    ("list/prebuilt/sequential", Some(PYCONNECTWISE), Goal::Ratio(0.05)),
    ("list/latency/parallel", Some(LOOP_OWN), Goal::Ratio(0.285)),
    ("list/peak", Some("one page with its records"), Goal::Ratio(3.0)),
    ("simulator/decoded", None, Goal::AtLeast(60_000.0)),
    ("simulator/condition", None, Goal::AtMost(50.0)),
    ("simulator/memory", None, Goal::AtMost(1_200.0)),
    ("size/list-tickets", Some(PLAIN), Goal::Ratio(0.8)),
    ("size/ring/list-tickets", Some(PLAIN), Goal::Ratio(0.8)),
    ("program/size", None, Goal::AtMost(25.0)),
    ("program/help", None, Goal::AtMost(20.0)),
    ("program/completion", None, Goal::AtMost(20.0)),
    ("program/tab-key", None, Goal::AtMost(20.0)),
    ("program/search", None, Goal::AtMost(20.0)),
    ("program/show", None, Goal::AtMost(20.0)),
    ("program/list", None, Goal::AtMost(20.0)),
    ("program/conditions", None, Goal::AtMost(20.0)),
    ("program/conditions-of-type", None, Goal::AtMost(20.0)),
];

/// Returns the goal of a row.
pub(crate) fn goal(name: &str, baseline: Option<&str>) -> Option<Goal> {
    GOALS.iter().find(|(row, beside, _)| *row == name && *beside == baseline).map(|(_, _, goal)| *goal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_limits_the_ratio_or_the_value() {
        assert_eq!(Goal::Ratio(0.5).is_met(50.0, Some(0.5)), Some(true));
        assert_eq!(Goal::Ratio(0.49).is_met(50.0, Some(0.5)), Some(false));
        assert_eq!(Goal::AtMost(49.0).is_met(50.0, Some(0.5)), Some(false));
        assert_eq!(Goal::AtLeast(50.0).is_met(50.0, Some(0.5)), Some(true));
        assert_eq!(Goal::Ratio(1.0).is_met(50.0, None), None);
    }

    #[test]
    fn a_goal_belongs_to_a_row_with_its_baseline() {
        assert_eq!(goal("decode/ticket", Some(NODE)), Some(Goal::Ratio(0.6)));
        assert_eq!(goal("decode/ticket", None), None);
    }
}
