//! Error responses, word for word: each case is a request with the status and the whole body of its response. Texts that
//! were observed on live servers are marked with `LIVE`; the others follow from the rules in BEHAVIOUR.md.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use connectwise_psa::catalogue::{self, QueryKind};
use connectwise_psa::dependencies::reqwest;
use connectwise_psa::{Method, Value, schemas};
use connectwise_psa_sim::{Seed, Sim};
use serde_json::json;

/// The end of messages about conditions. LIVE.
const LITERALS: &str = "String values should be enclosed with double or single quotes; DateTime values should be enclosed \
     in square brackets; numbers should consist of only digits, and optionally a decimal point and a negation sign; \
     boolean values should be indicated with the keywords true or false; null values should be indicated by the \
     keyword null.";

/// The end of messages about unknown fields. LIVE.
const ACCEPT: &str = "Check your accept header to make sure you are using the correct version.";

async fn started() -> Sim {
    let records = json!({
        "/company/companies": [
            {"id": 5, "identifier": "acme", "name": "Acme", "types": [{"id": 1, "name": "Customer"}]},
            {"id": 6, "identifier": "old", "name": "Old", "yearEstablished": 5, "revenueYear": 0},
            {"id": 7, "identifier": "odd", "name": "Odd", "dateAcquired": "soon"},
        ],
        "/company/companies/types": [{"id": 1, "name": "Customer"}],
        "/company/contacts": [{"id": 3, "firstName": "Ida", "lastName": "Marsh"}],
        "/company/contacts/types": [{"id": 1, "description": "End User"}],
        "/company/communicationTypes": [{"id": 1, "description": "Email", "emailFlag": true}],
        "/company/configurations": [{"id": 9, "name": "SRV-01", "deviceIdentifier": "dev-9", "type": {"id": 1}, "company": {"id": 5}}],
        "/company/configurations/types": [{"id": 1, "name": "Server"}],
        "/service/boards": [{"id": 21, "name": "Help Desk"}],
        "/service/boards/21/statuses": [{"id": 2, "name": "New", "defaultFlag": true}],
        "/service/tickets": [{"id": 1, "summary": "x", "company": {"id": 5}, "board": {"id": 21}}],
        "/service/tickets/1/notes": [{"id": 4, "text": "x", "ticketId": 1, "internalAnalysisFlag": true}],
        "/project/tickets": [{"id": 2, "summary": "y", "company": {"id": 5}}],
        "/sales/activities": [{"id": 8, "name": "Call"}],
        "/schedule/types": [{"id": 4, "identifier": "S", "name": "Service"}, {"id": 1, "identifier": "C", "name": "Sales"}],
        "/system/members": [{"id": 3, "identifier": "jdoe", "firstName": "Jo", "lastName": "Doe"}],
        "/procurement/catalog": [{"id": 1, "identifier": "cable", "description": "Cable"}],
        "/finance/agreements": [{"id": 11, "name": "Care", "billStartDate": "2026-04-29T00:00:00Z"}],
        "/finance/agreements/11/additions": [{"id": 1, "effectiveDate": "2026-05-01T00:00:00Z"}],
        "/system/callbacks": [{"id": 1, "url": "https://example.com/hook?id=", "type": "ticket", "level": "owner", "objectId": 1}],
    });
    Sim::builder().seed(Seed::Records(records)).start().await.unwrap()
}

/// Sends a request and returns the status and the text of the response.
async fn send(sim: &Sim, method: &str, path: &str, body: &str) -> (u16, String) {
    let url = format!("{}/v4_6_release/apis/3.0{path}", sim.url());
    let request = reqwest::Client::new().request(method.parse().unwrap(), url).header("clientid", "x");
    let request = request.basic_auth("demo+public", Some("private"));
    let request = if body.is_empty() {
        request
    } else {
        request.header("content-type", "application/json").body(body.to_owned())
    };
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// Returns the text of an error body: the fields in the order of live servers, pretty-printed with CRLF.
fn text_of(code: &str, message: &str, errors: &[[&str; 4]]) -> String {
    let field = |name: &str, value: &str| format!("\"{name}\": {}", json!(value));
    let errors = errors.iter().map(|[code, message, resource, name]| {
        let fields =
            [field("code", code), field("message", message), field("resource", resource), field("field", name)];
        format!("    {{\r\n      {}\r\n    }}", fields.join(",\r\n      "))
    });
    let errors: Vec<String> = errors.collect();
    let errors = if errors.is_empty() {
        String::new()
    } else {
        format!(",\r\n  \"errors\": [\r\n{}\r\n  ]", errors.join(",\r\n"))
    };
    format!("{{\r\n  {},\r\n  {}{errors}\r\n}}", field("code", code), field("message", message))
}

/// A request with the status, the code, the message and the errors of its response.
type Case<'a> = (&'a str, &'a str, Value, u16, &'a str, &'a str, &'a [[&'a str; 4]]);

/// A create request that is rejected for its fields.
fn create<'a>(path: &'a str, body: Value, message: &'a str, errors: &'a [[&'a str; 4]]) -> Case<'a> {
    ("POST", path, body, 400, "InvalidObject", message, errors)
}

/// An update of one field that is rejected.
fn update<'a>(path: &'a str, (field, value): (&str, Value), message: &'a str, errors: &'a [[&'a str; 4]]) -> Case<'a> {
    let body = json!([{"op": "replace", "path": field, "value": value}]);
    ("PATCH", path, body, 400, "InvalidObject", message, errors)
}

async fn check(sim: &Sim, cases: &[Case<'_>]) {
    for (method, path, body, status, code, message, errors) in cases {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let expected = (*status, text_of(code, message, errors));
        assert_eq!(send(sim, method, path, &body).await, expected, "{method} {path} {body}");
    }
}

#[tokio::test]
async fn missing_records_have_the_names_of_live_servers() {
    let sim = started().await;
    let missing = |path, message| ("GET", path, Value::Null, 404, "NotFound", message, &[][..]);
    check(
        &sim,
        &[
            // LIVE
            missing("/service/tickets/404", "Service Ticket 404 not found"),
            missing("/service/tickets/1/notes/404", "Service Note 404 not found"),
            missing("/company/companies/404", "company 404 not found"),
            missing("/company/contacts/57919", "Contact 57919 not found"),
            // By rule
            missing("/service/tickets/404/notes", "Service Ticket 404 not found"),
            missing("/project/tickets/404", "Project Ticket 404 not found"),
            missing("/company/configurations/404", "Configuration 404 not found"),
            missing("/service/boards/21/statuses/404", "Service Status 404 not found"),
            missing("/sales/activities/404", "Activity 404 not found"),
            missing("/finance/agreements/11/additions/404", "Addition 404 not found"),
            missing("/system/members/404", "Member 404 not found"),
            ("PATCH", "/service/tickets/404", json!([]), 404, "NotFound", "Service Ticket 404 not found", &[]),
            ("PUT", "/company/companies/404", json!({}), 404, "NotFound", "company 404 not found", &[]),
            ("DELETE", "/service/tickets/1/notes/404", Value::Null, 404, "NotFound", "Service Note 404 not found", &[]),
            // LIVE
            ("GET", "/service/nowhere", Value::Null, 404, "ConnectWiseApi", "The endpoint does not exist.", &[]),
        ],
    )
    .await;
}

#[tokio::test]
async fn fields_are_rejected_together() {
    let sim = started().await;
    let long = "x".repeat(101);
    let too_long = "The field summary must be a string with a maximum length of 100.";
    check(
        &sim,
        &[
            // LIVE
            create(
                "/service/tickets",
                json!({"summary": "x", "company": {"id": 19299}}),
                "ticket object is invalid",
                &[["NotFound", "company 19299 not found", "ticket", "company/id"]],
            ),
            create(
                "/service/tickets",
                json!({"summary": "x", "company": {"id": 5}, "board": {"id": 21}, "status": {"id": 17}}),
                "ticket object is invalid",
                &[["NotFound", "Service Status 17 not found for Service Board 21", "ticket", "status/id"]],
            ),
            create(
                "/service/tickets",
                json!({"summary": long, "company": {"id": 5}}),
                "ticket object is invalid",
                &[["MaxLengthField", too_long, "ticket", "summary"]],
            ),
            create(
                "/company/contacts",
                json!({"lastName": "x"}),
                "contact object is invalid",
                &[["MissingRequiredField", "The firstName field is required.", "contact", "firstName"]],
            ),
            create(
                "/sales/activities",
                json!({"name": "x"}),
                "activity object is invalid",
                &[["MissingRequiredField", "The assignTo/id field is required.", "activity", "assignTo"]],
            ),
            create(
                "/finance/invoices",
                json!({}),
                "invoice object is invalid",
                &[
                    ["MissingRequiredField", "The type field is required.", "invoice", "type"],
                    ["MissingRequiredField", "The company/id field is required.", "invoice", "company"],
                ],
            ),
            create(
                "/schedule/entries",
                json!({"type": {"id": 4}, "objectId": 1, "dateStart": "2026-01-01T00:00:00-04:00", "dateEnd": "2026-01-01T01:00:00-04:00"}),
                "schedule object is invalid",
                &[
                    ["UnsupportedFormat", "Unsupported format applied to dateEnd", "schedule", "dateEnd"],
                    ["UnsupportedFormat", "Unsupported format applied to dateStart", "schedule", "dateStart"],
                ],
            ),
            // Missing, too long and not found together: by rule.
            create(
                "/service/tickets",
                json!({"summary": long, "board": {"id": 9}, "contact": {"id": 404}}),
                "ticket object is invalid",
                &[
                    ["MissingRequiredField", "The company/id field is required.", "ticket", "company"],
                    ["MaxLengthField", too_long, "ticket", "summary"],
                    ["NotFound", "Service Board 9 not found", "ticket", "board/id"],
                    ["NotFound", "Contact 404 not found", "ticket", "contact/id"],
                ],
            ),
            create(
                "/company/configurations",
                json!({"serialNumber": "x".repeat(251), "company": {"id": 404}, "type": {"id": 1}}),
                "configuration object is invalid",
                &[
                    ["MissingRequiredField", "The name field is required.", "configuration", "name"],
                    [
                        "MaxLengthField",
                        "The field serialNumber must be a string with a maximum length of 250.",
                        "configuration",
                        "serialNumber",
                    ],
                    ["NotFound", "company 404 not found", "configuration", "company/id"],
                ],
            ),
            // The elements of a list, and a field inside an element.
            create(
                "/company/contacts",
                json!({"types": [{"id": 404}, {"id": 405}], "communicationItems": [{"type": {"id": 404}, "value": "x"}]}),
                "contact object is invalid",
                &[
                    ["MissingRequiredField", "The firstName field is required.", "contact", "firstName"],
                    ["NotFound", "Communication Type 404 not found", "contact", "communicationItems/type/id"],
                    ["NotFound", "Contact Type 404 not found", "contact", "types/id"],
                    ["NotFound", "Contact Type 405 not found", "contact", "types/id"],
                ],
            ),
            (
                "PATCH",
                "/service/tickets/1",
                json!([
                    {"op": "replace", "path": "summary", "value": long},
                    {"op": "replace", "path": "company/id", "value": 404},
                    {"op": "replace", "path": "contact", "value": {"id": 404}},
                ]),
                400,
                "InvalidObject",
                "ticket object is invalid",
                &[
                    ["MaxLengthField", too_long, "ticket", "summary"],
                    ["NotFound", "company 404 not found", "ticket", "company/id"],
                    ["NotFound", "Contact 404 not found", "ticket", "contact/id"],
                ],
            ),
            (
                "PUT",
                "/service/tickets/1",
                json!({"company": {"id": 404}}),
                400,
                "InvalidObject",
                "ticket object is invalid",
                &[
                    ["MissingRequiredField", "The summary field is required.", "ticket", "summary"],
                    ["NotFound", "company 404 not found", "ticket", "company/id"],
                ],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn rules_of_single_types_reject_in_the_words_of_live_servers() {
    let sim = started().await;
    let places = "detailDescriptionFlag, internalAnalysisFlag, resolutionFlag";
    let choose = "Please choose where to display the notes in order to save this record.";
    let note = [["ServiceNote", choose, "serviceNote", places]];
    let year = |field: &'static str, message: &'static str| ["OutOfRange", message, "company", field];
    let years = [
        year("yearEstablished", "The field yearEstablished must be between 1900 and 9999."),
        year("revenueYear", "The field revenueYear must be between 1900 and 9999."),
    ];
    let identifier = [["ObjectExists", "Company ID already in use.", "company", "identifier"]];
    let required = "id or deviceIdentifier is required.";
    let early = "effectiveDate cannot be less than the agreement billing start date.";
    let create_only = "typeIds can only be used when creating a new company.";
    check(
        &sim,
        &[
            // A note that is shown nowhere: LIVE for create requests.
            create("/service/tickets/1/notes", json!({"text": "x"}), "serviceNote object is invalid", &note),
            create(
                "/service/tickets/1/notes",
                json!({"text": "x", "internalAnalysisFlag": false}),
                "serviceNote object is invalid",
                &note,
            ),
            update(
                "/service/tickets/1/notes/4",
                ("internalAnalysisFlag", json!(false)),
                "serviceNote object is invalid",
                &note,
            ),
            (
                "PUT",
                "/service/tickets/1/notes/4",
                json!({"text": "y"}),
                400,
                "InvalidObject",
                "serviceNote object is invalid",
                &note,
            ),
            // An identifier that is taken: LIVE for companies.
            create(
                "/company/companies",
                json!({"identifier": "ACME", "name": "x"}),
                "company object is invalid",
                &identifier,
            ),
            update("/company/companies/5", ("identifier", json!("odd")), "company object is invalid", &identifier),
            update(
                "/procurement/catalog/1",
                ("recurringFlag", json!(true)),
                "catalogItem object is invalid",
                &[
                    [
                        "MissingRequiredField",
                        "recurringBillCycle or recurringOneTimeFlag is required.",
                        "catalogItem",
                        "recurringOneTimeFlag",
                    ],
                    [
                        "MissingRequiredField",
                        "recurringBillCycle or recurringOneTimeFlag is required.",
                        "catalogItem",
                        "recurringBillCycle/id",
                    ],
                ],
            ),
            // Numbers out of range: LIVE, also for an update that changes something else.
            create(
                "/company/companies",
                json!({"identifier": "new", "name": "x", "yearEstablished": 5, "revenueYear": 10_000}),
                "company object is invalid",
                &years,
            ),
            update("/company/companies/6", ("name", json!("x")), "company object is invalid", &years),
            update("/company/companies/5", ("revenueYear", json!(5)), "company object is invalid", &years[1..]),
            (
                "PATCH",
                "/company/companies/7",
                json!([{"op": "replace", "path": "name", "value": "x"}]),
                500,
                "ConnectWiseApi",
                "String was not recognized as a valid DateTime.",
                &[],
            ),
            // The types of a company: LIVE.
            (
                "PUT",
                "/company/companies/5",
                json!({"identifier": "acme", "name": "Acme", "types": [{"id": 1}]}),
                400,
                "InvalidObject",
                "company object is invalid",
                &[["InvalidField", create_only, "company", "typeIds"]],
            ),
            update(
                "/company/companies/5",
                ("types", json!([])),
                "company object is invalid",
                &[["InvalidField", create_only, "company", "typeIds"]],
            ),
            // Configurations of a ticket: LIVE without an id.
            create(
                "/service/tickets/1/configurations",
                json!({}),
                "configuration object is invalid",
                &[["MissingRequiredField", required, "configuration", "id"]],
            ),
            create(
                "/service/tickets/1/configurations",
                json!({"id": 404}),
                "configuration object is invalid",
                &[["NotFound", "Configuration 404 not found", "configuration", "id"]],
            ),
            create(
                "/service/tickets/1/configurations",
                json!({"deviceIdentifier": "dev-1"}),
                "configuration object is invalid",
                &[["NotFound", "Configuration dev-1 not found", "configuration", "deviceIdentifier"]],
            ),
            // Schedule entries of nothing: LIVE for activities.
            create(
                "/schedule/entries",
                json!({"type": {"id": 1}, "objectId": 123_456}),
                "schedule object is invalid",
                &[["NotFound", "Activity 123456 not found", "schedule", "objectId"]],
            ),
            create(
                "/schedule/entries",
                json!({"type": {"identifier": "S"}, "objectId": 8}),
                "schedule object is invalid",
                &[["NotFound", "Service Ticket 8 not found", "schedule", "objectId"]],
            ),
            create(
                "/schedule/entries",
                json!({"type": {"id": 4}}),
                "schedule object is invalid",
                &[["MissingRequiredField", "The objectId field is required.", "schedule", "objectId"]],
            ),
            // Additions before the agreement is billed: LIVE, apart from the code.
            create(
                "/finance/agreements/11/additions",
                json!({"product": {"id": 1}, "billCustomer": "Billable", "effectiveDate": "2026-04-28T00:00:00Z"}),
                "addition object is invalid",
                &[["InvalidField", early, "addition", "effectiveDate"]],
            ),
            // Entries that are charged to nothing: by rule.
            create(
                "/time/entries",
                json!({"chargeToId": 404, "chargeToType": "ServiceTicket", "timeStart": "2026-01-01T00:00:00Z"}),
                "timeEntry object is invalid",
                &[["NotFound", "Service Ticket 404 not found", "timeEntry", "chargeToId"]],
            ),
            // LIVE
            create(
                "/finance/invoices",
                json!({"type": "Agreement"}),
                "Cannot create agreement invoices through the Invoicing API",
                &[],
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn requests_that_live_servers_accept_are_not_rejected() {
    let sim = started().await;
    let note = json!({"text": "x", "resolutionFlag": true});
    for (method, path, body, status) in [
        ("POST", "/service/tickets/1/notes", note, 201),
        ("PATCH", "/service/tickets/1/notes/4", json!([{"op": "replace", "path": "text", "value": "y"}]), 200),
        ("POST", "/service/tickets/1/configurations", json!({"deviceIdentifier": "DEV-9"}), 201),
        ("POST", "/service/tickets/1/configurations", json!({"id": "9"}), 201),
        ("POST", "/schedule/entries", json!({"type": {"id": 4}, "objectId": 1}), 201),
        ("POST", "/schedule/entries", json!({"type": {"id": 4}, "objectId": 2}), 201),
        ("POST", "/schedule/entries", json!({"type": {"id": 1}, "objectId": 8}), 201),
        (
            "POST",
            "/finance/agreements/11/additions",
            json!({"product": {"id": 1}, "billCustomer": "Billable", "effectiveDate": "2026-04-29T00:00:00Z"}),
            201,
        ),
        (
            "POST",
            "/company/companies",
            json!({"identifier": "new", "name": "x", "types": [{"id": 1}], "yearEstablished": 1900, "revenueYear": 9999}),
            201,
        ),
        ("PUT", "/company/companies/5", json!({"identifier": "acme", "name": "Acme Inc."}), 200),
        // Updates of other types do not check the stored record.
        ("PATCH", "/service/tickets/1", json!([{"op": "replace", "path": "severity", "value": "Low"}]), 200),
        // A condition that no element can satisfy matches nothing.
        (
            "GET",
            "/company/contacts?childConditions=communicationItems/id%3D1%20and%20communicationItems/id%3D2",
            Value::Null,
            200,
        ),
    ] {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (actual, text) = send(&sim, method, path, &body).await;
        assert_eq!(actual, status, "{method} {path}: {text}");
    }
    let configurations = send(&sim, "GET", "/service/tickets/1/configurations", "").await.1;
    let configurations: Value = serde_json::from_str(&configurations).unwrap();
    assert_eq!(configurations.as_array().unwrap().len(), 1);
    assert_eq!((&configurations[0]["id"], &configurations[0]["deviceIdentifier"]), (&json!(9), &json!("dev-9")));
}

#[tokio::test]
async fn a_replacement_with_the_record_that_was_read_is_rejected_only_for_the_types_of_a_company() {
    let sim = started().await;
    let create_only = "typeIds can only be used when creating a new company.";
    let rejected =
        text_of("InvalidObject", "company object is invalid", &[["InvalidField", create_only, "company", "typeIds"]]);
    for path in ["/company/companies/5", "/company/contacts/3", "/service/tickets/1", "/company/configurations/9"] {
        let (_, record) = send(&sim, "GET", path, "").await;
        let (status, text) = send(&sim, "PUT", path, &record).await;
        if path.contains("companies") {
            // LIVE, apart from the code
            assert_eq!((status, &text), (400, &rejected), "{path}");
            let mut record: Value = serde_json::from_str(&record).unwrap();
            record.as_object_mut().unwrap().remove("types");
            let (status, text) = send(&sim, "PUT", path, &record.to_string()).await;
            assert_eq!(status, 200, "{path}: {text}");
        } else {
            assert_eq!(status, 200, "{path}: {text}");
        }
    }
}

#[tokio::test]
async fn callbacks_are_rejected_with_all_errors() {
    let sim = started().await;
    let url = ["InvalidField", "Invalid URL", "callbackEntry", "url"];
    let level = [
        "InvalidObject",
        "Unrecognized level for type, see documentation for supported levels for each type",
        "callbackEntry",
        "level",
    ];
    let missing = ["MissingRequiredField", "The url field is required.", "callbackEntry", "url"];
    let exists = ["ObjectExists", "A matching callback entry already exists", "callbackEntry", "objectId"];
    let message = "callbackEntry object is invalid";
    fn post<'a>(body: Value, errors: &'a [[&'a str; 4]]) -> Case<'a> {
        create("/system/callbacks", body, "callbackEntry object is invalid", errors)
    }
    check(
        &sim,
        &[
            // LIVE
            post(json!({"url": "nowhere", "type": "ticket", "level": "vendor", "objectId": 1}), &[url, level]),
            post(
                json!({"url": "https://example.com/hook?id=", "type": "Ticket", "level": "Owner", "objectId": 0}),
                &[exists],
            ),
            // By rule
            post(json!({"type": "ticket", "level": "vendor", "objectId": 1}), &[missing, level]),
            (
                "PATCH",
                "/system/callbacks/1",
                json!([{"op": "replace", "path": "url", "value": "nowhere"}, {"op": "replace", "path": "level", "value": "vendor"}]),
                400,
                "InvalidObject",
                message,
                &[url, level],
            ),
        ],
    )
    .await;
    let inactive = json!([{"op": "replace", "path": "inactiveFlag", "value": true}]).to_string();
    assert_eq!(send(&sim, "PATCH", "/system/callbacks/1", &inactive).await.0, 200);
}

#[tokio::test]
async fn conditions_are_rejected_in_the_words_of_live_servers() {
    let sim = started().await;
    for (parameter, text, message) in [
        // LIVE
        (
            "conditions",
            "type/id=4ANDobjectId=5",
            format!("Condition Syntax Error (Line 1, Character 9) - Unrecognized value: 4ANDobjectId\n{LITERALS}"),
        ),
        ("conditions", "closedFlag=5", format!("Expected a boolean value, not a numeric. {LITERALS}")),
        ("conditions", "resources/identifier='x'", "resources/identifier is not a recognized name.".to_owned()),
        // By rule
        ("orderBy", "colour desc", "colour is not a recognized name.".to_owned()),
        ("conditions", "customFields/value='x'", "customFields/value is not a recognized name.".to_owned()),
    ] {
        let query: String = form_urlencoded::Serializer::new(String::new()).append_pair(parameter, text).finish();
        let expected = (400, text_of("ApiFindCondition", &message, &[]));
        assert_eq!(send(&sim, "GET", &format!("/service/tickets?{query}"), "").await, expected, "{text}");
    }
}

#[tokio::test]
async fn errors_of_the_json_library_name_the_position() {
    let sim = started().await;
    let unknown = |name: &str, type_name: &str, path: &str, position: &str| {
        format!("Could not find member '{name}' on object of type '{type_name}'. Path '{path}', {position}.{ACCEPT}")
    };
    // LIVE: the first position is that of a request on a live server.
    let indented =
        "{\r\n    \"firstName\":  \"Ida\",\r\n    \"type\":  {\r\n                 \"id\":  37\r\n             }\r\n}";
    for (path, body, status, message) in [
        ("/company/contacts", indented, 400, unknown("type", "Contact", "type", "line 3, position 11")),
        (
            "/service/tickets/search",
            r#"{"conditions": "closedFlag = false and id >", "page": 1}"#,
            400,
            unknown("page", "FilterValues", "page", "line 1, position 53"),
        ),
        (
            "/company/contacts",
            r#"{"firstName":"x","communicationItems":[{"value":"y"},{"colour":"z"}]}"#,
            400,
            unknown("colour", "ContactCommunicationItem", "communicationItems[1].colour", "line 1, position 63"),
        ),
        (
            "/service/tickets",
            r#"{"summary":"x","budgetHours":"many"}"#,
            500,
            "Error converting value \"many\" to type 'System.Nullable`1[System.Decimal]'. Path 'budgetHours', line 1, position 35."
                .to_owned(),
        ),
    ] {
        let expected = (status, text_of("ConnectWiseApi", &message, &[]));
        assert_eq!(send(&sim, "POST", path, body).await, expected, "{body}");
    }
}

#[tokio::test]
async fn every_type_reports_missing_and_too_long_fields_together() {
    let sim = Sim::builder().seed(Seed::Empty).start().await.unwrap();
    let is_list = |path: &str| {
        catalogue::all().any(|operation| {
            operation.method == Method::Get
                && operation.query == QueryKind::List
                && operation.path.eq_ignore_ascii_case(path)
        })
    };
    sim.store().insert("/company/contacts", json!({"id": 1, "firstName": "Ida"}));
    let (mut checked, mut wrong) = (0, Vec::new());
    for operation in catalogue::all().filter(|operation| operation.method == Method::Post && is_list(operation.path)) {
        let Some(schema) = operation.body.and_then(|body| schemas::get(body.type_name)) else { continue };
        let properties = schema["properties"].as_object().unwrap();
        let too_long: Vec<&String> =
            properties.iter().filter(|(_, of)| of["maxLength"].is_u64()).map(|(name, _)| name).collect();
        let required = schema.get("x-required-on-create").and_then(Value::as_array).cloned().unwrap_or_default();
        let missing: Vec<&str> = required
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| !too_long.iter().any(|long| long == name))
            .collect();
        if too_long.is_empty() || missing.is_empty() {
            continue;
        }
        let length = |name: &str| usize::try_from(properties[name]["maxLength"].as_u64().unwrap()).unwrap();
        let body: Value = too_long.iter().map(|name| ((*name).clone(), json!("x".repeat(length(name) + 1)))).collect();
        let path = operation
            .parameters
            .iter()
            .fold(operation.path.to_owned(), |path, parameter| path.replace(&format!("{{{}}}", parameter.name), "1"));
        let (status, text) = send(&sim, "POST", &path, &body.to_string()).await;
        let response: Value = serde_json::from_str(&text).unwrap();
        let found: Vec<(&str, &str)> = response["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|error| (error["code"].as_str().unwrap(), error["field"].as_str().unwrap()))
            .collect();
        let missing = missing.into_iter().map(|name| ("MissingRequiredField", name));
        let expected: Vec<(&str, &str)> =
            missing.chain(too_long.iter().map(|name| ("MaxLengthField", name.as_str()))).collect();
        if (status, &found) != (400, &expected) {
            wrong.push(format!("{operation}: {status} {found:?} instead of {expected:?}"));
        }
        checked += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 100, "only {checked} types were checked");
}
