//! Checks conditions, orders and field lists as people write them: each example of `examples.toml` is sent as expected,
//! or rejected with the expected hint.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeSet;

use connectwise_psa_bindings::{catalogue, schemas};
use connectwise_psa_core::checker::{CheckError, Schema};
use connectwise_psa_core::query::ListQuery;
use serde::Deserialize;

const EXAMPLES: &str = include_str!("examples.toml");

#[derive(Deserialize)]
struct Examples {
    example: Vec<Example>,
}

/// One example. The head of `examples.toml` explains the fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    title: String,
    record: String,
    #[serde(default = "conditions")]
    parameter: String,
    text: String,
    sent: Option<String>,
    error: Option<String>,
    hint: Option<String>,
    at: Option<String>,
}

fn conditions() -> String {
    "conditions".to_owned()
}

impl Example {
    fn label(&self) -> String {
        format!("{} ({}): {}", self.title, self.record, self.text)
    }

    /// Returns the text that the library sends, or the error of the check.
    fn outcome(&self, schema: Schema<'_>) -> Result<String, CheckError> {
        let (query, text) = (ListQuery::new(), self.text.as_str());
        let query = match self.parameter.as_str() {
            "conditions" => {
                schema.check_conditions(text)?;
                query.conditions(text)
            }
            "childConditions" => {
                schema.check_child_conditions(text)?;
                query.child_conditions(text)
            }
            "customFieldConditions" => {
                schema.check_custom_field_conditions(text)?;
                query.custom_field_conditions(text)
            }
            "orderBy" => {
                schema.check_order_by(text)?;
                query.order_by(text)
            }
            "fields" => {
                schema.check_fields(text)?;
                query.fields(text)
            }
            other => panic!("{other} is not a parameter: {}", self.label()),
        };
        schema.check_query(&query)?;
        let mut pairs = query.pairs();
        let (name, sent) = pairs.pop().expect("the parameter is set");
        assert_eq!((name, pairs.len()), (self.parameter.as_str(), 0), "{}", self.label());
        Ok(sent)
    }
}

#[test]
fn every_example_has_its_expected_result() {
    let examples: Examples = toml::from_str(EXAMPLES).unwrap();
    let mut wrong = Vec::new();
    let (mut sent, mut rejected) = (0, 0);
    for example in &examples.example {
        let schema = schemas::schema(&example.record)
            .unwrap_or_else(|| panic!("{} is a type: {}", example.record, example.label()));
        match (example.outcome(schema), &example.sent, &example.error) {
            (Ok(text), Some(expected), None) => {
                sent += 1;
                if text != expected.trim() {
                    wrong.push(format!("{}\n  is sent as {text}", example.label()));
                }
            }
            (Err(error), None, Some(expected)) => {
                rejected += 1;
                let finding = &error.findings()[0];
                let at = finding.span.clone().map(|span| example.text.trim()[span].to_owned());
                let hint = finding.hint.clone().unwrap_or_default();
                let fits = finding.message.contains(expected.as_str())
                    && example.hint.as_ref().is_none_or(|expected| hint.contains(expected.as_str()))
                    && example.at.as_ref().is_none_or(|expected| at.as_ref() == Some(expected));
                if !fits {
                    wrong.push(format!("{}\n{error}\n  at {at:?}", example.label()));
                }
            }
            (Ok(text), ..) => wrong.push(format!("{}\n  is sent as {text}", example.label())),
            (Err(error), ..) => wrong.push(format!("{}\n  is rejected:\n{error}", example.label())),
        }
    }
    println!("{sent} sent, {rejected} rejected");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// People copy sent texts, for example from a log.
#[test]
fn a_sent_text_that_is_used_as_input_is_sent_unchanged() {
    let examples: Examples = toml::from_str(EXAMPLES).unwrap();
    for example in examples.example.iter().filter(|example| example.sent.is_some()) {
        let schema = schemas::schema(&example.record).unwrap();
        let sent = example.outcome(schema).unwrap_or_else(|error| panic!("{}: {error}", example.label()));
        let again = Example {
            title: example.title.clone(),
            record: example.record.clone(),
            parameter: example.parameter.clone(),
            text: sent.clone(),
            sent: None,
            error: None,
            hint: None,
            at: None,
        };
        assert_eq!(again.outcome(schema).unwrap(), sent, "{}", example.label());
    }
}

/// A wrong hint is worse than none. The test makes typical mistakes with the fields of every record, and checks the
/// comparisons that the hints suggest. It uses every seventh field, because all of them would take a minute.
#[test]
fn every_suggested_comparison_is_valid() {
    let check = |record: Schema<'_>, parameter: &str, text: &str| match parameter {
        "childConditions" => record.check_child_conditions(text),
        _ => record.check_conditions(text),
    };
    let (mut seen, mut suggestions, mut wrong) = (BTreeSet::new(), 0, Vec::new());
    for record in catalogue::all().filter_map(schemas::for_records).filter(|record| seen.insert(record.name())) {
        for field in record.fields().step_by(7) {
            let mistakes = [
                format!("{field}Id = 1"),
                format!("{field}Id in (1,2)"),
                format!("{field}Name = \"x\""),
                format!("{field} = 1"),
                format!("{field} in (1,2)"),
                format!("{field} = \"x\""),
                format!("{field}/id = 1"),
                format!("not {field}/id in (1,2)"),
                format!("{field}/{field} = 1"),
                format!("{}{field} = 1", record.name()),
                format!("{} = 1", field.trim_end_matches('s')),
                format!("_info/{field} = null"),
            ];
            for (parameter, text) in mistakes.iter().flat_map(|text| [("conditions", text), ("childConditions", text)])
            {
                let Err(error) = check(record, parameter, text) else { continue };
                let Some(hint) = &error.findings()[0].hint else { continue };
                let suggested = ["conditions", "childConditions"]
                    .into_iter()
                    .find_map(|other| Some((other, hint.split_once(&format!("use {other}: "))?.1)));
                let Some((parameter, suggestion)) = suggested.or_else(|| {
                    Some((parameter, hint.strip_prefix("write ").or_else(|| Some(hint.split_once(": write ")?.1))?))
                }) else {
                    continue;
                };
                // This hint replaces only the value, so it is not a comparison.
                if ["true", "false"].iter().any(|boolean| suggestion.starts_with(boolean)) {
                    continue;
                }
                suggestions += 1;
                if let Err(again) = check(record, parameter, suggestion) {
                    wrong.push(format!("{}: {text}\n  hint: {hint}\n  {again}", record.name()));
                }
            }
        }
    }
    println!("{suggestions} suggestions for {} records", seen.len());
    // With fewer suggestions, this test would no longer recognise them in the hints.
    assert!(
        suggestions > 5_000 && wrong.is_empty(),
        "{} of {suggestions} suggestions fail:\n{}",
        wrong.len(),
        wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
    );
}
