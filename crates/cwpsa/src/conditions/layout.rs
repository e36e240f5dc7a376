//! The text of a condition over several lines, for reading. The parser reads it as the same condition.

use connectwise_psa::Condition;
use connectwise_psa::conditions::ConditionView;

use crate::conditions::parameter::Parsed;

/// Returns the text over several lines: one comparison or field on each.
pub(crate) fn broken(parsed: &Parsed) -> String {
    match parsed {
        Parsed::Condition(condition) => {
            let mut lines = Vec::new();
            add(condition, 0, &mut lines);
            lines.join("\n")
        }
        Parsed::OrderBy(_) | Parsed::Fields(_) => parsed.text().replace(',', ",\n"),
    }
}

fn add(condition: &Condition, depth: usize, lines: &mut Vec<String>) {
    let (parts, word) = match condition.view() {
        ConditionView::And(parts) => (parts, "and "),
        ConditionView::Or(parts) => (parts, "or "),
        // A comparison, and what later versions of the client add.
        _ => return lines.push(format!("{}{condition}", indent(depth))),
    };
    for (position, part) in parts.iter().enumerate() {
        let word = if position == 0 { "" } else { word };
        if let ConditionView::And(_) | ConditionView::Or(_) = part.view() {
            lines.push(format!("{}{word}(", indent(depth)));
            add(part, depth + 1, lines);
            lines.push(format!("{})", indent(depth)));
        } else {
            lines.push(format!("{}{word}{part}", indent(depth)));
        }
    }
}

/// Returns the spaces before a line.
pub(crate) fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conditions::parameter::Parameter;

    #[test]
    fn the_lines_are_the_same_condition() {
        for text in [
            "a=1",
            "a=1 and b=2 and c in (1,2)",
            "a=1 or (b=2 and (c='x, y' or d=null))",
            "(a=1 or b=2) and (c=3 or d=4)",
        ] {
            let parsed = Parameter::Conditions.parse(text).unwrap();
            let lines = broken(&parsed);
            assert_eq!(Parameter::Conditions.parse(&lines).unwrap().text(), parsed.text(), "{lines}");
        }
        let parsed = Parameter::OrderBy.parse("a desc, b").unwrap();
        assert_eq!(broken(&parsed), "a desc,\nb asc");
        assert_eq!(Parameter::OrderBy.parse(&broken(&parsed)).unwrap().text(), parsed.text());
    }

    #[test]
    fn groups_are_indented() {
        let parsed = Parameter::Conditions.parse("a=1 and (b=2 or c=3)").unwrap();
        assert_eq!(broken(&parsed), "a=1\nand (\n  b=2\n  or c=3\n)");
    }
}
