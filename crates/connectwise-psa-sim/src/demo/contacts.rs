//! The contacts of companies.

use serde_json::{Value, json};

use super::company_choices::Choices;
use super::names::{FIRST_NAMES, LAST_NAMES, TITLES};
use super::organisation::Organisation;
use super::random::Random;
use super::seeder::{RecordInfo, SeededRecord, Seeder, custom_fields, wrapping_get};
use crate::records::{JsonObject, into_object};

/// The address of a site.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) street: String,
    /// The second line; usually empty.
    pub(super) suite: &'static str,
    pub(super) city: &'static str,
    pub(super) state: &'static str,
    pub(super) zip: String,
}

/// A contact.
pub(super) struct Contact {
    pub(super) record: SeededRecord,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone: String,
}

/// A contact before it is added.
pub(super) struct PlannedContact {
    pub(super) seeded: SeededRecord,
    fields: JsonObject,
    /// The index among the contacts of the company.
    index: usize,
    name: String,
    email: String,
    phone: String,
    mobile: Option<String>,
}

/// Chooses the name and the communication items of a contact.
pub(super) fn plan(random: &mut Random, domain: &str, id: i64, index: usize) -> PlannedContact {
    let (first, last) = (random.word(FIRST_NAMES), random.word(LAST_NAMES));
    let email = format!("{}.{}@{domain}", first.to_ascii_lowercase(), last.to_ascii_lowercase());
    let phone = format!("20755501{:02}", random.below(100));
    let mobile = random.percent(60).then(|| format!("60355501{:02}", random.below(100)));
    let fields = into_object(json!({
        "firstName": first, "lastName": last, "title": random.word(TITLES), "inactiveFlag": random.percent(4), "marriedFlag": false, "childrenFlag": false,
        "disablePortalLoginFlag": true, "portalSecurityLevel": 6, "unsubscribeFlag": false, "defaultFlag": index == 0, "defaultBillingFlag": false, "defaultPhoneType": "Direct",
        "defaultPhoneNbr": phone,
    }));
    let seeded = SeededRecord::new("ContactReference", "/company/contacts", id, &fields);
    PlannedContact { seeded, fields, index, name: format!("{first} {last}"), email, phone, mobile }
}

/// Adds a contact.
pub(super) fn add(
    seeder: &mut Seeder<'_>,
    organisation: &Organisation,
    choices: &Choices,
    planned: PlannedContact,
    (company, site): (&SeededRecord, &SeededRecord),
    address: &Address,
    info: RecordInfo<'_>,
) -> Contact {
    let PlannedContact { seeded, mut fields, index, name, email, phone, mobile } = planned;
    seeder.link(&mut fields, &[("company", company), ("site", site), ("country", &organisation.country)]);
    for (field, value) in [
        ("addressLine1", address.street.as_str()),
        ("city", address.city),
        ("state", address.state),
        ("zip", &address.zip),
    ] {
        fields.insert(field.to_owned(), Value::from(value));
    }
    if let Some(department) = wrapping_get(&choices.departments, index) {
        seeder.link(&mut fields, &[("department", department)]);
    }
    if index == 0 {
        seeder.link_known(&mut fields, &[("relationship", choices.relationship.as_ref())]);
    }
    if let Some(contact_type) = choices.contact_types.get(if index == 0 { 1 } else { 0 }) {
        fields.insert("types".to_owned(), Value::Array(vec![Seeder::reference_to(contact_type)]));
    }
    // A contact has at most three items, so these ids are unique across all contacts.
    let item = |at: i64, item_type: &SeededRecord, value: &str, is_email: bool, is_default: bool| {
        let mut item = into_object(json!({
            "id": seeded.id * 3 - 2 + at, "type": Seeder::reference_to(item_type), "value": value, "defaultFlag": is_default, "communicationType": if is_email { "Email" } else { "Phone" },
        }));
        if let Some((_, domain)) = value.split_once('@') {
            item.insert("domain".to_owned(), Value::from(format!("@{domain}")));
        }
        Value::Object(item)
    };
    let mut items = vec![item(0, &choices.email, &email, true, true), item(1, &choices.phone, &phone, false, true)];
    items.extend(mobile.map(|mobile| item(2, &choices.mobile, &mobile, false, false)));
    fields.insert("communicationItems".to_owned(), Value::Array(items));
    let badge = format!("B-{:05}", seeded.id);
    fields.insert(
        "customFields".to_owned(),
        custom_fields(&organisation.contact_fields, [Value::from(badge), Value::from(index == 0)]),
    );
    seeder.add("/company/contacts", fields, info);
    Contact { record: seeded, name, email, phone }
}
