//! Documentation comments of the generated code. They come from methods, paths and types, and from `openapi/docs.toml`,
//! never from the vendor's prose.

pub mod context;
pub mod examples;
pub mod lines;
pub mod links;
pub mod operations;
pub mod properties;
pub mod recipes;
pub mod sections;
pub mod types;
