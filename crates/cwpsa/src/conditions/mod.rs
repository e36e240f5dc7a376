//! Conditions, sort orders and field lists as text: checked, explained and formatted. Nothing here uses the network.

pub(crate) mod explanation;
pub(crate) mod layout;
pub(crate) mod parameter;
pub(crate) mod record_type;
pub(crate) mod report;
pub(crate) mod surprises;
