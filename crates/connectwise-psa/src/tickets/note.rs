//! A note of a ticket, which always has a place where it is shown.

use connectwise_psa_bindings::types::{MemberReference, ServiceNote};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::json::{Reference, Shared};

/// A note for a ticket. Observed on live servers: a note that is shown nowhere is rejected, so a note starts with one
/// place and can have more: `Note::discussion("Done.").and_resolution()`.
///
/// The text is sent unchanged, with its Markdown and links to inline images.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Note {
    text: String,
    discussion: bool,
    internal: bool,
    resolution: bool,
    notify: bool,
    member: Option<MemberReference>,
    contact: Option<Reference>,
}

impl Note {
    fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            discussion: false,
            internal: false,
            resolution: false,
            notify: false,
            member: None,
            contact: None,
        }
    }

    /// Creates a note of the discussion, which customers can read (`detailDescriptionFlag`).
    pub fn discussion(text: impl Into<String>) -> Self {
        Self::new(text).and_discussion()
    }

    /// Creates an internal note, which customers cannot read (`internalAnalysisFlag`).
    pub fn internal(text: impl Into<String>) -> Self {
        Self::new(text).and_internal()
    }

    /// Creates a note of the resolution, which customers can read (`resolutionFlag`).
    pub fn resolution(text: impl Into<String>) -> Self {
        Self::new(text).and_resolution()
    }

    /// Also shows the note in the discussion.
    pub fn and_discussion(self) -> Self {
        Self { discussion: true, ..self }
    }

    /// Also shows the note in the internal analysis.
    pub fn and_internal(self) -> Self {
        Self { internal: true, ..self }
    }

    /// Also shows the note in the resolution.
    pub fn and_resolution(self) -> Self {
        Self { resolution: true, ..self }
    }

    /// Sets the member who wrote the note, by id, or with `MemberReference::by_identifier`. Without an author it is the
    /// API member. A note has one author, so this replaces a contact.
    pub fn by_member(self, member: impl Into<MemberReference>) -> Self {
        Self { member: Some(member.into()), contact: None, ..self }
    }

    /// Sets the contact who wrote the note. This replaces a member.
    pub fn by_contact(self, contact: impl Into<Reference>) -> Self {
        Self { contact: Some(contact.into()), member: None, ..self }
    }

    /// Lets PSA send its e-mails about the note (`processNotifications`). Without it no e-mail is sent. Who gets one
    /// follows from the settings of the board and from the e-mail fields of the ticket.
    pub fn notify(self) -> Self {
        Self { notify: true, ..self }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.text.trim().is_empty() {
            return Err(Error::invalid_input("text of the note", "is empty"));
        }
        Ok(())
    }

    pub(crate) fn service(&self) -> ServiceNote {
        ServiceNote {
            text: Some(self.text.clone()),
            detail_description_flag: Some(self.discussion),
            internal_analysis_flag: Some(self.internal),
            resolution_flag: Some(self.resolution),
            process_notifications: self.notify.then_some(true),
            member: self.member.clone().map(Shared::new),
            contact: self.contact.clone().map(Shared::new),
            ..ServiceNote::default()
        }
    }

    #[cfg(feature = "project")]
    pub(crate) fn project(&self) -> connectwise_psa_bindings::types::TicketNote {
        connectwise_psa_bindings::types::TicketNote {
            text: Some(self.text.clone()),
            detail_description_flag: Some(self.discussion),
            internal_analysis_flag: Some(self.internal),
            resolution_flag: Some(self.resolution),
            process_notifications: self.notify.then_some(true),
            member: self.member.clone().map(Shared::new),
            contact: self.contact.clone().map(Shared::new),
            ..Default::default()
        }
    }
}

/// The note that the server has stored.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum AddedNote {
    /// The note of a service ticket.
    Service(Box<ServiceNote>),
    /// The note of a project ticket.
    #[cfg(feature = "project")]
    Project(Box<connectwise_psa_bindings::types::TicketNote>),
}

impl AddedNote {
    /// Returns the id.
    #[must_use]
    pub fn id(&self) -> Option<i32> {
        match self {
            Self::Service(note) => note.id,
            #[cfg(feature = "project")]
            Self::Project(note) => note.id,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_note_has_a_place() {
        for (note, expected) in [
            (Note::discussion("a"), [true, false, false]),
            (Note::internal("a"), [false, true, false]),
            (Note::resolution("a").and_internal(), [false, true, true]),
        ] {
            let sent = note.service();
            let flags = [sent.detail_description_flag, sent.internal_analysis_flag, sent.resolution_flag];
            assert_eq!(flags, expected.map(Some));
            assert_eq!(sent.process_notifications, None);
        }
    }

    #[test]
    fn a_note_has_one_author() {
        let note = Note::internal("a").by_contact(5).by_member(3).notify();
        let sent = serde_json::to_value(note.service()).unwrap();
        assert_eq!(
            (&sent["member"], sent.get("contact"), &sent["processNotifications"]),
            (&json!({"id": 3}), None, &json!(true))
        );
        assert!(Note::internal("  ").check().is_err());
    }
}
