//! Reports with typed rows, and the audit trail.
//!
//! A report is a table. `psa.reports()` returns a handle for the names and columns of the reports and for their rows,
//! which are read page by page. The columns of a row are found by name; a row can become a type of the program.
//!
//! ```no_run
//! # async fn run(psa: connectwise_psa::Psa) -> Result<(), connectwise_psa::Error> {
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct Row {
//!     id: i32,
//!     summary: Option<String>,
//!     closed_flag: bool,
//! }
//!
//! let report = psa.reports().report("Service").columns(["id", "summary", "closed_flag"]);
//! let mut rows = report.conditions("closed_flag = false").order_by("id desc").rows::<Row>();
//! while let Some(row) = rows.next().await {
//!     let row = row?;
//!     println!("{} {:?} {}", row.id, row.summary, row.closed_flag);
//! }
//! # Ok(())
//! # }
//! ```

mod audit_trail;
mod cell;
mod column;
mod handle;
mod query;
mod row;
mod rows;

pub use audit_trail::AuditTrail;
pub use cell::lenient;
pub use column::ReportColumn;
pub use handle::Reports;
pub use query::ReportQuery;
pub use row::ReportRow;
pub use rows::ReportRows;
