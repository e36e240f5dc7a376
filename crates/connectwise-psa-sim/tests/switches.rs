//! Switches: each test compares the default behaviour with the behaviour that a switch selects.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use connectwise_psa::dependencies::reqwest;
use connectwise_psa::{Method, Patch, Value};
use connectwise_psa_sim::{Seed, Sim, SimBuilder};
use serde_json::json;

const BASE: &str = "/v4_6_release/apis/3.0";

/// Starts two simulators with companies, a ticket and a member: one with the defaults, and one with a switch.
async fn both(switch: impl FnOnce(SimBuilder) -> SimBuilder) -> [Sim; 2] {
    let start = async |builder: SimBuilder| {
        let records = json!({
            "/company/companies": [{"id": 5, "identifier": "acme", "name": "Acme"}, {"id": 6, "identifier": "beta", "name": "Beta"}],
            "/service/tickets": [{"id": 1, "summary": "x", "company": {"id": 5}, "customFields": [{"id": 1, "caption": "a", "value": "1"}]}],
            "/system/members": [{"id": 3, "identifier": "jdoe"}],
        });
        builder.seed(Seed::Records(records)).start().await.unwrap()
    };
    [start(Sim::builder()).await, start(switch(Sim::builder())).await]
}

/// Sends a GET request with these keys, or without any. Returns the status and the JSON body of the response.
async fn get_with_keys(sim: &Sim, path: &str, keys: Option<(&str, &str)>, accept: &str) -> (u16, Value) {
    let request =
        reqwest::Client::new().get(format!("{}{path}", sim.url())).header("accept", accept).header("clientid", "x");
    let request = match keys {
        Some((user, password)) => request.basic_auth(user, Some(password)),
        None => request,
    };
    let response = request.send().await.unwrap();
    (response.status().as_u16(), serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default())
}

const KEYS: Option<(&str, &str)> = Some(("demo+public", "private"));
const WRONG: Option<(&str, &str)> = Some(("demo+public", "wrong"));
const JSON: &str = "application/json";

#[tokio::test]
async fn checks_of_credentials_tls_and_version_can_be_switched() {
    let tickets = format!("{BASE}/service/tickets");
    let [default_sim, other] = both(|sim| sim.invalid_credentials_status(http::StatusCode::NOT_FOUND)).await;
    assert_eq!(
        (
            get_with_keys(&default_sim, &tickets, WRONG, JSON).await.0,
            get_with_keys(&other, &tickets, WRONG, JSON).await.0
        ),
        (401, 404)
    );
    assert_eq!(
        (get_with_keys(&other, &tickets, None, JSON).await.0, get_with_keys(&other, &tickets, KEYS, JSON).await.0),
        (401, 200)
    );

    let info = format!("{BASE}/system/info");
    let [default_sim, other] = both(|sim| sim.public_system_info()).await;
    assert_eq!(
        (get_with_keys(&default_sim, &info, None, JSON).await.0, get_with_keys(&other, &info, None, JSON).await.0),
        (401, 200)
    );
    assert_eq!(get_with_keys(&other, &tickets, None, JSON).await.0, 401);

    let key = "/v2025_1//system/callbackkey/index.rails?companyName=demo&id=1";
    let [default_sim, other] = both(|sim| sim.protect_callback_keys()).await;
    assert_eq!(
        (get_with_keys(&default_sim, key, None, JSON).await.0, get_with_keys(&other, key, None, JSON).await.0),
        (200, 401)
    );
    assert_eq!(get_with_keys(&default_sim, key, KEYS, JSON).await, get_with_keys(&other, key, KEYS, JSON).await);

    let [default_sim, other] = both(|sim| sim.require_tls()).await;
    assert_eq!(get_with_keys(&default_sim, &tickets, KEYS, JSON).await.0, 200);
    assert_eq!(
        get_with_keys(&other, &tickets, KEYS, JSON).await,
        (403, json!({"code": "Security", "message": "SSL is required."}))
    );
    let [_, other] = both(|sim| sim.null_errors()).await;
    let missing = format!("{BASE}/service/tickets/404");
    assert_eq!(
        get_with_keys(&other, &missing, KEYS, JSON).await,
        (404, json!({"code": "NotFound", "message": "Service Ticket 404 not found", "errors": null}))
    );
    let unknown = format!("{BASE}/service/tickets?conditions=colour%3d1");
    let (default_body, other_body) = (
        get_with_keys(&default_sim, &unknown, KEYS, JSON).await.1,
        get_with_keys(&other, &unknown, KEYS, JSON).await.1,
    );
    assert_eq!((default_body.get("errors"), other_body.get("errors")), (None, Some(&Value::Null)));

    let future = "application/vnd.connectwise.com+json; version=3000.1";
    let [default_sim, other] = both(|sim| sim.ignore_version()).await;
    assert_eq!(
        (
            get_with_keys(&default_sim, &tickets, KEYS, future).await.0,
            get_with_keys(&other, &tickets, KEYS, future).await.0
        ),
        (400, 200)
    );
}

#[tokio::test]
async fn api_keys_may_mint_keys_with_a_switch() {
    let [default_sim, other] = both(|sim| sim.mint_with_api_keys()).await;
    let mint = async |sim: &Sim| sim.psa().request(Method::Post, "/system/members/jdoe/tokens").json(&json!({})).await;
    assert_eq!(mint(&default_sim).await.unwrap_err().status().map(|status| status.as_u16()), Some(403));
    let minted = mint(&other).await.unwrap().into_json().unwrap();
    let user = format!("demo+{}", minted["publicKey"].as_str().unwrap());
    let keys = Some((user.as_str(), minted["privateKey"].as_str().unwrap()));
    assert_eq!(get_with_keys(&other, &format!("{BASE}/service/tickets"), keys, JSON).await.0, 200);
}

#[tokio::test]
async fn patch_behaviour_can_be_switched() {
    let company = |sim: &Sim| sim.store().get("/service/tickets", 1).unwrap()["company"]["id"].clone();
    let by_field = Patch::new().replace("company/identifier", "beta");
    let [default_sim, other] = both(|sim| sim.ignore_reference_patches()).await;
    for sim in [&default_sim, &other] {
        sim.psa().service().update_ticket(1, &by_field).await.unwrap();
    }
    // With the switch, a patch of a field inside the reference changes nothing; one of the reference does.
    assert_eq!((company(&default_sim), company(&other)), (json!(6), json!(5)));
    other
        .psa()
        .service()
        .update_ticket(1, &Patch::new().replace("company", json!({"identifier": "beta"})))
        .await
        .unwrap();
    assert_eq!(company(&other), 6);

    let [default_sim, other] = both(|sim| sim.require_custom_fields()).await;
    let patch = Patch::new().replace("summary", "y");
    default_sim.psa().service().update_ticket(1, &patch).await.unwrap();
    let error = other.psa().service().update_ticket(1, &patch).await.unwrap_err();
    assert_eq!(error.field_errors()[0].field.as_deref(), Some("customFields"));
    other.psa().service().update_ticket(1, &patch.replace("customFields", json!([]))).await.unwrap();
    // Company 5 has no custom fields.
    other.psa().company().update_company(5, &Patch::new().replace("name", "z")).await.unwrap();
}

#[tokio::test]
async fn absent_fields_are_omitted_or_sent() {
    let ticket = format!("{BASE}/service/tickets/1");
    let shown = async |sim: &Sim, path: &str| get_with_keys(sim, path, KEYS, JSON).await.1;
    let [default_sim, nulls] = both(|sim| sim.absent_as_null()).await;
    let [_, empty] = both(|sim| sim.absent_references_as_empty()).await;
    for (sim, site, po_number) in
        [(&default_sim, None, None), (&nulls, Some(json!(null)), Some(json!(null))), (&empty, Some(json!({})), None)]
    {
        let one = shown(sim, &ticket).await;
        let many = shown(sim, &format!("{BASE}/service/tickets")).await;
        assert_eq!(
            (one.get("site"), one.get("poNumber"), &one["summary"], &many[0]),
            (site.as_ref(), po_number.as_ref(), &json!("x"), &one)
        );
        // Nothing is added to selected fields and to counts.
        assert_eq!(shown(sim, &format!("{ticket}?fields=id,site")).await, json!({"id": 1}));
        assert_eq!(shown(sim, &format!("{BASE}/service/tickets/count")).await, json!({"count": 1}));
        // The client reads all three forms in the same way.
        let read = sim.psa().service().get_ticket(1).await.unwrap();
        assert!(read.site.is_none_or(|site| site.id.is_none()) && read.po_number.is_none());
    }
    assert!(nulls.store().get("/service/tickets", 1).unwrap().get("site").is_none(), "the null is sent, not stored");
}

#[tokio::test]
async fn lists_without_forward_only_paging_ignore_the_header() {
    let [default_sim, other] = both(|sim| sim.numbered_pages_only()).await;
    for sim in [&default_sim, &other] {
        // Each update adds an entry to the audit trail.
        for number in 0..3 {
            sim.psa().service().update_ticket(1, &Patch::new().replace("summary", format!("{number}"))).await.unwrap();
        }
    }
    let link = async |sim: &Sim, path: &str| {
        let request =
            reqwest::Client::new().get(format!("{}{BASE}{path}", sim.url())).header("pagination-type", "forward-only");
        let response = request.basic_auth("demo+public", Some("private")).header("clientid", "x").send().await.unwrap();
        response.headers().get("link").map(|link| link.to_str().unwrap().to_owned())
    };
    for (sim, path, forward) in [
        (&default_sim, "/company/companies?pageSize=1", true),
        (&other, "/company/companies?pageSize=1", false),
        // The catalogue lists the audit trail without forward-only paging.
        (&default_sim, "/system/audittrail?type=Ticket&id=1&pageSize=1", false),
    ] {
        let link = link(sim, path).await.unwrap();
        assert_eq!((link.contains("pageId="), link.contains("page=2")), (forward, !forward), "{path}: {link}");
    }
    // Searches behave like lists.
    for (sim, expected) in [(&default_sim, Some("")), (&other, None)] {
        let search = sim
            .psa()
            .request(Method::Post, "/service/tickets/search")
            .json(&json!({}))
            .header("pagination-type", "forward-only")
            .await
            .unwrap();
        assert_eq!(search.headers.get("link").map(|link| link.to_str().unwrap()), expected);
    }
    // Only forward-only paging ends with an empty link, by which clients recognise the mode.
    assert_eq!(link(&default_sim, "/system/audittrail?type=Ticket&id=1").await, None);
    assert_eq!(link(&default_sim, "/company/companies").await.as_deref(), Some(""));
}

#[tokio::test]
async fn a_deleted_company_is_gone_or_marked_as_deleted() {
    let [default_sim, other] = both(|sim| sim.keep_deleted_companies()).await;
    for (sim, expected) in [(&default_sim, (404, None)), (&other, (200, Some(true)))] {
        sim.psa().company().delete_company(6).await.unwrap();
        let (status, company) = get_with_keys(sim, &format!("{BASE}/company/companies/6"), KEYS, JSON).await;
        assert_eq!((status, company["deletedFlag"].as_bool()), expected);
        let others = format!("{BASE}/company/companies?conditions=deletedFlag%3dfalse&fields=id");
        assert_eq!(get_with_keys(sim, &others, KEYS, JSON).await.1, json!([{"id": 5}]));
        // Other records are removed.
        sim.psa().service().delete_ticket(1).await.unwrap();
        assert_eq!(get_with_keys(sim, &format!("{BASE}/service/tickets/1"), KEYS, JSON).await.0, 404);
    }
}

#[tokio::test]
async fn notes_of_project_tickets_have_one_or_two_paths() {
    let [default_sim, other] = both(|sim| sim.service_path_of_project_notes()).await;
    for (sim, is_found) in [(&default_sim, false), (&other, true)] {
        sim.store().insert("/project/tickets", json!({"id": 2, "summary": "y"}));
        sim.store().insert("/project/tickets/2/notes", json!({"id": 7, "text": "of a project"}));
        let status = if is_found { 200 } else { 404 };
        let (found, notes) = get_with_keys(sim, &format!("{BASE}/service/tickets/2/notes"), KEYS, JSON).await;
        assert_eq!((found, notes[0]["text"].as_str()), (status, is_found.then_some("of a project")));
        for path in ["/notes/7", "/notes/count"] {
            let (found, _) = get_with_keys(sim, &format!("{BASE}/service/tickets/2{path}"), KEYS, JSON).await;
            assert_eq!(found, status, "{path}");
        }
        // Only the notes have two paths, and service tickets keep theirs.
        assert_eq!(get_with_keys(sim, &format!("{BASE}/service/tickets/2"), KEYS, JSON).await.0, 404);
        assert_eq!(get_with_keys(sim, &format!("{BASE}/service/tickets/2/tasks"), KEYS, JSON).await.0, 404);
        assert_eq!(get_with_keys(sim, &format!("{BASE}/service/tickets/1/notes"), KEYS, JSON).await, (200, json!([])));
    }
}
