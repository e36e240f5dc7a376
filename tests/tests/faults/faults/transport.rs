//! Broken connections and broken HTTP: resets, silence, truncated and invalid responses.

use std::time::Duration;

use crate::api::ApiResponse;
use crate::contents::Content;
use crate::faults::{Context, Effect, Fault};
use crate::server::Step;

/// The pause between two bytes that is longer than the client waits for the next data.
const LONG_PAUSE: Duration = Duration::from_secs(1);

/// The pause between two bytes that is shorter.
const SHORT_PAUSE: Duration = Duration::from_millis(100);

pub(super) fn faults() -> Vec<Fault> {
    let mut faults = vec![
        Fault::response("none", |context| context.honest.clone()).keeps_content(),
        Fault::new("connection refused", Effect::ClosesPort),
        Fault::new("reset", Effect::ResetsUnread).variant("before the request was read"),
        Fault::steps("reset", |_| vec![Step::Reset]).variant("after the request was read"),
        Fault::steps("closed without a response", |_| vec![Step::Close]),
        Fault::new("silence", Effect::WaitsUnread).variant("the request was not read"),
        Fault::steps("silence", |_| vec![Step::Wait]).variant("the request was read"),
        Fault::steps("one byte per second", |context| vec![Step::Drip(context.honest.bytes(false), LONG_PAUSE)]),
        Fault::steps("slow head", slow_head),
        Fault::steps("slow body", slow_body).only(WITH_BODY),
        Fault::steps("truncated head", |context| vec![Step::Send(part_of_head(context)), Step::Close]),
        Fault::steps("truncated head", |context| vec![Step::Send(part_of_head(context)), Step::Reset])
            .variant("and a reset"),
        Fault::steps("stalled head", |context| vec![Step::Send(part_of_head(context)), Step::Wait]),
        Fault::steps("truncated body", |context| vec![Step::Send(truncated(context)), Step::Close]).only(WITH_BODY),
        Fault::steps("truncated body", |context| vec![Step::Send(truncated(context)), Step::Reset])
            .variant("and a reset")
            .only(WITH_BODY),
        Fault::steps("truncated body", |context| vec![Step::Send(truncated_chunk(context)), Step::Close])
            .variant("in a chunk")
            .only(WITH_BODY),
        Fault::steps("truncated body", |context| vec![Step::Send(chunked(context, false)), Step::Close])
            .variant("without the last chunk")
            .only(WITH_BODY),
        Fault::steps("invalid chunk", |context| {
            let mut bytes =
                context.honest.clone().header("transfer-encoding", "chunked").head(None, false).into_bytes();
            bytes.extend_from_slice(b"zz\r\n{\"id\":5}\r\n0\r\n\r\n");
            vec![Step::Send(bytes), Step::Wait]
        })
        .only(WITH_BODY),
        Fault::steps("stalled body", |context| vec![Step::Send(truncated(context)), Step::Wait]).only(WITH_BODY),
        Fault::steps("none", |context| vec![Step::Send(chunked(context, true)), Step::Next])
            .variant("in chunks")
            .keeps_content()
            .only(WITH_BODY),
        Fault::steps("none", until_the_end).variant("up to the end of the connection").keeps_content().only(WITH_BODY),
        Fault::steps("none", more_than_announced).variant("followed by more bytes").keeps_content(),
        Fault::steps("HTTP of the 1990s", |_| vec![Step::Send(b"<html>hello</html>\r\n".to_vec()), Step::Close]),
        Fault::steps("invalid head", |context| vec![Step::Send(context.honest.bytes(false).split_off(4)), Step::Close])
            .variant("without the version"),
        Fault::steps("invalid head", |_| vec![Step::Send(b"\x15\x03\x03\x00\x02\x02\x46".to_vec()), Step::Close])
            .variant("a TLS alert"),
        Fault::steps("invalid head", |_| vec![Step::Send(b"HTTP/1.1 twohundred OK\r\n\r\n".to_vec()), Step::Close])
            .variant("a status that is not a number"),
        Fault::steps("invalid head", |_| vec![Step::Send(b"HTTP/1.1 42 OK\r\n\r\n".to_vec()), Step::Close])
            .variant("a status of two digits"),
        Fault::steps("invalid head", |context| invalid_header(context, b"x-name: a\x00\x01b\r\n"))
            .variant("control characters in a header"),
        Fault::steps("invalid head", |context| invalid_header(context, b"x\x00name: a\r\n"))
            .variant("control characters in the name of a header"),
        Fault::steps("invalid head", |context| invalid_header(context, b"no colon\r\n"))
            .variant("a header without a colon"),
        Fault::steps("invalid head", |context| invalid_header(context, b"content-length: 7\r\ncontent-length: 8\r\n"))
            .variant("two lengths")
            .only(WITH_BODY),
        Fault::steps("invalid head", |context| {
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\n{}", text(&context.honest));
            vec![Step::Send(head.into_bytes()), Step::Close]
        })
        .variant("a negative length"),
        Fault::steps("invalid head", |context| {
            let long = "a".repeat(1024 * 1024);
            let response = context.honest.clone().header("x-long", long);
            vec![Step::Send(response.bytes(false)), Step::Wait]
        })
        .variant("a header of 1 MiB"),
        Fault::steps("invalid head", |context| {
            let response = (0..5_000)
                .fold(context.honest.clone(), |response, number| response.header(&format!("x-many-{number}"), "value"));
            vec![Step::Send(response.bytes(false)), Step::Wait]
        })
        .variant("5,000 headers"),
        Fault::response("none", |context| {
            context.honest.clone().header("x-latin", "a").header("x-long", "a".repeat(10_000))
        })
        .variant("a long header")
        .keeps_content(),
        Fault::steps("none", |context| invalid_header(context, b"x-latin: caf\xe9\r\n"))
            .variant("a header in Latin-1")
            .keeps_content(),
        Fault::steps("101", |_| {
            vec![
                Step::Send(
                    b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n".to_vec(),
                ),
                Step::Wait,
            ]
        }),
    ];
    for (status, name) in [(100, "Continue"), (102, "Processing"), (103, "Early Hints")] {
        faults.push(
            Fault::steps("none", move |context| {
                let first = format!("HTTP/1.1 {status} {name}\r\nlink: </style.css>; rel=preload\r\n\r\n");
                vec![Step::Send(first.into_bytes()), Step::Send(context.honest.bytes(false)), Step::Next]
            })
            .variant(format!("after {status} {name}"))
            .keeps_content(),
        );
    }
    faults
}

/// The contents of which a response can be truncated: all but nothing.
const WITH_BODY: &[Content] = &[
    Content::Record,
    Content::NewRecord,
    Content::List,
    Content::Count,
    Content::File,
    Content::Any,
    Content::CompanyInfo,
    Content::Keys,
    Content::Check,
];

fn text(response: &ApiResponse) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

fn part_of_head(context: &Context<'_>) -> Vec<u8> {
    let mut head = context.honest.head(Some(context.honest.body.len() as u64), false).into_bytes();
    head.truncate(head.len().saturating_sub(12));
    head
}

/// Returns a response that ends in the middle of its body.
fn truncated(context: &Context<'_>) -> Vec<u8> {
    let length = context.honest.body.len();
    let mut bytes = context.honest.head(Some(length as u64), false).into_bytes();
    bytes.extend_from_slice(context.honest.body.get(..length / 2).unwrap_or_default());
    bytes
}

/// Returns a response in one chunk, with or without the last, empty chunk.
fn chunked(context: &Context<'_>, is_complete: bool) -> Vec<u8> {
    let mut bytes = context.honest.clone().header("transfer-encoding", "chunked").head(None, false).into_bytes();
    bytes.extend_from_slice(format!("{:x}\r\n", context.honest.body.len()).as_bytes());
    bytes.extend_from_slice(&context.honest.body);
    bytes.extend_from_slice(if is_complete { b"\r\n0\r\n\r\n" } else { b"\r\n" });
    bytes
}

fn truncated_chunk(context: &Context<'_>) -> Vec<u8> {
    let mut bytes = chunked(context, false);
    bytes.truncate(bytes.len() - context.honest.body.len() / 2 - 2);
    bytes
}

/// Sends a response without its length, so it ends with the connection.
fn until_the_end(context: &Context<'_>) -> Vec<Step> {
    vec![Step::Send(context.honest.head(None, true).into_bytes()), Step::Send(context.honest.body.clone()), Step::Close]
}

/// Sends a response and bytes that belong to no response.
fn more_than_announced(context: &Context<'_>) -> Vec<Step> {
    let mut bytes = context.honest.bytes(false);
    bytes.extend_from_slice(b"HTTP/1.1 200 OK\r\n\r\n{\"id\":999}");
    vec![Step::Send(bytes), Step::Close]
}

/// Sends the head byte by byte, faster than the client stops waiting for data.
fn slow_head(context: &Context<'_>) -> Vec<Step> {
    vec![Step::Drip(context.honest.clone().header("x-slow", "a".repeat(100)).bytes(false), SHORT_PAUSE), Step::Next]
}

/// Sends the body byte by byte, faster than the client stops waiting for data, but slower than the whole call may take.
fn slow_body(context: &Context<'_>) -> Vec<Step> {
    let mut response = context.honest.clone();
    // Whitespace around JSON changes nothing. A file is sent as it is.
    if context.content != Content::File {
        response.body.splice(0..0, [b' '; 64]);
    }
    vec![
        Step::Send(response.head(Some(response.body.len() as u64), false).into_bytes()),
        Step::Drip(response.body, SHORT_PAUSE),
        Step::Next,
    ]
}

fn invalid_header(context: &Context<'_>, line: &[u8]) -> Vec<Step> {
    let bytes = context.honest.bytes(false);
    let after_status = bytes.windows(2).position(|pair| pair == b"\r\n").map_or(0, |at| at + 2);
    let (status, rest) = bytes.split_at(after_status);
    vec![Step::Send([status, line, rest].concat()), Step::Next]
}
