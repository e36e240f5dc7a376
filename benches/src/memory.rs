//! Measurements of memory. Only the program `bench-memory` makes them, because counting slows every allocation.

use std::path::{Path, PathBuf};

use bytes::Bytes;
use connectwise_psa_core::transport::Connection;
use peak_alloc::PeakAlloc;
use tokio::runtime::Runtime;

use crate::decoding::read_page;
use crate::protocol::{Measured, unknown};
use crate::times::runtime;
use crate::types::{OnePage, find};
use crate::{lists, pages, plain};

/// Carries out the requests `json TYPE`, `decoded TYPE VARIANT` and `list URL VARIANT`. The type `small-ticket` is the
/// ticket of [`pages`](crate::pages).
pub struct Memory {
    allocator: &'static PeakAlloc,
    folder: PathBuf,
    runtime: Runtime,
}

impl Memory {
    /// Measures with the program's allocator and the data set in `folder`.
    ///
    /// # Errors
    ///
    /// Fails if the threads cannot be started.
    pub fn new(allocator: &'static PeakAlloc, folder: &Path) -> Result<Self, String> {
        Ok(Self { allocator, folder: folder.to_owned(), runtime: runtime()? })
    }

    /// Carries out one request. Sizes are in bytes.
    ///
    /// # Errors
    ///
    /// Fails if the request is unknown, and with the error of what it measures.
    pub fn measure(&mut self, request: &[&str]) -> Result<Measured, String> {
        match *request {
            ["json", name] => Ok(measured(self.page(name)?.len(), crate::PAGE)),
            ["decoded", name, variant] => self.decoded(name, variant),
            ["list", url, variant] => self.list(url, variant),
            _ => Err(unknown(request)),
        }
    }

    /// Returns the memory of the decoded records of a page, with everything that they point to.
    fn decoded(&self, name: &str, variant: &str) -> Result<Measured, String> {
        let page = self.page(name)?;
        let record = find(name.trim_start_matches("small-"))?;
        let read = || match variant {
            // The response is copied, and its copy is counted if the records keep it.
            "page" => {
                let connection = Connection::new(OnePage(Bytes::copy_from_slice(&page)));
                (record.keep_page)(&self.runtime, &connection)
            }
            "slice" => (record.keep)(&page),
            _ => Err(unknown(&["decoded", name, variant])),
        };
        // The first run allocates what is kept for all later ones.
        drop(read()?);
        let before = self.allocator.current_usage();
        let records = read()?;
        Ok(measured(self.allocator.current_usage().saturating_sub(before), records.count()))
    }

    /// Returns the peak memory while all tickets of a server are read.
    fn list(&self, url: &str, variant: &str) -> Result<Measured, String> {
        let before = self.allocator.current_usage();
        self.allocator.reset_peak_usage();
        let records = match variant {
            "library" => self.runtime.block_on(lists::by_library(lists::tickets(url)?))?,
            "types" => self.runtime.block_on(lists::by_hand(
                &reqwest::Client::new(),
                url,
                plain::decode::<connectwise_psa::types::Ticket>,
            ))?,
            _ => return Err(unknown(&["list", url, variant])),
        };
        Ok(measured(self.allocator.peak_usage().saturating_sub(before), records))
    }

    fn page(&self, name: &str) -> Result<Bytes, String> {
        if name == "small-ticket" { Ok(pages::page().into()) } else { read_page(&self.folder, name) }
    }
}

#[allow(clippy::cast_precision_loss, reason = "sizes of memory are far below 2^52")]
fn measured(bytes: usize, records: usize) -> Measured {
    Measured { value: bytes as f64, records }
}
