//! Every link in the demo data leads to a response of the server.

use std::collections::BTreeSet;

use connectwise_psa::{Method, Psa, Value};

use crate::exceptions::Exceptions;
use crate::lists::{CreatableList, demo, read};

/// Returns the names and values of all links in a record, at any depth.
fn links<'a>(value: &'a Value, found: &mut BTreeSet<(&'a str, &'a str)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value.as_str().filter(|_| name.ends_with("_href")) {
                    Some(link) => _ = found.insert((name, link)),
                    None => links(value, found),
                }
            }
        }
        Value::Array(elements) => elements.iter().for_each(|element| links(element, found)),
        _ => {}
    }
}

async fn follow(psa: &Psa, link: &str) -> Result<(), String> {
    let (_, path) = link.split_once("/apis/3.0/").ok_or("not a link to the API")?;
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut request = psa.request(Method::Get, &format!("/{}", path.trim_start_matches('/')));
    for (name, value) in query.split('&').filter_map(|parameter| parameter.split_once('=')) {
        request = request.query(name.to_owned(), value);
    }
    request.await.map(|_| ()).map_err(|error| error.to_string())
}

#[tokio::test]
async fn every_link_leads_to_a_response() {
    let (sim, psa) = demo().await;
    let mut failures = BTreeSet::new();
    let mut followed = BTreeSet::new();
    for list in CreatableList::all() {
        let Some(path) = list.path_with_records(&sim.store()) else { continue };
        for record in read(&psa, &path).await.into_iter().take(2) {
            let mut found = BTreeSet::new();
            links(&record, &mut found);
            for (name, link) in found {
                if !followed.insert(link.to_owned()) {
                    continue;
                }
                if let Err(error) = follow(&psa, link).await {
                    println!("{path} {name} {link}: {error}");
                    failures.insert((list.type_name.to_owned(), name.to_owned()));
                }
            }
        }
    }
    println!("{} links", followed.len());
    assert!(followed.len() > 200, "{}", followed.len());
    Exceptions::of("hrefs").check(&failures);
}
