//! Files of operations that return bytes: documents, images and PDFs.

use std::io::{IsTerminal as _, stdout};
use std::path::Path;

use connectwise_psa::documents::{IfExists, SaveError, SaveFile as _};
use connectwise_psa::raw::RawRequest;

use crate::error::CommandError;

/// Downloads the response of a request to a file, into a folder, or to standard output (`-`). Returns what happened.
pub(crate) async fn download(
    request: RawRequest,
    target: Option<&Path>,
    overwrite: bool,
) -> Result<Option<String>, CommandError> {
    let Some(target) = target else {
        return Err(CommandError::usage(
            "the operation returns a file: --output says where it goes (a file, a folder, or -)",
        ));
    };
    let to_stdout = target == Path::new("-");
    if to_stdout && stdout().is_terminal() {
        return Err(CommandError::usage("a file is not printed on a terminal: use --output FILE"));
    }
    let download = request.download().await?;
    if to_stdout {
        let written = download.write_to(tokio::io::stdout()).await;
        return match written {
            Ok(_) => Ok(None),
            Err(SaveError::Writer(error)) => Err(CommandError::stdout(error)),
            Err(error) => Err(failed(error)),
        };
    }
    let policy = if overwrite { IfExists::Overwrite } else { IfExists::Fail };
    let saving = if target.is_dir() { download.save_in(target) } else { download.save_as(target) };
    let saved = saving.if_exists(policy).await.map_err(failed)?;
    Ok(Some(format!("{} bytes were saved to {}", saved.length, saved.path.display())))
}

fn failed(error: SaveError) -> CommandError {
    match error {
        SaveError::Download(error) => error.into(),
        SaveError::Exists(_) => CommandError::failure(error.to_string()).with_next_step("--yes replaces it"),
        SaveError::File { ref source, .. } => CommandError::failure(format!("{error}: {source}")),
        error => CommandError::failure(error.to_string()),
    }
}
