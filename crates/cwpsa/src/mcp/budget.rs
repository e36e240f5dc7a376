//! The size of results. An agent pays for each token of a result, so a result has a budget.

use serde_json::Value;

/// Bytes of JSON per token. Published tokenizers need 3 to 4 bytes for the JSON of records; the lower value keeps a margin.
const BYTES_PER_TOKEN: usize = 3;
/// The tokens that a result needs besides its records: the count, the cursor and the note.
const FRAME: usize = 200;
/// The smallest budget that can be set.
pub(crate) const MINIMUM: usize = 500;

/// Returns about how many tokens a JSON value needs.
pub(crate) fn tokens(value: &Value) -> usize {
    tokens_of_text(&value.to_string())
}

/// Returns about how many tokens a text needs.
pub(crate) fn tokens_of_text(text: &str) -> usize {
    text.len().div_ceil(BYTES_PER_TOKEN)
}

/// The budget of one result.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    tokens: usize,
}

impl Budget {
    pub(crate) const fn new(tokens: usize) -> Self {
        Self { tokens }
    }

    /// Returns the tokens that are left for records.
    pub(crate) const fn for_records(self) -> usize {
        self.tokens.saturating_sub(FRAME)
    }

    /// Returns how many characters of one text fit. A character can need up to 4 bytes, and more in JSON, so this is a
    /// low estimate only for texts in Latin letters.
    pub(crate) const fn text_length(self) -> usize {
        self.for_records() * BYTES_PER_TOKEN * 3 / 4
    }

    /// Returns how many of the values fit, from the first. At least one, so that a list makes progress.
    pub(crate) fn fitting(self, values: &[Value]) -> usize {
        let mut left = self.for_records();
        let fitting = values
            .iter()
            .take_while(|value| {
                let needed = tokens(value);
                let fits = needed <= left;
                left = left.saturating_sub(needed);
                fits
            })
            .count();
        fitting.max(1).min(values.len())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn records_fill_the_budget() {
        let values: Vec<Value> = (0..100).map(|_| json!("x".repeat(298))).collect();
        assert_eq!(tokens(&values[0]), 100);
        assert_eq!(Budget::new(1_200).fitting(&values), 10);
        assert_eq!(Budget::new(500).fitting(&values[..2]), 2);
        assert_eq!(Budget::new(0).fitting(&values), 1);
        assert_eq!(Budget::new(500).fitting(&[]), 0);
    }
}
