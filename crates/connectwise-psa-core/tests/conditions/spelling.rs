//! A second printer, which writes a condition in one of its many equivalent notations.

use connectwise_psa_core::conditions::{Comparison, Condition, ConditionView, Literal, LiteralValue};

/// A stream of choices derived from a seed. The seed identifies a failing case.
pub(crate) struct Choices(pub(crate) u64);

impl Choices {
    /// Returns a number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    /// Returns true once in `times` choices, on average.
    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// Returns the word with random upper and lower case letters.
    pub(crate) fn letter_case(&mut self, word: &str) -> String {
        word.chars()
            .map(|letter| if self.once_in(2) { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() })
            .collect()
    }

    /// Returns whitespace, or an empty string.
    fn whitespace(&mut self) -> String {
        const WHITESPACE: [&str; 6] = [" ", "  ", "\t", "\n", "\r\n", "\u{a0}"];
        (0..self.below(3)).map(|_| WHITESPACE[self.below(WHITESPACE.len())]).collect()
    }

    /// Returns the word in random letter case, with whitespace on both sides.
    fn word(&mut self, word: &str) -> String {
        let (before, word, after) = (self.whitespace(), self.letter_case(word), self.whitespace());
        format!("{before} {word}\t{after}")
    }
}

/// Returns the condition in a random, equivalent notation.
pub(crate) fn spell(condition: &Condition, choices: &mut Choices) -> String {
    // Two negations cancel out, and so do one negation and the opposite of the condition.
    if choices.once_in(8) {
        return format!("{}{}", choices.word("not not"), grouped(condition, choices));
    }
    if choices.once_in(6) {
        return format!("{}{}", choices.word("not"), grouped(&condition.clone().not(), choices));
    }
    if choices.once_in(5) {
        return grouped(condition, choices);
    }
    let joined = match condition.view() {
        ConditionView::Comparison(comparison) => return spell_comparison(comparison, choices),
        ConditionView::And(all) => {
            let texts: Vec<String> = all
                .iter()
                .map(|each| if is_or(each) { grouped(each, choices) } else { spell(each, choices) })
                .collect();
            (texts, "and")
        }
        // `and` binds more tightly, so it needs no parentheses inside `or`.
        ConditionView::Or(any) => (any.iter().map(|each| spell(each, choices)).collect(), "or"),
        other => panic!("unknown condition {other:?}"),
    };
    let (mut parts, word) = (joined.0.into_iter(), joined.1);
    let first = parts.next().unwrap();
    parts.fold(first, |before, part| format!("{before}{}{part}", choices.word(word)))
}

fn is_or(condition: &Condition) -> bool {
    matches!(condition.view(), ConditionView::Or(_))
}

/// Returns the condition in parentheses.
fn grouped(condition: &Condition, choices: &mut Choices) -> String {
    let inside = spell(condition, choices);
    format!(
        "{}({}{inside}{}){}",
        choices.whitespace(),
        choices.whitespace(),
        choices.whitespace(),
        choices.whitespace()
    )
}

fn spell_comparison(comparison: &Comparison, choices: &mut Choices) -> String {
    let operator = comparison.operator();
    let text = operator.as_str();
    let text = if text.starts_with(char::is_alphabetic) {
        text.split(' ').map(|word| choices.word(word)).collect()
    } else {
        format!("{}{text}{}", choices.whitespace(), choices.whitespace())
    };
    let mut values: Vec<String> = comparison.values().iter().map(|value| literal(value, choices)).collect();
    for value in &mut values {
        *value = format!("{}{value}{}", choices.whitespace(), choices.whitespace());
    }
    let values = if operator.takes_list() { format!("({})", values.join(",")) } else { values.concat() };
    format!("{}{}{text}{values}", choices.whitespace(), comparison.field())
}

fn literal(literal: &Literal, choices: &mut Choices) -> String {
    match literal.value() {
        LiteralValue::Text(text) => {
            let either = if choices.once_in(2) { '"' } else { '\'' };
            let quote = if text.contains('"') {
                '\''
            } else if text.contains('\'') {
                '"'
            } else {
                either
            };
            format!("{quote}{text}{quote}")
        }
        LiteralValue::Integer(_) | LiteralValue::Decimal(_) => {
            let digits = literal.to_string();
            let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |digits| ("-", digits));
            let zeros = ["", "0", "00"][choices.below(3)];
            let fraction = match (digits.contains('.'), choices.below(3)) {
                (_, 0) => "",
                (true, _) => "0",
                (false, _) => ".00",
            };
            format!("{sign}{zeros}{digits}{fraction}")
        }
        LiteralValue::DateTime(timestamp) => {
            let format =
                ["%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f+00:00"]
                    [choices.below(4)];
            format!("[{}{}{}]", choices.whitespace(), timestamp.format(format), choices.whitespace())
        }
        LiteralValue::Date(_) => {
            let text = literal.to_string();
            text.replace('[', &format!("[{}", choices.whitespace()))
        }
        _ => choices.letter_case(&literal.to_string()),
    }
}
