//! The setting for when the base URL is discovered.

/// When the client looks up the host and the code base of the company's API. The code base is the part of the path that
/// names the company's release, such as `v2025_1`. See
/// [`PsaBuilder::code_base_discovery`](crate::PsaBuilder::code_base_discovery).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Discovery {
    /// Only for hosts of the ConnectWise cloud. Other hosts and complete base URLs are used without a lookup.
    #[default]
    CloudOnly,
    /// For every server, also for a complete base URL.
    Always,
    /// Never. For a host of the cloud, requests go to the code base `v4_6_release`; observed on live servers: it is an
    /// alias of the company's release.
    Never,
}
