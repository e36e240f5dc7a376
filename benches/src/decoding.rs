//! Processor times of decoding and encoding a page of the data set.

use std::collections::HashMap;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use connectwise_psa_core::transport::Connection;
use cpu_time::ProcessTime;
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::plain::{Decode, Encoder, PlainType, decode, encoder};
use crate::protocol::{Measured, unknown};
use crate::types::{OnePage, find};

/// How long a measurement lasts at least: short runs are repeated.
const AT_LEAST: Duration = Duration::from_millis(200);

/// Decodes and encodes the pages of a folder.
pub(crate) struct Decoding {
    folder: PathBuf,
    pages: HashMap<String, Bytes>,
    plain: Vec<PlainType>,
}

impl Decoding {
    pub(crate) fn new(folder: &Path, plain: &[PlainType]) -> Self {
        Self { folder: folder.to_owned(), pages: HashMap::new(), plain: plain.to_vec() }
    }

    /// Decodes a page once or several times.
    pub(crate) fn decode(&mut self, runtime: &Runtime, name: &str, variant: &str) -> Result<Measured, String> {
        let page = self.page(name)?;
        let decode: Decode = match variant {
            "page" => {
                let first_page = find(name)?.first_page;
                let connection = Connection::new(OnePage(page));
                return repeat(|| first_page(runtime, &connection));
            }
            "slice" => find(name)?.decode,
            "value" => decode::<Value>,
            "scan" => decode::<IgnoredAny>,
            "plain" => self.plain(name)?.decode,
            _ => return Err(unknown(&["decode", name, variant])),
        };
        repeat(|| decode(&page))
    }

    /// Decodes a page, and encodes its records once or several times. Only the encoding is timed.
    pub(crate) fn encode(&mut self, name: &str, variant: &str) -> Result<Measured, String> {
        let page = self.page(name)?;
        let encode: Encoder = match variant {
            "slice" => (find(name)?.encoder)(&page)?,
            "value" => encoder::<Value>(&page)?,
            "plain" => (self.plain(name)?.encoder)(&page)?,
            _ => return Err(unknown(&["encode", name, variant])),
        };
        repeat(encode)
    }

    fn plain(&self, name: &str) -> Result<&PlainType, String> {
        let found = self.plain.iter().find(|plain| plain.name == name);
        found.ok_or_else(|| "this program is built without progenitor's plain types".to_owned())
    }

    fn page(&mut self, name: &str) -> Result<Bytes, String> {
        if let Some(page) = self.pages.get(name) {
            return Ok(page.clone());
        }
        let page = read_page(&self.folder, name)?;
        self.pages.insert(name.to_owned(), page.clone());
        Ok(page)
    }
}

/// Reads a page of the data set.
pub(crate) fn read_page(folder: &Path, name: &str) -> Result<Bytes, String> {
    let file = folder.join(format!("{name}.json"));
    fs::read(&file).map(Bytes::from).map_err(|error| format!("{}: {error}", file.display()))
}

/// Returns the mean time of one run: the processor time of all threads of this process, which other programs on the
/// machine affect less than the time on the clock. The first run is not counted: while this process waits for others,
/// the system may take its memory, and the first run gets it back.
pub(crate) fn repeat(run: impl Fn() -> Result<usize, String>) -> Result<Measured, String> {
    black_box(run()?);
    let start = ProcessTime::now();
    let mut runs = 0_u32;
    loop {
        let records = black_box(run()?);
        runs += 1;
        let elapsed = start.elapsed();
        if elapsed >= AT_LEAST {
            return Ok(Measured { value: elapsed.as_secs_f64() / f64::from(runs), records });
        }
    }
}

#[cfg(test)]
mod tests {
    use connectwise_psa::types::Ticket;

    use super::*;
    use crate::{PAGE, pages, times};

    #[test]
    fn every_variant_processes_all_records() {
        let folder = std::env::temp_dir().join(format!("connectwise-psa-benches-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("ticket.json"), pages::page()).unwrap();
        let runtime = times::runtime().unwrap();
        let mut decoding = Decoding::new(&folder, &[PlainType::new::<Ticket>("ticket")]);
        for variant in ["page", "slice", "plain", "value", "scan"] {
            let measured = decoding.decode(&runtime, "ticket", variant).unwrap();
            assert!(measured.records == PAGE && measured.value > 0.0, "{variant}: {measured:?}");
        }
        for variant in ["slice", "plain", "value"] {
            assert_eq!(decoding.encode("ticket", variant).unwrap().records, PAGE, "{variant}");
        }
        let error = decoding.decode(&runtime, "contact", "slice").unwrap_err();
        assert!(error.contains("contact.json: "), "{error}");
        fs::remove_dir_all(&folder).unwrap();
    }
}
