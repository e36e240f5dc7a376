//! `cwpsa tickets`: the common commands, and closing and notes.

use clap::{Args, Subcommand};
use connectwise_psa::dependencies::chrono::Utc;
use connectwise_psa::tickets::{CloseStep, Closed, Note};
use connectwise_psa::types::ServiceStatusReference;
use serde_json::value::to_raw_value;
use serde_json::{Map, Value, json};

use crate::calls::Input;
use crate::commands::records::change::{Create, Update, print_requests, send};
use crate::commands::records::read::{Get, List};
use crate::commands::records::{Tickets, time};
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::operations::id;
use crate::records::assignment::text_of;
use crate::records::types::TICKETS;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List tickets
    List(List<Tickets>),
    /// Show tickets by id
    Get(Get),
    /// Create a ticket
    Create(Create),
    /// Change fields of tickets
    Update(Update),
    /// Close a ticket, with a note and time
    Close(Close),
    /// Add a note to a ticket
    Note(AddNote),
}

#[derive(Debug, Args)]
pub(crate) struct Close {
    /// The id of the ticket
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i32).range(1..))]
    id: i32,
    /// A note, which customers can read; @FILE is the text of a file
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// The note is the resolution
    #[arg(long, requires = "note")]
    resolution: bool,
    /// Customers cannot read the note
    #[arg(long, requires = "note", conflicts_with = "resolution")]
    internal: bool,
    /// The time worked until now: 30m, 1h30m or 1.5 (hours)
    #[arg(long, value_name = "TIME", value_parser = time::hours)]
    time: Option<String>,
    /// A closed status of the ticket's board, by name or id; needed if the board has several
    #[arg(long, value_name = "STATUS")]
    status: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct AddNote {
    /// The id of the ticket
    #[arg(value_name = "ID", value_parser = clap::value_parser!(i32).range(1..))]
    id: i32,
    /// The text; @FILE is the text of a file, and @@ at the start is one @
    text: String,
    /// Customers cannot read the note
    #[arg(long)]
    internal: bool,
    /// The note is the resolution, which customers can read
    #[arg(long)]
    resolution: bool,
    /// Let PSA send its e-mails about the note
    #[arg(long)]
    notify: bool,
    /// Print the request and a curl command, and send nothing
    #[arg(long)]
    dry_run: bool,
}

impl Command {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        match self {
            Self::List(list) => list.run(context),
            Self::Get(get) => get.run(context, &TICKETS),
            Self::Create(create) => create.run(context, &TICKETS),
            Self::Update(update) => update.run(context, &TICKETS),
            Self::Close(close) => close.run(context),
            Self::Note(note) => note.run(context),
        }
    }
}

impl Close {
    fn run(&self, context: &Context) -> Outcome {
        let closed = context.block_on(async {
            let mut close = context.psa().await?.tickets().close(self.id);
            if let Some(argument) = &self.note {
                let text = text_of("--note", argument)?;
                close = close.note(match (self.resolution, self.internal) {
                    (true, _) => Note::resolution(text),
                    (_, true) => Note::internal(text),
                    _ => Note::discussion(text),
                });
            }
            if let Some(hours) = &self.time {
                let (start, hours) = time::until(Utc::now(), hours)?;
                close = close.time(start, hours);
            }
            if let Some(status) = &self.status {
                close = close.status(match status.parse::<i32>() {
                    Ok(id) => ServiceStatusReference::from(id),
                    Err(_) => ServiceStatusReference::by_name(status),
                });
            }
            close.send().await.map_err(|error| {
                let message = error.to_string();
                let failure = CommandError::from(error.error).with_message(message);
                match error.step {
                    // The message says that nothing was changed.
                    CloseStep::Preparation => failure,
                    _ => failure
                        .with_next_step(format!("repeat it without what was done: {}", summary(self.id, &error.done))),
                }
            })
        })??;
        let output = context.output();
        if closed.was_closed && (self.note.is_some() || self.time.is_some()) {
            return Err(CommandError::failure(format!(
                "ticket {} was closed already, so the note and the time were not added",
                self.id
            ))
            .with_next_step(format!(
                "`cwpsa tickets note {} TEXT` and `cwpsa time create --ticket {}` add them",
                self.id, self.id
            )));
        }
        output.note(&summary(self.id, &closed));
        if !context.global.is_table() {
            let value = json!({
                "id": self.id,
                "wasClosed": closed.was_closed,
                "status": closed.status,
                "noteId": closed.note.as_ref().and_then(connectwise_psa::tickets::AddedNote::id),
                "timeEntryId": closed.time.as_ref().and_then(|time| time.id),
            });
            let value = to_raw_value(&value).map_err(|error| CommandError::failure(error.to_string()))?;
            output.value(&value, &[])?;
        }
        Ok(Exit::Success)
    }
}

/// Returns what was done.
fn summary(ticket: i32, closed: &Closed) -> String {
    if closed.was_closed {
        return format!("ticket {ticket} was closed already; nothing was changed");
    }
    let mut parts = Vec::new();
    if let Some(time) = &closed.time {
        parts.push(format!("time entry {} was added", time.id.unwrap_or_default()));
    }
    if let Some(note) = &closed.note {
        parts.push(format!("note {} was added", note.id().unwrap_or_default()));
    }
    if closed.status.is_some() {
        parts.push(format!("ticket {ticket} is closed"));
    }
    if parts.is_empty() { "nothing was changed".to_owned() } else { parts.join(", ") }
}

impl AddNote {
    fn run(&self, context: &Context) -> Outcome {
        let text = text_of("the note", &self.text)?;
        if text.trim().is_empty() {
            return Err(CommandError::usage("the text of the note is empty"));
        }
        let mut body = Map::from_iter([
            ("text".to_owned(), text.into()),
            ("detailDescriptionFlag".to_owned(), (!self.internal && !self.resolution).into()),
            ("internalAnalysisFlag".to_owned(), self.internal.into()),
            ("resolutionFlag".to_owned(), self.resolution.into()),
        ]);
        if self.notify {
            body.insert("processNotifications".to_owned(), true.into());
        }
        let body = to_raw_value(&body).map_err(|error| CommandError::failure(error.to_string()))?;
        let operation = id::find("service.create_ticket_note")?;
        let path = operation.parameters.iter().map(|parameter| (parameter.name.to_owned(), Value::from(self.id)));
        let input = Input { parameters: Map::from_iter(path), body: Some(body) };
        if self.dry_run {
            return print_requests(context, operation, &[input]);
        }
        context.block_on(send(context, &TICKETS, operation, &[input]))?
    }
}
