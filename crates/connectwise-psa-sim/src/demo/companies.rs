//! Companies with their sites: the provider, vendors, customers, prospects and a former customer.

use chrono::{DateTime, Datelike as _, Utc};
use serde_json::{Value, json};

use super::company_choices::{self, Choices};
use super::contacts::{self, Address, Contact, PlannedContact};
use super::names::{CompanyNames, STREETS, TOWNS, company_names};
use super::organisation::Organisation;
use super::random::Random;
use super::seeder::{RecordInfo, SeededRecord, Seeder, custom_fields, position, wrapping_get};
use crate::records::{JsonObject, into_object};
use crate::store::timestamp;

/// A company with its contacts: a customer (client), a prospect, a vendor, or the provider itself.
pub(super) struct SeededCompany {
    pub(super) record: SeededRecord,
    pub(super) site: SeededRecord,
    pub(super) address: Address,
    pub(super) contacts: Vec<Contact>,
    pub(super) account_number: String,
    pub(super) is_active_client: bool,
    pub(super) is_vendor: bool,
    pub(super) since: DateTime<Utc>,
}

/// Numbers of records at scale 1.
const COMPANIES: usize = 25;
const CONTACTS: usize = 120;

/// Company types: indexes into `Choices::types`.
const OWNER: usize = 0;
const CLIENT: usize = 1;
const PROSPECT: usize = 2;
const VENDOR: usize = 3;

const LEAD_SOURCES: &[&str] = &["Referral", "Event", "Web site"];

pub(super) fn seed(seeder: &mut Seeder<'_>, organisation: &Organisation, scale: usize) -> Vec<SeededCompany> {
    let choices = company_choices::seed(seeder);
    let mut random = Random::from_name("companies");
    let (companies, contacts) = (COMPANIES * scale, CONTACTS * scale);
    let mut seeded = Vec::with_capacity(companies);
    let mut first_contact = 1;
    for number in 0..companies {
        // Contacts are distributed evenly.
        let after = contacts * (number + 1) / companies.max(1);
        let count = after.saturating_sub(contacts * number / companies.max(1));
        seeded.push(company(seeder, organisation, &choices, &mut random, (number, companies), first_contact, count));
        first_contact += i64::try_from(count).unwrap_or_default();
    }
    seeded
}

fn company(
    seeder: &mut Seeder<'_>,
    organisation: &Organisation,
    choices: &Choices,
    random: &mut Random,
    (number, companies): (usize, usize),
    first_contact: i64,
    contact_count: usize,
) -> SeededCompany {
    let id = i64::try_from(number + 1).unwrap_or_default();
    let (company_type, status) = match number {
        0 => (OWNER, 0),
        1..=3 => (VENDOR, 0),
        // Among 25 companies are three prospects, a former customer (inactive) and a customer on credit hold.
        _ => match number % 25 {
            7 | 15 | 23 => (PROSPECT, 0),
            12 => (CLIENT, 1),
            18 => (CLIENT, 2),
            _ => (CLIENT, 0),
        },
    };
    let provider = CompanyNames {
        name: "Lanternfold IT".into(),
        identifier: "LanternfoldIT".into(),
        domain: "lanternfold-it.example".into(),
        market: "Services",
    };
    let names = if number == 0 { provider } else { company_names(number - 1) };
    let since = seeder.calendar.between(950.0, 130.0, position(number, companies, 0.0));
    let info = RecordInfo::new(since, organisation.seller.identifier);
    let address = address(random, number);
    let phone = format!("{}5550{}", if number % 2 == 0 { "207" } else { "603" }, 100 + number % 100);
    let account_number = format!("{}", 10_000 + number);
    let staff = random.between(3, 140);
    let mut record = into_object(json!({
        "identifier": names.identifier, "name": names.name, "addressLine1": address.street, "addressLine2": address.suite, "city": address.city, "state": address.state, "zip": address.zip,
        "phoneNumber": phone, "website": format!("www.{}", names.domain), "accountNumber": account_number, "dateAcquired": timestamp(since),
        "numberOfEmployees": staff, "annualRevenue": (staff * 90_000) as f64, "leadFlag": company_type == PROSPECT, "isVendorFlag": company_type == VENDOR, "deletedFlag": false,
        "unsubscribeFlag": false, "vendorIdentifier": "", "taxIdentifier": "",
    }));
    let review = seeder.calendar.between(120.0, 1.0, random.fraction()).format("%Y-%m-%dT00:00:00Z").to_string();
    let level = random.word(&["Gold", "Silver", "Bronze"]);
    record.insert(
        "customFields".to_owned(),
        custom_fields(&organisation.company_fields, [Value::from(level), Value::from(review)]),
    );
    // The company refers to its site and contacts, and they refer to it. A reference needs only the id and the name, so
    // the references to the company and its contacts are built before these records are added.
    let own = SeededRecord::new("CompanyReference", "/company/companies", id, &record);
    let site_path = format!("/company/companies/{id}/sites");
    let mut site_record = into_object(json!({
        "name": "Main", "addressLine1": address.street, "city": address.city, "zip": address.zip, "phoneNumber": phone, "primaryAddressFlag": true,
        "defaultShippingFlag": true, "defaultBillingFlag": true, "defaultMailingFlag": true, "billSeparateFlag": false, "inactiveFlag": false,
    }));
    seeder.link(&mut site_record, &[("company", &own), ("country", &organisation.country)]);
    set_state(seeder, &site_path, &mut site_record, address.state);
    let site = seeder.add_referenced("SiteReference", &site_path, Value::Object(site_record), info);
    if number % 4 == 1 {
        let second = self::address(random, number + 3);
        let mut branch = into_object(json!({
            "name": format!("{} Branch", second.city), "addressLine1": second.street, "city": second.city, "zip": second.zip, "primaryAddressFlag": false,
            "defaultShippingFlag": false, "defaultBillingFlag": false, "defaultMailingFlag": false, "billSeparateFlag": false, "inactiveFlag": false,
        }));
        seeder.link(&mut branch, &[("company", &own), ("country", &organisation.country)]);
        set_state(seeder, &site_path, &mut branch, second.state);
        seeder.add(&site_path, branch, info);
    }
    let planned_contacts: Vec<PlannedContact> = (0..contact_count)
        .map(|at| contacts::plan(random, &names.domain, first_contact + i64::try_from(at).unwrap_or_default(), at))
        .collect();
    seeder.link(
        &mut record,
        &[
            ("site", &site),
            ("billingSite", &site),
            ("billToCompany", &own),
            ("country", &organisation.country),
            ("currency", &organisation.currency),
        ],
    );
    seeder.link(&mut record, &[("taxCode", &organisation.tax_code), ("territoryManager", &organisation.seller.record)]);
    seeder.link_known(
        &mut record,
        &[
            ("calendar", choices.calendar.as_ref()),
            ("timeZoneSetup", choices.time_zone.as_ref()),
            ("invoiceDeliveryMethod", wrapping_get(&choices.delivery_methods, number)),
            ("ownershipType", wrapping_get(&choices.ownership_types, number)),
            ("invoiceTemplate", choices.invoice_template.as_ref()),
        ],
    );
    let invoices = format!("invoices@{}", names.domain);
    for (field, value) in [
        ("invoiceToEmailAddress", Value::from(invoices)),
        ("leadSource", Value::from(*wrapping_get(LEAD_SOURCES, number).unwrap_or(&""))),
        ("yearEstablished", Value::from(1960 + number * 7 % 60)),
        ("revenueYear", Value::from(since.year())),
    ] {
        record.insert(field.to_owned(), value);
    }
    if number % 4 == 0 {
        record.insert("userDefinedField5".to_owned(), Value::from("Reference customer"));
        // The list of SIC codes has no endpoint.
        record.insert("sicCode".to_owned(), json!({"id": 7371, "name": "Computer programming services"}));
    }
    let links = [
        ("status", choices.statuses.get(status)),
        ("market", choices.markets.iter().find(|market| market.name() == names.market)),
        ("territory", organisation.locations.first()),
        ("billingTerms", organisation.terms.get(1)),
        ("defaultContact", planned_contacts.first().map(|contact| &contact.seeded)),
        ("billingContact", planned_contacts.last().map(|contact| &contact.seeded)),
    ];
    for (field, target) in links {
        if let Some(target) = target {
            seeder.link(&mut record, &[(field, target)]);
        }
    }
    let types = choices.types.get(company_type).map(Seeder::reference_to);
    record.insert("types".to_owned(), types.into_iter().collect());
    seeder.add("/company/companies", record, info);
    let count = contact_count.max(1) as f64;
    let contacts = planned_contacts.into_iter().enumerate().map(|(at, planned)| {
        let entered =
            seeder.calendar.between(950.0, 130.0, position(number, companies, (at + 1) as f64 / (count + 2.0)));
        contacts::add(
            seeder,
            organisation,
            choices,
            planned,
            (&own, &site),
            &address,
            RecordInfo::new(entered, organisation.seller.identifier),
        )
    });
    let contacts = contacts.collect();
    SeededCompany {
        record: own,
        site,
        address,
        contacts,
        account_number,
        is_active_client: company_type == CLIENT && status == 0,
        is_vendor: company_type == VENDOR,
        since,
    }
}

/// Sets the state of a site.
fn set_state(seeder: &Seeder<'_>, path: &str, site: &mut JsonObject, state: &str) {
    site.insert("stateReference".to_owned(), json!({"identifier": state}));
    seeder.complete(path, site);
}

fn address(random: &mut Random, number: usize) -> Address {
    let (city, state, zip) = wrapping_get(TOWNS, number).copied().unwrap_or_default();
    Address {
        street: format!("{} {}", random.between(1, 180), random.word(STREETS)),
        suite: if number % 5 == 2 { "Suite 200" } else { "" },
        city,
        state,
        zip: format!("{zip}{:02}", random.below(100)),
    }
}
