//! The types of records with commands of their own: tickets, companies, contacts and the other popular ones.

pub(crate) mod assignment;
pub(crate) mod body;
pub(crate) mod custom_fields;
pub(crate) mod exact;
pub(crate) mod filters;
pub(crate) mod names;
mod owners;
pub(crate) mod property;
pub(crate) mod references;
pub(crate) mod resolver;
pub(crate) mod types;
