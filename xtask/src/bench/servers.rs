//! The servers that lists are read from, each a process of its own.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;

use super::program::Program;
use super::samples::Variant;

/// How many tickets the simulator has for each unit of its scale.
pub(crate) const TICKETS_OF_A_SCALE: usize = 400;

/// A running server. It ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) program: Program,
    pub(crate) url: String,
}

impl Server {
    /// Returns the body of the response to a GET request of a path below the base URL.
    pub(crate) fn get(&self, path: &str) -> Result<Vec<u8>, String> {
        let host = self.url.trim_start_matches("http://");
        let response = exchange(host, path).map_err(|error| format!("{host}: {error}"))?;
        let end = response.windows(4).position(|window| window == b"\r\n\r\n");
        let (head, body) = end.and_then(|end| response.split_at_checked(end + 4)).ok_or("the response has no body")?;
        let status = String::from_utf8_lossy(head).lines().next().unwrap_or_default().to_owned();
        if status.contains(" 200 ") { Ok(body.to_vec()) } else { Err(format!("GET {path}: {status}")) }
    }
}

/// Sends a request in HTTP 1.0, whose response ends with the connection.
fn exchange(host: &str, path: &str) -> io::Result<Vec<u8>> {
    let mut connection = TcpStream::connect(host)?;
    let head = format!("GET /v4_6_release/apis/3.0{path} HTTP/1.0\r\nHost: {host}\r\nclientid: bench\r\n");
    write!(connection, "{head}Authorization: Basic {CREDENTIALS}\r\n\r\n")?;
    let mut response = Vec::new();
    connection.read_to_end(&mut response)?;
    Ok(response)
}

/// `acme+public:private` in base64.
const CREDENTIALS: &str = "YWNtZStwdWJsaWM6cHJpdmF0ZQ==";

/// Starts the simulator with demo data of this scale.
pub(crate) fn simulator(program: &Path, scale: u32) -> Result<Server, String> {
    let mut command = Command::new(program);
    command.args(["--port", "0", "--company", "acme", "--quiet", "--scale", &scale.to_string()]);
    let program = Program::start(&mut command)?;
    let line = program.line()?;
    let url = line.split_whitespace().find(|word| word.starts_with("http://"));
    let url = url.ok_or_else(|| format!("expected the simulator's URL, found {line:?}"))?.trim_end_matches('/');
    Ok(Server { url: url.to_owned(), program })
}

/// Starts a server of prebuilt pages of tickets, which delays each response.
pub(crate) fn pages(program: &Path, pages: usize, latency_ms: u32) -> Result<Server, String> {
    let program = Program::start(Command::new(program).arg(format!("{pages},{latency_ms}")))?;
    let url = program.line()?.trim().to_owned();
    Ok(Server { program, url })
}

/// Returns whether a client accepts responses in gzip: a server with an empty list reads the headers of its request.
pub(crate) fn accepts_gzip(list: impl Fn(&str) -> Variant) -> Result<bool, String> {
    let failed = |error: io::Error| error.to_string();
    let listener = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let server = thread::spawn(move || {
        let (connection, _) = listener.accept()?;
        empty_list(&connection)
    });
    let variant = list(&format!("http://{address}"));
    let measured = variant.program.and_then(|program| program.measure(&variant.request));
    if measured.is_err() {
        // The client may not have connected. The server must not wait for it.
        let _ = TcpStream::connect(address);
    }
    let headers = server.join().map_err(|_| "the server failed".to_owned())?.map_err(failed)?;
    // The headers matter, not whether the client can read an empty list.
    match measured {
        Err(reason) if headers.is_empty() => Err(reason),
        _ => Ok(headers.lines().any(|line| line.starts_with("accept-encoding:") && line.contains("gzip"))),
    }
}

/// Sends an empty list. Returns the headers of the request in lower case.
fn empty_list(mut connection: &TcpStream) -> io::Result<String> {
    let mut reader = BufReader::new(connection);
    let mut headers = String::new();
    // The line after the headers has only its two line-end characters.
    while reader.read_line(&mut headers)? > 2 {}
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close";
    connection.write_all(format!("{head}\r\n\r\n[]").as_bytes())?;
    Ok(headers.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headers_of_a_request_are_read_and_the_list_is_empty() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = thread::spawn(move || empty_list(&listener.accept().unwrap().0).unwrap());
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nAccept-Encoding: GZIP, br\r\n\r\n").unwrap();
        let mut response = String::new();
        client.read_to_string(&mut response).unwrap();
        assert!(response.ends_with("\r\n\r\n[]"), "{response}");
        assert_eq!(server.join().unwrap(), "get / http/1.1\r\naccept-encoding: gzip, br\r\n\r\n");
    }
}
