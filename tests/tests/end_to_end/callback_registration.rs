//! Registration of callbacks: an integration declares the set that it wants, at each start and from several processes,
//! and leaves the callbacks of other integrations alone.

use std::collections::BTreeSet;

use connectwise_psa::Psa;
use connectwise_psa::types::CallbackEntry;
use connectwise_psa::webhooks::{
    ActivityLevel, AgreementLevel, CallbackType, Callbacks, CompanyLevel, ConfigurationLevel, ContactLevel,
    ExpenseLevel, InvoiceLevel, MemberLevel, NamedLevel, OpportunityLevel, ProductCatalogLevel, ProjectLevel,
    PurchaseOrderLevel, RegisteredCallback, Registration, RegistrationSet, ScheduleLevel, TicketLevel, TimeLevel,
};
use connectwise_psa_sim::{Fault, Sim};
use serde_json::json;

use crate::setup::{request_lines, small};

const RECEIVER: &str = "https://hooks.example.com/psa";

/// The fourteen triggers of integration products, members and sites, each with every kind of level that takes an id.
pub(crate) fn registrations_of_all_types(url: &str) -> Vec<Registration> {
    vec![
        Registration::activities(ActivityLevel::Owner, url),
        Registration::agreements(AgreementLevel::Company(5), url),
        Registration::companies(CompanyLevel::Territory(2), url),
        Registration::configurations(ConfigurationLevel::Type(3), url),
        Registration::contacts(ContactLevel::Contact(4), url),
        Registration::expenses(ExpenseLevel::Class(1), url),
        Registration::invoices(InvoiceLevel::Status(1), url),
        Registration::opportunities(OpportunityLevel::StatusId(1), url),
        Registration::product_catalog(ProductCatalogLevel::Owner, url),
        Registration::projects(ProjectLevel::Board(1), url),
        Registration::purchase_orders(PurchaseOrderLevel::Vendor(5), url),
        Registration::schedule_entries(ScheduleLevel::Member(1), url),
        Registration::tickets(TicketLevel::Board(2), url),
        Registration::time_entries(TimeLevel::Owner, url),
        Registration::members(MemberLevel::SecurityRole(1), url),
        // The levels of sites are not documented: the simulator accepts any.
        Registration::sites(NamedLevel::new("Company", 5), url),
    ]
}

fn ids(callbacks: &[RegisteredCallback]) -> Vec<i32> {
    callbacks.iter().map(|callback| callback.id).collect()
}

/// Returns type, level, object id and URL of all callbacks that the simulator has.
fn stored(sim: &Sim) -> BTreeSet<String> {
    let text = |callback: &serde_json::Value| {
        format!("{} {} {} {}", callback["type"], callback["level"], callback["objectId"], callback["url"])
    };
    sim.store().list("/system/callbacks").iter().map(text).collect()
}

#[tokio::test]
async fn every_trigger_is_registered_listed_and_deleted() {
    let (sim, psa) = small().await;
    let callbacks = psa.callbacks();
    let mut types = BTreeSet::new();
    for registration in registrations_of_all_types(RECEIVER) {
        let registration = registration.description("Synchronization").suppress_own_changes();
        let created = callbacks.create(&registration).await.unwrap();
        assert_eq!((&created.subscription, created.url.as_str()), (registration.subscription(), registration.url()));
        assert!(created.is_self_suppressed && !created.is_inactive && !created.is_soap);
        let listed = callbacks.list().await.unwrap();
        assert_eq!(listed, std::slice::from_ref(&created), "{}", created.subscription);
        assert_eq!(created.description.as_deref(), Some("Synchronization"));
        // The same callback cannot be registered twice.
        let error = callbacks.create(&registration).await.unwrap_err();
        assert!(Callbacks::already_exists(&error), "{error}");
        callbacks.delete(created.id).await.unwrap();
        assert!(callbacks.list().await.unwrap().is_empty());
        assert!(callbacks.delete(created.id).await.unwrap_err().is_not_found());
        types.insert(created.subscription.callback_type().to_string());
    }
    let error = callbacks.create(&Registration::other("Robot", NamedLevel::owner(), RECEIVER)).await.unwrap_err();
    assert_eq!(error.field_errors()[0].field.as_deref(), Some("type"), "{error}");
    assert_eq!(types, CallbackType::KNOWN.iter().map(ToString::to_string).collect());
    // Nothing that can be checked here is sent.
    let before = sim.requests().len();
    assert!(callbacks.create(&Registration::tickets(TicketLevel::Board(0), RECEIVER)).await.is_err());
    assert!(callbacks.create(&Registration::tickets(TicketLevel::Owner, "hooks")).await.is_err());
    assert_eq!(sim.requests().len(), before);
}

fn wanted() -> RegistrationSet {
    RegistrationSet::below(RECEIVER)
        .unwrap()
        .with(Registration::tickets(TicketLevel::Owner, RECEIVER).description("Tickets"))
        .with(Registration::contacts(ContactLevel::Company(5), format!("{RECEIVER}/contacts?key=1")))
        .with(Registration::companies(CompanyLevel::Owner, RECEIVER).suppress_own_changes())
}

async fn register(psa: &Psa, url: &str, object_id: i32, callback_type: &str, level: &str) -> i32 {
    let entry = CallbackEntry::new(url, object_id, callback_type, level);
    psa.system().create_callback(&entry).await.unwrap().id.unwrap()
}

#[tokio::test]
async fn a_set_is_reconciled_once_and_other_integrations_are_left_alone() {
    let (sim, psa) = small().await;
    let url = format!("{RECEIVER}?recordId=");
    let foreign = register(&psa, "https://other.example/psa?id=", 1, "ticket", "owner").await;
    let lookalike = register(&psa, "https://hooks.example.com/psa-test?id=", 1, "ticket", "owner").await;
    // In lower case, deactivated by PSA, and without a description.
    let deactivated = register(&psa, &url, 0, "ticket", "owner").await;
    sim.store().update("/system/callbacks", deactivated.into(), |callback| {
        callback.insert("inactiveFlag".into(), json!(true));
    });
    let outdated = register(&psa, &url, 7, "invoice", "company").await;
    let plan = psa.callbacks().plan(&wanted()).await.unwrap();
    assert_eq!((plan.create.len(), plan.update.len(), ids(&plan.delete)), (2, 1, vec![outdated]), "{plan}");
    assert_eq!(sim.store().count("/system/callbacks"), 4, "a plan changes nothing");

    let report = psa.callbacks().reconcile(&wanted()).await.unwrap();
    assert_eq!(
        (
            report.created.len(),
            ids(&report.updated),
            ids(&report.activated),
            ids(&report.deleted),
            report.unchanged.len()
        ),
        (2, vec![deactivated], vec![deactivated], vec![outdated], 0),
        "{report}"
    );
    let all = psa.callbacks().list().await.unwrap();
    assert_eq!(all.len(), 5);
    assert!(all.iter().any(|callback| callback.id == foreign) && all.iter().any(|callback| callback.id == lookalike));
    assert!(all.iter().all(|callback| !callback.is_inactive));

    // The second time, the only request is the list.
    let before = sim.requests().len();
    let report = psa.callbacks().reconcile(&wanted()).await.unwrap();
    assert!(report.is_unchanged() && report.unchanged.len() == 3, "{report}");
    assert_eq!(request_lines(&sim)[before..], ["GET /system/callbacks 200"]);

    // Without registrations, the callbacks of the scope are deleted, and no others.
    let report = psa.callbacks().reconcile(&RegistrationSet::below(RECEIVER).unwrap()).await.unwrap();
    assert_eq!(report.deleted.len(), 3);
    assert_eq!(ids(&psa.callbacks().list().await.unwrap()), [foreign, lookalike]);
}

#[tokio::test]
async fn two_processes_at_once_end_with_the_wanted_set() {
    for round in 0..10 {
        let (sim, first) = small().await;
        // A client that is built separately shares nothing with the first one, as in another process.
        let second = sim.psa();
        register(&first, &format!("{RECEIVER}?recordId="), 7, "invoice", "company").await;
        let (first_wanted, second_wanted) = (wanted(), wanted());
        let (first, second) = (first.callbacks(), second.callbacks());
        let (one, two) = tokio::join!(
            tokio::spawn(async move { first.reconcile(&first_wanted).await }),
            tokio::spawn(async move { second.reconcile(&second_wanted).await })
        );
        let (one, two) = (one.unwrap().unwrap(), two.unwrap().unwrap());
        let expected: BTreeSet<String> = wanted()
            .registrations()
            .iter()
            .map(|registration| {
                let subscription = registration.subscription();
                let (callback_type, level) = (subscription.callback_type().to_string(), subscription.level());
                format!(
                    "{} {} {} {}",
                    json!(callback_type),
                    json!(level),
                    subscription.object_id(),
                    json!(registration.url())
                )
            })
            .collect();
        assert_eq!(stored(&sim), expected, "round {round}: {one}\n{two}");
        assert_eq!(one.created.len() + two.created.len(), 3, "round {round}: {one}\n{two}");
        let psa = sim.psa();
        assert!(psa.callbacks().reconcile(&wanted()).await.unwrap().is_unchanged());
    }
}

#[tokio::test]
async fn callbacks_that_are_registered_twice_are_reduced_to_the_one_with_the_lowest_id() {
    let (sim, psa) = small().await;
    let url = format!("{RECEIVER}?recordId=");
    // The store does not check, like a server on which two requests arrive at the same time.
    for id in [12, 11, 13] {
        let inactive = id == 11;
        sim.store().insert(
            "/system/callbacks",
            json!({"id": id, "type": "ticket", "level": "owner", "objectId": 1, "url": url, "inactiveFlag": inactive}),
        );
    }
    let wanted = RegistrationSet::below(RECEIVER).unwrap().with(Registration::tickets(TicketLevel::Owner, RECEIVER));
    let report = psa.callbacks().reconcile(&wanted).await.unwrap();
    assert_eq!((ids(&report.activated), ids(&report.deleted)), (vec![11], vec![12, 13]));
    assert!(report.updated.is_empty() && report.created.is_empty());
    assert!(psa.callbacks().reconcile(&wanted).await.unwrap().is_unchanged());
}

#[tokio::test]
async fn an_error_says_what_was_done_before_and_the_call_can_be_repeated() {
    let (sim, psa) = small().await;
    // The order is that of the types: the second create request succeeds on the server, and its response is lost.
    sim.inject(Fault::next(1).after(1).on("POST", "/system/callbacks").with_lost_response());
    let error = psa.callbacks().reconcile(&wanted()).await.unwrap_err();
    assert!(error.error.is_ambiguous(), "{:?}", error.error);
    assert_eq!(error.done.created.len(), 1);
    assert!(error.to_string().contains("1 created"), "{error}");
    assert_eq!(sim.store().count("/system/callbacks"), 2);
    let report = psa.callbacks().reconcile(&wanted()).await.unwrap();
    assert_eq!((report.created.len(), report.unchanged.len()), (1, 2), "{report}");
    assert_eq!(sim.store().count("/system/callbacks"), 3);
}
