//! The base URL of the API: from the configured server, and from the public company information of the server.

pub(crate) mod company_info;
pub(crate) mod endpoint;
pub(crate) mod mode;
pub(crate) mod region;
pub(crate) mod site;
