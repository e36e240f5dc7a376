//! Reads a list for completion, for a limited time.

use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime};

use connectwise_psa::{CallOptions, Method, PsaBuilder, RetryPolicy};
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

/// The ids and names of records.
type Records = Vec<(i64, Option<String>)>;

/// Returns the records of a list: those that were kept if they are not old, or else those that the server returns, or
/// else the old ones.
pub(crate) fn entries(connection: &Choice, list: &'static List) -> Vec<Entry> {
    let Some(file) = cache::file(connection, list.operation) else { return Vec::new() };
    let builder = {
        let connection = connection.clone();
        move || connection::builder(&connection).ok()
    };
    // The demo data of `--sim` takes longer to make than a person waits.
    let is_sim = matches!(connection, Choice::Sim);
    kept_or_read(
        &file,
        SystemTime::now(),
        || if is_sim { None } else { within_limit(move || request(builder()?, list)) },
    )
}

fn kept_or_read(file: &Path, now: SystemTime, read: impl FnOnce() -> Option<Records>) -> Vec<Entry> {
    match cache::load_file(file, now) {
        Some(cached) if !cached.is_old => cached.entries,
        cached => match read() {
            Some(records) => cache::store_file(file, records),
            None => cached.map(|cached| cached.entries).unwrap_or_default(),
        },
    }
}

/// Runs work in a thread, and waits for it for a limited time: the keyring may wait for a person.
fn within_limit<T: Send + 'static>(work: impl FnOnce() -> Option<T> + Send + 'static) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    let run = move || {
        // Fails only after the limit.
        let _ = sender.send(work());
    };
    thread::Builder::new().spawn(run).ok()?;
    receiver.recv_timeout(LIMIT).ok()?
}

/// Sends one request.
fn request(builder: PsaBuilder, list: &'static List) -> Option<Records> {
    let operation = id::find(list.operation).ok()?;
    let once = CallOptions::new().timeout(LIMIT).retry(RetryPolicy::none());
    let psa = builder.options(once).build().ok()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let request = psa
        .request(Method::Get, operation.path)
        .query("pageSize", PAGE_SIZE.to_string())
        .query("fields", format!("id,{}", list.name.join(",")))
        .query("orderBy", list.order);
    let response: Value = runtime.block_on(async { request.await.ok()?.into_json().ok() })?;
    let records = response.as_array()?.iter().filter_map(|record| {
        let names = list.name.iter().filter_map(|name| record.get(*name)?.as_str());
        let name = names.collect::<Vec<_>>().join(" ");
        Some((record.get("id")?.as_i64()?, (!name.is_empty()).then_some(name)))
    });
    Some(records.collect())
}

#[cfg(test)]
mod tests {
    use connectwise_psa::Psa;
    use connectwise_psa_sim::{Seed, Sim};
    use serde_json::json;

    use super::*;
    use crate::completion::lists;

    fn names(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.name.as_str()).collect()
    }

    #[test]
    fn a_list_is_read_when_it_is_old_and_the_old_one_is_used_if_that_fails() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("names/list.json");
        let now = SystemTime::now();
        let later = now + Duration::from_secs(2 * 60 * 60);
        let records = |name: &str| Some(vec![(1, Some(name.to_owned()))]);
        assert!(kept_or_read(&file, now, || None).is_empty());
        assert_eq!(names(&kept_or_read(&file, now, || records("first"))), ["first"]);
        assert_eq!(names(&kept_or_read(&file, now, || panic!("it is not old"))), ["first"]);
        assert_eq!(names(&kept_or_read(&file, later, || None)), ["first"]);
        assert_eq!(names(&kept_or_read(&file, later, || records("second"))), ["second"]);
        assert_eq!(names(&kept_or_read(&file, now, || None)), ["second"]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_names_come_from_the_server_and_a_failure_is_silent() {
        let sim = Sim::builder().seed(Seed::Empty).start().await.unwrap();
        sim.store().insert("/service/boards", json!({"id": 7, "name": "Help Desk"}));
        let builder = || {
            let psa = Psa::builder().host(sim.url()).company("demo").keys("public", "private");
            psa.client_id("00000000-0000-0000-0000-000000000000")
        };
        let boards = lists::find("service.list_boards").unwrap();
        let read = |builder: PsaBuilder| tokio::task::spawn_blocking(move || request(builder, boards));
        assert_eq!(read(builder()).await.unwrap(), Some(vec![(7, Some("Help Desk".to_owned()))]));
        assert_eq!(read(builder().keys("public", "wrong")).await.unwrap(), None);
    }

    #[test]
    fn completion_does_not_wait_longer_than_the_limit() {
        assert_eq!(within_limit(|| Some(1)), Some(1));
        let start = std::time::Instant::now();
        let slow = within_limit(|| {
            thread::sleep(LIMIT * 2);
            Some(1)
        });
        assert!(slow.is_none() && start.elapsed() < LIMIT * 2);
    }
}
