//! Conditions, orders and field lists as people write them: each example of `examples.toml` is sent as it says, or
//! refused with its hint.

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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    about: String,
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
        format!("{} ({}): {}", self.about, self.record, self.text)
    }

    /// What the library makes of it.
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
            other => panic!("{other} is no parameter: {}", self.label()),
        };
        schema.check_query(&query)?;
        let mut pairs = query.pairs();
        let (name, sent) = pairs.pop().expect("it is sent");
        assert_eq!((name, pairs.len()), (self.parameter.as_str(), 0), "{}", self.label());
        Ok(sent)
    }
}

#[test]
fn every_example_is_sent_or_refused_as_it_says() {
    let examples: Examples = toml::from_str(EXAMPLES).unwrap();
    let mut wrong = Vec::new();
    let (mut sent, mut refused) = (0, 0);
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
                refused += 1;
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
            (Err(error), ..) => wrong.push(format!("{}\n  is refused:\n{error}", example.label())),
        }
    }
    println!("{sent} sent, {refused} refused");
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// What is sent is read again as the same, which is what the simulated server and saved configurations rely on.
#[test]
fn what_is_sent_stays_what_it_is() {
    let examples: Examples = toml::from_str(EXAMPLES).unwrap();
    for example in examples.example.iter().filter(|example| example.sent.is_some()) {
        let schema = schemas::schema(&example.record).unwrap();
        let sent = example.outcome(schema).unwrap_or_else(|error| panic!("{}: {error}", example.label()));
        let again = Example {
            about: example.about.clone(),
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

/// A hint that is wrong in its turn is worse than none: what it proposes is checked again, for mistakes with members of
/// every record (one in a few, since all of them take a minute).
#[test]
fn every_comparison_that_a_hint_proposes_passes() {
    let check = |record: Schema<'_>, parameter: &str, text: &str| match parameter {
        "childConditions" => record.check_child_conditions(text),
        _ => record.check_conditions(text),
    };
    let (mut seen, mut proposals, mut wrong) = (BTreeSet::new(), 0, Vec::new());
    for record in catalogue::all().filter_map(schemas::for_records).filter(|record| seen.insert(record.name())) {
        for member in record.members().step_by(7) {
            let mistakes = [
                format!("{member}Id = 1"),
                format!("{member}Id in (1,2)"),
                format!("{member}Name = \"x\""),
                format!("{member} = 1"),
                format!("{member} in (1,2)"),
                format!("{member} = \"x\""),
                format!("{member}/id = 1"),
                format!("not {member}/id in (1,2)"),
                format!("{member}/{member} = 1"),
                format!("{}{member} = 1", record.name()),
                format!("{} = 1", member.trim_end_matches('s')),
                format!("_info/{member} = null"),
            ];
            for (parameter, text) in mistakes.iter().flat_map(|text| [("conditions", text), ("childConditions", text)])
            {
                let Err(error) = check(record, parameter, text) else { continue };
                let Some(hint) = &error.findings()[0].hint else { continue };
                let proposed = ["conditions", "childConditions"]
                    .into_iter()
                    .find_map(|other| Some((other, hint.split_once(&format!("use {other}: "))?.1)));
                let Some((parameter, proposal)) = proposed.or_else(|| {
                    Some((parameter, hint.strip_prefix("write ").or_else(|| Some(hint.split_once(": write ")?.1))?))
                }) else {
                    continue;
                };
                if ["true", "false"].iter().any(|flag| proposal.starts_with(flag)) {
                    continue;
                }
                proposals += 1;
                if let Err(again) = check(record, parameter, proposal) {
                    wrong.push(format!("{}: {text}\n  hint: {hint}\n  {again}", record.name()));
                }
            }
        }
    }
    println!("{proposals} proposals for {} records", seen.len());
    assert!(
        proposals > 5_000 && wrong.is_empty(),
        "{} of {proposals} proposals fail:\n{}",
        wrong.len(),
        wrong.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
    );
}
