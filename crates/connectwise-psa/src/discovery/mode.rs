//! When the server is asked where the API is.

/// When the server is asked for the host and the code base of the company's API; see
/// [`PsaBuilder::code_base_discovery`](crate::PsaBuilder::code_base_discovery).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Discovery {
    /// On hosts of the vendor's cloud only. Self-hosted servers and base URLs are used as they are.
    #[default]
    CloudOnly,
    /// On every server.
    Always,
    /// On no server: requests go to the address that was given.
    Never,
}
