//! `cwpsa diff` and `cwpsa apply`: what a file would change, and the change itself.

use clap::Args;
use connectwise_psa::DryRun;

use crate::calls::batch::{self, Success};
use crate::calls::dry_run;
use crate::changes::file::{self, FileRecord};
use crate::changes::plan::{Change, plan, requests_without_reading, shown};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::output::cell::printable;
use crate::output::prompt::confirm;

#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// A file of JSON, or - for standard input: {"type": "tickets", "id": 5, "fields": {"status": "Closed"}}
    file: String,
    /// End with exit code 10 if there is a difference
    #[arg(long)]
    exit_code: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// A file of JSON, or - for standard input: {"type": "tickets", "id": 5, "fields": {"status": "Closed"}}
    file: String,
    /// Create the records of the file that have no id
    #[arg(long)]
    create: bool,
    /// Print the requests that set all fields of the file, and curl commands, and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl Diff {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        let wanted = file::read(&self.file)?;
        let changes = context.block_on(async { plan(context.psa().await?, &wanted).await })??;
        if context.global.is_table() {
            for change in &changes {
                context.output().text(&text_of(change)?)?;
            }
            context.output().note(&summary(&changes, wanted.len()));
        } else {
            let mut writer = context.output().records(&["type", "id", "changes"].map(str::to_owned));
            for change in &changes {
                writer.write(&change.to_json()?)?;
            }
            writer.finish()?;
        }
        Ok(if self.exit_code && !changes.is_empty() { Exit::Different } else { Exit::Success })
    }
}

impl Apply {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        let wanted = file::read(&self.file)?;
        if let Some(new) = wanted.iter().find(|record| record.id.is_none() && !self.create) {
            return Err(CommandError::usage(format!("a {} of the file has no id", new.record_type.one))
                .with_next_step("--create creates the records without an id"));
        }
        if self.dry_run {
            return print_requests(context, &wanted);
        }
        context.block_on(self.send(context, &wanted))?
    }

    async fn send(&self, context: &Context, wanted: &[FileRecord]) -> Outcome {
        let psa = context.psa().await?;
        let changes = plan(psa, wanted).await?;
        let output = context.output();
        for change in &changes {
            output.note(&text_of(change)?);
        }
        output.note(&summary(&changes, wanted.len()));
        if !changes.is_empty() && !confirm(context.global.yes, "Change these records?")? {
            return Err(CommandError::failure("not confirmed; nothing was changed"));
        }
        let call = async |change: &Change| {
            let (status, result) = change.send(psa).await?;
            Ok(Success { status: Some(status), result })
        };
        batch::run(&changes, call, false, &output).await
    }
}

fn print_requests(context: &Context, wanted: &[FileRecord]) -> Outcome {
    let psa = context.offline_psa()?;
    let mut requests: Vec<DryRun> = Vec::new();
    for record in wanted {
        let input = requests_without_reading(record)?;
        let operation = if record.id.is_some() { record.record_type.update()? } else { record.record_type.create()? };
        requests.push(input.request(&psa, operation).dry_run()?);
    }
    dry_run::print(&requests, None, &context.output())?;
    context.output().note("Without --dry-run, only the fields that differ from the server's are sent.");
    Ok(Exit::Success)
}

/// Returns a change for people: each field with its old and its new value.
fn text_of(change: &Change) -> Result<String, CommandError> {
    let mut text = change.name.clone();
    for difference in &change.differences {
        let field = printable(&difference.field);
        if change.id.is_some() {
            text.push_str(&format!("\n- {field}: {}", printable(&shown(&difference.from)?)));
        }
        text.push_str(&format!("\n+ {field}: {}", printable(&shown(&difference.to)?)));
    }
    Ok(text)
}

fn summary(changes: &[Change], records: usize) -> String {
    match changes.len() {
        0 => format!("no differences in {records} records"),
        changed => format!("differences in {changed} of {records} records"),
    }
}
