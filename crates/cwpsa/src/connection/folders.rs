//! The folders of this program.

use std::path::PathBuf;

use etcetera::base_strategy::{BaseStrategy, choose_base_strategy};

use crate::error::CommandError;

/// The environment variable with the folder for settings.
const CONFIG_VARIABLE: &str = "CWPSA_CONFIG_DIR";

/// The environment variable with the folder for cached names.
const CACHE_VARIABLE: &str = "CWPSA_CACHE_DIR";

/// Returns the folder for settings: `CWPSA_CONFIG_DIR`, or `cwpsa` in the platform's folder for settings of commands.
pub(crate) fn config_folder() -> Result<PathBuf, CommandError> {
    folder(CONFIG_VARIABLE, |strategy| strategy.config_dir())
}

/// Returns the folder for data that can be read again: `CWPSA_CACHE_DIR`, or `cwpsa` in the platform's cache folder.
pub(crate) fn cache_folder() -> Result<PathBuf, CommandError> {
    folder(CACHE_VARIABLE, |strategy| strategy.cache_dir())
}

fn folder(variable: &str, platform: impl Fn(&dyn BaseStrategy) -> PathBuf) -> Result<PathBuf, CommandError> {
    match std::env::var_os(variable).filter(|folder| !folder.is_empty()) {
        Some(folder) => Ok(PathBuf::from(folder)),
        None => {
            let strategy = choose_base_strategy().map_err(|_| {
                CommandError::failure("the home folder of the user is not known")
                    .with_next_step(format!("Set {variable} to a folder."))
            })?;
            Ok(platform(&strategy).join("cwpsa"))
        }
    }
}
