//! Records in the form in which live servers send them, where it differs from the vendor's OpenAPI document.

use connectwise_psa::Patch;
use connectwise_psa::types::{CustomFieldValue, Ticket, UserDefinedField};
use serde_json::{Value, json};

fn custom_field() -> Value {
    json!({
        "id": 8, "caption": "Region", "type": "Text", "entryMethod": "EntryField", "numberOfDecimals": 0, "value": "North",
        "connectWiseId": "5c1f", "rowNum": 2, "userDefinedFieldRecId": 41, "podId": "ticket_overview",
    })
}

fn ticket() -> Ticket {
    let ticket = json!({
        "id": 7, "summary": "Printer", "status": {"id": 5, "name": "New", "Sort": 3, "_info": {"status_href": "https://x"}},
        "respondByGoalUTC": "2026-06-09T21:59:49Z", "resolutionGoalUTC": "", "escalationLastUpdateMinutes": 5,
        "somethingNew": {"a": [1]}, "customFields": [custom_field()],
    });
    serde_json::from_str(&ticket.to_string()).unwrap()
}

#[test]
fn the_sort_order_of_a_status_is_read_in_any_letter_case() {
    let sort = |status: &str| {
        let ticket: Ticket = serde_json::from_str(&format!(r#"{{"status":{status}}}"#)).unwrap();
        ticket.status.unwrap().sort
    };
    assert_eq!(ticket().status.unwrap().sort, Some(3));
    assert_eq!(sort(r#"{"id":5,"sort":1,"Sort":2}"#), Some(1));
    assert_eq!(sort(r#"{"id":5,"Sort":2,"sort":1}"#), Some(1));
    assert_eq!(sort(r#"{"id":5,"sorting":2}"#), None);
}

#[test]
fn fields_that_the_document_does_not_have_are_kept() {
    let ticket = ticket();
    assert!(ticket.respond_by_goal_utc.is_some());
    assert_eq!(ticket.escalation_last_update_minutes, Some(5));
    // A replacement sends the custom field as the server sent it.
    assert_eq!(serde_json::to_value(&ticket.custom_fields.unwrap()[0]).unwrap(), custom_field());
    let definition = json!({"id": 1, "podId": 4, "podDescription": "Overview", "screenDescription": "Ticket", "displayScreenInASIO": true});
    let read: UserDefinedField = serde_json::from_str(&definition.to_string()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), definition);
    // The definition of a custom field has a number as `podId`.
    let number: CustomFieldValue = serde_json::from_str(r#"{"id":8,"podId":4,"rowNum":"2"}"#).unwrap();
    assert_eq!((number.pod_id.as_deref(), number.row_num), (Some("4"), Some(2)));
}

#[test]
fn a_patch_of_a_custom_field_contains_only_its_id_and_value() {
    let before = ticket();
    let mut after = before.clone();
    for field in after.custom_fields.iter_mut().flatten() {
        (field.value, field.row_num, field.pod_id) = (Some(json!("South")), None, None);
    }
    assert_eq!(
        serde_json::to_value(Patch::diff(&before, &after).unwrap()).unwrap(),
        json!([{"op": "replace", "path": "customFields", "value": [{"id": 8, "value": "South"}]}])
    );
}
