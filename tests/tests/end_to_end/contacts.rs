//! Contacts: communication items, searches, types, portal access, and removal. Each line of a contact integration.

use connectwise_psa::contacts::{
    CommunicationItem, Medium, PortalLevel, Removal, default_email, default_phone, is_duplicate, items_of,
};
use connectwise_psa::types::{Contact, ContactNote};
use connectwise_psa::{CallOptions, RetryPolicy};
use connectwise_psa_sim::{Fault, Sim};

use crate::setup::{demo, request_count};

const CONTACTS: &str = "/company/contacts";

fn jane() -> Contact {
    Contact {
        first_name: Some("Jane".into()),
        last_name: Some("Doe".into()),
        title: Some("Director".into()),
        company: Some(5.into()),
        ..Contact::default()
    }
}

fn type_ids(sim: &Sim) -> Vec<i32> {
    let types = sim.store().list("/company/contacts/types");
    types.iter().map(|found| i32::try_from(found["id"].as_i64().unwrap()).unwrap()).collect()
}

#[tokio::test]
async fn a_contact_is_created_with_communication_items() {
    let (sim, psa) = demo().await;
    let items = [
        CommunicationItem::email("jane@example.com").default(),
        CommunicationItem::phone("555 0100").of_type("Direct").extension("12").default(),
        CommunicationItem::phone("555 0101").of_type("Mobile"),
    ];
    let jane = psa.contacts().create(jane(), &items).await.unwrap();
    assert_eq!(default_email(&jane), Some("jane@example.com"));
    let phone = default_phone(&jane).unwrap();
    assert_eq!((phone.number, phone.extension), ("555 0100", Some("12")));
    assert_eq!(items_of(&jane, Medium::Phone).count(), 2);

    let count = sim.store().count(CONTACTS);
    let nobody = Contact { first_name: None, ..jane.clone() };
    assert!(psa.contacts().create(nobody, &[]).await.unwrap_err().is_invalid_input());
    // The server names the missing field too.
    let error = psa.company().create_contact(&Contact { company: Some(5.into()), ..Contact::default() }).await;
    let error = error.unwrap_err();
    let field = &error.field_errors()[0];
    assert_eq!((field.field.as_deref(), field.code.as_deref()), (Some("firstName"), Some("MissingRequiredField")));
    let long = Contact { user_defined_field1: Some("x".repeat(51)), ..Contact::default() };
    assert!(connectwise_psa::json::check_lengths(&long).is_err());
    assert_eq!(sim.store().count(CONTACTS), count);
}

#[tokio::test]
async fn items_are_added_without_loss_and_made_the_default() {
    let (sim, psa) = demo().await;
    let items = [CommunicationItem::email("jane@example.com").default()];
    let id = psa.contacts().create(jane(), &items).await.unwrap().id.unwrap();
    let contacts = psa.contacts();
    contacts.add_item(id, &CommunicationItem::email("j.doe@example.com")).await.unwrap();
    contacts.add_item(id, &CommunicationItem::phone("555 0100").extension("7")).await.unwrap();
    // The same address again is not added twice.
    contacts.add_item(id, &CommunicationItem::email("J.Doe@example.com")).await.unwrap();
    let read = psa.company().get_contact(id).await.unwrap();
    assert_eq!(items_of(&read, Medium::Email).count(), 2);
    assert_eq!(default_email(&read), Some("jane@example.com"));
    assert_eq!(request_count(&sim, "POST", &format!("{CONTACTS}/{id}/communications")), 2);

    contacts.set_default_email(id, "j.doe@example.com").await.unwrap();
    let read = psa.company().get_contact(id).await.unwrap();
    let defaults: Vec<_> = items_of(&read, Medium::Email).filter(|item| item.default_flag == Some(true)).collect();
    assert_eq!(defaults.iter().map(|item| item.value.as_deref().unwrap()).collect::<Vec<_>>(), ["j.doe@example.com"]);
    assert_eq!(default_phone(&read).unwrap().extension, Some("7"));
    assert!(contacts.set_default_phone(id, "1").await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn contacts_are_found_in_seven_ways() {
    let (sim, psa) = demo().await;
    let types = type_ids(&sim);
    let new = Contact { type_ids: Some(vec![types[0].into()]), ..jane() };
    let items = [CommunicationItem::email("jane.unique@example.com")];
    let id = psa.contacts().create(new, &items).await.unwrap().id.unwrap();
    psa.contacts().enable_portal(id, PortalLevel::new(3).unwrap()).await.unwrap();
    let contacts = psa.contacts();
    for (name, list) in [
        ("company", contacts.active_of_company(5)),
        ("active", contacts.active()),
        ("type", contacts.with_type(types[0])),
        ("portal", contacts.with_portal_access()),
        ("name", contacts.by_name("Jane", "Doe")),
        ("e-mail", contacts.by_email("jane.unique@example.com")),
    ] {
        let found = list.all().await.unwrap();
        assert!(found.iter().any(|contact| contact.id == Some(id)), "{name}");
    }
    assert_eq!(contacts.by_email("jane.unique@example.com").all().await.unwrap().len(), 1);
    assert!(contacts.primary().all().await.unwrap().iter().all(|contact| contact.default_flag == Some(true)));
    // A proposal for a new contact, which is not stored.
    assert_eq!(psa.company().get_default_contact(5).await.unwrap().id, None);
    // Servers reject the forms that use `conditions` for arrays.
    for conditions in ["type/id=2", "communicationItems/value=\"a\""] {
        let list = psa.request(connectwise_psa::Method::Get, CONTACTS).query("conditions", conditions);
        assert!(list.await.is_err(), "{conditions}");
    }
}

#[tokio::test]
async fn types_change_by_association() {
    let (sim, psa) = demo().await;
    let types = type_ids(&sim);
    let id = psa.contacts().create(jane(), &[]).await.unwrap().id.unwrap();
    for _ in 0..2 {
        psa.contacts().add_type(id, types[1]).await.unwrap();
    }
    let read = psa.company().get_contact(id).await.unwrap();
    assert!(read.types.unwrap().iter().any(|found| found.id == Some(types[1])));
    assert!(psa.contacts().remove_type(id, types[1]).await.unwrap());
    assert!(psa.company().get_contact(id).await.unwrap().types.unwrap_or_default().is_empty());
    // A type of the create request is an association too.
    let new = Contact { type_ids: Some(vec![types[0].into()]), ..jane() };
    let typed = psa.contacts().create(new, &[]).await.unwrap().id.unwrap();
    assert!(psa.contacts().remove_type(typed, types[0]).await.unwrap());
    assert!(!psa.contacts().remove_type(id, types[1]).await.unwrap());
}

#[tokio::test]
async fn portal_access_is_enabled_and_disabled() {
    let (sim, psa) = demo().await;
    let items = [CommunicationItem::email("jane@example.com")];
    let id = psa.contacts().create(jane(), &items).await.unwrap().id.unwrap();
    let stored = || {
        let contact = sim.store().get(CONTACTS, id.into()).unwrap();
        (contact["disablePortalLoginFlag"].as_bool(), contact["portalSecurityLevel"].as_i64())
    };
    psa.contacts().enable_portal(id, PortalLevel::new(6).unwrap()).await.unwrap();
    assert_eq!(stored(), (Some(false), Some(6)));
    psa.contacts().disable_portal(id).await.unwrap();
    assert_eq!(stored(), (Some(true), Some(6)));
    psa.contacts().request_password("jane@example.com").await.unwrap();
}

#[tokio::test]
async fn a_contact_in_use_is_deactivated_and_only_then() {
    let (sim, psa) = demo().await;
    let psa = psa.with(CallOptions::new().retry(RetryPolicy::none()));
    let unused = psa.contacts().create(jane(), &[]).await.unwrap().id.unwrap();
    assert_eq!(psa.contacts().delete_or_deactivate(unused).await.unwrap(), Removal::Deleted);
    assert!(sim.store().get(CONTACTS, unused.into()).is_none());

    let used = sim.store().list("/service/tickets").iter().find_map(|ticket| ticket["contact"]["id"].as_i64()).unwrap();
    let id = i32::try_from(used).unwrap();
    for status in [400, 403, 500] {
        sim.inject(Fault::next(1).on("DELETE", CONTACTS).with_status(status));
        assert!(psa.contacts().delete_or_deactivate(id).await.is_err(), "{status}");
    }
    assert_eq!(request_count(&sim, "PATCH", &format!("{CONTACTS}/{id}")), 0);
    let Removal::Deactivated { reason } = psa.contacts().delete_or_deactivate(id).await.unwrap() else {
        panic!("the contact is in use")
    };
    assert!(!reason.is_empty());
    assert_eq!(sim.store().get(CONTACTS, used).unwrap()["inactiveFlag"], true);
}

#[tokio::test]
async fn all_contacts_of_a_company_are_deactivated() {
    let (_sim, psa) = demo().await;
    let active = psa.contacts().active_of_company(5).all().await.unwrap().len();
    let report = psa.contacts().deactivate_all(5).await.unwrap();
    assert!(report.is_ok() && report.items.len() == active && active > 0, "{report:?}");
    assert!(psa.contacts().active_of_company(5).all().await.unwrap().is_empty());
}

#[tokio::test]
async fn notes_groups_and_tickets_of_a_contact() {
    let (sim, psa) = demo().await;
    let ticket = sim.store().list("/service/tickets").into_iter().find(|ticket| ticket["contact"].is_object()).unwrap();
    let id = i32::try_from(ticket["contact"]["id"].as_i64().unwrap()).unwrap();
    let note = ContactNote { text: Some("Prefers e-mail".into()), flagged: Some(true), ..ContactNote::default() };
    psa.company().create_contact_note(id, &note).await.unwrap();
    assert!(psa.company().list_contact_notes(id).all().await.unwrap().iter().any(|note| note.flagged == Some(true)));
    psa.company().list_contact_groups(id).all().await.unwrap();
    let tickets = psa.service().list_tickets().filter(|ticket| ticket.contact().id().eq(id)).all().await.unwrap();
    assert!(!tickets.is_empty());
    assert!(!is_duplicate(&psa.company().get_contact(999_999).await.unwrap_err()));
}
