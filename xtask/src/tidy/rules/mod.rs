//! The rules, one file each. Every rule is a function that returns the problems it finds.

pub(crate) mod crate_directions;
pub(crate) mod defining_module;
pub(crate) mod file_headers;
pub(crate) mod generated_names;
pub(crate) mod links;
pub(crate) mod lint_tables;
pub(crate) mod minimum_rust_version;
pub(crate) mod module_directions;
pub(crate) mod outside_paths;
pub(crate) mod sections;
pub(crate) mod vocabulary;
