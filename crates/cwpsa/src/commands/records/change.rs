//! `create` and `update` of the types of records.

use clap::Args;
use connectwise_psa::Psa;
use connectwise_psa::catalogue::Operation;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::calls::batch::Success;
use crate::calls::items::json_of;
use crate::calls::{Input, batch, dry_run, input_text};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::output::prompt::confirm;
use crate::projection;
use crate::records::assignment::{self, Assignment, Fields};
use crate::records::property::Properties;
use crate::records::resolver::{Resolver, needs_record};
use crate::records::types::RecordType;
use crate::records::{body, custom_fields, exact};

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Set a field: --set board="Help Desk" --set status=New --set summary=@FILE; repeatable
    #[arg(long = "set", short = 's', value_name = "FIELD=VALUE", value_parser = assignment::parse)]
    assignments: Vec<Assignment>,
    /// The fields as JSON, @FILE, or - for standard input; an array creates several records
    #[arg(long, short = 'i', value_name = "JSON")]
    input: Option<String>,
    /// Print the request and a curl command, and send nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The ids of the records
    #[arg(required = true, value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    ids: Vec<i64>,
    /// Set a field: --set status=New; a field without a value is cleared: --set contact=; repeatable
    #[arg(long = "set", short = 's', value_name = "FIELD=VALUE", value_parser = assignment::parse)]
    assignments: Vec<Assignment>,
    /// The fields as JSON, @FILE, or - for standard input
    #[arg(long, short = 'i', value_name = "JSON")]
    input: Option<String>,
    /// Print the requests and curl commands, and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl Create {
    pub(crate) fn run(&self, context: &Context, record_type: &'static RecordType) -> Outcome {
        self.run_with(context, record_type, &Map::new(), &Map::new())
    }

    /// Creates records with fields of the command's own options. `defaults` are for records that do not have the field,
    /// and `extra` is for all records.
    pub(crate) fn run_with(
        &self,
        context: &Context,
        record_type: &'static RecordType,
        defaults: &Map<String, Value>,
        extra: &Map<String, Value>,
    ) -> Outcome {
        let properties = Properties::of(record_type.schema);
        let set = assignment::fields(&properties, &self.assignments)?;
        let items = match read_input(self.input.as_deref())? {
            None => vec![Value::Object(Map::new())],
            Some(Value::Array(items)) => items,
            Some(item) => vec![item],
        };
        let mut records = Vec::new();
        for item in &items {
            let mut values = defaults.clone();
            let fields = body::fields(&properties, item)?;
            check_once(&fields, &set.values)?;
            values.extend(fields);
            values.extend(extra.clone());
            values.extend(set.values.clone());
            records.push(values);
        }
        if records.iter().all(Map::is_empty) && set.custom_fields.is_empty() {
            return Err(CommandError::usage(format!("a {} needs fields: use --set or --input", record_type.one)));
        }
        let operation = record_type.create()?;
        let prepare = async |psa: Option<&Psa>| {
            let mut resolver = Resolver::new(psa);
            let mut inputs = Vec::new();
            for mut values in records {
                resolver.resolve(&properties, &mut values, None).await?;
                custom_fields::add_to_new(&mut values, &set.custom_fields, psa).await?;
                let input = Input { parameters: Map::new(), body: Some(body::create(&values)?) };
                input.check(operation, "")?;
                inputs.push(input);
            }
            Ok(inputs)
        };
        if self.dry_run {
            let inputs = offline(prepare(None))?;
            return print_requests(context, operation, &inputs);
        }
        context.block_on(async {
            send(context, record_type, operation, &prepare(Some(context.psa().await?)).await?).await
        })?
    }
}

impl Update {
    pub(crate) fn run(&self, context: &Context, record_type: &'static RecordType) -> Outcome {
        if let Some((_, id)) =
            self.ids.iter().enumerate().find(|(index, id)| self.ids.iter().take(*index).any(|other| other == *id))
        {
            return Err(CommandError::usage(format!("the id {id} is given twice")));
        }
        let properties = Properties::of(record_type.schema);
        let set = assignment::fields(&properties, &self.assignments)?;
        let mut values = match read_input(self.input.as_deref())? {
            None => Map::new(),
            Some(item) => body::fields(&properties, &item)?,
        };
        check_once(&values, &set.values)?;
        values.extend(set.values.clone());
        if values.is_empty() && set.custom_fields.is_empty() {
            return Err(CommandError::usage("there is nothing to change: use --set or --input"));
        }
        let set = Fields { values, custom_fields: set.custom_fields };
        if self.dry_run {
            let inputs = offline(self.prepare(None, record_type, &properties, &set))?;
            return print_requests(context, record_type.update()?, &inputs);
        }
        context.block_on(async {
            let psa = context.psa().await?;
            let inputs = self.prepare(Some(psa), record_type, &properties, &set).await?;
            if let [_, _, ..] = inputs.as_slice()
                && !confirm(context.global.yes, &format!("Update {} {}?", inputs.len(), record_type.command))?
            {
                return Err(CommandError::failure("not confirmed; nothing was changed"));
            }
            send(context, record_type, record_type.update()?, &inputs).await
        })?
    }

    /// Returns the patches. Reads a record if a name or a custom field depends on it.
    async fn prepare(
        &self,
        psa: Option<&Psa>,
        record_type: &'static RecordType,
        properties: &Properties,
        set: &Fields,
    ) -> Result<Vec<Input>, CommandError> {
        let operation = record_type.update()?;
        let mut resolver = Resolver::new(psa);
        let mut inputs = Vec::new();
        for id in &self.ids {
            let parameters = Map::from_iter([("id".to_owned(), Value::from(*id))]);
            let mut values = set.values.clone();
            let is_needed = !set.custom_fields.is_empty() || needs_record(properties, &values)?;
            let current = match psa {
                Some(psa) if is_needed => {
                    let input = Input { parameters: parameters.clone(), body: None };
                    Some(input.request(psa, record_type.get()?).await?.into_json()?)
                }
                None if !set.custom_fields.is_empty() => {
                    return Err(CommandError::usage(
                        "custom fields are read from the record, and a dry run sends nothing",
                    )
                    .with_next_step(r#"give the id: --input '{"customFields": [{"id": 3, "value": "x"}]}'"#));
                }
                _ => None,
            };
            resolver.resolve(properties, &mut values, current.as_ref()).await?;
            custom_fields::add_to_update(&mut values, &set.custom_fields, current.as_ref())?;
            let input = Input { parameters, body: Some(body::patch(properties, &values)?) };
            input.check(operation, "")?;
            inputs.push(input);
        }
        Ok(inputs)
    }
}

/// Fails if a field is in the input and in an argument: one of the values would be lost.
fn check_once(input: &Map<String, Value>, set: &Map<String, Value>) -> Result<(), CommandError> {
    match set.keys().find(|field| input.contains_key(*field)) {
        Some(field) => Err(CommandError::usage(format!("{field} is set twice: by --set and by --input"))),
        None => Ok(()),
    }
}

/// Runs the preparation of a dry run, which never waits because it sends nothing.
fn offline<T>(preparation: impl Future<Output = Result<T, CommandError>>) -> Result<T, CommandError> {
    let mut preparation = std::pin::pin!(preparation);
    match preparation.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())) {
        std::task::Poll::Ready(result) => result,
        std::task::Poll::Pending => Err(CommandError::failure("a dry run cannot wait for a response")),
    }
}

/// Prints the requests of a dry run.
pub(crate) fn print_requests(context: &Context, operation: &'static Operation, inputs: &[Input]) -> Outcome {
    let psa = context.offline_psa()?;
    let requests: Result<Vec<_>, _> = inputs.iter().map(|input| input.request(&psa, operation).dry_run()).collect();
    dry_run::print(&requests?, None, &context.output())?;
    Ok(Exit::Success)
}

/// Sends the requests and prints the record, or one result for each of several.
pub(crate) async fn send(
    context: &Context,
    record_type: &RecordType,
    operation: &'static Operation,
    inputs: &[Input],
) -> Outcome {
    let psa = context.psa().await?;
    let [input] = inputs else {
        let call = async |input: &Input| {
            let response = input.request(psa, operation).await?;
            Ok(Success { status: Some(response.status.as_u16()), result: json_of(&response)? })
        };
        return batch::run(inputs, call, false, &context.output()).await;
    };
    let response = input.request(psa, operation).await?;
    if let Some(record) = response.json_text() {
        let printed = context.output().value(record, &projection::fields(record_type.schema));
        printed.map_err(CommandError::after_change)?;
    }
    Ok(Exit::Success)
}

/// Reads the value of `--input`.
fn read_input(input: Option<&str>) -> Result<Option<Value>, CommandError> {
    let Some(input) = input else { return Ok(None) };
    let wrong = |problem: String| CommandError::usage(format!("--input: {problem}"));
    let text = input_text::read(input)?;
    let json =
        RawValue::from_string(text.trim().to_owned()).map_err(|error| wrong(format!("not valid JSON: {error}")))?;
    exact::value(&json).map(Some)
}
