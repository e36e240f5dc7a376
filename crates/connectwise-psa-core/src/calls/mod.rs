//! Calls of operations: single values, lists and counts, how they are sent and how their responses are read.

pub(crate) mod background;
pub(crate) mod bookmark;
pub(crate) mod call;
pub(crate) mod count;
pub(crate) mod decode;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod long_query;
pub(crate) mod next_step;
pub(crate) mod page;
pub(crate) mod pager;
pub(crate) mod progress;
pub(crate) mod read_ahead;
pub(crate) mod record_id;
pub(crate) mod records;
pub(crate) mod request_builder;
pub(crate) mod response_check;
pub(crate) mod setters;

pub use bookmark::Bookmark;
pub use call::Call;
pub use count::Count;
pub use decode::ResponseFuture;
pub use get::Get;
pub use list::{ItemStream, List, PageStream};
pub use page::{NextPage, Page};
pub use records::UnreadableRecord;
pub use request_builder::{RequestBuilder, WholeResponse};
#[doc(hidden)]
pub use response_check::is_file;
