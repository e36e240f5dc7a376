//! `cwpsa call`: calls any operation.

use std::path::PathBuf;

use clap::Args;
use clap_complete::ArgValueCandidates;
use connectwise_psa::catalogue::{BodyEncoding, Operation, Paging, ResponseKind};
use connectwise_psa::raw::RawRequest;
use connectwise_psa::{DryRun, Method, Psa};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

use crate::calls::batch::Success;
use crate::calls::curl::Form;
use crate::calls::items::{inputs, items, json_of};
use crate::calls::listing::Extent;
use crate::calls::{Input, batch, download, dry_run, failure, input_text, listing, twice, upload};
use crate::completion::candidates;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::operations::id;
use crate::output::Output;
use crate::output::prompt::confirm;
use crate::projection;

/// The records of a page, unless the caller says otherwise.
const PAGE_SIZE: u64 = 100;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The operation's id, such as service.list_tickets, getServiceTickets or list-service-tickets
    #[arg(add = ArgValueCandidates::new(candidates::operations))]
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
        if self.file.is_some() && !operation.body.is_some_and(|body| body.encoding == BodyEncoding::Multipart) {
            return Err(CommandError::usage(format!("--file: {} does not take a file", id::name(operation))));
        }
        let json = self.input.as_deref().map(input_text::read).transpose()?;
        let inputs = inputs(operation, &self.parameters(operation)?, json.as_deref())?;
        if !self.no_check {
            for input in &inputs {
                input.check(operation, "; --no-check sends it anyway")?;
            }
        }
        if self.dry_run {
            return self.print_requests(context, operation, &inputs);
        }
        if operation.method == Method::Delete {
            let records = match inputs.len() {
                1 => "a record".to_owned(),
                count => format!("{count} records"),
            };
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

    /// Returns the parameters that all items have. Each can be given once, by its own option or by --param.
    fn parameters(&self, operation: &Operation) -> Result<Map<String, Value>, CommandError> {
        let options = [
            ("conditions", self.conditions.clone()),
            ("childConditions", self.child_conditions.clone()),
            ("customFieldConditions", self.custom_field_conditions.clone()),
            ("orderBy", self.order_by.clone()),
            ("fields", self.fields.clone()),
            ("pageSize", self.page_size.map(|size| size.to_string())),
        ];
        let options = options.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let given: Vec<(String, String)> = self.parameters.iter().cloned().chain(options).collect();
        if let Some(name) = twice(given.iter().map(|(name, _)| name.as_str())) {
            return Err(CommandError::usage(format!("the parameter {name} is given twice")));
        }
        let is_given = |name: &str| given.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
        if is_list(operation) && is_given("page") {
            return Err(CommandError::usage("the page is chosen with --page N, or with --all or --limit N"));
        }
        // The client chooses the size for --all and --limit.
        let has_default_size = is_list(operation) && !self.all && self.limit.is_none() && !is_given("pageSize");
        let mut parameters: Map<String, Value> = given.into_iter().map(|(name, value)| (name, value.into())).collect();
        if has_default_size {
            parameters.insert("pageSize".to_owned(), PAGE_SIZE.into());
        }
        Ok(parameters)
    }

    /// Prints what would be sent.
    fn print_requests(&self, context: &Context, operation: &'static Operation, inputs: &[Input]) -> Outcome {
        let psa = context.offline_psa()?;
        let requests: Result<Vec<DryRun>, CommandError> = inputs
            .iter()
            .map(|input| {
                let mut request = self.request(&psa, operation, input);
                if let Some(path) = &self.file {
                    request = upload::describe(request, path)?;
                }
                if !is_list(operation) {
                    return Ok(request.dry_run()?);
                }
                let list = request.list_as::<Box<RawValue>>().from_page(self.page.unwrap_or(1));
                Ok(match self.limit {
                    Some(limit) => list.take(limit),
                    None => list,
                }
                .dry_run()?)
            })
            .collect();
        let form = self.file.as_deref().map(|file| Form { file, fields: form_fields(inputs) });
        dry_run::print(&requests?, form.as_ref(), &context.output())?;
        Ok(Exit::Success)
    }

    fn request(&self, psa: &Psa, operation: &'static Operation, input: &Input) -> RawRequest {
        let request = input.request(psa, operation);
        self.header.iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    async fn send(&self, context: &Context, operation: &'static Operation, inputs: Vec<Input>) -> Outcome {
        let psa = context.psa().await?;
        let output = context.output();
        let [input] = inputs.as_slice() else {
            if self.file.is_some() || matches!(operation.response, ResponseKind::Bytes(_)) {
                return Err(CommandError::usage("files are sent and received one at a time"));
            }
            let call = async |input: &Input| self.success(psa, operation, input).await;
            return batch::run(&inputs, call, self.no_fail, &output).await;
        };
        let request = || self.request(psa, operation, input);
        let result = if matches!(operation.response, ResponseKind::Bytes(_)) {
            download::download(request(), self.output.as_deref(), context.global.yes).await.map(|saved| {
                if let Some(saved) = saved {
                    output.note(&saved);
                }
            })
        } else if is_list(operation) {
            self.list(operation, request, &output).await
        } else {
            self.one(operation, request(), context).await
        };
        match result {
            Err(error) if self.no_fail => failure::print(error, &output),
            result => result.map(|()| Exit::Success),
        }
    }

    /// Sends one of several requests.
    async fn success(&self, psa: &Psa, operation: &'static Operation, input: &Input) -> Result<Success, CommandError> {
        let request = self.request(psa, operation, input);
        if !is_list(operation) {
            let response = request.await?;
            return Ok(Success { status: Some(response.status.as_u16()), result: json_of(&response)? });
        }
        let list = request.list_as::<Box<RawValue>>();
        let records = match self.limit {
            Some(limit) => list.take(limit).all().await?,
            None if self.all => list.all().await?,
            None => list.page(self.page.unwrap_or(1)).await?.items,
        };
        Ok(Success { status: None, result: to_raw_value(&records).map_err(CommandError::unwritable)? })
    }

    /// Prints the result of an operation that is not a list.
    async fn one(&self, operation: &Operation, request: RawRequest, context: &Context) -> Result<(), CommandError> {
        let request = match &self.file {
            Some(path) => upload::attach(request, path).await?,
            None => request,
        };
        let items = items(&request.await?);
        let (output, columns) = (context.output(), self.columns(operation));
        let printed = match (items.as_slice(), context.global.is_json()) {
            // People see one record with its fields below each other.
            ([item], false) => output.value(item, &columns),
            (items, _) => output.all(items, &columns),
        };
        let is_change = operation.method != Method::Get;
        printed.map_err(|error| if is_change { error.after_change() } else { error })
    }

    /// Prints the records of a list, and says if there are more.
    async fn list(
        &self,
        operation: &Operation,
        request: impl Fn() -> RawRequest,
        output: &Output,
    ) -> Result<(), CommandError> {
        let extent = match (self.all, self.limit) {
            (true, _) => Extent::All,
            (false, Some(limit)) => Extent::Limit(limit),
            (false, None) => Extent::Page(self.page.unwrap_or(1)),
        };
        listing::print(request, extent, operation.related.count.is_some(), &self.columns(operation), output).await?;
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

/// Returns the fields of the form of a request with a file.
fn form_fields(inputs: &[Input]) -> Map<String, Value> {
    let body = inputs.first().and_then(|input| input.body.as_ref());
    body.and_then(|body| serde_json::from_str(body.get()).ok()).unwrap_or_default()
}
