//! New tickets, checked before they are sent.

#[cfg(feature = "project")]
use connectwise_psa_bindings::types::ProjectTicket;
use connectwise_psa_bindings::types::{ServiceStatusReference, Ticket};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::{Reference, Shared};

/// A new service ticket. [`fields`](Self::fields) sets what has no method here.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct NewTicket {
    ticket: Ticket,
}

impl NewTicket {
    /// Starts a ticket of a company. The summary may have 100 characters.
    pub fn new(summary: impl Into<String>, company: impl Into<Reference>) -> Self {
        Self { ticket: Ticket::new(summary, company) }
    }

    /// Sets the text that becomes the first note of the discussion (`initialDescription`). It is part of the create
    /// request and is not returned; a later text is a [`Note`](crate::tickets::Note).
    pub fn description(self, text: impl Into<String>) -> Self {
        self.fields(|ticket| ticket.initial_description = Some(text.into()))
    }

    /// Sets the text that becomes the first internal note (`initialInternalAnalysis`).
    pub fn internal_analysis(self, text: impl Into<String>) -> Self {
        self.fields(|ticket| ticket.initial_internal_analysis = Some(text.into()))
    }

    /// Sets the board. Without one, the server uses its default board.
    pub fn board(self, board: impl Into<Reference>) -> Self {
        self.fields(|ticket| ticket.board = Some(Shared::new(board.into())))
    }

    /// Sets the board and a status, which must be one of the board's.
    pub fn board_and_status(self, board: impl Into<Reference>, status: impl Into<ServiceStatusReference>) -> Self {
        self.board(board).fields(|ticket| ticket.status = Some(Shared::new(status.into())))
    }

    /// Sets the contact, who must belong to the company.
    pub fn contact(self, contact: impl Into<Reference>) -> Self {
        self.fields(|ticket| ticket.contact = Some(Shared::new(contact.into())))
    }

    /// Sets the caller's key (`externalXRef`, at most 100 characters).
    pub fn key(self, key: impl Into<String>) -> Self {
        self.fields(|ticket| ticket.external_xref = Some(key.into()))
    }

    /// Sets any fields of the ticket.
    pub fn fields(mut self, set: impl FnOnce(&mut Ticket)) -> Self {
        set(&mut self.ticket);
        self
    }

    /// Returns the ticket for `create_ticket`.
    ///
    /// # Errors
    ///
    /// Invalid input if the summary is empty, if a string is too long, or if a status is set without its board.
    pub fn build(self) -> Result<Ticket, Error> {
        check_summary(self.ticket.summary.as_deref())?;
        if self.ticket.status.is_some() && self.ticket.board.is_none() {
            return Err(Error::invalid_input("status", "belongs to a board, so the ticket needs the board too"));
        }
        self.ticket.check_lengths()?;
        Ok(self.ticket)
    }
}

/// A new project ticket. It belongs to a project or to a phase of one.
#[cfg(feature = "project")]
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct NewProjectTicket {
    ticket: ProjectTicket,
}

#[cfg(feature = "project")]
impl NewProjectTicket {
    /// Starts a ticket in a phase, which determines the project. The summary may have 100 characters.
    pub fn in_phase(summary: impl Into<String>, phase: impl Into<Reference>) -> Self {
        Self { ticket: ProjectTicket::new(summary, phase) }
    }

    /// Starts a ticket of a project without a phase.
    pub fn in_project(summary: impl Into<String>, project: impl Into<Reference>) -> Self {
        let ticket = ProjectTicket {
            summary: Some(summary.into()),
            project: Some(Shared::new(project.into())),
            ..ProjectTicket::default()
        };
        Self { ticket }
    }

    /// Sets the text that becomes the first note of the discussion (`initialDescription`).
    pub fn description(self, text: impl Into<String>) -> Self {
        self.fields(|ticket| ticket.initial_description = Some(text.into()))
    }

    /// Sets any fields of the ticket.
    pub fn fields(mut self, set: impl FnOnce(&mut ProjectTicket)) -> Self {
        set(&mut self.ticket);
        self
    }

    /// Returns the ticket for `create_ticket`.
    ///
    /// # Errors
    ///
    /// Invalid input if the summary is empty, if a string is too long, or if the ticket has neither project nor phase.
    pub fn build(self) -> Result<ProjectTicket, Error> {
        check_summary(self.ticket.summary.as_deref())?;
        if self.ticket.project.is_none() && self.ticket.phase.is_none() {
            return Err(Error::invalid_input("project ticket", "needs a project or a phase"));
        }
        self.ticket.check_lengths()?;
        Ok(self.ticket)
    }
}

fn check_summary(summary: Option<&str>) -> Result<(), Error> {
    if summary.is_none_or(|summary| summary.trim().is_empty()) {
        return Err(Error::invalid_input("summary", "is empty"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_tickets_are_rejected() {
        for (new, expected) in [
            (NewTicket::new("x".repeat(101), 5), "summary"),
            (NewTicket::new(" ", 5), "summary"),
            (NewTicket::new("a", 5).fields(|ticket| ticket.status = Some(3.into())), "board"),
            (NewTicket::new("a", 5).key("k".repeat(101)), "externalXRef"),
        ] {
            let error = new.build().unwrap_err().to_string();
            assert!(error.contains(expected), "{expected}: {error}");
        }
        let ticket = NewTicket::new("x".repeat(100), 5).board_and_status(1, 3).description("b").build().unwrap();
        assert_eq!(ticket.initial_description.as_deref(), Some("b"));
    }

    #[cfg(feature = "project")]
    #[test]
    fn a_project_ticket_has_a_project_or_a_phase() {
        assert!(NewProjectTicket::in_phase("a", 3).build().unwrap().phase.is_some());
        assert!(NewProjectTicket::in_project("a", 3).build().unwrap().phase.is_none());
        assert!(NewProjectTicket::in_project("a", 3).fields(|ticket| ticket.project = None).build().is_err());
    }
}
