//! `cwpsa ops search`: finds operations in plain words.

use clap::Args;
use connectwise_psa::catalogue;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::operations::id;
use crate::output::Format;
use crate::search::{Hit, search};

/// What the output says if the results are probably wrong.
const NOT_CONFIDENT: &str = "No operation fits well. PSA may have none for this, or call it something else.";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What the operation should do, such as "close a ticket and tell the customer"
    #[arg(required = true, value_name = "WORDS")]
    query: Vec<String>,
    /// The maximum number of results
    #[arg(long, default_value_t = 10, value_name = "N")]
    limit: usize,
}

/// The result of a search for programs.
#[derive(Debug, Serialize)]
struct Document<'a> {
    query: &'a str,
    confident: bool,
    results: Vec<Row>,
}

/// One operation for programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    vendor_id: &'static str,
    title: &'static str,
    score: f64,
    method: &'static str,
    path: &'static str,
}

impl From<&Hit> for Row {
    fn from(hit: &Hit) -> Self {
        let operation = hit.operation;
        Self {
            id: id::name(operation),
            vendor_id: operation.vendor_id,
            title: catalogue::summary(operation),
            score: hit.score,
            method: operation.method.as_str(),
            path: operation.path,
        }
    }
}

impl Arguments {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        let query = self.query.join(" ");
        let found = search(&query, self.limit);
        let rows: Vec<_> = found.results.iter().map(Row::from).collect();
        let output = context.output();
        match context.global.format() {
            Format::Json | Format::JsonLines => {
                output.value(&raw(&Document { query: &query, confident: found.confident, results: rows })?, &[])?;
            }
            Format::Table | Format::Csv => {
                let mut records = output.records(&["id".to_owned(), "title".to_owned()]);
                for row in &rows {
                    records.write(&raw(row)?)?;
                }
                records.finish()?;
                if !found.confident {
                    output.note(NOT_CONFIDENT);
                }
            }
        }
        Ok(Exit::Success)
    }
}

fn raw(value: &impl Serialize) -> Result<Box<RawValue>, CommandError> {
    to_raw_value(value).map_err(CommandError::unwritable)
}
