//! Custom fields by caption and id on every type that has them: read, changed, checked against definitions, found.

use connectwise_psa::custom_fields::{CustomFieldChanges, CustomFields, CustomValue};
use connectwise_psa::types::{CustomFieldValue, Ticket};
use connectwise_psa::{Date, Decimal, Psa, Value};
use connectwise_psa_sim::Fault;
use serde_json::json;

use crate::setup::{demo, request_count};

const DEFINITIONS: &str = "/system/userDefinedFields";

#[tokio::test]
async fn only_the_named_fields_change() {
    let (sim, psa) = demo().await;
    let ticket = psa.service().get_ticket(42).await.unwrap();
    // Another program changes a field after the record was read.
    psa.service().update_ticket(42, &connectwise_psa::Patch::new().custom_field(2, 3)).await.unwrap();
    let changes = CustomFieldChanges::new().set("Root Cause", "Network");
    let patch = psa.custom_fields().patch(&ticket.custom_fields, &changes).await.unwrap();
    let changed = psa.service().update_ticket(42, &patch).await.unwrap();
    let custom = CustomFields::of(&changed.custom_fields);
    assert_eq!(custom.get::<String>("Root Cause").unwrap().as_deref(), Some("Network"));
    assert_eq!(custom.get::<Decimal>("Travel Distance").unwrap(), Some(Decimal::from(3)));

    let exact = Decimal::new(125, 1);
    let changes = CustomFieldChanges::new().set(2, exact).clear("Root Cause");
    let patch = psa.custom_fields().patch(&changed.custom_fields, &changes).await.unwrap();
    psa.service().update_ticket(42, &patch).await.unwrap();
    let stored = sim.store().get("/service/tickets", 42).unwrap();
    let values: Vec<&Value> = stored["customFields"].as_array().unwrap().iter().map(|field| &field["value"]).collect();
    assert_eq!(values, [&Value::Null, &json!(12.5)]);
    // The definitions were read once.
    assert_eq!(request_count(&sim, "GET", DEFINITIONS), 1);
}

#[tokio::test]
async fn wrong_changes_are_rejected_before_anything_is_sent() {
    let (sim, psa) = demo().await;
    let ticket = psa.service().get_ticket(42).await.unwrap();
    psa.custom_fields().definitions().await.unwrap();
    let requests = sim.requests().len();
    for (changes, expected) in [
        (CustomFieldChanges::new().set("Root Cause", "Nobody"), "offers"),
        (CustomFieldChanges::new().set("Root Cuase", "User"), "\"Root Cause\""),
        (CustomFieldChanges::new().set("Travel Distance", "far"), "must be a number"),
        (CustomFieldChanges::new().set("Travel Distance", Decimal::new(125, 2)), "would be rounded"),
        (CustomFieldChanges::new().set(99, "x"), "does not exist"),
    ] {
        let error = psa.custom_fields().patch(&ticket.custom_fields, &changes).await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains(expected), "{expected}: {error}");
    }
    assert_eq!(sim.requests().len(), requests);
}

#[tokio::test]
async fn definitions_are_read_once_by_all_clones_and_again_after_a_failure() {
    let (sim, psa) = demo().await;
    sim.inject(Fault::next(1).on("GET", DEFINITIONS).with_status(400));
    assert!(psa.custom_fields().definitions().await.is_err());
    let (one, other) = (psa.custom_fields(), psa.clone().custom_fields());
    let (one, other) = tokio::join!(one.definitions(), other.definitions());
    assert_eq!(one.unwrap().all().len(), other.unwrap().all().len());
    assert_eq!(request_count(&sim, "GET", DEFINITIONS), 2);
    psa.custom_fields().refresh().await;
    psa.custom_fields().definitions().await.unwrap();
    assert_eq!(request_count(&sim, "GET", DEFINITIONS), 3);
}

#[tokio::test]
async fn a_create_request_sets_fields_by_caption_of_a_screen() {
    let (_sim, psa) = demo().await;
    let definitions = psa.custom_fields().definitions().await.unwrap();
    let screen = definitions.find("Root Cause").unwrap().screen_id.clone().unwrap();
    let changes = CustomFieldChanges::new().set("Root Cause", "User").set("Travel Distance", 7);
    let fields = definitions.on_screen(&screen).new_values(&changes).unwrap();
    let new = Ticket { custom_fields: Some(fields), ..Ticket::new("Printer", 5) };
    let created = psa.service().create_ticket(&new).await.unwrap();
    let custom = CustomFields::of(&created.custom_fields);
    assert_eq!(custom.value("Root Cause").unwrap(), CustomValue::Text("User".to_owned()));
    assert_eq!(custom.value("Travel Distance").unwrap(), CustomValue::Number(7.into()));
    let found = psa
        .service()
        .list_tickets()
        .filter(|ticket| ticket.id().eq(created.id.unwrap()))
        .filter_custom_fields(|field| field.caption().eq("Root Cause") & field.value().eq("User"))
        .all()
        .await
        .unwrap();
    assert_eq!(found.len(), 1);
}

/// Reads the custom fields of the first record of several types.
async fn first_of_each(psa: &Psa) -> Vec<(&'static str, Option<Vec<CustomFieldValue>>)> {
    macro_rules! first {
        ($($name:literal: $list:expr;)*) => {
            vec![$(($name, $list.first().await.unwrap().and_then(|record| record.custom_fields))),*]
        };
    }
    first! {
        "company": psa.company().list_companies();
        "contact": psa.company().list_contacts();
        "configuration": psa.company().list_configurations();
        "project": psa.project().list_projects();
        "project ticket": psa.project().list_tickets();
        "activity": psa.sales().list_activities();
        "opportunity": psa.sales().list_opportunities();
        "agreement": psa.finance().list_agreements();
        "invoice": psa.finance().list_invoices();
        "time entry": psa.time().list_time_entries();
        "expense entry": psa.expense().list_expense_entries();
        "member": psa.system().list_members();
        "purchase order": psa.procurement().list_purchase_orders();
    }
}

#[tokio::test]
async fn fields_of_every_type_are_read() {
    let (_sim, psa) = demo().await;
    let mut read = 0;
    for (name, fields) in first_of_each(&psa).await {
        for field in CustomFields::of(&fields).all() {
            CustomFields::of(&fields).value(field.id.unwrap()).unwrap_or_else(|error| panic!("{name}: {error}"));
            read += 1;
        }
    }
    assert!(read >= 10, "{read}");
    let company = psa.company().get_company(5).await.unwrap();
    CustomFields::of(&company.custom_fields).get::<Date>("Last Review").unwrap();
}
