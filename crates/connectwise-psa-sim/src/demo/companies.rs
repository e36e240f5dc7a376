//! Companies with their sites and contacts: the provider, its vendors, customers, prospects and one that left.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::organisation::Organisation;
use super::random::Random;
use super::seeder::{RecordInfo, SeededRecord, Seeder, custom_fields, nth, share};
use super::words::{FIRST, Firm, LAST, STREETS, TITLES, TOWNS, firm};
use crate::records::{JsonObject, into_object};
use crate::store::timestamp;

/// A company with those who work there.
pub(super) struct Customer {
    pub(super) named: SeededRecord,
    pub(super) site: SeededRecord,
    pub(super) address: Address,
    pub(super) contacts: Vec<Person>,
    pub(super) is_client: bool,
    pub(super) is_vendor: bool,
    pub(super) since: DateTime<Utc>,
}

/// Where a site is.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) street: String,
    pub(super) city: &'static str,
    pub(super) state: &'static str,
    pub(super) zip: String,
}

/// A contact.
pub(super) struct Person {
    pub(super) named: SeededRecord,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone: String,
}

/// At scale 1.
const COMPANIES: usize = 25;
const CONTACTS: usize = 120;

/// What a company is to the provider: the places in the list of types.
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
    mail: SeededRecord,
    phone: SeededRecord,
    mobile: SeededRecord,
}

pub(super) fn seed(to: &mut Seeder<'_>, organisation: &Organisation, scale: usize) -> Vec<Customer> {
    let choices = choices(to);
    let mut random = Random::named("companies");
    let (companies, contacts) = (COMPANIES * scale, CONTACTS * scale);
    let mut seeded = Vec::with_capacity(companies);
    let mut first_contact = 1;
    for number in 0..companies {
        // The contacts are dealt out evenly.
        let after = contacts * (number + 1) / companies.max(1);
        let count = after.saturating_sub(contacts * number / companies.max(1));
        seeded.push(company(to, organisation, &choices, &mut random, (number, companies), first_contact, count));
        first_contact += i64::try_from(count).unwrap_or_default();
    }
    seeded
}

fn choices(to: &mut Seeder<'_>) -> Choices {
    let types = [("Owner", false), ("Client", true), ("Prospect", false), ("Vendor", false)];
    let types = types.map(|(name, default)| json!({"name": name, "defaultFlag": default, "vendorFlag": name == "Vendor", "serviceAlertFlag": false}));
    let types = to.choices("CompanyTypeReference", "/company/companies/types", types);
    let statuses = [("Active", true, false), ("Inactive", false, true), ("Credit Hold", false, false)];
    let statuses =
        statuses.map(|(name, default, inactive)| json!({"name": name, "defaultFlag": default, "inactiveFlag": inactive, "notifyFlag": name == "Credit Hold"}));
    let statuses = to.choices("CompanyStatusReference", "/company/companies/statuses", statuses);
    let markets =
        ["Health", "Transport", "Retail", "Services", "Manufacturing", "Education"].map(|name| json!({ "name": name }));
    let markets = to.choices("MarketDescriptionReference", "/company/marketDescriptions", markets);
    let contact_types = ["End User", "Approver", "Billing"]
        .map(|name| json!({"description": name, "defaultFlag": name == "End User", "serviceAlertFlag": false}));
    let contact_types = to.choices("ContactTypeReference", "/company/contacts/types", contact_types);
    let departments = ["Office", "Finance", "Management", "Workshop"].map(|name| json!({ "name": name }));
    let departments = to.choices("ContactDepartmentReference", "/company/contacts/departments", departments);
    let began = RecordInfo::new(to.began(), "api");
    let mut way = |name: &str, mail: bool| {
        let way = json!({"description": name, "emailFlag": mail, "phoneFlag": !mail, "faxFlag": false, "defaultFlag": name != "Mobile", "disabled": false});
        to.add_named("CommunicationTypeReference", "/company/communicationTypes", way, began)
    };
    let (mail, phone, mobile) = (way("Email", true), way("Direct", false), way("Mobile", false));
    Choices { types, statuses, markets, contact_types, departments, mail, phone, mobile }
}

fn company(
    to: &mut Seeder<'_>,
    organisation: &Organisation,
    choices: &Choices,
    random: &mut Random,
    (number, of): (usize, usize),
    first_contact: i64,
    contacts: usize,
) -> Customer {
    let id = i64::try_from(number + 1).unwrap_or_default();
    let (kind, status) = match number {
        0 => (OWNER, 0),
        1..=3 => (VENDOR, 0),
        _ => match number % 25 {
            7 | 15 | 23 => (PROSPECT, 0),
            12 => (CLIENT, 1),
            18 => (CLIENT, 2),
            _ => (CLIENT, 0),
        },
    };
    let provider = Firm {
        name: "Lanternfold IT".into(),
        identifier: "LanternfoldIT".into(),
        domain: "lanternfold-it.example".into(),
        market: "Services",
    };
    let firm = if number == 0 { provider } else { firm(number - 1) };
    let since = to.calendar.between(950.0, 130.0, share(number, of, 0.0));
    let info = RecordInfo::new(since, organisation.seller.identifier);
    let address = address(random, number);
    let phone = format!("{}5550{}", if number % 2 == 0 { "207" } else { "603" }, 100 + number % 100);
    let staff = random.between(3, 140);
    let mut record = into_object(json!({
        "identifier": firm.identifier, "name": firm.name, "addressLine1": address.street, "city": address.city, "state": address.state, "zip": address.zip,
        "phoneNumber": phone, "website": format!("www.{}", firm.domain), "accountNumber": format!("{}", 10_000 + number), "dateAcquired": timestamp(since),
        "numberOfEmployees": staff, "annualRevenue": (staff * 90_000) as f64, "leadFlag": kind == PROSPECT, "isVendorFlag": kind == VENDOR, "deletedFlag": false,
        "unsubscribeFlag": false, "vendorIdentifier": "", "taxIdentifier": "",
    }));
    let review = to.calendar.between(120.0, 1.0, random.fraction()).format("%Y-%m-%dT00:00:00Z").to_string();
    let level = random.word(&["Gold", "Silver", "Bronze"]);
    record.insert(
        "customFields".to_owned(),
        custom_fields(&organisation.company_fields, [Value::from(level), Value::from(review)]),
    );
    // The site and the first contact are named before they are added: company, site and contact refer to one another.
    let own = SeededRecord::new("CompanyReference", "/company/companies", id, &record);
    let site_path = format!("/company/companies/{id}/sites");
    let mut site_record = into_object(json!({
        "name": "Main", "addressLine1": address.street, "city": address.city, "zip": address.zip, "phoneNumber": phone, "primaryAddressFlag": true,
        "defaultShippingFlag": true, "defaultBillingFlag": true, "defaultMailingFlag": true, "billSeparateFlag": false, "inactiveFlag": false,
    }));
    to.link(&mut site_record, &[("company", &own), ("country", &organisation.country)]);
    let site = to.add_named("SiteReference", &site_path, Value::Object(site_record), info);
    if number % 4 == 1 {
        let second = self::address(random, number + 3);
        let mut branch = into_object(json!({
            "name": format!("{} Branch", second.city), "addressLine1": second.street, "city": second.city, "zip": second.zip, "primaryAddressFlag": false,
            "defaultShippingFlag": false, "defaultBillingFlag": false, "defaultMailingFlag": false, "billSeparateFlag": false, "inactiveFlag": false,
        }));
        to.link(&mut branch, &[("company", &own), ("country", &organisation.country)]);
        to.add(&site_path, branch, info);
    }
    let people: Vec<Planned> = (0..contacts)
        .map(|at| plan(random, &firm.domain, first_contact + i64::try_from(at).unwrap_or_default(), at))
        .collect();
    to.link(
        &mut record,
        &[
            ("site", &site),
            ("billingSite", &site),
            ("billToCompany", &own),
            ("country", &organisation.country),
            ("currency", &organisation.currency),
        ],
    );
    to.link(&mut record, &[("taxCode", &organisation.tax_code), ("territoryManager", &organisation.seller.named)]);
    let links = [
        ("status", choices.statuses.get(status)),
        ("market", choices.markets.iter().find(|market| market.name() == firm.market)),
        ("territory", organisation.locations.first()),
        ("billingTerms", organisation.terms.get(1)),
        ("defaultContact", people.first().map(|person| &person.named)),
        ("billingContact", people.last().map(|person| &person.named)),
    ];
    for (field, named) in links {
        if let Some(named) = named {
            to.link(&mut record, &[(field, named)]);
        }
    }
    let types = choices.types.get(kind).map(|kind| to.refer(kind, "types"));
    record.insert("types".to_owned(), types.into_iter().collect());
    to.add("/company/companies", record, info);
    let at = contacts.max(1) as f64;
    let persons = people.into_iter().enumerate().map(|(nth, planned)| {
        let entered = to.calendar.between(950.0, 130.0, share(number, of, (nth + 1) as f64 / (at + 2.0)));
        contact(
            to,
            organisation,
            choices,
            planned,
            (&own, &site),
            &address,
            RecordInfo::new(entered, organisation.seller.identifier),
        )
    });
    let persons = persons.collect();
    Customer {
        named: own,
        site,
        address,
        contacts: persons,
        is_client: kind == CLIENT && status == 0,
        is_vendor: kind == VENDOR,
        since,
    }
}

fn address(random: &mut Random, number: usize) -> Address {
    let (city, state, zip) = nth(TOWNS, number).copied().unwrap_or_default();
    Address {
        street: format!("{} {}", random.between(1, 180), random.word(STREETS)),
        city,
        state,
        zip: format!("{zip}{:02}", random.below(100)),
    }
}

/// A contact before it is added.
struct Planned {
    named: SeededRecord,
    record: JsonObject,
    place: usize,
    name: String,
    email: String,
    phone: String,
    mobile: Option<String>,
}

fn plan(random: &mut Random, domain: &str, id: i64, place: usize) -> Planned {
    let (first, last) = (random.word(FIRST), random.word(LAST));
    let email = format!("{}.{}@{domain}", first.to_ascii_lowercase(), last.to_ascii_lowercase());
    let phone = format!("20755501{:02}", random.below(100));
    let mobile = random.percent(60).then(|| format!("60355501{:02}", random.below(100)));
    let record = into_object(json!({
        "firstName": first, "lastName": last, "title": random.word(TITLES), "inactiveFlag": random.percent(4), "marriedFlag": false, "childrenFlag": false,
        "disablePortalLoginFlag": true, "unsubscribeFlag": false, "defaultFlag": place == 0, "defaultBillingFlag": false, "defaultPhoneType": "Direct",
        "defaultPhoneNbr": phone,
    }));
    let named = SeededRecord::new("ContactReference", "/company/contacts", id, &record);
    Planned { named, record, place, name: format!("{first} {last}"), email, phone, mobile }
}

fn contact(
    to: &mut Seeder<'_>,
    organisation: &Organisation,
    choices: &Choices,
    planned: Planned,
    (company, site): (&SeededRecord, &SeededRecord),
    address: &Address,
    info: RecordInfo<'_>,
) -> Person {
    let Planned { named, mut record, place, name, email, phone, mobile } = planned;
    to.link(&mut record, &[("company", company), ("site", site), ("country", &organisation.country)]);
    for (member, value) in [
        ("addressLine1", address.street.as_str()),
        ("city", address.city),
        ("state", address.state),
        ("zip", &address.zip),
    ] {
        record.insert(member.to_owned(), Value::from(value));
    }
    if let Some(department) = nth(&choices.departments, place) {
        to.link(&mut record, &[("department", department)]);
    }
    if let Some(kind) = choices.contact_types.get(if place == 0 { 1 } else { 0 }) {
        record.insert("types".to_owned(), Value::Array(vec![to.refer(kind, "types")]));
        record.insert("typeIds".to_owned(), json!([kind.id]));
    }
    let item = |at: i64, way: &SeededRecord, value: &str, is_mail: bool, is_default: bool| {
        let mut item = into_object(json!({
            "id": named.id * 3 - 2 + at, "type": to.refer(way, "type"), "value": value, "defaultFlag": is_default, "communicationType": if is_mail { "Email" } else { "Phone" },
        }));
        if let Some((_, domain)) = value.split_once('@') {
            item.insert("domain".to_owned(), Value::from(format!("@{domain}")));
        }
        Value::Object(item)
    };
    let mut items = vec![item(0, &choices.mail, &email, true, true), item(1, &choices.phone, &phone, false, true)];
    items.extend(mobile.map(|mobile| item(2, &choices.mobile, &mobile, false, false)));
    record.insert("communicationItems".to_owned(), Value::Array(items));
    let badge = format!("B-{:05}", named.id);
    record.insert(
        "customFields".to_owned(),
        custom_fields(&organisation.contact_fields, [Value::from(badge), Value::from(place == 0)]),
    );
    to.add("/company/contacts", record, info);
    Person { named, name, email, phone }
}
