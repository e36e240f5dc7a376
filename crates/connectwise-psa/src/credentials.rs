//! Credentials that a program supplies at run time, such as keys from a vault. Most programs set theirs with
//! [`PsaBuilder::keys`](crate::PsaBuilder::keys), and do not need this module.

pub use crate::auth::credentials::Credentials;
pub use crate::auth::source::CredentialSource;
