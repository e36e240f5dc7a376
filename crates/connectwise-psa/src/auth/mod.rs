//! Authentication: the credentials, and the keys that are minted for members.

pub(crate) mod credentials;
pub(crate) mod members;
