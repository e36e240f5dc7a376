//! Agreements with their additions, and invoices.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use serde_json::{Value, json};

use super::companies::SeededCompany;
use super::organisation::Organisation;
use super::products::{Product, Products};
use super::random::Random;
use super::seeder::{RecordInfo, SeededRecord, Seeder, amount, position, wrapping_get};
use crate::records::into_object;
use crate::store::timestamp;

/// Numbers of records at scale 1.
const AGREEMENTS: usize = 30;
const INVOICES: usize = 60;

/// All agreements, and the index of each customer's first agreement by the index of the customer.
pub(super) struct Agreements {
    all: Vec<Agreement>,
    of_customer: HashMap<usize, usize>,
}

/// An agreement with its monthly amount in cents.
pub(super) struct Agreement {
    pub(super) record: SeededRecord,
    pub(super) type_name: &'static str,
    customer: usize,
    monthly: i64,
}

impl Agreements {
    /// Returns the first agreement of a customer.
    pub(super) fn first_of_customer(&self, customer: usize) -> Option<&Agreement> {
        self.all.get(*self.of_customer.get(&customer)?)
    }
}

/// Agreement types: name, and whether hours are covered.
const TYPES: &[(&str, bool)] = &[("Managed Services", true), ("Backup", false), ("Block Hours", true)];

pub(super) fn seed_agreements(
    seeder: &mut Seeder<'_>,
    organisation: &Organisation,
    companies: &[SeededCompany],
    products: &Products,
    scale: usize,
) -> Agreements {
    let mut random = Random::from_name("agreements");
    let types = TYPES.iter().map(|(name, covers)| {
        json!({
            "name": name, "defaultFlag": *name == "Managed Services", "inactiveFlag": false, "employeeCompRate": "Actual", "employeeCompNotExceed": "Billing",
            "invoicingCycle": "CalendarYear", "billTime": if *covers { "NoCharge" } else { "Billable" }, "billExpenses": "Billable", "billProducts": "Billable",
            "applicationUnits": if *name == "Block Hours" { "Hours" } else { "Amount" }, "applicationCycle": "CalendarMonth", "taxableFlag": false, "prorateFlag": false,
        })
    });
    let types = seeder.add_choices("AgreementTypeReference", "/finance/agreements/types", types.collect::<Vec<_>>());
    let recurring: Vec<&Product> = products.all.iter().filter(|product| product.recurring).collect();
    let clients: Vec<usize> =
        (0..companies.len()).filter(|at| companies.get(*at).is_some_and(|company| company.is_active_client)).collect();
    let count = AGREEMENTS * scale;
    let mut agreements = Agreements { all: Vec::with_capacity(count), of_customer: HashMap::new() };
    for number in 0..count {
        let Some((at, customer)) = wrapping_get(&clients, number).and_then(|at| Some((*at, companies.get(*at)?)))
        else {
            break;
        };
        let round = number / clients.len().max(1);
        let (Some(agreement_type), Some((type_name, covers)), Some(contact)) =
            (wrapping_get(&types, round), wrapping_get(TYPES, round), customer.contacts.first())
        else {
            continue;
        };
        // Every client has an agreement before its first ticket. Second agreements are newer.
        let entered = seeder.calendar.between(130.0, 122.0, position(number, count, 0.0)).max(customer.since);
        let info = RecordInfo::new(entered, organisation.seller.identifier);
        let additions: Vec<(&Product, i64)> = (0..random.between(1, 3))
            .filter_map(|_| Some((*recurring.get(random.below(recurring.len()))?, random.between(2, 30))))
            .collect();
        let monthly: i64 = additions.iter().map(|(product, quantity)| product.price * quantity).sum();
        let started = timestamp(entered - Duration::days(30));
        let mut record = into_object(json!({
            "name": format!("{} - {type_name}", customer.record.name()), "agreementStatus": "Active", "startDate": started, "billStartDate": started,
            "noEndingDateFlag": true, "cancelledFlag": false, "oneTimeFlag": false, "billAmount": amount(monthly), "invoicingCycle": "CalendarYear",
            "applicationUnits": if *type_name == "Block Hours" { "Hours" } else { "Amount" }, "applicationLimit": if *type_name == "Block Hours" { 20.0 } else { 0.0 },
            "applicationCycle": "CalendarMonth", "billTime": if *covers { "NoCharge" } else { "Billable" }, "billExpenses": "Billable", "billProducts": "Billable",
            "coverAgreementTime": covers, "chargeToFirm": false, "prorateFlag": false, "taxable": false, "compHourlyRate": 0.0, "compLimitAmount": 0.0, "employeeCompRate": "Actual",
            "employeeCompNotExceed": "Billing", "periodType": "Current", "nextInvoiceDate": timestamp(seeder.calendar.due(12)),
        }));
        seeder.link(
            &mut record,
            &[
                ("type", agreement_type),
                ("company", &customer.record),
                ("contact", &contact.record),
                ("site", &customer.site),
            ],
        );
        seeder.link(
            &mut record,
            &[("billToCompany", &customer.record), ("billToContact", &contact.record), ("billToSite", &customer.site)],
        );
        seeder.link(
            &mut record,
            &[
                ("billingCycle", &organisation.billing_cycle),
                ("currency", &organisation.currency),
                ("taxCode", &organisation.tax_code),
            ],
        );
        for (field, target) in [
            ("location", organisation.locations.first()),
            ("department", organisation.departments.first()),
            ("billingTerms", organisation.terms.get(1)),
            ("workRole", organisation.work_roles.first()),
            ("workType", organisation.work_types.first()),
        ] {
            if let Some(target) = target {
                seeder.link(&mut record, &[(field, target)]);
            }
        }
        let seeded_record =
            seeder.add_referenced("AgreementReference", "/finance/agreements", Value::Object(record), info);
        for (sequence, (product, quantity)) in (1..).zip(additions) {
            let sequence: i64 = sequence;
            let mut addition = into_object(json!({
                "agreementId": seeded_record.id, "agreementStatus": "Active", "billCustomer": "Billable", "description": product.description,
                "invoiceDescription": product.description, "effectiveDate": started, "quantity": quantity as f64, "billedQuantity": quantity as f64, "lessIncluded": 0.0,
                "unitCost": amount(product.cost), "unitPrice": amount(product.price), "extCost": amount(product.cost * quantity), "extPrice": amount(product.price * quantity),
                "margin": amount((product.price - product.cost) * quantity), "sequenceNumber": sequence as f64, "taxableFlag": false, "specialOrderFlag": false, "uom": "Each",
            }));
            seeder.link(&mut addition, &[("product", &product.record)]);
            seeder.add(&format!("/finance/agreements/{}/additions", seeded_record.id), addition, info);
        }
        agreements.of_customer.entry(at).or_insert(agreements.all.len());
        agreements.all.push(Agreement { record: seeded_record, type_name, customer: at, monthly });
    }
    agreements
}

/// The invoices of each agreement with their dates, in the order of the dates, by the id of the agreement.
pub(super) type Invoices = HashMap<i64, Vec<(DateTime<Utc>, SeededRecord)>>;

pub(super) fn seed_invoices(
    seeder: &mut Seeder<'_>,
    organisation: &Organisation,
    companies: &[SeededCompany],
    agreements: &Agreements,
    scale: usize,
) -> Invoices {
    let mut invoices = Invoices::new();
    let mut random = Random::from_name("invoices");
    let statuses = [("New", false, false), ("Sent", false, true), ("Paid", true, true)];
    let statuses = (1..).zip(statuses).map(|(order, (name, closed, sent)): (i64, _)| {
        json!({"name": name, "closedFlag": closed, "sentFlag": sent, "defaultFlag": order == 1, "inactiveFlag": false, "sortOrder": order})
    });
    let statuses = seeder.add_choices("BillingStatusReference", "/finance/billingStatuses", statuses);
    let count = INVOICES * scale;
    for number in 0..count {
        let Some(agreement) = wrapping_get(&agreements.all, number) else { break };
        let Some(customer) = companies.get(agreement.customer) else { continue };
        let progress = position(number, count, 0.0);
        let entered = seeder.calendar.between(63.0, 0.5, progress);
        // Every third invoice is for hours and parts.
        let is_standard = number % 3 == 2;
        let total = if is_standard { random.between(12, 190) * 1_250 } else { agreement.monthly };
        // The newest invoices are new, the oldest ones are paid.
        let status = if progress > 0.85 { 0 } else { usize::from(progress < 0.55) + 1 };
        let parts = if is_standard { total / 4 } else { 0 };
        let mut record = into_object(json!({
            "invoiceNumber": format!("{}", 20_001 + number), "type": if is_standard { "Standard" } else { "Agreement" }, "date": timestamp(entered),
            "dueDate": timestamp(entered + Duration::days(14)), "subtotal": amount(total), "total": amount(total), "salesTax": 0.0, "expenseTotal": 0.0,
            "productTotal": amount(parts), "serviceTotal": amount(if is_standard { total - parts } else { 0 }),
            "agreementAmount": amount(if is_standard { 0 } else { total }), "payments": amount(if status == 2 { total } else { 0 }), "credits": 0.0,
            "balance": amount(if status == 2 { 0 } else { total }), "taxableFlag": false, "specialInvoiceFlag": false, "applyToType": if is_standard { "All" } else { "Agreement" },
            "billingSiteAddressLine1": customer.address.street, "billingSiteCity": customer.address.city, "billingSiteState": customer.address.state,
            "locationId": 1, "departmentId": 1, "territoryId": 1, "billingSiteZip": customer.address.zip, "billingSiteCountry": organisation.country.name(),
            "shippingSiteAddressLine1": customer.address.street, "shippingSiteCity": customer.address.city, "shippingSiteState": customer.address.state,
            "shippingSiteZip": customer.address.zip, "shippingSiteCountry": organisation.country.name(), "accountNumber": customer.account_number,
        }));
        seeder.link(
            &mut record,
            &[
                ("company", &customer.record),
                ("billToCompany", &customer.record),
                ("shipToCompany", &customer.record),
                ("billingSite", &customer.site),
                ("shippingSite", &customer.site),
            ],
        );
        seeder.link(&mut record, &[("currency", &organisation.currency), ("taxCode", &organisation.tax_code)]);
        for (field, target) in [
            ("status", statuses.get(status)),
            ("billingTerms", organisation.terms.get(1)),
            ("location", organisation.locations.first()),
            ("territory", organisation.locations.first()),
            ("department", organisation.billing_units.first()),
        ] {
            if let Some(target) = target {
                seeder.link(&mut record, &[(field, target)]);
            }
        }
        if !is_standard {
            record.insert("applyToId".to_owned(), Value::from(agreement.record.id));
            seeder.link(&mut record, &[("agreement", &agreement.record)]);
        }
        let unpaid = RecordInfo::new(entered, organisation.seller.identifier);
        let info = if status == 2 {
            unpaid.changed((entered + Duration::days(9)).min(seeder.calendar.now), organisation.seller.identifier)
        } else {
            unpaid
        };
        let id = seeder.add("/finance/invoices", record, info);
        if !is_standard {
            let invoice = seeder.find("InvoiceReference", "/finance/invoices", id);
            invoices.entry(agreement.record.id).or_default().extend(invoice.map(|invoice| (entered, invoice)));
        }
    }
    invoices
}
