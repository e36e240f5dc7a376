//! Lists whose pages, links or counts contradict each other.

use serde_json::{Value, json};

use crate::api::{Api, ApiResponse, ticket};
use crate::contents::Content;
use crate::faults::{Context, Fault};
use crate::request::RecordedRequest;

pub(super) fn faults() -> Vec<Fault> {
    let list = |name: &str, variant: &str, make: fn(&Context<'_>) -> ApiResponse| {
        Fault::response(name, make).variant(variant).only(&[Content::List])
    };
    let mut faults = vec![
        list("none", "with links to another host", |context| {
            link(context, |next| next.replace("https://psa.example", &format!("http://{}", context.other)))
        })
        .keeps_content(),
        list("none", "with links to another path", |context| {
            link(context, |next| next.replace("/v4_6_release/apis/3.0/service/tickets", "/elsewhere"))
        })
        .keeps_content(),
        list("links that lead nowhere", "in a circle", |context| {
            let start = context.request.query("pageId").map_or_else(
                || format!("page={}", context.request.query("page").unwrap_or_else(|| "1".to_owned())),
                |id| format!("pageId={id}"),
            );
            link(context, |_| format!("<https://psa.example/service/tickets?{start}>; rel=\"next\""))
        })
        .keeps_content(),
        list("links that lead nowhere", "to the start", |context| {
            let first = if context.request.query("pageId").is_some() { "pageId=0" } else { "page=1" };
            link(context, |_| format!("<https://psa.example/service/tickets?{first}>; rel=\"next\""))
        })
        .keeps_content(),
        list("links that lead nowhere", "without page parameters", |context| {
            link(context, |_| "<https://psa.example/service/tickets>; rel=\"next\"".to_owned())
        })
        .keeps_content(),
        list("links that lead nowhere", "with unreadable page parameters", |context| {
            link(context, |_| "<https://psa.example/service/tickets?page=two&pageId=NaN>; rel=\"next\"".to_owned())
        })
        .keeps_content(),
        list("links that lead nowhere", "unreadable", |context| link(context, |_| "<<<;;;===,\"".to_owned()))
            .keeps_content(),
        list("early end", "", |context| link(context, |_| String::new())).keeps_content(),
        list("no links", "", |context| context.honest.clone().without("link")).keeps_content(),
        list("no forward-only paging", "", by_page_number).keeps_content(),
        list("no forward-only paging", "and no links", |context| by_page_number(context).without("link"))
            .keeps_content(),
        list("same page for every request", "with its link", first_page).keeps_content(),
        list("same page for every request", "without a link", |context| first_page(context).without("link"))
            .keeps_content(),
        list("everything on every page", "", |context| {
            let all: Vec<_> = (1..=count(context)).map(ticket).collect();
            ApiResponse::json(200, &Value::Array(all))
        })
        .keeps_content(),
        list("page ids that decrease", "", |context| {
            let mut page: Value = serde_json::from_slice(&context.honest.body).unwrap_or_default();
            if let Some(page) = page.as_array_mut() {
                page.reverse();
            }
            ApiResponse { body: page.to_string().into_bytes(), ..context.honest.clone() }
        }),
    ];
    for (variant, count) in [
        ("10^12", json!(1_000_000_000_000_i64)),
        ("i64::MAX", json!(i64::MAX)),
        ("0", json!(0)),
        ("too small", json!(3)),
        ("too large", json!(70)),
    ] {
        faults.push(
            Fault::response("wrong count", move |_| ApiResponse::json(200, &json!({"count": count})))
                .variant(variant)
                .only(&[Content::Count])
                .keeps_content(),
        );
    }
    faults.push(
        Fault::response("negative count", |_| ApiResponse::json(200, &json!({"count": -1}))).only(&[Content::Count]),
    );
    faults
}

/// Returns the API's response with another link, if it has one to a next page.
fn link(context: &Context<'_>, change: impl FnOnce(&str) -> String) -> ApiResponse {
    let link = context.honest.headers.iter().find(|(name, _)| name == "link").map_or("", |(_, value)| value);
    if link.is_empty() {
        return context.honest.clone();
    }
    let changed = change(link);
    context.honest.clone().without("link").header("link", changed)
}

/// Returns the number of tickets of the API.
fn count(context: &Context<'_>) -> i64 {
    context.tickets
}

/// Returns the page as a server does that ignores `pageId`.
fn by_page_number(context: &Context<'_>) -> ApiResponse {
    let size = context.request.query("pageSize").unwrap_or_else(|| "25".to_owned());
    let page = context.request.query("page").unwrap_or_else(|| "1".to_owned());
    page_of(context, &format!("/service/tickets?pageSize={size}&page={page}"))
}

/// Returns the first page, whatever page is requested.
fn first_page(context: &Context<'_>) -> ApiResponse {
    let size = context.request.query("pageSize").unwrap_or_else(|| "25".to_owned());
    let first = if context.request.query("pageId").is_some() { "pageId=0" } else { "page=1" };
    page_of(context, &format!("/service/tickets?pageSize={size}&{first}"))
}

fn page_of(context: &Context<'_>, target: &str) -> ApiResponse {
    let request = RecordedRequest { method: "GET".to_owned(), target: target.to_owned(), ..RecordedRequest::default() };
    Api { tickets: context.tickets }.response(&request)
}
