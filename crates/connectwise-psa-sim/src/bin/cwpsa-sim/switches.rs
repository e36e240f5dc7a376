//! Switches: how the server behaves where servers differ, or nobody knows.

use clap::ValueEnum;
use connectwise_psa_sim::SimBuilder;
use http::StatusCode;

/// What `--switch` can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Accept a version in Accept that the server does not have
    AnyVersion,
    /// Refuse patches without custom fields, of records that have some
    CustomFieldsNeeded,
    /// Write absent references as {}
    EmptyReferences,
    /// Answer patches of members of references with 200, and change nothing
    FixedReferences,
    /// Let the API member's keys mint keys for members
    KeysMint,
    /// Accept calls without a client id
    NoClientId,
    /// Read lists by page number alone
    NoForwardOnly,
    /// Write absent members as null
    Nulls,
    /// Let links lead to the server itself
    OwnLinks,
    /// Give the keys of callbacks only to those who log in
    PrivateCallbackKeys,
    /// Answer /system/info without credentials
    PublicInfo,
    /// Refuse calls without TLS
    SslRequired,
    /// Answer wrong keys with 404
    #[value(name = "wrong-keys-404")]
    WrongKeys404,
}

impl Switch {
    /// The server with the switch set.
    pub(crate) fn set(self, server: SimBuilder) -> SimBuilder {
        match self {
            Self::AnyVersion => server.any_version(true),
            Self::CustomFieldsNeeded => server.custom_fields_needed(true),
            Self::EmptyReferences => server.empty_references(true),
            Self::FixedReferences => server.fixed_references(true),
            Self::KeysMint => server.keys_mint(true),
            Self::NoClientId => server.client_id(false, StatusCode::UNAUTHORIZED),
            Self::NoForwardOnly => server.forward_only(false),
            Self::Nulls => server.nulls(true),
            Self::OwnLinks => server.own_links(true),
            Self::PrivateCallbackKeys => server.private_callback_keys(true),
            Self::PublicInfo => server.public_info(true),
            Self::SslRequired => server.ssl_required(true),
            Self::WrongKeys404 => server.wrong_keys(StatusCode::NOT_FOUND),
        }
    }
}
