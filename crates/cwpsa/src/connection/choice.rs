//! The connection that a command uses.

use crate::connection::settings::Connection;

/// The connection that a command uses.
#[derive(Clone, Debug)]
pub(crate) enum Choice {
    /// The simulator of `--sim`.
    Sim,
    /// The environment variables `CW_*`.
    Environment,
    /// A stored connection.
    Stored {
        /// Its name.
        name: String,
        /// Its settings.
        connection: Connection,
    },
}

impl Choice {
    /// Returns the name to show: that of a stored connection, `CW_* variables` or `--sim`.
    pub(crate) fn label(&self) -> &str {
        match self {
            Self::Sim => "--sim",
            Self::Environment => "CW_* variables",
            Self::Stored { name, .. } => name,
        }
    }

    /// Returns what tells connections apart: server, company and user. It has no secret. Two connections to the same
    /// server, company and user are the same.
    pub(crate) fn identity(&self) -> String {
        match self {
            Self::Sim => "simulator".to_owned(),
            Self::Environment => {
                let value = |name| std::env::var(name).unwrap_or_default();
                identity(&value("CW_SITE"), &value("CW_COMPANY"), &value("CW_PUBLIC_KEY"))
            }
            Self::Stored { connection, .. } => identity(
                &connection.site,
                connection.company.as_deref().unwrap_or_default(),
                &connection.credentials.user,
            ),
        }
    }
}

/// Joins the parts with a character that none of them contains.
fn identity(site: &str, company: &str, user: &str) -> String {
    format!("{}\n{company}\n{user}", site.trim_end_matches('/').to_ascii_lowercase())
}
