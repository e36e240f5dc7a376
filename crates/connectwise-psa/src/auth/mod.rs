//! Authentication: the credentials, and the API keys that the client mints (has the server create) for members.

pub(crate) mod authentication;
pub(crate) mod credentials;
pub(crate) mod members;
pub(crate) mod source;
