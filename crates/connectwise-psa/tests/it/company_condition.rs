//! The condition that a client adds to lists and counts of companies.

use connectwise_psa::{Condition, Method, Psa, Value};

use crate::server::{Server, json_response};

async fn server() -> Server {
    Server::new(|request| match &request.target {
        target if target.contains("/count") => json_response(200, r#"{"count": 3}"#),
        target if target.ends_with("/companies/5") => json_response(200, r#"{"id": 5}"#),
        _ => json_response(200, "[]"),
    })
    .await
}

fn client(server: &Server) -> Psa {
    let condition: Condition = r#"status/name = "Active" or id = 5"#.parse().unwrap();
    server.builder().company_condition(condition).build().unwrap()
}

/// Returns the conditions of each request, decoded.
fn conditions(server: &Server) -> Vec<Option<String>> {
    let decoded = |target: &str| {
        let (_, query) = target.split_once('?')?;
        let value = query.split('&').find_map(|pair| pair.strip_prefix("conditions="))?.replace('+', " ");
        Some(percent_encoding::percent_decode_str(&value).decode_utf8_lossy().into_owned())
    };
    server.requests().iter().map(|request| decoded(&request.target)).collect()
}

const DEFAULT: &str = r#"status/name="Active" or id=5"#;

#[tokio::test]
async fn lists_and_counts_of_companies_have_the_condition() {
    let server = server().await;
    let psa = client(&server);
    let company = psa.company();
    company.list_companies().all().await.unwrap();
    company.list_companies().filter(|company| company.id().gt(9)).page(1).await.unwrap();
    company.list_companies().filter_text("id>9").stream().try_collect::<Vec<_>>().await.unwrap();
    company.list_companies().decode_as::<Value>().first().await.unwrap();
    company.count_companies().await.unwrap();
    company.count_companies().filter(|company| company.id().gt(9)).await.unwrap();
    psa.operation("company.list_companies").list().all().await.unwrap();
    psa.request(Method::Get, "/company/companies").list().all().await.unwrap();
    let combined = Some(format!("id>9 and ({DEFAULT})"));
    let reversed = Some(format!("({DEFAULT}) and id>9"));
    for (number, sent) in conditions(&server).iter().enumerate() {
        let is_combined = matches!(number, 1 | 2 | 5);
        let is_expected =
            if is_combined { *sent == combined || *sent == reversed } else { sent.as_deref() == Some(DEFAULT) };
        assert!(is_expected, "{number}: {sent:?}");
    }
    assert_eq!(server.count(), 8);
}

#[tokio::test]
async fn a_parallel_list_has_the_condition_once_in_its_count() {
    let server = server().await;
    client(&server).company().list_companies().parallel(2).all().await.unwrap_or_default();
    let sent = conditions(&server);
    assert!(server.requests()[0].target.contains("/count"));
    assert_eq!(sent[0].as_deref(), Some(DEFAULT));
}

#[tokio::test]
async fn other_requests_do_not_have_the_condition() {
    let server = server().await;
    let psa = client(&server);
    psa.company().list_contacts().all().await.unwrap();
    psa.company().list_company_sites(5).all().await.unwrap();
    psa.without_company_condition().company().list_companies().all().await.unwrap();
    psa.request(Method::Get, "/company/companies/5").await.unwrap();
    assert_eq!(conditions(&server), [None, None, None, None]);
    // A copy with other options keeps the condition.
    psa.with(connectwise_psa::CallOptions::new()).company().list_companies().all().await.unwrap();
    assert_eq!(conditions(&server)[4].as_deref(), Some(DEFAULT));
}
