//! Types that calls return besides records: streams, links to pages and futures. [`RequestBuilder`] builds the request
//! of a call.

pub use connectwise_psa_core::calls::{
    ItemStream, NextPage, PageStream, RequestBuilder, ResponseFuture, UnreadableRecord,
};
