//! The catalogue of operations. Each entry describes an operation: method, path, parameters, body, response and paging.

pub use connectwise_psa_bindings::catalogue::{
    Action, Guide, PathMatch, about, actions, all, find, find_by_vendor_id, guide, guides, match_path, summary,
};
pub use connectwise_psa_core::operation::{
    BodyEncoding, BodySpec, Operation, Paging, Parameter, ParameterKind, ParameterLocation, QueryKind,
    RelatedOperations, ResponseKind,
};
