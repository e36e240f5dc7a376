//! Times of reading a list of tickets: with the library, and with a hand-written loop that sends the same requests.

use std::hint::black_box;
use std::time::Instant;

use connectwise_psa::types::Ticket;
use connectwise_psa::{List, Psa};
use reqwest::Client;
use reqwest::header::{HeaderMap, LINK};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::PAGE;
use crate::plain::{Decode, PlainType, decode};
use crate::protocol::{Measured, unknown};

/// The path of the tickets below the host.
const TICKETS: &str = "/v4_6_release/apis/3.0/service/tickets";

/// Reads all tickets of a server.
pub(crate) fn list(runtime: &Runtime, url: &str, variant: &str, plain: &[PlainType]) -> Result<Measured, String> {
    let timed_loop = |read: Decode| {
        let client = Client::new();
        timed(|| runtime.block_on(by_hand(&client, url, read)))
    };
    match variant {
        "library" | "parallel" => {
            let tickets = tickets(url)?;
            let tickets = if variant == "parallel" { tickets.parallel(4) } else { tickets };
            timed(|| runtime.block_on(by_library(tickets)))
        }
        "types" => timed_loop(decode::<Ticket>),
        "value" => timed_loop(decode::<Value>),
        // The pages are not decoded. A page without its records would be shorter than their number.
        "undecoded" => timed_loop(|page| Ok(if page.len() > PAGE { PAGE } else { 0 })),
        "plain" => {
            let ticket = plain.iter().find(|plain| plain.name == "ticket");
            timed_loop(ticket.ok_or("this program is built without progenitor's plain types")?.decode)
        }
        _ => Err(unknown(&["list", url, variant])),
    }
}

/// Measures the time of reading a list. The HTTP client exists before.
fn timed(read: impl FnOnce() -> Result<usize, String>) -> Result<Measured, String> {
    let start = Instant::now();
    let records = read()?;
    Ok(Measured { value: start.elapsed().as_secs_f64(), records })
}

/// Sends one GET request, and reads its response without decoding it.
pub(crate) fn get(runtime: &Runtime, url: &str) -> Result<Measured, String> {
    let client = Client::new();
    let start = Instant::now();
    let response = runtime.block_on(async {
        let response = credentials(client.get(url)).send().await?.error_for_status()?;
        response.bytes().await
    });
    let body = response.map_err(|error| error.to_string())?;
    black_box(body);
    Ok(Measured { value: start.elapsed().as_secs_f64(), records: 0 })
}

/// Returns the library's list of all tickets.
pub(crate) fn tickets(url: &str) -> Result<List<Ticket>, String> {
    let psa = Psa::builder().host(url).company("acme").keys("public", "private").client_id("bench");
    let psa = psa.unlimited_requests_per_minute().build().map_err(|error| error.to_string())?;
    Ok(psa.service().list_tickets())
}

/// Reads a list, and returns the number of records.
pub(crate) async fn by_library(list: List<Ticket>) -> Result<usize, String> {
    let mut tickets = list.stream();
    let mut count = 0;
    while let Some(ticket) = tickets.next().await {
        let ticket = ticket.map_err(|error| error.to_string())?;
        count += usize::from(black_box(&ticket).id.is_some());
    }
    Ok(count)
}

/// Reads all pages with the same requests as the library, in as little code as possible.
pub(crate) async fn by_hand(client: &Client, url: &str, read: Decode) -> Result<usize, String> {
    let (mut count, mut after) = (0, "0".to_owned());
    loop {
        let request = client.get(format!("{url}{TICKETS}?pageSize={PAGE}&pageId={after}"));
        let request = credentials(request).header("pagination-type", "forward-only");
        let response = request.send().await.and_then(reqwest::Response::error_for_status);
        let response = response.map_err(|error| error.to_string())?;
        let next = next_page(response.headers());
        let page = response.bytes().await.map_err(|error| error.to_string())?;
        count += read(&page)?;
        match next {
            Some(next) => after = next,
            None => return Ok(count),
        }
    }
}

fn credentials(request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
    let request = request.basic_auth("acme+public", Some("private")).header("clientid", "bench");
    request.header("accept", "application/vnd.connectwise.com+json; version=2025.8")
}

/// Returns the `pageId` of the link to the next page.
fn next_page(headers: &HeaderMap) -> Option<String> {
    let links = headers.get(LINK)?.to_str().ok()?;
    let next = links.split(',').find(|link| link.contains("rel=\"next\""))?;
    let (_, id) = next.split_once("pageId=")?;
    Some(id.chars().take_while(char::is_ascii_digit).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::pages::serve;
    use crate::times::runtime;

    #[test]
    fn every_reader_reads_the_whole_list() {
        let (runtime, url) = (runtime().unwrap(), serve(3, Duration::ZERO).unwrap());
        let plain = [PlainType::new::<Ticket>("ticket")];
        for variant in ["library", "parallel", "types", "value", "undecoded", "plain"] {
            let measured = list(&runtime, &url, variant, &plain).unwrap();
            assert_eq!(measured.records, 3 * PAGE, "{variant}");
        }
    }

    #[test]
    fn a_page_after_the_last_one_is_empty() {
        let (runtime, url) = (runtime().unwrap(), serve(3, Duration::ZERO).unwrap());
        let page = |number: u32| {
            let url = format!("{url}{TICKETS}?page={number}&pageSize=1000");
            runtime.block_on(async { reqwest::get(url).await.unwrap().text().await.unwrap() })
        };
        assert_eq!(page(4), "[]");
        assert!(page(3).starts_with("[{\"id\":10002000,"));
    }

    #[test]
    fn an_unknown_variant_is_an_error() {
        let error = list(&runtime().unwrap(), "http://127.0.0.1:1", "slowly", &[]).unwrap_err();
        assert_eq!(error, "unknown request `list http://127.0.0.1:1 slowly`");
    }
}
