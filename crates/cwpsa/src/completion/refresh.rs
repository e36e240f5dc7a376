//! Reads a list for completion, for a limited time.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use connectwise_psa::{CallOptions, Method, RetryPolicy};
use serde_json::Value;

use crate::completion::cache::{self, Entry};
use crate::completion::lists::List;
use crate::connection;
use crate::connection::choice::Choice;
use crate::operations::id;

/// How long completion waits for a list. A person waits for the shell.
const LIMIT: Duration = Duration::from_secs(2);

/// How many records are read.
const PAGE_SIZE: usize = 200;

/// Returns the records of a list: those that were kept if they are not old, or else those that the server returns, or
/// else the old ones.
pub(crate) fn entries(connection: &Choice, list: &'static List) -> Vec<Entry> {
    let cached = cache::load(connection, list.operation);
    match cached {
        Some(cached) if !cached.is_old => cached.entries,
        cached => match read(connection, list) {
            Some(records) => {
                cache::store(connection, list.operation, records);
                cache::load(connection, list.operation).map(|cached| cached.entries).unwrap_or_default()
            }
            None => cached.map(|cached| cached.entries).unwrap_or_default(),
        },
    }
}

/// Reads a list in a thread: the keyring may wait for a person.
fn read(connection: &Choice, list: &'static List) -> Option<Vec<(i64, Option<String>)>> {
    if matches!(connection, Choice::Sim) {
        // The demo data takes longer to make than a person waits.
        return None;
    }
    let connection = connection.clone();
    let (sender, receiver) = mpsc::channel();
    thread::Builder::new()
        .spawn(move || {
            // Fails only after the limit.
            let _ = sender.send(request(&connection, list));
        })
        .ok()?;
    receiver.recv_timeout(LIMIT).ok()?
}

/// Sends one request.
fn request(connection: &Choice, list: &'static List) -> Option<Vec<(i64, Option<String>)>> {
    let operation = id::find(list.operation).ok()?;
    let once = CallOptions::new().timeout(LIMIT).retry(RetryPolicy::none());
    let psa = connection::builder(connection).ok()?.options(once).build().ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let request = psa
        .request(Method::Get, operation.path)
        .query("pageSize", PAGE_SIZE.to_string())
        .query("fields", format!("id,{}", list.name))
        .query("orderBy", list.order);
    let response: Value = runtime.block_on(async { request.await.ok()?.into_json().ok() })?;
    let records = response.as_array()?.iter().filter_map(|record| {
        let name = record.get(list.name).and_then(Value::as_str).map(str::to_owned);
        Some((record.get("id")?.as_i64()?, name))
    });
    Some(records.collect())
}
