//! The file of `--file`: its upload, and what a dry run shows of it.

use std::path::Path;

use connectwise_psa::Upload;
use connectwise_psa::documents::FileSource;
use connectwise_psa::raw::RawRequest;

use crate::error::CommandError;

/// Adds the file to a request. The file is read while it is sent.
pub(crate) async fn attach(request: RawRequest, path: &Path) -> Result<RawRequest, CommandError> {
    Ok(request.upload(FileSource::path(path).into_upload().await?))
}

/// Adds the file to a request that is not sent: only its name and its length.
pub(crate) fn describe(request: RawRequest, path: &Path) -> Result<RawRequest, CommandError> {
    let unreadable = |problem: String| CommandError::usage(format!("--file {}: {problem}", path.display()));
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    let name = path.file_name().and_then(|name| name.to_str()).filter(|_| metadata.is_file());
    let name = name.ok_or_else(|| unreadable("is not a file with a name in Unicode".to_owned()))?;
    Ok(request.upload(Upload::from_stream(name, metadata.len(), futures_util::stream::empty())))
}
