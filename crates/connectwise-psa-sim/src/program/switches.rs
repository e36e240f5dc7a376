//! Switches: choices between behaviours of live servers. Each switch calls the method of `SimBuilder` with its name;
//! `invalid-credentials-404` calls `invalid_credentials_status`.

use clap::ValueEnum;
use http::StatusCode;

use crate::sim::builder::SimBuilder;

/// The values of `--switch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// Write absent fields as null; without it, they are omitted
    AbsentAsNull,
    /// Write absent references as {}; without it, they are omitted
    AbsentReferencesAsEmpty,
    /// Respond to patches of a field inside a reference (company/identifier) with 200 and change nothing
    IgnoreReferencePatches,
    /// Ignore an unknown version in the Accept header; without it, reject it with 400
    IgnoreVersion,
    /// Reject wrong keys with 404; without it, with 401
    #[value(name = "invalid-credentials-404")]
    InvalidCredentials404,
    /// Set deletedFlag of a deleted company instead of removing it
    KeepDeletedCompanies,
    /// Let the API member's keys create API keys for members; without it, only integrator logins may
    MintWithApiKeys,
    /// Write errors: null in error responses without errors of single fields; without it, omit errors
    NullErrors,
    /// Do not support forward-only paging: lists have page numbers only
    NumberedPagesOnly,
    /// Accept requests without a client id; without it, reject them with 401
    OptionalClientId,
    /// Require credentials to read the keys that sign callbacks
    ProtectCallbackKeys,
    /// Serve /system/info without credentials
    PublicSystemInfo,
    /// Reject unknown names in the `fields` parameter; without it, ignore them
    RejectUnknownFields,
    /// If a record has custom fields, reject patches that do not change customFields
    RequireCustomFields,
    /// Reject requests without TLS
    RequireTls,
    /// Make the notes of project tickets available at /service/tickets/{id}/notes, too
    ServicePathOfProjectNotes,
}

impl Switch {
    /// Sets the switch in the settings of a server.
    pub(crate) fn set(self, server: SimBuilder) -> SimBuilder {
        match self {
            Self::AbsentAsNull => server.absent_as_null(),
            Self::AbsentReferencesAsEmpty => server.absent_references_as_empty(),
            Self::IgnoreReferencePatches => server.ignore_reference_patches(),
            Self::IgnoreVersion => server.ignore_version(),
            Self::InvalidCredentials404 => server.invalid_credentials_status(StatusCode::NOT_FOUND),
            Self::KeepDeletedCompanies => server.keep_deleted_companies(),
            Self::MintWithApiKeys => server.mint_with_api_keys(),
            Self::NullErrors => server.null_errors(),
            Self::NumberedPagesOnly => server.numbered_pages_only(),
            Self::OptionalClientId => server.optional_client_id(),
            Self::ProtectCallbackKeys => server.protect_callback_keys(),
            Self::PublicSystemInfo => server.public_system_info(),
            Self::RejectUnknownFields => server.reject_unknown_fields(),
            Self::RequireCustomFields => server.require_custom_fields(),
            Self::RequireTls => server.require_tls(),
            Self::ServicePathOfProjectNotes => server.service_path_of_project_notes(),
        }
    }
}
