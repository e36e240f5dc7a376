//! Samples of several rounds, and their statistics.
//!
//! Other programs slow down a machine for seconds. So each round measures every variant once, and ratios are taken
//! within a round.

use std::rc::Rc;

use super::program::Program;

/// The values of all rounds, or the reason why there are none.
pub(crate) type Samples = Result<Vec<f64>, String>;

/// One of the things that are measured alternately.
#[derive(Clone)]
pub(crate) struct Variant {
    pub(crate) program: Result<Rc<Program>, String>,
    /// The line that the program reads. [`ROUND`] stands for the number of the round.
    pub(crate) request: String,
}

/// What the number of the round replaces in a request.
const ROUND: &str = "{round}";

impl Variant {
    /// A request to a program, or the reason why the program cannot run.
    pub(crate) fn new(program: &Result<Rc<Program>, String>, request: impl Into<String>) -> Self {
        Self { program: program.clone(), request: request.into() }
    }

    fn request_of(&self, round: usize) -> String {
        self.request.replace(ROUND, &round.to_string())
    }
}

/// Measures each variant once per round, after a round that warms up. All variants must process the same number of
/// records; one that does not has an error in place of samples.
pub(crate) fn alternate(rounds: usize, variants: &[Variant]) -> Vec<Samples> {
    let mut all: Vec<Samples> = variants.iter().map(|_| Ok(Vec::new())).collect();
    let mut expected = None;
    for round in 0..=rounds {
        for (variant, samples) in variants.iter().zip(&mut all) {
            let Ok(values) = samples else { continue };
            let request = variant.request_of(round);
            let measured = variant.program.as_ref().map_err(Clone::clone).and_then(|program| program.measure(&request));
            match measured {
                Ok(measured) if *expected.get_or_insert(measured.records) != measured.records => {
                    *samples = Err(format!(
                        "`{request}` processed {} records, others {}",
                        measured.records,
                        expected.unwrap_or_default()
                    ));
                }
                Ok(measured) if round > 0 => values.push(measured.value),
                Ok(_) => {}
                Err(reason) => *samples = Err(reason),
            }
        }
    }
    all
}

/// Multiplies all samples, to change their unit.
pub(crate) fn scaled(samples: &Samples, factor: f64) -> Samples {
    samples.as_ref().map(|samples| samples.iter().map(|sample| sample * factor).collect()).map_err(Clone::clone)
}

/// Returns the median.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// Returns the distance between the quartiles, divided by the median. `None` for fewer than three values, and if the
/// median is 0.
pub(crate) fn spread(values: &[f64]) -> Option<f64> {
    let spread = (values.len() >= 3).then(|| (quantile(values, 0.75) - quantile(values, 0.25)) / median(values));
    spread.filter(|spread| spread.is_finite())
}

/// Interpolates between the two nearest values.
fn quantile(values: &[f64], fraction: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let position = (sorted.len().saturating_sub(1)) as f64 * fraction;
    let at = |index: f64| sorted.get(index as usize).copied().unwrap_or(f64::NAN);
    let (below, above) = (at(position.floor()), at(position.ceil()));
    below + (above - below) * position.fract()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_quartiles_interpolate() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[1.0, 2.0]), 1.5);
        assert!(median(&[]).is_nan());
        assert_eq!(spread(&[1.0, 2.0, 3.0, 4.0, 5.0]), Some(2.0 / 3.0));
        assert_eq!(spread(&[1.0, 2.0]), None);
        assert_eq!(spread(&[0.0; 3]), None);
    }

    #[test]
    fn each_round_can_have_another_request() {
        let missing = Err("not started".to_owned());
        let variant = Variant::new(&missing, "get x?id>{round}");
        assert_eq!([variant.request_of(0), variant.request_of(12)], ["get x?id>0", "get x?id>12"]);
        assert_eq!(Variant::new(&missing, "decode ticket").request_of(3), "decode ticket");
    }

    #[test]
    fn a_variant_without_a_program_has_the_reason() {
        let samples = alternate(3, &[Variant::new(&Err("node is not installed".to_owned()), "decode ticket")]);
        assert_eq!(samples, [Err("node is not installed".to_owned())]);
    }
}
