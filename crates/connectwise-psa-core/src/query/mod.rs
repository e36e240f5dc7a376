//! The query of a list: conditions, order, fields and page. Each is a typed value or text.

pub(crate) mod filters;
pub(crate) mod list_query;
pub(crate) mod setters;
pub(crate) mod text_or;

pub use list_query::ListQuery;
pub use text_or::{TextOr, Verbatim};
