//! Companies with their sites and contacts: the provider, vendors, customers, prospects and a former customer.

use chrono::{DateTime, Datelike as _, Utc};
use serde_json::{Value, json};

use super::names::{CompanyNames, FIRST_NAMES, LAST_NAMES, STREETS, TITLES, TOWNS, company_names};
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
    pub(super) is_active_client: bool,
    pub(super) is_vendor: bool,
    pub(super) since: DateTime<Utc>,
}

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

/// Numbers of records at scale 1.
const COMPANIES: usize = 25;
const CONTACTS: usize = 120;

/// Company types: indexes into `Choices::types`.
const OWNER: usize = 0;
const CLIENT: usize = 1;
const PROSPECT: usize = 2;
const VENDOR: usize = 3;

struct Choices {
    types: Vec<SeededRecord>,
    statuses: Vec<SeededRecord>,
    markets: Vec<SeededRecord>,
    contact_types: Vec<SeededRecord>,
    departments: Vec<SeededRecord>,
    email: SeededRecord,
    phone: SeededRecord,
    mobile: SeededRecord,
    calendar: Option<SeededRecord>,
    time_zone: Option<SeededRecord>,
    delivery_methods: Vec<SeededRecord>,
    ownership_types: Vec<SeededRecord>,
    invoice_template: Option<SeededRecord>,
    relationship: Option<SeededRecord>,
}

const LEAD_SOURCES: &[&str] = &["Referral", "Event", "Web site"];

pub(super) fn seed(seeder: &mut Seeder<'_>, organisation: &Organisation, scale: usize) -> Vec<SeededCompany> {
    let choices = choices(seeder);
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

fn choices(seeder: &mut Seeder<'_>) -> Choices {
    let types = [("Owner", false), ("Client", true), ("Prospect", false), ("Vendor", false)];
    let types = types.map(|(name, default)| json!({"name": name, "defaultFlag": default, "vendorFlag": name == "Vendor", "serviceAlertFlag": false}));
    let types = seeder.add_choices("CompanyTypeReference", "/company/companies/types", types);
    let statuses = [("Active", true, false), ("Inactive", false, true), ("Credit Hold", false, false)];
    let statuses =
        statuses.map(|(name, default, inactive)| json!({"name": name, "defaultFlag": default, "inactiveFlag": inactive, "notifyFlag": name == "Credit Hold"}));
    let statuses = seeder.add_choices("CompanyStatusReference", "/company/companies/statuses", statuses);
    let markets =
        ["Health", "Transport", "Retail", "Services", "Manufacturing", "Education"].map(|name| json!({ "name": name }));
    let markets = seeder.add_choices("MarketDescriptionReference", "/company/marketDescriptions", markets);
    let contact_types = ["End User", "Approver", "Billing"]
        .map(|name| json!({"description": name, "defaultFlag": name == "End User", "serviceAlertFlag": false}));
    let contact_types = seeder.add_choices("ContactTypeReference", "/company/contacts/types", contact_types);
    let departments = ["Office", "Finance", "Management", "Workshop"].map(|name| json!({ "name": name }));
    let departments = seeder.add_choices("ContactDepartmentReference", "/company/contacts/departments", departments);
    let start = RecordInfo::new(seeder.system_start(), "api");
    let mut communication_type = |name: &str, medium: &str, is_default: bool| {
        let mut record = json!({"description": name, "defaultFlag": is_default});
        for flag in ["emailFlag", "phoneFlag", "faxFlag"] {
            record[flag] = Value::from(flag == medium);
        }
        seeder.add_referenced("CommunicationTypeReference", "/company/communicationTypes", record, start)
    };
    let email = communication_type("Email", "emailFlag", true);
    let phone = communication_type("Direct", "phoneFlag", true);
    let mobile = communication_type("Mobile", "phoneFlag", false);
    communication_type("Fax", "faxFlag", true);
    let found = |reference: &str, path: &str, count: i64| -> Vec<SeededRecord> {
        (1..=count).filter_map(|id| seeder.find(reference, path, id)).collect()
    };
    Choices {
        types,
        statuses,
        markets,
        contact_types,
        departments,
        email,
        phone,
        mobile,
        invoice_template: seeder.find("InvoiceTemplateReference", "/finance/invoiceTemplates", 1),
        relationship: seeder.find("RelationshipReference", "/company/contacts/relationships", 3),
        calendar: seeder.find("CalendarReference", "/schedule/calendars", 1),
        time_zone: seeder.find("TimeZoneSetupReference", "/system/timeZoneSetups", 1),
        delivery_methods: found("BillingDeliveryReference", "/finance/deliveryMethods", 2),
        ownership_types: found("OwnershipTypeReference", "/company/ownershipTypes", 3),
    }
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
    let staff = random.between(3, 140);
    let mut record = into_object(json!({
        "identifier": names.identifier, "name": names.name, "addressLine1": address.street, "addressLine2": address.suite, "city": address.city, "state": address.state, "zip": address.zip,
        "phoneNumber": phone, "website": format!("www.{}", names.domain), "accountNumber": format!("{}", 10_000 + number), "dateAcquired": timestamp(since),
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
    let site = seeder.add_referenced("SiteReference", &site_path, Value::Object(site_record), info);
    if number % 4 == 1 {
        let second = self::address(random, number + 3);
        let mut branch = into_object(json!({
            "name": format!("{} Branch", second.city), "addressLine1": second.street, "city": second.city, "zip": second.zip, "primaryAddressFlag": false,
            "defaultShippingFlag": false, "defaultBillingFlag": false, "defaultMailingFlag": false, "billSeparateFlag": false, "inactiveFlag": false,
        }));
        seeder.link(&mut branch, &[("company", &own), ("country", &organisation.country)]);
        seeder.add(&site_path, branch, info);
    }
    let planned_contacts: Vec<PlannedContact> = (0..contact_count)
        .map(|at| plan_contact(random, &names.domain, first_contact + i64::try_from(at).unwrap_or_default(), at))
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
    let types = choices.types.get(company_type).map(|company_type| Seeder::reference_to(company_type));
    record.insert("types".to_owned(), types.into_iter().collect());
    seeder.add("/company/companies", record, info);
    let count = contact_count.max(1) as f64;
    let contacts = planned_contacts.into_iter().enumerate().map(|(at, planned)| {
        let entered =
            seeder.calendar.between(950.0, 130.0, position(number, companies, (at + 1) as f64 / (count + 2.0)));
        contact(
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
        is_active_client: company_type == CLIENT && status == 0,
        is_vendor: company_type == VENDOR,
        since,
    }
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

/// A contact before it is added.
struct PlannedContact {
    seeded: SeededRecord,
    fields: JsonObject,
    /// The index among the contacts of the company.
    index: usize,
    name: String,
    email: String,
    phone: String,
    mobile: Option<String>,
}

fn plan_contact(random: &mut Random, domain: &str, id: i64, index: usize) -> PlannedContact {
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

fn contact(
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
