//! What the API member may do, compared with what a program needs.
//!
//! PSA gives rights through security roles. [`Psa::access`](crate::Psa::access) reads the rights of the API member,
//! compares them with [`Needs`], and returns a report that says what to grant, in the order of the Security Roles screen.
//!
//! ```no_run
//! # async fn run(psa: connectwise_psa::Psa) -> Result<(), connectwise_psa::Error> {
//! use connectwise_psa::access::{Needs, Profile};
//!
//! let needs = Needs::new()
//!     .operation("service.create_ticket")?
//!     .operation("service.list_tickets")?
//!     .profile(Profile::named("Thread").expect("a known profile"));
//! let report = psa.access().compare(&needs).await?;
//! if !report.is_complete() {
//!     println!("{report}");
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The report cannot see two restrictions: the entries of Table Setup that a role allows, and the boards, locations or
//! companies to which a role is restricted. The server then leaves out the other records, without an error.

mod granted;
mod level;
mod needs;
mod probes;
mod profile;
mod reader;
mod report;

pub use granted::{AccessSource, Granted};
pub use level::{Level, Permission};
pub use needs::Needs;
pub use profile::Profile;
pub use reader::Access;
pub use report::{AccessReport, Finding, Verdict};
