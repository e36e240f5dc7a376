//! Where the API is: what a server's address tells, and what the server itself tells before anybody logs in.

pub(crate) mod company_info;
pub(crate) mod endpoint;
pub(crate) mod mode;
pub(crate) mod region;
pub(crate) mod site;
