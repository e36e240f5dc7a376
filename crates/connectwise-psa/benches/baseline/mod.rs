//! The baseline of the list benchmarks: a server that sends prebuilt pages, a hand-written loop that reads them, and a
//! function that compares times.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a benchmark fails by panicking")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use connectwise_psa::types::Ticket;
use reqwest::Client;
use reqwest::header::LINK;

/// How many records a page holds.
pub(crate) const PAGE: usize = 1000;

/// Returns 1 for a decoded ticket, and prevents the compiler from optimising the ticket away.
pub(crate) fn used(ticket: &Ticket) -> usize {
    usize::from(std::hint::black_box(ticket).id.is_some())
}

/// Runs both functions alternately. Returns the median time of each, and the median ratio of the second to the first.
/// The ratio is taken in each round, because other programs slow down both runs of a round.
pub(crate) fn compare(rounds: usize, records: usize, functions: [&dyn Fn() -> usize; 2]) -> ([Duration; 2], f64) {
    let time = |read: &dyn Fn() -> usize| {
        let start = Instant::now();
        assert_eq!(read(), records);
        start.elapsed()
    };
    // The first round warms up.
    let times: Vec<[Duration; 2]> = (0..=rounds).map(|_| functions.map(time)).skip(1).collect();
    let median = |index: usize| {
        let mut times: Vec<Duration> = times.iter().map(|times| times[index]).collect();
        times.sort_unstable();
        times[times.len() / 2]
    };
    let mut ratios: Vec<f64> = times.iter().map(|[first, second]| second.as_secs_f64() / first.as_secs_f64()).collect();
    ratios.sort_unstable_by(f64::total_cmp);
    ([median(0), median(1)], ratios[ratios.len() / 2])
}

/// The id of the first ticket on the prebuilt page. For each page, the server overwrites the ids in place, which is
/// possible because all ids have the same number of digits.
const FIRST_ID: usize = 10_000_000;

/// Returns a page of tickets in the format of live servers.
pub(crate) fn page() -> Vec<u8> {
    let tickets: Vec<String> = (0..PAGE).map(|at| ticket(FIRST_ID + at, at)).collect();
    format!("[{}]", tickets.join(",")).into_bytes()
}

/// The fields that are the same in all tickets.
const COMMON_FIELDS: &str = concat!(
    r#""team":{"id":25,"name":"Service Team"},"owner":{"id":152,"identifier":"jdoe","name":"Jo Doe"},"priority":{"id":8,"#,
    r#""name":"Priority 3 - Normal","sort":5,"level":"Medium"},"source":{"id":3,"name":"Email Connector"},"severity":"Medium","impact":"High","#,
    r#""allowAllClientsPortalView":false,"customerUpdatedFlag":false,"closedFlag":false,"dateEntered":"2026-06-09T08:12:00Z","enteredBy":"jdoe","#,
    r#""budgetHours":1.5,"actualHours":0.25,"approved":true,"subBillingMethod":"ActualRates","billTime":"Billable","billExpenses":"Billable","#,
    r#""billProducts":"Billable","locationId":2,"businessUnitId":10,"#,
);

fn ticket(id: usize, at: usize) -> String {
    const API: &str = "https://na.example.invalid/v4_6_release/apis/3.0";
    let company = 19_000 + at * 37 % 900;
    let (summary, detail) = (
        ["Printer on fire", "Backup of SRV-02 failed twice", "Onboard two new colleagues"][at % 3],
        "again \\u2013 \\\"since Monday\\\"",
    );
    [format!(
        r#"{{"id":{id},"summary":"{summary} {detail} {at}","recordType":"ServiceTicket","board":{{"id":1,"name":"Help Desk","_info":{{"board_href":"{API}/service/boards/1"}}}},"#
    ),
 format!(
        r#""status":{{"id":17,"name":"In Progress","Sort":3,"_info":{{"status_href":"{API}/service/boards/1/statuses/17"}}}},"company":{{"id":{company},"identifier":"Harbour{company}","name":"Harbour Bakery {company}","_info":{{"company_href":"{API}/company/companies/{company}","mobileGuid":"9a3f00c2-d17e-4b64-8a51-00000000{at:04}"}}}},"#
    ),
 format!(
        r#""site":{{"id":{company},"name":"Main","_info":{{"site_href":"{API}/company/companies/{company}/sites/{company}"}}}},"siteName":"Main","addressLine1":"1 Quay Street","city":"Tampa","contact":{{"id":{at},"name":"Ada Lindgren","_info":{{"contact_href":"{API}/company/contacts/{at}"}}}},"contactName":"Ada Lindgren","contactPhoneNumber":"8135550100","#
    ),
 COMMON_FIELDS.to_owned(),
 format!(
            r#""_info":{{"lastUpdated":"2026-06-09T21:59:49Z","updatedBy":"jdoe","notes_href":"{API}/service/tickets/{at}/notes"}},"customFields":[{{"id":4,"caption":"Region","type":"Text","value":"North"}},{{"id":5,"caption":"Reviewed","type":"Checkbox","value":false}},{{"id":9,"caption":"Effort","type":"Number","value":2.5}}]}}"#
        )].concat()
}

/// A server with pages of tickets.
pub(crate) struct Server {
    address: SocketAddr,
}

/// The data that each thread of a server sends.
#[derive(Clone)]
struct Pages {
    body: Vec<u8>,
    /// The positions of the ids in the body.
    id_positions: Arc<Vec<usize>>,
    pages: usize,
    latency: Duration,
}

impl Server {
    pub(crate) fn start(body: &[u8], pages: usize, latency: Duration) -> Self {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").unwrap());
        let address = listener.local_addr().unwrap();
        let marks = (0..PAGE).map(|at| format!("{{\"id\":{},", FIRST_ID + at));
        let id_positions: Vec<usize> = marks
            .scan(0, |from, mark| {
                let at =
                    *from + body[*from..].windows(mark.len()).position(|window| window == mark.as_bytes()).unwrap();
                *from = at + mark.len();
                Some(at + "{\"id\":".len())
            })
            .collect();
        let all = Pages { body: body.to_vec(), id_positions: Arc::new(id_positions), pages, latency };
        // The client opens at most four connections.
        for _ in 0..5 {
            let (listener, mut pages) = (Arc::clone(&listener), all.clone());
            std::thread::spawn(move || {
                while let Ok((connection, _)) = listener.accept() {
                    // The client may have disconnected.
                    let _ = pages.serve(connection);
                }
            });
        }
        Self { address }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Reads all tickets of a server with the same requests as the library, in as little code as possible.
pub(crate) async fn by_hand(url: &str) -> usize {
    read_pages(url, |body| serde_json::from_slice::<Vec<Ticket>>(body).unwrap().iter().map(used).sum()).await
}

/// Reads all pages of a server. `read` returns the number of records of a page.
pub(crate) async fn read_pages(url: &str, read: impl Fn(&[u8]) -> usize) -> usize {
    let client = Client::builder().build().unwrap();
    let base = format!("{url}/v4_6_release/apis/3.0/service/tickets?pageSize={PAGE}");
    let (mut count, mut after) = (0, 0);
    loop {
        let request = client
            .get(format!("{base}&pageId={after}"))
            .basic_auth("acme+public", Some("private"))
            .header("clientid", "bench");
        let request = request
            .header("accept", "application/vnd.connectwise.com+json; version=2025.8")
            .header("pagination-type", "forward-only");
        let response = request.send().await.unwrap().error_for_status().unwrap();
        let next = response.headers()[LINK].to_str().unwrap();
        let next = next.split_once("pageId=").map(|(_, next)| next.split_once('>').unwrap().0.parse().unwrap());
        count += read(&response.bytes().await.unwrap());
        match next {
            Some(next) => after = next,
            None => return count,
        }
    }
}

impl Pages {
    fn serve(&mut self, connection: TcpStream) -> std::io::Result<()> {
        connection.set_nodelay(true)?;
        let mut reader = BufReader::with_capacity(4096, &connection);
        let (mut line, mut request) = (String::with_capacity(1024), String::with_capacity(1024));
        loop {
            request.clear();
            if reader.read_line(&mut request)? == 0 {
                return Ok(());
            }
            line.clear();
            // Skips the headers. The line after them is empty: it has only its two line-end characters.
            while reader.by_ref().read_line(&mut line)? > 2 {
                line.clear();
            }
            std::thread::sleep(self.latency);
            let parameter = |name: &str| -> Option<usize> {
                let (_, value) = request.split_once(name)?;
                value.split(['&', ' ']).next()?.parse().ok()
            };
            if request.contains("/count") {
                let count = format!("{{\"count\":{}}}", self.pages * PAGE);
                write!(
                    &connection,
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{count}",
                    count.len()
                )?;
                continue;
            }
            // `pageId` is 0 or the id of the last ticket on the previous page; ids start at FIRST_ID.
            let page = match parameter("pageId=") {
                Some(0) => 0,
                Some(after) => (after + 1 - FIRST_ID) / PAGE,
                None => parameter("page=").unwrap_or(1) - 1,
            };
            let forward = request.contains("pageId=");
            let is_last = page + 1 >= self.pages;
            for (index, position) in self.id_positions.iter().enumerate() {
                write!(&mut self.body[*position..], "{}", FIRST_ID + page * PAGE + index)?;
            }
            write!(
                &connection,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\nlink: ",
                self.body.len()
            )?;
            // The host of a link does not matter, because the client uses only its page number or `pageId`.
            match (is_last, forward) {
                (true, true) => write!(&connection, "\r\n\r\n")?,
                (true, false) => write!(&connection, "<http://other.invalid/x?page=1>; rel=\"first\"\r\n\r\n")?,
                (false, true) => write!(
                    &connection,
                    "<http://other.invalid/x?pageId={}>; rel=\"next\"\r\n\r\n",
                    FIRST_ID + (page + 1) * PAGE - 1
                )?,
                (false, false) => {
                    write!(&connection, "<http://other.invalid/x?page={}>; rel=\"next\"\r\n\r\n", page + 2)?
                }
            }
            (&connection).write_all(&self.body)?;
        }
    }
}
