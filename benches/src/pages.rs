//! A server that sends prebuilt pages of tickets, in the format of live servers. Its threads keep connections open, and
//! do not allocate memory while they send, so that it costs as little as possible. It does not compress.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use crate::PAGE;

/// The id of the first ticket on the prebuilt page. For each page, the server overwrites the ids in place, which is
/// possible because all ids have the same number of digits.
const FIRST_ID: usize = 10_000_000;

/// Returns a page of tickets in the format of live servers.
#[must_use]
pub fn page() -> Vec<u8> {
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
    let summary = match at % 3 {
        0 => "Printer on fire",
        1 => "Backup of SRV-02 failed twice",
        _ => "Onboard two new colleagues",
    };
    let detail = "again \\u2013 \\\"since Monday\\\"";
    let heading = format!(
        r#"{{"id":{id},"summary":"{summary} {detail} {at}","recordType":"ServiceTicket","board":{{"id":1,"name":"Help Desk","_info":{{"board_href":"{API}/service/boards/1"}}}},"#
    );
    let status = format!(
        r#""status":{{"id":17,"name":"In Progress","Sort":3,"_info":{{"status_href":"{API}/service/boards/1/statuses/17"}}}},"#
    );
    let customer = format!(
        r#""company":{{"id":{company},"identifier":"Harbour{company}","name":"Harbour Bakery {company}","_info":{{"company_href":"{API}/company/companies/{company}","mobileGuid":"9a3f00c2-d17e-4b64-8a51-00000000{at:04}"}}}},"site":{{"id":{company},"name":"Main","_info":{{"site_href":"{API}/company/companies/{company}/sites/{company}"}}}},"siteName":"Main","addressLine1":"1 Quay Street","city":"Tampa","#
    );
    let contact = format!(
        r#""contact":{{"id":{at},"name":"Ada Lindgren","_info":{{"contact_href":"{API}/company/contacts/{at}"}}}},"contactName":"Ada Lindgren","contactPhoneNumber":"8135550100","#
    );
    let info = format!(
        r#""_info":{{"lastUpdated":"2026-06-09T21:59:49Z","updatedBy":"jdoe","notes_href":"{API}/service/tickets/{at}/notes"}},"customFields":[{{"id":4,"caption":"Region","type":"Text","value":"North"}},{{"id":5,"caption":"Reviewed","type":"Checkbox","value":false}},{{"id":9,"caption":"Effort","type":"Number","value":2.5}}]}}"#
    );
    [heading.as_str(), &status, &customer, &contact, COMMON_FIELDS, &info].concat()
}

/// How many connections a server serves at a time. The library opens at most four; other clients keep theirs open.
const CONNECTIONS: usize = 8;

/// The data that each thread of a server sends.
#[derive(Clone)]
struct Pages {
    body: Vec<u8>,
    /// The positions of the ids in the body.
    id_positions: Arc<Vec<usize>>,
    pages: usize,
    latency: Duration,
}

/// Starts a server on a free port of the loopback interface, which runs until the program ends. Returns its URL.
///
/// # Errors
///
/// Fails if no port can be opened.
pub fn serve(pages: u32, latency: Duration) -> io::Result<String> {
    let listener = Arc::new(TcpListener::bind("127.0.0.1:0")?);
    let url = format!("http://{}", listener.local_addr()?);
    let body = page();
    let id_positions = Arc::new(id_positions(&body));
    let all = Pages { body, id_positions, pages: usize::try_from(pages).unwrap_or(usize::MAX), latency };
    for _ in 0..CONNECTIONS {
        let (listener, mut pages) = (Arc::clone(&listener), all.clone());
        std::thread::spawn(move || {
            while let Ok((connection, _)) = listener.accept() {
                // The client may have disconnected.
                let _ = pages.serve(&connection);
            }
        });
    }
    Ok(url)
}

/// Returns where the ids of the tickets are in a page.
fn id_positions(body: &[u8]) -> Vec<usize> {
    let mut positions = Vec::with_capacity(PAGE);
    let mut from = 0;
    for at in 0..PAGE {
        let start = format!("{{\"id\":{},", FIRST_ID + at);
        let rest = body.get(from..).unwrap_or_default();
        let Some(found) = rest.windows(start.len()).position(|window| window == start.as_bytes()) else { break };
        positions.push(from + found + "{\"id\":".len());
        from += found + start.len();
    }
    positions
}

impl Pages {
    fn serve(&mut self, connection: &TcpStream) -> io::Result<()> {
        connection.set_nodelay(true)?;
        let mut connection = connection;
        let mut reader = BufReader::with_capacity(4096, connection);
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
                    connection,
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{count}",
                    count.len()
                )?;
                continue;
            }
            // `pageId` is 0 or the id of the last ticket on the previous page; ids start at FIRST_ID.
            let page = match parameter("pageId=") {
                Some(0) => 0,
                Some(after) => (after + 1).saturating_sub(FIRST_ID) / PAGE,
                None => parameter("page=").unwrap_or(1).saturating_sub(1),
            };
            if page >= self.pages {
                // Clients that do not read links stop at an empty page.
                write!(connection, "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n[]")?;
                continue;
            }
            let forward = request.contains("pageId=");
            let is_last = page + 1 >= self.pages;
            for (index, position) in self.id_positions.iter().enumerate() {
                if let Some(mut id) = self.body.get_mut(*position..) {
                    write!(id, "{}", FIRST_ID + page * PAGE + index)?;
                }
            }
            write!(
                connection,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ncontent-length: {}\r\nlink: ",
                self.body.len()
            )?;
            // The host of a link does not matter, because the client uses only its page number or `pageId`.
            match (is_last, forward) {
                (true, true) => write!(connection, "\r\n\r\n")?,
                (true, false) => write!(connection, "<http://other.invalid/x?page=1>; rel=\"first\"\r\n\r\n")?,
                (false, true) => write!(
                    connection,
                    "<http://other.invalid/x?pageId={}>; rel=\"next\"\r\n\r\n",
                    FIRST_ID + (page + 1) * PAGE - 1
                )?,
                (false, false) => {
                    write!(connection, "<http://other.invalid/x?page={}>; rel=\"next\"\r\n\r\n", page + 2)?
                }
            }
            connection.write_all(&self.body)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use connectwise_psa::types::Ticket;

    use super::*;

    #[test]
    fn the_page_has_tickets_with_increasing_ids() {
        let body = page();
        let tickets: Vec<Ticket> = serde_json::from_slice(&body).unwrap();
        let ids: Vec<i64> = tickets.iter().filter_map(|ticket| ticket.id.map(Into::into)).collect();
        assert_eq!(ids.len(), PAGE);
        assert!(ids.is_sorted());
        // If a field no longer matched its type, the records would be too small.
        assert!(tickets.iter().all(|ticket| ticket.company.is_some()));
        assert_eq!(id_positions(&body).len(), PAGE);
    }
}
