//! A second printer, which writes a condition in one of the many other ways that read as the same.

use connectwise_psa_core::conditions::{Comparison, Condition, ConditionView, Literal, LiteralValue};

/// A stream of choices out of one number, so that a failing case is told by that number.
pub(crate) struct Choices(pub(crate) u64);

impl Choices {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    pub(crate) fn letter_case(&mut self, word: &str) -> String {
        word.chars()
            .map(|letter| if self.once_in(2) { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() })
            .collect()
    }

    /// Blanks, also none.
    fn blanks(&mut self) -> String {
        const BLANKS: [&str; 6] = [" ", "  ", "\t", "\n", "\r\n", "\u{a0}"];
        (0..self.below(3)).map(|_| BLANKS[self.below(BLANKS.len())]).collect()
    }

    /// A word between blanks.
    fn word(&mut self, word: &str) -> String {
        let (before, word, after) = (self.blanks(), self.letter_case(word), self.blanks());
        format!("{before} {word}\t{after}")
    }
}

/// Another way to write the condition.
pub(crate) fn spelt(condition: &Condition, choices: &mut Choices) -> String {
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
        ConditionView::Comparison(comparison) => return comparison_spelt(comparison, choices),
        ConditionView::And(all) => {
            let spelt: Vec<String> = all
                .iter()
                .map(|each| if is_or(each) { grouped(each, choices) } else { spelt(each, choices) })
                .collect();
            (spelt, "and")
        }
        // `and` binds closer, so that it needs no parentheses inside `or`.
        ConditionView::Or(any) => (any.iter().map(|each| spelt(each, choices)).collect(), "or"),
        other => panic!("no spelling is known for {other:?}"),
    };
    let (mut parts, word) = (joined.0.into_iter(), joined.1);
    let first = parts.next().unwrap();
    parts.fold(first, |before, part| format!("{before}{}{part}", choices.word(word)))
}

fn is_or(condition: &Condition) -> bool {
    matches!(condition.view(), ConditionView::Or(_))
}

fn grouped(condition: &Condition, choices: &mut Choices) -> String {
    let inside = spelt(condition, choices);
    format!("{}({}{inside}{}){}", choices.blanks(), choices.blanks(), choices.blanks(), choices.blanks())
}

fn comparison_spelt(comparison: &Comparison, choices: &mut Choices) -> String {
    let operator = comparison.operator();
    let written = operator.as_str();
    let written = if written.starts_with(char::is_alphabetic) {
        written.split(' ').map(|word| choices.word(word)).collect()
    } else {
        format!("{}{written}{}", choices.blanks(), choices.blanks())
    };
    let mut values: Vec<String> = comparison.values().iter().map(|value| literal(value, choices)).collect();
    for value in &mut values {
        *value = format!("{}{value}{}", choices.blanks(), choices.blanks());
    }
    let values = if operator.takes_list() { format!("({})", values.join(",")) } else { values.concat() };
    format!("{}{}{written}{values}", choices.blanks(), comparison.field())
}

fn literal(literal: &Literal, choices: &mut Choices) -> String {
    match literal.value() {
        LiteralValue::Text(text) => {
            let other = if choices.once_in(2) { '"' } else { '\'' };
            let quote = if text.contains('"') {
                '\''
            } else if text.contains('\'') {
                '"'
            } else {
                other
            };
            format!("{quote}{text}{quote}")
        }
        LiteralValue::Integer(_) | LiteralValue::Decimal(_) => {
            let digits = literal.to_string();
            let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |digits| ("-", digits));
            let zeros = ["", "0", "00"][choices.below(3)];
            let behind = match (digits.contains('.'), choices.below(3)) {
                (_, 0) => "",
                (true, _) => "0",
                (false, _) => ".00",
            };
            format!("{sign}{zeros}{digits}{behind}")
        }
        LiteralValue::DateTime(moment) => {
            let form =
                ["%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f+00:00"]
                    [choices.below(4)];
            format!("[{}{}{}]", choices.blanks(), moment.format(form), choices.blanks())
        }
        LiteralValue::Date(_) => {
            let written = literal.to_string();
            written.replace('[', &format!("[{}", choices.blanks()))
        }
        _ => choices.letter_case(&literal.to_string()),
    }
}
