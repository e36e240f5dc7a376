//! Switches: how the server behaves where servers differ, or nobody knows. Each is a setting of the library under its
//! name.

use clap::ValueEnum;
use connectwise_psa_sim::SimBuilder;
use http::StatusCode;

/// What `--switch` can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Write absent members as null
    AbsentAsNull,
    /// Write absent references as {}
    AbsentReferencesAsEmpty,
    /// Answer patches of members of references with 200, and change nothing
    IgnoreReferencePatches,
    /// Ignore a version in Accept that the server does not have
    IgnoreVersion,
    /// Answer wrong keys with 404
    #[value(name = "invalid-credentials-404")]
    InvalidCredentials404,
    /// Let the API member's keys mint keys for members
    MintWithApiKeys,
    /// Read lists by page number alone
    NumberedPagesOnly,
    /// Accept calls without a client id
    OptionalClientId,
    /// Give the keys of callbacks only to those who log in
    ProtectCallbackKeys,
    /// Answer /system/info without credentials
    PublicSystemInfo,
    /// Refuse unknown names in `fields`, which are dropped without it
    RejectUnknownFields,
    /// Refuse patches without custom fields, of records that have some
    RequireCustomFields,
    /// Refuse calls without TLS
    RequireTls,
    /// Let links lead to the server itself
    SelfLinks,
}

impl Switch {
    /// The server with the switch set.
    pub(crate) fn set(self, server: SimBuilder) -> SimBuilder {
        match self {
            Self::AbsentAsNull => server.absent_as_null(),
            Self::AbsentReferencesAsEmpty => server.absent_references_as_empty(),
            Self::IgnoreReferencePatches => server.ignore_reference_patches(),
            Self::IgnoreVersion => server.ignore_version(),
            Self::InvalidCredentials404 => server.invalid_credentials_status(StatusCode::NOT_FOUND),
            Self::MintWithApiKeys => server.mint_with_api_keys(),
            Self::NumberedPagesOnly => server.numbered_pages_only(),
            Self::OptionalClientId => server.optional_client_id(),
            Self::ProtectCallbackKeys => server.protect_callback_keys(),
            Self::PublicSystemInfo => server.public_system_info(),
            Self::RejectUnknownFields => server.reject_unknown_fields(),
            Self::RequireCustomFields => server.require_custom_fields(),
            Self::RequireTls => server.require_tls(),
            Self::SelfLinks => server.self_links(),
        }
    }
}
