//! What calls return besides records: streams, links to pages, futures; and the request under construction that every
//! call is made of.

pub use connectwise_psa_core::calls::{ItemStream, NextPage, PageStream, RequestBuilder, ResponseFuture};
