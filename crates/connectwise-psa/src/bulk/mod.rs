//! Many calls at a time: a result for each, bulk operations, and bundles of reads.
//!
//! - [`run`] sends many calls, some of them at the same time, and returns a result for each. It works for every
//!   operation.
//! - [`Bulk`], which `psa.bulk()` returns, has the eight operations that change many records with one request. Each
//!   record succeeds or fails by itself.
//! - [`Bundle`] sends many reads with one request.
//!
//! ```no_run
//! # #[cfg(feature = "service")]
//! # async fn run(psa: connectwise_psa::Psa) -> Result<(), connectwise_psa::Error> {
//! use connectwise_psa::bulk::{self, BulkOptions};
//! use connectwise_psa::types::ServiceTask;
//!
//! let notes = ["Call the customer", "Order the part"];
//! let tasks = notes.map(|note| ServiceTask { notes: Some(note.into()), ..ServiceTask::default() });
//! let calls = tasks.iter().map(|task| psa.service().create_ticket_task(42, task));
//! let report = bulk::run(calls, BulkOptions::new()).await;
//! for item in report.items {
//!     if item.is_ambiguous() {
//!         println!("task {} may exist: check before you create it again", item.index);
//!     }
//! }
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "system")]
mod bundle;
#[cfg(any(feature = "company", feature = "procurement", feature = "system"))]
mod call;
#[cfg(any(feature = "company", feature = "procurement", feature = "system"))]
mod handle;
#[cfg(any(feature = "company", feature = "procurement", feature = "system"))]
mod item_error;
#[cfg(any(feature = "company", feature = "procurement", feature = "system"))]
mod outcome;
pub(crate) mod run;

#[cfg(feature = "system")]
pub use bundle::{Bundle, BundleError, BundleKey, BundlePage, BundleResults};
#[cfg(any(feature = "company", feature = "procurement", feature = "system"))]
pub use call::BulkCall;
#[cfg(any(feature = "company", feature = "procurement", feature = "system"))]
pub use handle::Bulk;
#[cfg(any(feature = "company", feature = "procurement", feature = "system"))]
pub use item_error::ItemError;
#[cfg(any(feature = "company", feature = "procurement", feature = "system"))]
pub use outcome::{BulkOutcome, BulkOutcomes, Indexed, UnknownReason};
pub use run::{BulkItem, BulkOptions, BulkProgress, BulkReport, ItemOutcome, run};
