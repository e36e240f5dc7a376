//! Bulk operations and bundles: responses that a simulator does not send.

use connectwise_psa::bulk::{BulkOutcome, UnknownReason};
use connectwise_psa::types::{ManagedDeviceAccount, Ticket};
use connectwise_psa::{ListQuery, Psa};
use serde_json::{Value, json};

use crate::server::{Server, json_response};

async fn client(status: u16, body: Value) -> (Server, Psa) {
    let server = Server::with_actions([json_response(status, body.to_string())]).await;
    let psa = server.builder().build().unwrap();
    (server, psa)
}

fn account(id: i32) -> ManagedDeviceAccount {
    ManagedDeviceAccount { id: Some(id), ..ManagedDeviceAccount::default() }
}

#[tokio::test]
async fn a_result_without_a_valid_index_makes_every_outcome_unknown() {
    let ok = |index: Value| json!({"success": true, "originalIndex": index, "statusCode": 200, "data": {"id": 1}});
    for payload in [json!([ok(json!(1)), ok(json!(2))]), json!([ok(json!(0)), ok(Value::Null)]), json!(["x"])] {
        let (server, psa) = client(207, json!({"payload": payload})).await;
        let outcomes = psa.bulk().replace_member_managed_device_accounts(3, &[account(1), account(2)]).await.unwrap();
        assert!(
            outcomes.items.iter().all(|outcome| *outcome == BulkOutcome::Unknown(UnknownReason::UnknownIndex)),
            "{outcomes:?}"
        );
        assert!(outcomes.items[0].is_ambiguous() && !outcomes.unassigned.is_empty());
        assert_eq!(server.request_lines().len(), 1);
    }
    let failing = json!([{"success": false, "originalIndex": 0, "statusCode": 504, "error": {"message": "timeout"}}]);
    for (body, reason) in [
        (json!({"payload": []}), UnknownReason::NoResult),
        (json!({"Payload": []}), UnknownReason::NoResult),
        (json!({"payload": null}), UnknownReason::UnreadableResponse),
        (json!({"payload": 5}), UnknownReason::UnreadableResponse),
        (json!({"other": []}), UnknownReason::UnreadableResponse),
        (json!({"payload": failing}), UnknownReason::ServerError),
    ] {
        let (_server, psa) = client(207, body).await;
        let outcomes = psa.bulk().delete_member_managed_device_accounts(3, &[1]).await.unwrap();
        assert_eq!(outcomes.items, [BulkOutcome::Unknown(reason)]);
    }
}

#[tokio::test]
async fn no_records_send_nothing_and_a_lost_response_is_ambiguous() {
    let server = Server::with_actions([crate::server::Action::Close]).await;
    let psa: Psa = server.builder().build().unwrap();
    let error = psa.bulk().replace_member_managed_device_accounts(3, &[]).await.unwrap_err();
    assert!(error.is_invalid_input() && server.requests().is_empty(), "{error}");
    let new = ManagedDeviceAccount { username: Some("a".into()), ..ManagedDeviceAccount::default() };
    let error = psa.bulk().replace_member_managed_device_accounts(3, &[new]).await.unwrap_err();
    assert!(error.is_ambiguous() && server.requests().len() == 1, "{error}");
}

#[cfg(feature = "company")]
#[tokio::test]
async fn a_replaced_record_needs_its_id() {
    let server = Server::with_actions([]).await;
    let records = [connectwise_psa::types::CompanyConfiguration::new("PC", 1, 2)];
    let error = server.psa().bulk().replace_configurations(&records).await.unwrap_err();
    assert!(error.is_invalid_input() && error.to_string().contains("index 0"), "{error}");
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn wrong_sequence_numbers_are_errors() {
    let result = |number: Value| json!({"sequenceNumber": number, "resourceType": "Ticket", "entities": [{"id": 5}], "success": true, "statusCode": 200});
    for (results, expected) in [
        (json!([result(json!(2))]), "the sequence number 2, which was not sent"),
        (json!([result(json!(1)), result(json!(1))]), "two results with the sequence number 1"),
        (json!([result(Value::Null)]), "without a sequence number"),
        (json!([]), "no result with the sequence number 1"),
    ] {
        let (_server, psa) = client(200, json!({"results": results})).await;
        let mut bundle = psa.bulk().bundle();
        let _key = bundle.get::<Ticket>(5);
        let error = bundle.send().await.unwrap_err();
        assert!(error.is_unexpected_response() && error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn a_record_or_a_resource_that_was_not_requested_is_an_error() {
    for (changes, expected) in [
        (json!({"entities": [{"id": 6}]}), "the one Ticket with the id 5"),
        (json!({"entities": []}), "the one Ticket with the id 5"),
        (json!({"entities": [{"id": 5}, {"id": 5}]}), "the one Ticket with the id 5"),
        (json!({"resourceType": "Contact"}), "a result for Contact in place of Ticket"),
        (json!({"statusCode": 404}), "both success and failure"),
    ] {
        let mut result =
            json!({"sequenceNumber": 1, "resourceType": "Ticket", "entities": [{"id": 5}], "success": true});
        result.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let (_server, psa) = client(200, json!({"results": [result]})).await;
        let mut bundle = psa.bulk().bundle();
        let _key = bundle.get::<Ticket>(5);
        let error = bundle.send().await.unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn an_empty_bundle_and_an_invalid_query_send_nothing() {
    let server = Server::with_actions([]).await;
    assert!(server.psa().bulk().bundle().send().await.unwrap_err().is_invalid_input());
    let mut bundle = server.psa().bulk().bundle();
    let _key = bundle.list::<Ticket>(ListQuery::new().conditions("a =="));
    assert!(bundle.send().await.unwrap_err().is_invalid_input());
    assert_eq!(server.requests().len(), 0);
}
