//! `cwpsa call`: calls any operation.

use std::io::Read as _;
use std::path::PathBuf;

use clap::Args;
use connectwise_psa::catalogue::{Operation, Paging, ResponseKind};
use connectwise_psa::documents::FileSource;
use connectwise_psa::raw::RawRequest;
use connectwise_psa::{DryRun, Error, Method};
use serde_json::value::to_raw_value;
use serde_json::{Map, Value, json};

use crate::calls::items::{inputs, items};
use crate::calls::listing::Extent;
use crate::calls::{Input, batch, download, dry_run, listing};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::operations::id;
use crate::output::prompt::confirm;
use crate::projection;

/// The records of a page, unless the caller says otherwise.
const PAGE_SIZE: u64 = 100;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The operation's id, such as service.list_tickets, getServiceTickets or list-tickets
    id: String,
    /// A parameter of the path or the query: --param id=5; repeatable
    #[arg(long = "param", short = 'p', value_name = "NAME=VALUE", value_parser = parameter)]
    parameters: Vec<(String, String)>,
    /// The body: JSON, @FILE, or - for standard input; several items are sent one after another
    #[arg(long, short = 'i', value_name = "JSON")]
    input: Option<String>,
    /// Only records that match: status/name="New" and id>5
    #[arg(long)]
    conditions: Option<String>,
    /// Only records with elements of lists that match: types/id=2
    #[arg(long, value_name = "CONDITIONS")]
    child_conditions: Option<String>,
    /// Only records with custom fields that match: caption="Floor" AND value=3
    #[arg(long, value_name = "CONDITIONS")]
    custom_field_conditions: Option<String>,
    /// The order of the records: id desc
    #[arg(long, value_name = "ORDER")]
    order_by: Option<String>,
    /// Only these fields: id,summary,board/name
    #[arg(long)]
    fields: Option<String>,
    /// Read all pages of a list
    #[arg(long, conflicts_with_all = ["page", "limit"])]
    all: bool,
    /// Read at most this many records
    #[arg(long, value_name = "N", conflicts_with = "page")]
    limit: Option<u64>,
    /// Read one page, counted from 1
    #[arg(long, value_name = "N")]
    page: Option<u32>,
    /// The records of a page, at most 1,000
    #[arg(long, value_name = "N")]
    page_size: Option<u64>,
    /// Count the records of a list instead of reading them
    #[arg(long, conflicts_with_all = ["all", "limit", "page"])]
    count: bool,
    /// Where a file goes that the operation returns: a file, a folder, or - for standard output
    #[arg(long, short = 'o', value_name = "FILE")]
    output: Option<PathBuf>,
    /// A file to upload
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// An additional header; repeatable
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    header: Vec<(String, String)>,
    /// Print a rejected request as a value, with its status and body, and exit with 0
    #[arg(long)]
    no_fail: bool,
    /// Print the request and a curl command, and send nothing
    #[arg(long)]
    dry_run: bool,
    /// Do not check the input against the description of the operation
    #[arg(long)]
    no_check: bool,
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("is not NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("is not NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

impl Arguments {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        let operation = self.operation()?;
        let json = self.input_text()?;
        let inputs = inputs(operation, &self.parameters(operation), json.as_deref())?;
        if !self.no_check {
            for input in &inputs {
                input.check(operation)?;
            }
        }
        if self.dry_run {
            return self.print_requests(context, operation, &inputs);
        }
        if operation.method == Method::Delete {
            let records = if inputs.len() == 1 { "a record" } else { "records" };
            if !confirm(context.global.yes, &format!("{} deletes {records}.", id::name(operation)))? {
                return Err(CommandError::failure("not confirmed; nothing was sent"));
            }
        }
        context.block_on(self.send(context, operation, inputs))?
    }

    /// Returns the operation that is called: for --count, the one that counts.
    fn operation(&self) -> Result<&'static Operation, CommandError> {
        let operation = id::find(&self.id)?;
        if !self.count || operation.related.count.is_none() {
            return match self.count && !operation.id.starts_with("count_") {
                true => Err(CommandError::usage(format!("the records of {} cannot be counted", id::name(operation)))),
                false => Ok(operation),
            };
        }
        Ok(operation.related.count.unwrap_or(operation))
    }

    /// Returns the parameters that all items have.
    fn parameters(&self, operation: &Operation) -> Map<String, Value> {
        let named = self.parameters.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str())));
        let mut parameters: Map<String, Value> = named.collect();
        let texts = [
            ("conditions", &self.conditions),
            ("childConditions", &self.child_conditions),
            ("customFieldConditions", &self.custom_field_conditions),
            ("orderBy", &self.order_by),
            ("fields", &self.fields),
        ];
        for (name, value) in texts {
            if let Some(value) = value {
                parameters.insert(name.to_owned(), value.as_str().into());
            }
        }
        if let Some(size) = self.page_size.or((is_list(operation) && !self.all).then_some(PAGE_SIZE)) {
            if is_list(operation) || self.page_size.is_some() {
                parameters.entry("pageSize").or_insert(size.into());
            }
        }
        parameters
    }

    fn input_text(&self) -> Result<Option<String>, CommandError> {
        let Some(input) = self.input.as_deref() else { return Ok(None) };
        if input == "-" {
            let mut text = String::new();
            std::io::stdin()
                .lock()
                .read_to_string(&mut text)
                .map_err(|error| CommandError::usage(format!("--input -: {error}")))?;
            return Ok(Some(text));
        }
        match input.strip_prefix('@') {
            Some(path) => std::fs::read_to_string(path)
                .map(Some)
                .map_err(|error| CommandError::usage(format!("--input @{path}: {error}"))),
            None => Ok(Some(input.to_owned())),
        }
    }

    /// Prints what would be sent.
    fn print_requests(&self, context: &Context, operation: &'static Operation, inputs: &[Input]) -> Outcome {
        let psa = context.offline_psa()?;
        let requests: Result<Vec<DryRun>, Error> = inputs
            .iter()
            .map(|input| {
                let request = self.with_headers(input.request(&psa, operation));
                match self.first_page(operation) {
                    Some(page) => request.query("page", page.to_string()).dry_run(),
                    None => request.dry_run(),
                }
            })
            .collect();
        dry_run::print(&requests?, &context.output())?;
        Ok(Exit::Success)
    }

    /// Returns the page that is read first.
    fn first_page(&self, operation: &Operation) -> Option<u32> {
        is_list(operation).then(|| self.page.unwrap_or(1))
    }

    fn with_headers(&self, request: RawRequest) -> RawRequest {
        self.header.iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    async fn send(&self, context: &Context, operation: &'static Operation, inputs: Vec<Input>) -> Outcome {
        let [input] = inputs.as_slice() else {
            if self.file.is_some() || matches!(operation.response, ResponseKind::Bytes(_)) {
                return Err(CommandError::usage("files are sent and received one at a time"));
            }
            let writer = context.output().records(&batch::COLUMNS.map(str::to_owned));
            return batch::run(context.psa().await?, operation, &inputs, writer).await;
        };
        let mut request = self.with_headers(input.request(context.psa().await?, operation));
        if let Some(path) = &self.file {
            request = request.upload(FileSource::path(path).into_upload().await?);
        }
        let result = if matches!(operation.response, ResponseKind::Bytes(_)) {
            download::download(request, self.output.as_deref(), context.global.yes).await.map(|saved| {
                if let Some(saved) = saved {
                    context.output().note(&saved);
                }
            })
        } else if is_list(operation) {
            self.list(context, operation, input).await
        } else {
            self.one(context, operation, request).await
        };
        match result {
            Err(error) if self.no_fail => print_failure(context, error),
            result => result.map(|()| Exit::Success),
        }
    }

    /// Prints the result of an operation that is not a list.
    async fn one(&self, context: &Context, operation: &Operation, request: RawRequest) -> Result<(), CommandError> {
        let items = items(&request.await?);
        let output = context.output();
        let columns = self.columns(operation);
        match (items.as_slice(), context.global.is_json()) {
            // People see one record with its fields below each other.
            ([item], false) => output.value(item, &columns),
            (items, _) => {
                let mut writer = output.records(&columns);
                for item in items {
                    writer.write(item)?;
                }
                writer.finish()
            }
        }
    }

    /// Prints the records of a list, and says if there are more.
    async fn list(&self, context: &Context, operation: &'static Operation, input: &Input) -> Result<(), CommandError> {
        let psa = context.psa().await?;
        let extent = match (self.all, self.limit) {
            (true, _) => Extent::All,
            (false, Some(limit)) => Extent::Limit(limit),
            (false, None) => Extent::Page(self.page.unwrap_or(1)),
        };
        let request = || self.with_headers(input.request(psa, operation));
        let has_count = operation.related.count.is_some();
        listing::print(request, extent, has_count, &self.columns(operation), &context.output()).await?;
        Ok(())
    }

    /// Returns the columns of a table: the chosen fields, or those that matter most.
    fn columns(&self, operation: &Operation) -> Vec<String> {
        if let Some(fields) = &self.fields {
            return fields.split(',').map(|field| field.trim().to_owned()).collect();
        }
        match operation.response {
            ResponseKind::One(name) | ResponseKind::Many(name) => projection::fields(name),
            _ => Vec::new(),
        }
    }
}

fn is_list(operation: &Operation) -> bool {
    operation.paging != Paging::None
}

/// Prints a rejected request as a value. An error without a response stays an error.
fn print_failure(context: &Context, error: CommandError) -> Outcome {
    let Some((call, status)) = error.call().and_then(|call| Some((call, call.status()?))) else { return Err(error) };
    let body = serde_json::from_slice::<Value>(call.response_body())
        .unwrap_or_else(|_| String::from_utf8_lossy(call.response_body()).into());
    let mut value = json!({ "status": status.as_u16(), "body": body });
    value["error"] = error.to_json()["error"].take();
    let value = to_raw_value(&value).map_err(|error| CommandError::failure(error.to_string()))?;
    context.output().value(&value, &[])?;
    Ok(Exit::Success)
}
