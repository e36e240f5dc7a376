//! Tickets: notes, closing, and tickets that are created once for each key.
//!
//! [`Psa::tickets`](crate::Psa::tickets) returns the handle. It takes a service ticket by its id, and a project ticket
//! (feature `project`) as [`TicketId::Project`], and uses the paths of either.
//!
//! ```no_run
//! # async fn run(psa: connectwise_psa::Psa) -> Result<(), Box<dyn std::error::Error>> {
//! use connectwise_psa::tickets::{NewTicket, Note};
//!
//! let new = NewTicket::new("Disk full on SRV1", 5).board(1).description("95 % of C: is used.");
//! let found = psa.tickets().find_or_create_open("monitor-SRV1-disk", new).await?;
//! let id = found.record.id.unwrap_or_default();
//! psa.tickets().add_note(id, Note::discussion("Still full.").notify()).await?;
//! psa.tickets().close(id).note(Note::resolution("Deleted old logs.")).send().await?;
//! # Ok(())
//! # }
//! ```
//!
//! Other actions are short as they are generated:
//!
//! | action | call |
//! |---|---|
//! | merge tickets into one | `psa.service().merge_ticket(42, &TicketMerge::new(vec![43], status))` |
//! | attach children | `psa.service().attach_ticket_children(42, &TicketBundle { child_ticket_ids: Some(vec![43]) })` |
//! | add a configuration | `psa.service().create_ticket_configuration(42, &ConfigurationReference { id: Some(7), ..Default::default() })` |
//! | convert a service ticket to a project ticket | `psa.service().convert_ticket_to_project_ticket(42, …)` |
//! | mark a note of a project ticket as an issue | `psa.project().mark_ticket_note(id, …)` |

mod close;
mod handle;
mod new_ticket;
mod note;

pub use close::{Close, CloseError, CloseStep, Closed};
pub use handle::{TicketId, Tickets};
#[cfg(feature = "project")]
pub use new_ticket::NewProjectTicket;
pub use new_ticket::NewTicket;
pub use note::{AddedNote, Note};
