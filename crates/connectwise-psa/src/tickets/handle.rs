//! The handle for tickets, and the ids of the two kinds of tickets.

use std::fmt;

#[cfg(feature = "project")]
use connectwise_psa_bindings::types::ProjectTicket;
use connectwise_psa_bindings::types::{ServiceStatusReference, Ticket};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::{Reference, Shared};
use connectwise_psa_core::patch::Patch;

use crate::client::Psa;
use crate::find_or_create::FoundOrCreated;
use crate::tickets::close::Close;
#[cfg(feature = "project")]
use crate::tickets::new_ticket::NewProjectTicket;
use crate::tickets::new_ticket::NewTicket;
use crate::tickets::note::{AddedNote, Note};

/// Adds notes to tickets, closes them and creates them; see [`Psa::tickets`].
#[derive(Clone, Debug)]
pub struct Tickets {
    pub(crate) psa: Psa,
}

impl Psa {
    /// Returns the handle for tickets.
    #[must_use]
    pub fn tickets(&self) -> Tickets {
        Tickets { psa: self.clone() }
    }
}

/// The id of a ticket. Service tickets and project tickets have different paths, and share one sequence of ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TicketId {
    /// A service ticket: `/service/tickets`.
    Service(i32),
    /// A project ticket: `/project/tickets`.
    #[cfg(feature = "project")]
    Project(i32),
}

impl From<i32> for TicketId {
    /// Returns the id of a service ticket.
    fn from(id: i32) -> Self {
        Self::Service(id)
    }
}

impl TicketId {
    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> i32 {
        match self {
            Self::Service(id) => id,
            #[cfg(feature = "project")]
            Self::Project(id) => id,
        }
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.number(), f)
    }
}

/// What closing needs to know of a ticket.
pub(crate) struct TicketState {
    pub(crate) board: Option<Shared<Reference>>,
    pub(crate) is_closed: bool,
}

impl Tickets {
    /// Adds a note to a ticket.
    ///
    /// # Errors
    ///
    /// Invalid input if the text is empty; the errors of the request.
    pub async fn add_note(&self, ticket: impl Into<TicketId>, note: Note) -> Result<AddedNote, Error> {
        note.check()?;
        Ok(match ticket.into() {
            TicketId::Service(id) => {
                AddedNote::Service(Box::new(self.psa.service().create_ticket_note(id, &note.service()).await?))
            }
            #[cfg(feature = "project")]
            TicketId::Project(id) => {
                AddedNote::Project(Box::new(self.psa.project().create_ticket_note(id, &note.project()).await?))
            }
        })
    }

    /// Creates a service ticket.
    ///
    /// # Errors
    ///
    /// The errors of [`NewTicket::build`] and of the request.
    pub async fn create(&self, new: NewTicket) -> Result<Ticket, Error> {
        self.psa.service().create_ticket(&new.build()?).await
    }

    /// Creates a project ticket.
    ///
    /// # Errors
    ///
    /// The errors of [`NewProjectTicket::build`] and of the request.
    #[cfg(feature = "project")]
    pub async fn create_in_project(&self, new: NewProjectTicket) -> Result<ProjectTicket, Error> {
        self.psa.project().create_ticket(&new.build()?).await
    }

    /// Closes a ticket, optionally with a note and time: `psa.tickets().close(42).note(…).send().await`.
    pub fn close(&self, ticket: impl Into<TicketId>) -> Close {
        Close::new(self.clone(), ticket.into())
    }

    /// Finds the service ticket with a key of the program, or creates it with this key in `externalXRef`. Closed tickets
    /// count too. See [`Psa::find_or_create`] for several processes and ambiguous requests.
    ///
    /// # Errors
    ///
    /// Invalid input if the key is empty, has more than 100 characters, has whitespace at its ends, which the server may
    /// remove, or cannot be searched for exactly: it contains `[`, control characters, or quotes of both kinds. The errors
    /// of [`NewTicket::build`] and of the requests.
    pub async fn find_or_create(&self, key: &str, new: NewTicket) -> Result<FoundOrCreated<Ticket>, Error> {
        self.find_or_create_among(key, new, false).await
    }

    /// Like [`find_or_create`](Self::find_or_create), but only open tickets count: if the ticket of the key is closed, a
    /// new one is created. This fits alerts, which occur again.
    ///
    /// # Errors
    ///
    /// Those of [`find_or_create`](Self::find_or_create).
    pub async fn find_or_create_open(&self, key: &str, new: NewTicket) -> Result<FoundOrCreated<Ticket>, Error> {
        self.find_or_create_among(key, new, true).await
    }

    /// Finds the open service tickets with a key, in the order of their ids. It creates nothing.
    ///
    /// # Errors
    ///
    /// Invalid input for the keys that [`find_or_create`](Self::find_or_create) rejects; the errors of the request.
    pub async fn find_open(&self, key: &str) -> Result<Vec<Ticket>, Error> {
        check_key(key)?;
        let list = self.psa.service().list_tickets().filter(|ticket| ticket.external_xref().eq(key));
        let list = list.filter(|ticket| ticket.closed_flag().eq(false)).sort(|ticket| ticket.id().asc());
        let tickets = list.all().await?.into_iter().filter(|ticket| has_key(ticket, key));
        Ok(tickets.collect())
    }

    async fn find_or_create_among(
        &self,
        key: &str,
        new: NewTicket,
        only_open: bool,
    ) -> Result<FoundOrCreated<Ticket>, Error> {
        check_key(key)?;
        let create = self.psa.service().create_ticket(&new.key(key).build()?);
        let search = || {
            let list = self.psa.service().list_tickets().filter(|ticket| ticket.external_xref().eq(key));
            if only_open { list.filter(|ticket| ticket.closed_flag().eq(false)) } else { list }
        };
        self.psa.find_or_create(key, search, create, |ticket| has_key(ticket, key)).await
    }

    pub(crate) async fn state(&self, ticket: TicketId) -> Result<TicketState, Error> {
        let (board, closed) = match ticket {
            TicketId::Service(id) => {
                let ticket = self.psa.service().get_ticket(id).await?;
                (ticket.board, ticket.closed_flag)
            }
            #[cfg(feature = "project")]
            TicketId::Project(id) => {
                let ticket = self.psa.project().get_ticket(id).await?;
                (ticket.board, ticket.closed_flag)
            }
        };
        Ok(TicketState { board, is_closed: closed == Some(true) })
    }

    pub(crate) async fn set_status(&self, ticket: TicketId, status: ServiceStatusReference) -> Result<bool, Error> {
        let closed = match ticket {
            TicketId::Service(id) => {
                let patch = Patch::new().set_object(Ticket::fields().status(), status);
                self.psa.service().update_ticket(id, &patch).await?.closed_flag
            }
            #[cfg(feature = "project")]
            TicketId::Project(id) => {
                let patch = Patch::new().set_object(ProjectTicket::fields().status(), status);
                self.psa.project().update_ticket(id, &patch).await?.closed_flag
            }
        };
        Ok(closed == Some(true))
    }
}

/// Checks that a search for the key finds the tickets with this key and no others. An empty key would find every ticket
/// that has none. The search itself rejects control characters and quotes of both kinds.
fn check_key(key: &str) -> Result<(), Error> {
    let problem = if key.is_empty() || key.trim() != key {
        "is empty or has whitespace at its ends"
    } else if key.contains('[') {
        // ConnectWise's guide wants `[` in texts of conditions to be written as a pattern. Whether that holds for `=` is
        // not known, and a search that finds nothing would make duplicates.
        "contains `[`, which servers may read as the start of a pattern"
    } else {
        return Ticket { external_xref: Some(key.to_owned()), ..Ticket::default() }.check_lengths();
    };
    Err(Error::invalid_input(format!("key {key:?}"), problem))
}

fn has_key(ticket: &Ticket, key: &str) -> bool {
    ticket.external_xref.as_deref().is_some_and(|other| other.trim() == key)
}
