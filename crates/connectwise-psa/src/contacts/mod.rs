//! Contacts: communication items, portal access, and deactivation.
//!
//! [`Psa::contacts`](crate::Psa::contacts) returns the handle.
//!
//! ```no_run
//! # async fn run(psa: connectwise_psa::Psa) -> Result<(), connectwise_psa::Error> {
//! use connectwise_psa::Record as _;
//! use connectwise_psa::contacts::{CommunicationItem, Removal, default_email};
//! use connectwise_psa::types::Contact;
//!
//! let contacts = psa.contacts();
//! let jane = Contact { first_name: Some("Jane".into()), company: Some(5.into()), ..Contact::default() };
//! let items = [
//!     CommunicationItem::email("jane@example.com").default(),
//!     CommunicationItem::phone("555 0100").of_type("Direct").extension("12"),
//! ];
//! let jane = contacts.create(jane, &items).await?;
//! assert_eq!(default_email(&jane), Some("jane@example.com"));
//!
//! for contact in contacts.by_email("john@example.com").all().await? {
//!     if let Removal::Deactivated { reason } = contacts.delete_or_deactivate(contact.id()?).await? {
//!         println!("deactivated, because {reason}");
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod communication;
mod handle;
mod portal;
mod removal;
mod search;
mod types;

pub use communication::{CommunicationItem, Medium, Phone, default_email, default_phone, items_of};
pub use handle::Contacts;
pub use portal::PortalLevel;
pub use removal::{Removal, is_duplicate};
