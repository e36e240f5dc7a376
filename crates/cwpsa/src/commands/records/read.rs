//! `list` and `get` of the types of records.

use std::collections::HashMap;

use clap::Args;
use connectwise_psa::conditions::{Comparison, FieldPath, Literal, Operator};
use connectwise_psa::{Condition, Psa};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::calls::listing::{self, Extent};
use crate::calls::{Input, dry_run};
use crate::commands::records::filter_options::{FilterOptions, RecordCommand};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::projection;
use crate::records::types::RecordType;

/// The records of a page.
const PAGE_SIZE: u64 = 100;

/// The ids of one request, so that its URL stays short.
const IDS: usize = 100;

#[derive(Debug, Args)]
pub(crate) struct List<K: RecordCommand> {
    #[command(flatten)]
    filters: FilterOptions<K>,
    /// Only records that match, in addition to the filters: dateEntered>[2026-01-01]
    #[arg(long)]
    conditions: Option<String>,
    /// The order of the records: id desc
    #[arg(long, value_name = "ORDER")]
    order_by: Option<String>,
    /// Only these fields: id,summary,board/name
    #[arg(long)]
    fields: Option<String>,
    /// Read at most this many records
    #[arg(long, value_name = "N", conflicts_with = "all")]
    limit: Option<u64>,
    /// Read all records
    #[arg(long)]
    all: bool,
    /// Print the first request and a curl command, and send nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Get {
    /// The ids of the records
    #[arg(required = true, value_name = "ID", value_parser = clap::value_parser!(i64).range(1..))]
    ids: Vec<i64>,
    /// Only these fields: id,summary,board/name
    #[arg(long)]
    fields: Option<String>,
    /// Print the requests and curl commands, and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl<K: RecordCommand> List<K> {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        let operation = K::record_type().list()?;
        let input = Input { parameters: self.parameters()?, body: None };
        input.check(operation, "")?;
        if self.dry_run {
            let request = input.request(&context.offline_psa()?, operation).query("page", "1").dry_run()?;
            dry_run::print(&[request], None, &context.output())?;
            return Ok(Exit::Success);
        }
        let extent = match (self.all, self.limit) {
            (true, _) => Extent::All,
            (false, Some(limit)) => Extent::Limit(limit),
            (false, None) => Extent::Page(1),
        };
        let columns = columns(K::record_type(), self.fields.as_deref());
        let output = context.output();
        let printed = context.block_on(async {
            let psa = context.psa().await?;
            let request = || input.request(psa, operation);
            listing::print(request, extent, operation.related.count.is_some(), &columns, &output).await
        })??;
        if printed == 0 {
            output.note(&format!("no {} match", K::record_type().command));
        }
        Ok(Exit::Success)
    }

    fn parameters(&self) -> Result<Map<String, Value>, CommandError> {
        let mut conditions = self.filters.conditions()?;
        if let Some(text) = &self.conditions {
            let condition: Condition =
                text.parse().map_err(|error| CommandError::usage(format!("--conditions: {error}")))?;
            conditions.push(condition);
        }
        let texts = [
            ("conditions", Condition::all(conditions).map(|condition| condition.to_string())),
            ("orderBy", self.order_by.clone()),
            ("fields", self.fields.clone()),
        ];
        let mut parameters: Map<String, Value> =
            texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into()))).collect();
        if !self.all {
            let size = self.limit.unwrap_or(PAGE_SIZE).clamp(1, 1_000);
            parameters.insert("pageSize".to_owned(), size.into());
        }
        Ok(parameters)
    }
}

impl Get {
    pub(crate) fn run(&self, context: &Context, record_type: &'static RecordType) -> Outcome {
        let columns = columns(record_type, self.fields.as_deref());
        if let [id] = self.ids.as_slice() {
            let (operation, input) = (record_type.get()?, self.one(*id));
            input.check(operation, "")?;
            if self.dry_run {
                dry_run::print(
                    &[input.request(&context.offline_psa()?, operation).dry_run()?],
                    None,
                    &context.output(),
                )?;
                return Ok(Exit::Success);
            }
            let record = context.block_on(async {
                let response = input.request(context.psa().await?, operation).await?;
                response
                    .json_text()
                    .map(ToOwned::to_owned)
                    .ok_or_else(|| CommandError::failure("the response is not JSON"))
            })??;
            context.output().value(&record, &columns)?;
            return Ok(Exit::Success);
        }
        let operation = record_type.list()?;
        let inputs: Result<Vec<Input>, CommandError> = self.ids.chunks(IDS).map(|ids| self.several(ids)).collect();
        let inputs = inputs?;
        if self.dry_run {
            let psa = context.offline_psa()?;
            let requests: Result<Vec<_>, _> =
                inputs.iter().map(|input| input.request(&psa, operation).query("page", "1").dry_run()).collect();
            dry_run::print(&requests?, None, &context.output())?;
            return Ok(Exit::Success);
        }
        let records = context.block_on(async {
            let psa: &Psa = context.psa().await?;
            let mut records = HashMap::new();
            for input in &inputs {
                let page = input.request(psa, operation).list_as::<Box<RawValue>>().page(1).await?;
                records.extend(page.items.into_iter().filter_map(|record| Some((id_of(&record)?, record))));
            }
            Ok::<_, CommandError>(records)
        })??;
        let missing: Vec<String> =
            self.ids.iter().filter(|id| !records.contains_key(id)).map(ToString::to_string).collect();
        let message = || format!("these {} do not exist: {}", record_type.command, missing.join(", "));
        if records.is_empty() {
            return Err(CommandError::new(Exit::NotFound, "not_found", message()));
        }
        let mut writer = context.output().records(&columns);
        for record in self.ids.iter().filter_map(|id| records.get(id)) {
            writer.write(record)?;
        }
        writer.finish()?;
        if missing.is_empty() {
            return Ok(Exit::Success);
        }
        context.output().note(&message());
        Ok(Exit::PartlyFailed)
    }

    fn one(&self, id: i64) -> Input {
        let mut parameters = Map::from_iter([("id".to_owned(), Value::from(id))]);
        parameters.extend(self.fields.iter().map(|fields| ("fields".to_owned(), fields.as_str().into())));
        Input { parameters, body: None }
    }

    /// Returns the request of a list for several records.
    fn several(&self, ids: &[i64]) -> Result<Input, CommandError> {
        let ids = ids.iter().map(|id| Literal::integer(*id));
        let condition: Condition = Comparison::new(FieldPath::new("id")?, Operator::In, ids)?.into();
        let mut parameters = Map::new();
        parameters.insert("conditions".to_owned(), condition.to_string().into());
        parameters.insert("pageSize".to_owned(), Value::from(IDS));
        if let Some(fields) = &self.fields {
            let has_id = fields.split(',').any(|field| field.trim().eq_ignore_ascii_case("id"));
            let fields = if has_id { fields.clone() } else { format!("id,{fields}") };
            parameters.insert("fields".to_owned(), fields.into());
        }
        Ok(Input { parameters, body: None })
    }
}

/// The id of a record.
#[derive(Deserialize)]
struct Id {
    id: i64,
}

fn id_of(record: &RawValue) -> Option<i64> {
    serde_json::from_str::<Id>(record.get()).ok().map(|record| record.id)
}

/// Returns the columns of a table: the chosen fields, or those that matter most.
fn columns(record_type: &RecordType, fields: Option<&str>) -> Vec<String> {
    match fields {
        Some(fields) => fields.split(',').map(|field| field.trim().to_owned()).collect(),
        None => projection::fields(record_type.schema),
    }
}
