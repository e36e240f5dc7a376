//! Closing a ticket with a note and time, in an order in which a failure leaves the ticket open.

use std::fmt;

use connectwise_psa_bindings::types::{BoardStatus, ServiceStatusReference};
#[cfg(feature = "time")]
use connectwise_psa_bindings::types::{ChargeToType, TimeEntry};
use connectwise_psa_core::error::Error;
#[cfg(feature = "time")]
use connectwise_psa_core::json::{DateTime, Decimal};

use crate::tickets::handle::{TicketId, Tickets};
use crate::tickets::note::{AddedNote, Note};

/// Closes a ticket; see [`Tickets::close`].
///
/// The order is: read the ticket and the statuses of its board, add the time entry, add the note, set the status. If a
/// step fails, the later ones are not done, so the ticket stays open, and [`CloseError`] says what was done. No step is
/// repeated when it is ambiguous. A ticket that is closed already is not changed.
#[derive(Clone, Debug)]
#[must_use = "call `send`"]
pub struct Close {
    tickets: Tickets,
    ticket: TicketId,
    status: Option<ServiceStatusReference>,
    note: Option<Note>,
    #[cfg(feature = "time")]
    time: Option<TimeEntry>,
}

/// What closing a ticket did.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
#[must_use = "if `was_closed` is true, the note and the time were not added"]
pub struct Closed {
    /// Whether the ticket was closed already. Then nothing was changed, and the other fields are `None`.
    pub was_closed: bool,
    /// The time entry that was added.
    #[cfg(feature = "time")]
    pub time: Option<Box<TimeEntry>>,
    /// The note that was added.
    pub note: Option<AddedNote>,
    /// The status that was set; `None` if the ticket was closed already, or if closing failed.
    pub status: Option<ServiceStatusReference>,
}

/// A step of closing a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CloseStep {
    /// Reading the ticket and the statuses of its board. Nothing has been changed.
    Preparation,
    /// Adding the time entry.
    Time,
    /// Adding the note.
    Note,
    /// Setting the status.
    Status,
}

/// Closing a ticket failed. The ticket is open, unless the failed step is [`CloseStep::Status`] and the error is
/// [ambiguous](Error::is_ambiguous) or a [decode error](Error::is_decode).
#[derive(Debug)]
#[non_exhaustive]
pub struct CloseError {
    /// The step that failed. If its error is [ambiguous](Error::is_ambiguous) or a [decode error](Error::is_decode), it may
    /// have been carried out; look before you repeat it.
    pub step: CloseStep,
    /// What was done before.
    pub done: Box<Closed>,
    /// Why the step failed.
    pub error: Error,
}

impl fmt::Display for CloseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = match self.step {
            CloseStep::Preparation => "nothing was changed",
            CloseStep::Time => "the time entry was not confirmed",
            CloseStep::Note => "the note was not confirmed",
            CloseStep::Status => "the status was not confirmed",
        };
        write!(f, "the ticket was not closed: {step} ({})", self.error)?;
        let id = |id: Option<i32>| id.map(|id| format!(" {id}")).unwrap_or_default();
        #[cfg(feature = "time")]
        if let Some(time) = &self.done.time {
            write!(f, "; the time entry{} was added", id(time.id))?;
        }
        if let Some(note) = &self.done.note {
            write!(f, "; the note{} was added", id(note.id()))?;
        }
        Ok(())
    }
}

impl std::error::Error for CloseError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The error itself is part of the text.
        std::error::Error::source(&self.error)
    }
}

impl Close {
    pub(crate) const fn new(tickets: Tickets, ticket: TicketId) -> Self {
        Self {
            tickets,
            ticket,
            status: None,
            note: None,
            #[cfg(feature = "time")]
            time: None,
        }
    }

    /// Sets the status, which must be a closed status of the ticket's board. Without this, the board must have exactly one
    /// active closed status.
    pub fn status(self, status: impl Into<ServiceStatusReference>) -> Self {
        Self { status: Some(status.into()), ..self }
    }

    /// Adds a note.
    pub fn note(self, note: Note) -> Self {
        Self { note: Some(note), ..self }
    }

    /// Adds a time entry of the API member. [`time_entry`](Self::time_entry) takes other fields, such as the member.
    #[cfg(feature = "time")]
    pub fn time(self, start: DateTime, hours: Decimal) -> Self {
        self.time_entry(TimeEntry { actual_hours: Some(hours.into()), ..TimeEntry::new(start) })
    }

    /// Adds a time entry. Its `charge_to_id` and `charge_to_type` are set to the ticket.
    #[cfg(feature = "time")]
    pub fn time_entry(self, entry: TimeEntry) -> Self {
        let charge_to_type = match self.ticket {
            TicketId::Service(_) => ChargeToType::ServiceTicket,
            #[cfg(feature = "project")]
            TicketId::Project(_) => ChargeToType::ProjectTicket,
        };
        let entry =
            TimeEntry { charge_to_id: Some(self.ticket.number()), charge_to_type: Some(charge_to_type), ..entry };
        Self { time: Some(entry), ..self }
    }

    /// Closes the ticket.
    ///
    /// If the ticket is closed already, nothing is changed, and [`Closed::was_closed`] is true. If a call has
    /// failed after it added the note or the time, repeat it without what [`CloseError::done`] lists: the ticket may still
    /// be open.
    /// [`add_note`](Tickets::add_note) adds a note to a closed ticket.
    ///
    /// # Errors
    ///
    /// [`CloseError`] with the failed step and what was done before. A status that is not a closed status of the board, or
    /// several closed statuses when none is given, is an error of [`CloseStep::Preparation`], which lists them.
    pub async fn send(self) -> Result<Closed, CloseError> {
        let mut done = Closed::default();
        match self.run(&mut done).await {
            Ok(()) => Ok(done),
            Err((step, error)) => Err(CloseError { step, done: Box::new(done), error }),
        }
    }

    async fn run(self, done: &mut Closed) -> Result<(), (CloseStep, Error)> {
        let at = |step: CloseStep| move |error: Error| (step, error);
        self.check().map_err(at(CloseStep::Preparation))?;
        let Some(status) = self.find_status().await.map_err(at(CloseStep::Preparation))? else {
            done.was_closed = true;
            return Ok(());
        };
        #[cfg(feature = "time")]
        if let Some(entry) = &self.time {
            let added = self.tickets.psa.time().create_time_entry(entry).await.map_err(at(CloseStep::Time))?;
            done.time = Some(Box::new(added));
        }
        if let Some(note) = self.note {
            done.note = Some(self.tickets.add_note(self.ticket, note).await.map_err(at(CloseStep::Note))?);
        }
        let is_closed = self.tickets.set_status(self.ticket, status.clone()).await.map_err(at(CloseStep::Status))?;
        if !is_closed {
            let error = Error::unexpected_because("the ticket is still open after its status was set");
            return Err((CloseStep::Status, error));
        }
        done.status = Some(status);
        Ok(())
    }

    fn check(&self) -> Result<(), Error> {
        self.note.as_ref().map_or(Ok(()), Note::check)?;
        #[cfg(feature = "time")]
        if let Some(hours) = self.time.as_ref().and_then(|time| time.actual_hours.as_ref()?.decimal())
            && (hours <= Decimal::ZERO || hours > Decimal::from(24))
        {
            return Err(Error::invalid_input("hours", format!("must be above 0 and at most 24, not {hours}")));
        }
        Ok(())
    }

    /// Returns the status to set; `None` if the ticket is closed already.
    async fn find_status(&self) -> Result<Option<ServiceStatusReference>, Error> {
        let state = self.tickets.state(self.ticket).await?;
        if state.is_closed {
            return Ok(None);
        }
        let Some(board) = state.board.and_then(|board| board.id) else {
            return Err(Error::unexpected_because("the ticket has no board, so its closed status is not known"));
        };
        let statuses = self.tickets.psa.service().list_board_statuses(board);
        let statuses: Vec<_> = statuses.filter(|status| status.closed_status().eq(true)).all().await?;
        choose(&statuses, self.status.as_ref()).map(Some)
    }
}

/// Chooses the closed status: the wanted one, or the only active one.
fn choose(closed: &[BoardStatus], wanted: Option<&ServiceStatusReference>) -> Result<ServiceStatusReference, Error> {
    let active = || closed.iter().filter(|status| status.inactive != Some(true));
    let is_wanted = |status: &&BoardStatus| match wanted {
        Some(ServiceStatusReference { id: Some(id), .. }) => status.id == Some(*id),
        Some(ServiceStatusReference { name: Some(name), .. }) => {
            status.name.as_deref().is_some_and(|other| other.trim().eq_ignore_ascii_case(name.trim()))
        }
        Some(_) => false,
        None => true,
    };
    let found: Vec<_> = active().filter(is_wanted).collect();
    if let [status] = *found
        && let Some(id) = status.id
    {
        return Ok(ServiceStatusReference::from(id));
    }
    let names = active()
        .map(|status| format!("{} ({})", status.name.as_deref().unwrap_or_default(), status.id.unwrap_or_default()));
    let names = names.collect::<Vec<_>>().join(", ");
    let problem = match wanted {
        Some(_) => format!("is not a closed status of the ticket's board; it has: {names}"),
        None if names.is_empty() => "is needed, because the board has no active closed status".to_owned(),
        None => format!("must be given, because the board has several closed statuses: {names}"),
    };
    Err(Error::invalid_input("status", problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closed_status_is_found() {
        let status = |id: i32, name: &str, inactive: bool| BoardStatus {
            id: Some(id),
            inactive: Some(inactive),
            ..BoardStatus::new(name)
        };
        let closed = [status(1, "Closed", false), status(2, "Cancelled", false), status(3, "Old", true)];
        for (closed, wanted, expected) in [
            (&closed[..1], None, Ok(1)),
            (&closed, Some(ServiceStatusReference::by_name("cancelled")), Ok(2)),
            (&closed, Some(1.into()), Ok(1)),
            (&closed, None, Err("Closed (1), Cancelled (2)")),
            (&closed, Some(3.into()), Err("is not a closed status")),
            (&closed, Some(ServiceStatusReference::by_name("New")), Err("is not a closed status")),
            (&closed[2..], None, Err("no active closed status")),
        ] {
            match (choose(closed, wanted.as_ref()), expected) {
                (Ok(found), Ok(id)) => assert_eq!(found.id, Some(id)),
                (Err(error), Err(text)) => assert!(error.to_string().contains(text), "{text}: {error}"),
                (found, expected) => panic!("{found:?} instead of {expected:?}"),
            }
        }
    }
}
