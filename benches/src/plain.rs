//! progenitor's plain types, as functions: this package cannot name them.

use std::hint::black_box;

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Decodes a page and returns the number of records.
pub type Decode = fn(&[u8]) -> Result<usize, String>;

/// A record type of another library.
#[derive(Clone, Copy, Debug)]
pub struct PlainType {
    /// The name of the type in requests, such as `ticket`.
    pub name: &'static str,
    pub(crate) decode: Decode,
    pub(crate) encoder: fn(&[u8]) -> Result<Encoder, String>,
}

/// Encodes records that are decoded already, and returns their number.
pub(crate) type Encoder = Box<dyn Fn() -> Result<usize, String>>;

impl PlainType {
    /// Describes the type `T`.
    #[must_use]
    pub fn new<T: DeserializeOwned + Serialize + 'static>(name: &'static str) -> Self {
        Self { name, decode: decode::<T>, encoder: encoder::<T> }
    }
}

/// Decodes a page into records of the type `T`.
pub(crate) fn decode<T: DeserializeOwned>(page: &[u8]) -> Result<usize, String> {
    let records: Vec<T> = serde_json::from_slice(page).map_err(|error| error.to_string())?;
    Ok(black_box(records).len())
}

/// Decodes a page, and returns a function that encodes its records.
pub(crate) fn encoder<T: DeserializeOwned + Serialize + 'static>(page: &[u8]) -> Result<Encoder, String> {
    let records: Vec<T> = serde_json::from_slice(page).map_err(|error| error.to_string())?;
    Ok(Box::new(move || {
        let text = serde_json::to_vec(black_box(&records)).map_err(|error| error.to_string())?;
        black_box(text);
        Ok(records.len())
    }))
}
