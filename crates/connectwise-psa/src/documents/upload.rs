//! The builder of an upload: a file or a link for a record.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;
use std::time::Duration;

use connectwise_psa_bindings::types::{DocumentFormData, DocumentInfo};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::{BoxFuture, Upload};

use crate::client::Psa;
use crate::documents::progress::{OnProgress, Progress};
use crate::documents::source::FileSource;
use crate::transport::pipeline::CALL_TIMEOUT;

/// The slowest connection for which the default timeout of an upload is long enough, in bytes per second.
const SLOWEST: u64 = 128 * 1024;

/// An upload of a file or a link; see [`Documents::upload`](crate::documents::Documents::upload). Awaiting it sends the
/// request and returns the new document.
#[must_use = "an upload is not sent until it is awaited"]
pub struct DocumentUpload {
    psa: Psa,
    form: DocumentFormData,
    file: Option<FileSource>,
    on_progress: Option<OnProgress>,
    timeout: Option<Duration>,
    problem: Option<Error>,
}

impl DocumentUpload {
    pub(crate) fn new(psa: &Psa, form: DocumentFormData, file: Option<FileSource>) -> Self {
        Self { psa: psa.clone(), form, file, on_progress: None, timeout: None, problem: None }
    }

    pub(crate) fn failed(self, problem: Error) -> Self {
        Self { problem: Some(problem), ..self }
    }

    /// Sets the title, which people see in PSA. Without one, the server uses the name of the file or the URL.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.form.title = Some(title.into());
        self
    }

    /// Sets whether the document is private: customers do not see it in the portal. Without this, the server decides.
    pub fn private(mut self, is_private: bool) -> Self {
        self.form.private_flag = Some(is_private);
        self
    }

    /// Sets whether the document is read-only. Without this, the server decides.
    pub fn read_only(mut self, is_read_only: bool) -> Self {
        self.form.read_only_flag = Some(is_read_only);
        self
    }

    /// Calls `on_progress` after each piece of the file that has been passed to the connection. The callback must return
    /// quickly; to do more, it can send the progress through a channel.
    ///
    /// ```no_run
    /// # async fn run(psa: connectwise_psa::Psa) -> Result<(), connectwise_psa::Error> {
    /// # use connectwise_psa::documents::FileSource;
    /// # use connectwise_psa::types::DocumentRecordType;
    /// let file = FileSource::path("backup.zip");
    /// let upload = psa.documents().upload(DocumentRecordType::Company, 19, file);
    /// upload.on_progress(|progress| println!("{} of {:?} bytes", progress.bytes, progress.total)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_progress(mut self, on_progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(on_progress));
        self
    }

    /// Sets the timeout of the whole upload. Without one, it is that of the client; if the client has none either, it is
    /// 300 seconds and as long as the file needs at 128 KiB per second.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends the upload.
    async fn send(self) -> Result<DocumentInfo, Error> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let file = match self.file {
            Some(file) => Some(file.open(self.on_progress).await?),
            None => None,
        };
        let default = self.psa.pipeline().options.timeout;
        let length = file.as_ref().map_or(0, Upload::length);
        let timeout = self.timeout.or(default).unwrap_or_else(|| timeout_for(length));
        self.psa.system().upload_document(&self.form, file).timeout(timeout).await
    }
}

/// Returns the default timeout for an upload of this many bytes.
fn timeout_for(length: u64) -> Duration {
    CALL_TIMEOUT + Duration::from_secs(length / SLOWEST)
}

impl IntoFuture for DocumentUpload {
    type Output = Result<DocumentInfo, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// Does not show the content of the file.
impl fmt::Debug for DocumentUpload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentUpload").field("form", &self.form).field("file", &self.file).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_has_a_longer_timeout() {
        assert_eq!(timeout_for(0), Duration::from_secs(300));
        assert_eq!(timeout_for(200 * 1024 * 1024), Duration::from_secs(300 + 1600));
    }
}
