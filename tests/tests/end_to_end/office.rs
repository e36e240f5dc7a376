//! What the stories share: a server with its client, and short questions to what the server holds and has seen.

use std::time::Duration;

use connectwise_psa::{CallOptions, Psa, RetryPolicy};
use connectwise_psa_sim::{Sim, SimBuilder};
use serde_json::Value;

/// A server with the demo data, and a client of it that does not wait long between its tries.
pub(crate) async fn demo() -> (Sim, Psa) {
    opened(Sim::builder()).await
}

/// The same with settings of its own.
pub(crate) async fn opened(builder: SimBuilder) -> (Sim, Psa) {
    let sim = builder.start().await.unwrap();
    let psa = sim.psa().with(quick());
    (sim, psa)
}

/// The usual number of tries without the usual delays.
pub(crate) fn quick() -> CallOptions {
    CallOptions::new().retry(RetryPolicy::default().delays(Duration::from_millis(1), Duration::from_millis(5)))
}

/// The ids of records.
pub(crate) fn ids<'a>(records: impl IntoIterator<Item = &'a Value>) -> Vec<i64> {
    records.into_iter().map(|record| record["id"].as_i64().unwrap()).collect()
}

/// Method, path under the base and status of what the server has seen, with 0 where the connection was broken.
pub(crate) fn seen(sim: &Sim) -> Vec<String> {
    let line = |seen: &connectwise_psa_sim::Seen| {
        let path = seen.path.split_once("/apis/3.0").map_or(seen.path.as_str(), |(_, path)| path);
        format!("{} {path} {}", seen.method, seen.status.unwrap_or_default())
    };
    sim.seen().iter().map(line).collect()
}

/// How many requests of a method the server has seen for a path under the base.
pub(crate) fn asked(sim: &Sim, method: &str, path: &str) -> usize {
    let start = format!("{method} {path} ");
    seen(sim).iter().filter(|line| line.starts_with(&start)).count()
}

/// The members in which two versions of a record differ, without the marks of who changed it when.
pub(crate) fn changed(before: &Value, after: &Value) -> Vec<String> {
    let (before, after) = (before.as_object().unwrap(), after.as_object().unwrap());
    let mut names: Vec<_> = before.keys().chain(after.keys()).filter(|name| *name != "_info" && before.get(*name) != after.get(*name)).cloned().collect();
    names.sort();
    names.dedup();
    names
}
