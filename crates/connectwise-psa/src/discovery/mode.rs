//! The setting for when the base URL is discovered.

/// When the client looks up the host and the code base of the company's API; see
/// [`PsaBuilder::code_base_discovery`](crate::PsaBuilder::code_base_discovery).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Discovery {
    /// Only on hosts of the vendor's cloud. Self-hosted servers and base URLs are used without a lookup.
    #[default]
    CloudOnly,
    /// On every server.
    Always,
    /// Never: requests go to the configured address.
    Never,
}
