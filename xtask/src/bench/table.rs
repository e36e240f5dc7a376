//! The table as text for a terminal and as Markdown for a page.

use super::goals::Goal;
use super::row::{Figures, Outcome, Row};

/// Returns the line of a row for a terminal.
pub(crate) fn line(row: &Row) -> String {
    let name = match &row.baseline {
        Some(baseline) => format!("{} beside {baseline}", row.name),
        None => row.name.clone(),
    };
    let text = match &row.outcome {
        Outcome::NotMeasured(reason) => format!("not measured: {reason}"),
        Outcome::Measured(figures) => {
            let parts = [
                value(figures.value, &row.unit),
                figures.baseline.map(|baseline| format!("/ {}", value(baseline, &row.unit))).unwrap_or_default(),
                ratio(figures),
                goal(row),
                row.responses.as_ref().map(|responses| format!("({responses})")).unwrap_or_default(),
            ];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("  ")
        }
    };
    format!("{:<70}  {text}", without_backticks(&name))
}

/// Returns the table in Markdown.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut table = "| figure | value | baseline | ratio | goal | responses |\n|---|---|---|---|---|---|\n".to_owned();
    for row in rows {
        let baseline = |figures: Option<f64>| {
            let name = row.baseline.as_deref().unwrap_or_default();
            figures.map_or_else(|| name.to_owned(), |figure| format!("{name}: {}", value(figure, &row.unit)))
        };
        let (value, baseline, ratio) = match &row.outcome {
            Outcome::Measured(figures) => (value(figures.value, &row.unit), baseline(figures.baseline), ratio(figures)),
            Outcome::NotMeasured(reason) => (format!("not measured: {}", cell(reason)), baseline(None), String::new()),
        };
        let responses = row.responses.as_deref().unwrap_or_default();
        table += &format!("| {} | {value} | {baseline} | {ratio} | {} | {responses} |\n", row.name, goal(row));
    }
    table
}

fn value(value: f64, unit: &str) -> String {
    let number = match value.abs() {
        size if size >= 100.0 => thousands(value),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 0.1 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    };
    format!("{number} {unit}").trim_end().to_owned()
}

/// Writes a number without decimals, with commas.
fn thousands(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Writes the ratio with its spread. Without a baseline, writes only the spread.
fn ratio(figures: &Figures) -> String {
    let spread = match figures.spread {
        Some(spread) if spread > 0.0 => format!("±{:.0} %", spread * 50.0),
        _ => String::new(),
    };
    match figures.ratio {
        Some(ratio) if ratio < 0.1 => format!("{ratio:.3} {spread}").trim_end().to_owned(),
        Some(ratio) => format!("{ratio:.2} {spread}").trim_end().to_owned(),
        None => spread,
    }
}

/// Writes the goal and whether it is met.
fn goal(row: &Row) -> String {
    let limit = match row.goal {
        None => return String::new(),
        Some(Goal::Ratio(limit)) => format!("{limit}"),
        Some(Goal::AtMost(limit)) => format!("at most {}", value(limit, &row.unit)),
        Some(Goal::AtLeast(limit)) => format!("at least {}", value(limit, &row.unit)),
    };
    match row.met {
        Some(true) => format!("{limit}: met"),
        Some(false) => format!("{limit}: MISSED"),
        None => limit,
    }
}

/// Makes text fit into one cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

fn without_backticks(text: &str) -> String {
    text.replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_figures_the_goal_and_the_transfer() {
        let own = Ok(vec![9.0, 10.0, 11.0]);
        let baseline = Ok(vec![20.0, 20.0, 20.0]);
        let row = Row::sampled("decode/ticket", "ms", &own, Some(("progenitor's plain types", &baseline)));
        let text = line(&row.responses("uncompressed"));
        assert!(text.ends_with("10.0 ms  / 20.0 ms  0.50 ±5 %  0.55: met  (uncompressed)"), "{text}");
        assert!(text.starts_with("decode/ticket beside progenitor's plain types "), "{text}");
    }

    #[test]
    fn the_markdown_has_a_row_for_what_was_not_measured() {
        let rows = [
            Row::exact("simulator/decoded", "tickets/s", 59_999.0, None),
            Row::not_measured("decode/ticket", "ms", Some("Node's `JSON`"), "node | npm\nmissing"),
        ];
        assert_eq!(
            markdown(&rows).lines().skip(2).collect::<Vec<_>>(),
            [
                "| simulator/decoded | 59,999 tickets/s |  |  | at least 60,000 tickets/s: MISSED |  |",
                "| decode/ticket | not measured: node \\| npm missing | Node's `JSON` |  | 0.6 |  |",
            ]
        );
    }

    #[test]
    fn numbers_have_the_precision_of_their_size() {
        for (number, expected) in
            [(1_234_567.0, "1,234,567 x"), (123.4, "123 x"), (12.34, "12.3 x"), (1.234, "1.23 x"), (0.0123, "0.0123 x")]
        {
            assert_eq!(value(number, "x"), expected);
        }
    }
}
