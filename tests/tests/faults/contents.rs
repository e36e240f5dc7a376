//! What the response to a call contains if nothing fails.

use serde::Deserialize;

/// The content that a call expects in the response to its decisive request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Content {
    /// The record with the id of the call.
    Record,
    /// A record with an id that the server chooses.
    NewRecord,
    /// A page of records.
    List,
    /// The number of records.
    Count,
    /// Nothing.
    Nothing,
    /// A file.
    File,
    /// JSON of any form, as raw requests accept it.
    Any,
    /// The public company information.
    CompanyInfo,
    /// The keys of a person.
    Keys,
    /// What the requests of a check expect.
    Check,
}

impl Content {
    /// Returns the name in the table of expectations.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Record => "record",
            Self::NewRecord => "new-record",
            Self::List => "list",
            Self::Count => "count",
            Self::Nothing => "nothing",
            Self::File => "file",
            Self::Any => "any",
            Self::CompanyInfo => "company-info",
            Self::Keys => "keys",
            Self::Check => "check",
        }
    }
}
