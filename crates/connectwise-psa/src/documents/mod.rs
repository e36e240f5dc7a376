//! Documents: uploads from files, bytes and streams, and downloads to files.
//!
//! [`Documents`], which `psa.documents()` returns, uploads files and links, lists the documents of a record, and
//! downloads documents, images and PDFs. [`SaveFile`] adds the functions that write a [`Download`](crate::Download) to a
//! file or a writer; it works for every operation that returns a `Download`.
//!
//! ```no_run
//! # async fn run(psa: connectwise_psa::Psa) -> Result<(), Box<dyn std::error::Error>> {
//! use connectwise_psa::documents::{FileSource, SaveFile as _};
//! use connectwise_psa::types::DocumentRecordType;
//!
//! let documents = psa.documents();
//! let log = FileSource::path("/var/log/router.log");
//! documents.upload(DocumentRecordType::Ticket, 42, log).title("Router log").private(true).await?;
//! for document in documents.of(DocumentRecordType::Ticket, 42).all().await? {
//!     let Some(id) = document.id else { continue };
//!     let saved = documents.download(id).await?.save_in("downloads").await?;
//!     println!("{}: {} bytes", saved.path.display(), saved.length);
//! }
//! # Ok(())
//! # }
//! ```

mod file_name;
mod file_stream;
mod handle;
mod inline_image;
mod progress;
mod save;
mod source;
mod upload;

pub use file_name::{checked_file_name, safe_file_name};
pub use handle::Documents;
pub use inline_image::inline_image_links;
pub use progress::Progress;
pub use save::{DEFAULT_MAX_FILE_SIZE, IfExists, SaveError, SaveFile, SaveToFile, SavedFile, WriteTo};
pub use source::FileSource;
pub use upload::DocumentUpload;
