//! Changes of many records: bulk operations with a result per record, bundles of reads, and many calls at the same time.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use connectwise_psa::bulk::{self, BulkOptions, BulkOutcome, BundleError, ItemError, ItemOutcome};
use connectwise_psa::types::{
    CompanyConfiguration, Contact, ManagedDeviceAccount, PurchaseOrderLineItem, ServiceNote, ServiceTask, Ticket,
};
use connectwise_psa::{ListQuery, Record as _, Reference};
use connectwise_psa_sim::Fault;

use crate::setup::{demo, request_count};

const CONFIGURATIONS: &str = "/company/configurations";

#[tokio::test]
async fn configurations_are_created_replaced_and_deleted_with_a_result_for_each() {
    let (sim, psa) = demo().await;
    let before = sim.store().count(CONFIGURATIONS);
    let new = |name: &str| CompanyConfiguration::new(name, 1, 2);
    // The second one has a type that does not exist.
    let records = [new("PC 1"), CompanyConfiguration::new("PC 2", 99_999, 2), new("PC 3")];
    let outcomes = psa.bulk().create_configurations(&records).await.unwrap();
    assert!(!outcomes.is_ok());
    let BulkOutcome::Err(error) = &outcomes.items[1] else { panic!("{outcomes:?}") };
    assert!(error.status == Some(400) && !error.field_errors.is_empty(), "{error:?}");
    let (created, others) = outcomes.split();
    let names: Vec<_> = created.iter().map(|(index, record)| (*index, record.name.clone().unwrap())).collect();
    assert_eq!((names, others.len()), (vec![(0, "PC 1".to_owned()), (2, "PC 3".to_owned())], 1));
    assert_eq!(sim.store().count(CONFIGURATIONS), before + 2);

    let mut records: Vec<_> = created.into_iter().map(|(_, record)| record).collect();
    let ids: Vec<i32> = records.iter().map(|record| record.id().unwrap()).collect();
    for record in &mut records {
        record.name = record.name.take().map(|name| format!("{name}, renamed"));
    }
    let replaced = psa.bulk().replace_configurations(&records).await.unwrap().all_ok().unwrap();
    assert_eq!(replaced.iter().map(|record| record.id().unwrap()).collect::<Vec<_>>(), ids);
    assert_eq!(sim.store().get(CONFIGURATIONS, ids[1].into()).unwrap()["name"], "PC 3, renamed");

    let outcomes = psa.bulk().delete_configurations(&[ids[0], 999_999, ids[1]]).await.unwrap();
    assert_eq!((&outcomes.items[0], &outcomes.items[2]), (&BulkOutcome::Ok(ids[0]), &BulkOutcome::Ok(ids[1])));
    assert!(matches!(&outcomes.items[1], BulkOutcome::Err(error) if error.status == Some(404)), "{outcomes:?}");
    assert_eq!(sim.store().count(CONFIGURATIONS), before);
}

#[tokio::test]
async fn a_bulk_create_request_with_a_lost_response_is_ambiguous_and_not_repeated() {
    let (sim, psa) = demo().await;
    sim.inject(Fault::next(1).on("POST", CONFIGURATIONS).with_lost_response());
    let records = [CompanyConfiguration::new("PC 1", 1, 2)];
    let error = psa.bulk().create_configurations(&records).await.unwrap_err();
    assert!(error.is_ambiguous(), "{error}");
    assert_eq!(request_count(&sim, "POST", "/company/configurations/bulk"), 1);
}

#[tokio::test]
async fn lines_of_purchase_orders_and_accounts_of_members_have_results() {
    let (sim, psa) = demo().await;
    let orders = sim.store().list("/procurement/purchaseorders");
    let order = i32::try_from(orders[0]["id"].as_i64().unwrap()).unwrap();
    let lines: Vec<PurchaseOrderLineItem> =
        psa.procurement().list_purchase_order_line_items(order).take(1).all().await.unwrap();
    let mut line = lines[0].clone();
    line.quantity = Some(7.into());
    let outcomes = psa.bulk().replace_purchase_order_line_items(order, &[line.clone()]).await.unwrap();
    assert_eq!(outcomes.all_ok().unwrap()[0].quantity, line.quantity);
    let copy = PurchaseOrderLineItem { id: None, ..line.clone() };
    let created = psa.bulk().create_purchase_order_line_items(order, &[copy]).await.unwrap();
    let created = created.all_ok().unwrap().remove(0).id().unwrap();
    assert_ne!(created, line.id().unwrap());
    let deleted = psa.bulk().delete_purchase_order_line_items(order, &[created]).await.unwrap();
    assert_eq!(deleted.items, [BulkOutcome::Ok(created)]);

    let integration = Reference::from(1).into();
    let account = ManagedDeviceAccount {
        managed_devices_integration: Some(integration),
        username: Some("ann".into()),
        password: Some("x".into()),
        ..ManagedDeviceAccount::default()
    };
    let outcomes = psa.bulk().replace_member_managed_device_accounts(1, &[account]).await.unwrap();
    let id = outcomes.all_ok().unwrap()[0].id().unwrap();
    let outcomes = psa.bulk().delete_member_managed_device_accounts(1, &[id, 99]).await.unwrap();
    assert!(outcomes.items[0] == BulkOutcome::Ok(id) && !outcomes.items[1].is_ok(), "{outcomes:?}");
}

/// Returns the server's error for a read of a bundle.
fn rejection<T>(result: Result<T, BundleError>) -> ItemError {
    match result {
        Err(BundleError::Rejected(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the read succeeded"),
    }
}

#[tokio::test]
async fn a_key_of_another_bundle_takes_nothing() {
    let (_sim, psa) = demo().await;
    let (mut one, mut other) = (psa.bulk().bundle(), psa.bulk().bundle());
    let (key, other_key) = (one.get::<Ticket>(1), other.get::<Ticket>(2));
    let mut results = one.send().await.unwrap();
    assert_eq!(results.take(other_key).unwrap_err(), BundleError::OtherBundle);
    assert_eq!(results.take(key).unwrap().id().unwrap(), 1);
}

#[tokio::test]
async fn a_bundle_reads_records_lists_and_counts_in_parts() {
    let (sim, psa) = demo().await;
    let ids: Vec<i32> = sim
        .store()
        .list("/service/tickets")
        .iter()
        .take(120)
        .map(|ticket| i32::try_from(ticket["id"].as_i64().unwrap()).unwrap())
        .collect();
    let mut bundle = psa.bulk().bundle();
    let tickets: Vec<_> = ids.iter().map(|id| bundle.get::<Ticket>(*id)).collect();
    let missing = bundle.get::<Contact>(999_999);
    let open = psa.service().list_tickets().filter(|ticket| ticket.closed_flag().eq(false));
    let first = bundle.list::<Ticket>(open.to_query().page_size(7));
    let all = bundle.list::<Contact>(ListQuery::new());
    let rejected = bundle.list::<Ticket>(ListQuery::new().conditions("colour = 1"));
    let notes = bundle.list_below::<ServiceNote>(ids[0], ListQuery::new());
    let count = bundle.count::<Ticket>(open.to_query());
    let mut results = bundle.send().await.unwrap();
    for (id, key) in ids.iter().zip(tickets) {
        assert_eq!(results.take(key).unwrap().id().unwrap(), *id);
    }
    assert_eq!(rejection(results.take(missing)).status, Some(404));
    let first = results.take(first).unwrap();
    assert!(first.records.len() == 7 && first.is_full && first.records.iter().all(|t| t.closed_flag == Some(false)));
    let all = results.take(all).unwrap();
    assert_eq!((all.records.len(), all.is_full), (sim.store().count("/company/contacts"), false));
    let rejected = rejection(results.take(rejected));
    assert_eq!(rejected.message.as_deref(), Some("colour is not a recognized name."));
    let expected = sim.store().count(&format!("/service/tickets/{}/notes", ids[0]));
    assert_eq!(results.take(notes).unwrap().records.len(), expected);
    assert_eq!(results.take(count).unwrap(), open.count().await.unwrap());
    // 125 reads are three requests.
    assert_eq!(request_count(&sim, "POST", "/system/bundles"), 3);
    assert_eq!(request_count(&sim, "POST", "/system/bundles/count"), 1);
}

#[tokio::test]
async fn many_calls_have_a_result_each_and_ambiguous_ones_are_not_repeated() {
    let (sim, psa) = demo().await;
    let id = psa.service().create_ticket(&Ticket::new("Many tasks", 2)).await.unwrap().id().unwrap();
    let tasks = format!("/service/tickets/{id}/tasks");
    sim.inject(Fault::next(1).on("POST", tasks.as_str()).with_lost_response());
    let done = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&done);
    let options = BulkOptions::new().concurrency(4).on_progress(move |progress| {
        assert_eq!(progress.total, Some(20));
        seen.store(progress.done, Ordering::SeqCst);
    });
    let bodies: Vec<_> =
        (0..20).map(|n| ServiceTask { notes: Some(format!("task {n}")), ..ServiceTask::default() }).collect();
    let calls = bodies.iter().map(|task| psa.service().create_ticket_task(id, task));
    let report = bulk::run(calls, options).await;
    assert_eq!((done.load(Ordering::SeqCst), report.items.len()), (20, 20));
    let ambiguous: Vec<_> = report.items.iter().filter(|item| item.is_ambiguous()).map(|item| item.index).collect();
    assert_eq!(ambiguous.len(), 1, "{report:?}");
    let (created, others) = report.split();
    assert_eq!((created.len(), others.len(), others[0].index), (19, 1, ambiguous[0]));
    for (index, task) in &created {
        assert_eq!(task.notes, Some(format!("task {index}")));
    }
    // The task of the lost response exists once.
    assert_eq!((sim.store().count(&tasks), request_count(&sim, "POST", &tasks)), (20, 20));
}

#[tokio::test]
async fn calls_after_the_first_error_are_not_sent() {
    let (sim, psa) = demo().await;
    let calls = [1, 2, 999_999, 3, 4].map(|id| psa.service().get_ticket(id));
    let report = bulk::run(calls, BulkOptions::new().concurrency(1).stop_at_first_error()).await;
    let sent: Vec<_> = report.items.iter().map(|item| !matches!(item.outcome, ItemOutcome::NotSent)).collect();
    assert_eq!(sent, [true, true, true, false, false]);
    assert!(report.items[2].error().unwrap().is_not_found() && !report.items[2].is_ambiguous());
    assert_eq!(request_count(&sim, "GET", "/service/tickets/3"), 0);
}
