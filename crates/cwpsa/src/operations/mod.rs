//! Operations of the catalogue as the command line and agents see them: their ids, and what they need.

mod body;
pub(crate) mod check;
pub(crate) mod description;
mod example;
mod fields;
pub(crate) mod id;
mod parameters;
mod patch;
mod query;
pub(crate) mod text;
mod value_type;
