//! Typed fields of every type of record, for building conditions, orders and field lists. A wrong name or a value of
//! the wrong type does not compile.

pub(crate) mod field;
pub mod field_types;
pub(crate) mod filter;
pub(crate) mod record;
pub(crate) mod references;
pub mod scope;
pub(crate) mod sort_and_select;

pub use field::{CustomFieldFields, Field, InfoField, ListField};
pub use filter::{Filter, IntoFilter};
pub use record::{ChildFields, FieldLocation, FieldSet, Fields, HasFields};
pub use references::{FullReference, IdReference, IdentifiedReference, NamedReference};
pub use sort_and_select::{Selected, SortKeys, Sorted};
