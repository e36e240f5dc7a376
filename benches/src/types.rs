//! The record types that are decoded and encoded, with their lists in the library.

use std::hint::black_box;

use bytes::Bytes;
use connectwise_psa_bindings::{company, finance, service, time, types};
use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::{BoxFuture, Connection, Request, Response, Transport};
use http::StatusCode;
use tokio::runtime::Runtime;

use crate::plain::{Decode, Encoder, decode, encoder};

/// Reads the first page of a list through a connection.
type FirstPage = fn(&Runtime, &Connection) -> Result<usize, String>;

/// Decoded records, or the reason why there are none.
type Kept = Result<Box<dyn Records>, String>;

/// A record type of the library.
pub(crate) struct RecordType {
    /// The name of the type in requests. The data set has a file of the same name.
    pub(crate) name: &'static str,
    pub(crate) decode: Decode,
    pub(crate) encoder: fn(&[u8]) -> Result<Encoder, String>,
    pub(crate) first_page: FirstPage,
    /// Decodes a page from a slice or a connection, and returns the records, so that their memory can be measured.
    pub(crate) keep: fn(&[u8]) -> Kept,
    pub(crate) keep_page: fn(&Runtime, &Connection) -> Kept,
}

/// Decoded records of any type.
pub(crate) trait Records {
    /// Returns the number of records.
    fn count(&self) -> usize;
}

impl<T> Records for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }
}

/// Reads the first page of a list. A macro, because the bounds of the list's record type are not public.
macro_rules! first_page {
    ($runtime:expr, $list:expr) => {{
        let page = $runtime.block_on(async { $list.pages().next().await });
        page.ok_or("the list has no page")?.map_err(|error| error.to_string())?.items
    }};
}

macro_rules! record_type {
    ($name:literal, $type:ident, $section:ident, $list:ident) => {
        RecordType {
            name: $name,
            decode: decode::<types::$type>,
            encoder: encoder::<types::$type>,
            first_page: |runtime, connection| {
                let records = first_page!(runtime, $section::Client::new(connection).$list());
                Ok(black_box(records).len())
            },
            keep: |page| {
                let records: Vec<types::$type> = serde_json::from_slice(page).map_err(|error| error.to_string())?;
                Ok(Box::new(records))
            },
            keep_page: |runtime, connection| {
                Ok(Box::new(first_page!(runtime, $section::Client::new(connection).$list())))
            },
        }
    };
}

/// The types that the data set has a page of.
pub(crate) const TYPES: &[RecordType] = &[
    record_type!("ticket", Ticket, service, list_tickets),
    record_type!("company", Company, company, list_companies),
    record_type!("contact", Contact, company, list_contacts),
    record_type!("configuration", CompanyConfiguration, company, list_configurations),
    record_type!("agreement", Agreement, finance, list_agreements),
    record_type!("invoice", Invoice, finance, list_invoices),
    record_type!("time-entry", TimeEntry, time, list_time_entries),
];

/// Returns the type with this name.
pub(crate) fn find(name: &str) -> Result<&'static RecordType, String> {
    TYPES.iter().find(|known| known.name == name).ok_or_else(|| format!("unknown type `{name}`"))
}

/// A connection whose every response is the same page, without a network.
pub(crate) struct OnePage(pub(crate) Bytes);

impl Transport for OnePage {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Response, Error>> {
        let body = self.0.clone();
        Box::pin(async move { Ok(Response::new(StatusCode::OK, body)) })
    }
}
