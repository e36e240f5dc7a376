//! Named connections: where they are stored, and the client that they make.

use connectwise_psa::PsaBuilder;

use crate::error::CommandError;

/// Returns the builder of a connection: that with a name, or that of the environment variables `CW_*`, or the default
/// one.
pub(crate) fn builder(name: Option<&str>) -> Result<PsaBuilder, CommandError> {
    match name {
        None => Ok(PsaBuilder::from_env()),
        Some(name) => Err(CommandError::usage(format!("there is no connection {name:?}"))),
    }
}
