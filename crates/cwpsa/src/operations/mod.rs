//! Operations of the catalogue as the command line and agents see them: their ids, and what they need.

pub(crate) mod check;
pub(crate) mod description;
pub(crate) mod id;
