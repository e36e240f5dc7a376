//! The rows `conditions/…`: parsing, printing and matching of a condition with twenty comparisons.

use super::row::Row;
use super::samples::{Samples, Variant, alternate, scaled};
use super::session::Session;
use crate::Failure;

/// What is measured: the word in the request and in the row's name, the unit, units per second, the baseline.
const ROWS: &[(&str, &str, f64, &str)] = &[
    ("parse", "µs", 1e6, "splitting at whitespace"),
    ("print", "µs", 1e6, "copying the text"),
    ("match", "ms per 100,000 tickets", 1e3, "hand-written code"),
];

/// Measures the rows.
pub(crate) fn measure(session: &mut Session) -> Result<(), Failure> {
    for (what, unit, factor, baseline) in ROWS {
        let name = format!("conditions/{what}");
        if !session.wants(&name) {
            continue;
        }
        let variants = ["library", "baseline"]
            .map(|variant| Variant::new(session.times(), format!("conditions {what} {variant}")));
        let samples: Vec<Samples> =
            alternate(session.rounds(9, 5), &variants).iter().map(|samples| scaled(samples, *factor)).collect();
        if let [own, other] = samples.as_slice() {
            session.add(Row::sampled(&name, unit, own, Some((baseline, other))));
        }
    }
    Ok(())
}
