//! `cwpsa conditions`: checks, explains and formats conditions, sort orders and field lists.

use std::io::{self, Read as _};

use clap::{Args, Subcommand};
use connectwise_psa::conditions::Schema;
use serde::Serialize;
use serde_json::Value;

use crate::conditions::parameter::{Parameter, Parsed};
use crate::conditions::report::Finding;
use crate::conditions::{explanation, layout, record_type, report, surprises};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::output::text::{print, print_value};

/// The most bytes of text on standard input: far more than a server accepts.
const MAX_TEXT: u64 = 1024 * 1024;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Check text: its syntax, and with --type its fields and values
    Check(Input),
    /// Explain in plain English what text means, and what may surprise
    Explain(Input),
    /// Print the canonical text, which is what the client sends
    Format {
        #[command(flatten)]
        input: Input,
        /// Print one comparison or field on each line, for reading
        #[arg(long = "break")]
        is_broken: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Input {
    /// The conditions, such as 'closedFlag=false and board/name="Help Desk"'; - for standard input
    text: String,
    /// The type of the records: a type (Ticket), a collection (service/tickets) or an operation (service.list_tickets)
    #[arg(long = "type", value_name = "TYPE")]
    type_name: Option<String>,
    /// The text is childConditions, on the elements of lists in a record
    #[arg(long, group = "parameter")]
    child: bool,
    /// The text is customFieldConditions
    #[arg(long, group = "parameter")]
    custom_field: bool,
    /// The text is a sort order
    #[arg(long, group = "parameter")]
    order_by: bool,
    /// The text is a list of fields
    #[arg(long, group = "parameter")]
    fields: bool,
}

/// Text that is right, and what it is for.
struct Checked {
    parameter: Parameter,
    schema: Option<Schema<'static>>,
    parsed: Parsed,
}

impl Command {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        let (input, show): (_, fn(&Checked) -> Shown) = match self {
            Self::Check(input) => (input, check),
            Self::Explain(input) => (input, explain),
            Self::Format { input, is_broken: false } => (input, |checked| format(checked.parsed.text())),
            Self::Format { input, is_broken: true } => (input, |checked| format(layout::broken(&checked.parsed))),
        };
        let parameter = input.parameter();
        let schema = input.type_name.as_deref().map(record_type::find).transpose()?;
        let text = input.read()?;
        let document = |findings: Vec<Finding>, details: Details| Document {
            parameter: parameter.name(),
            type_name: schema.as_ref().map(Schema::name),
            valid: findings.is_empty(),
            findings,
            details,
        };
        match report::check(parameter, &text, schema.as_ref()) {
            Ok(parsed) => {
                let shown = show(&Checked { parameter, schema, parsed });
                if context.global.is_json() {
                    document(Vec::new(), shown.details).print(context)?;
                } else {
                    print(&shown.text)?;
                }
                Ok(Exit::Success)
            }
            Err(problems) if context.global.is_json() => {
                document(problems.findings, Details::default()).print(context)?;
                Ok(Exit::Usage)
            }
            Err(problems) => Err(CommandError::usage(problems.text)),
        }
    }
}

impl Input {
    fn parameter(&self) -> Parameter {
        match self {
            Self { child: true, .. } => Parameter::ChildConditions,
            Self { custom_field: true, .. } => Parameter::CustomFieldConditions,
            Self { order_by: true, .. } => Parameter::OrderBy,
            Self { fields: true, .. } => Parameter::Fields,
            _ => Parameter::Conditions,
        }
    }

    fn read(&self) -> Result<String, CommandError> {
        if self.text != "-" {
            return Ok(self.text.clone());
        }
        let mut text = String::new();
        io::stdin()
            .lock()
            .take(MAX_TEXT + 1)
            .read_to_string(&mut text)
            .map_err(|error| CommandError::usage(format!("standard input: {error}")))?;
        if text.len() as u64 > MAX_TEXT {
            return Err(CommandError::usage(format!("standard input: more than {MAX_TEXT} bytes")));
        }
        // A file ends with a line break, which is not a part of the conditions.
        Ok(text.trim_end().to_owned())
    }
}

/// The JSON result of all these commands.
#[derive(Debug, Serialize)]
struct Document {
    parameter: &'static str,
    #[serde(rename = "type")]
    type_name: Option<&'static str>,
    valid: bool,
    findings: Vec<Finding>,
    #[serde(flatten)]
    details: Details,
}

/// What only some of the commands return. Absent if the text is wrong.
#[derive(Debug, Default, Serialize)]
struct Details {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<Vec<String>>,
}

impl Document {
    fn print(&self, context: &Context) -> Result<(), CommandError> {
        print_value(&context.output(), self)
    }
}

/// A result for people, and for programs.
struct Shown {
    text: String,
    details: Details,
}

fn check(checked: &Checked) -> Shown {
    let text = match &checked.schema {
        Some(schema) => format!("valid for the type {}", schema.name()),
        None if checked.parameter == Parameter::CustomFieldConditions => "valid".to_owned(),
        None => "valid syntax; with --type, fields and values are checked too".to_owned(),
    };
    Shown { text, details: Details { text: Some(checked.parsed.text()), ..Details::default() } }
}

fn explain(checked: &Checked) -> Shown {
    let Checked { parameter, schema, parsed } = checked;
    let surprises = surprises::of(*parameter, parsed);
    let mut text = explanation::text(*parameter, parsed, schema.as_ref().map(Schema::name));
    if !surprises.is_empty() {
        text.push_str("\n\nNote:");
        for surprise in &surprises {
            text.push_str("\n  - ");
            text.push_str(surprise);
        }
    }
    let explanation = Some(explanation::json(parsed));
    Shown { text, details: Details { text: Some(parsed.text()), explanation, notes: Some(surprises) } }
}

fn format(text: String) -> Shown {
    Shown { details: Details { text: Some(text.clone()), ..Details::default() }, text }
}
