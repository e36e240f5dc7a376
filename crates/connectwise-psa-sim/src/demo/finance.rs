//! Agreements with their additions, and invoices.

use std::collections::HashMap;

use chrono::Duration;
use serde_json::{Value, json};

use super::companies::Customer;
use super::organisation::Organisation;
use super::products::{Product, Products};
use super::random::Random;
use super::seeder::{RecordInfo, SeededRecord, Seeder, amount, nth, share};
use crate::records::into_object;
use crate::store::timestamp;

/// At scale 1.
const AGREEMENTS: usize = 30;
const INVOICES: usize = 60;

/// Agreements by the place of their customer.
pub(super) struct Agreements {
    all: Vec<Agreement>,
    of_customer: HashMap<usize, usize>,
}

/// An agreement with what it brings in a month.
pub(super) struct Agreement {
    pub(super) named: SeededRecord,
    pub(super) kind: &'static str,
    customer: usize,
    monthly: i64,
}

impl Agreements {
    /// The first agreement with a customer.
    pub(super) fn first_for(&self, customer: usize) -> Option<&Agreement> {
        self.all.get(*self.of_customer.get(&customer)?)
    }
}

/// Kinds of agreements: name, whether hours are covered, months to begin with.
const KINDS: &[(&str, bool)] = &[("Managed Services", true), ("Backup", false), ("Block Hours", true)];

pub(super) fn seed_agreements(
    to: &mut Seeder<'_>,
    organisation: &Organisation,
    customers: &[Customer],
    products: &Products,
    scale: usize,
) -> Agreements {
    let mut random = Random::named("agreements");
    let kinds = KINDS.iter().map(|(name, covers)| {
        json!({
            "name": name, "defaultFlag": *name == "Managed Services", "inactiveFlag": false, "employeeCompRate": "Actual", "employeeCompNotExceed": "Billing",
            "invoicingCycle": "CalendarYear", "billTime": if *covers { "NoCharge" } else { "Billable" }, "billExpenses": "Billable", "billProducts": "Billable",
            "applicationUnits": if *name == "Block Hours" { "Hours" } else { "Amount" }, "applicationCycle": "CalendarMonth", "taxableFlag": false, "prorateFlag": false,
        })
    });
    let kinds = to.choices("AgreementTypeReference", "/finance/agreements/types", kinds.collect::<Vec<_>>());
    let recurring: Vec<&Product> = products.all.iter().filter(|product| product.recurring).collect();
    let clients: Vec<usize> =
        (0..customers.len()).filter(|at| customers.get(*at).is_some_and(|customer| customer.is_client)).collect();
    let count = AGREEMENTS * scale;
    let mut agreements = Agreements { all: Vec::with_capacity(count), of_customer: HashMap::new() };
    for number in 0..count {
        let Some((at, customer)) = nth(&clients, number).and_then(|at| Some((*at, customers.get(*at)?))) else { break };
        let round = number / clients.len().max(1);
        let (Some(kind), Some((kind_name, covers)), Some(contact)) =
            (nth(&kinds, round), nth(KINDS, round), customer.contacts.first())
        else {
            continue;
        };
        // Every client has signed before the first ticket; later rounds came later.
        let entered = to.calendar.between(130.0, 122.0, share(number, count, 0.0)).max(customer.since);
        let info = RecordInfo::new(entered, organisation.seller.identifier);
        let additions: Vec<(&Product, i64)> = (0..random.between(1, 3))
            .filter_map(|_| Some((*recurring.get(random.below(recurring.len()))?, random.between(2, 30))))
            .collect();
        let monthly: i64 = additions.iter().map(|(product, quantity)| product.price * quantity).sum();
        let started = timestamp(entered - Duration::days(30));
        let mut record = into_object(json!({
            "name": format!("{} - {kind_name}", customer.named.name()), "agreementStatus": "Active", "startDate": started, "billStartDate": started,
            "noEndingDateFlag": true, "cancelledFlag": false, "oneTimeFlag": false, "billAmount": amount(monthly), "invoicingCycle": "CalendarYear",
            "applicationUnits": if *kind_name == "Block Hours" { "Hours" } else { "Amount" }, "applicationLimit": if *kind_name == "Block Hours" { 20.0 } else { 0.0 },
            "applicationCycle": "CalendarMonth", "billTime": if *covers { "NoCharge" } else { "Billable" }, "billExpenses": "Billable", "billProducts": "Billable",
            "coverAgreementTime": covers, "prorateFlag": false, "taxable": false, "nextInvoiceDate": timestamp(to.calendar.due(12)),
        }));
        to.link(
            &mut record,
            &[("type", kind), ("company", &customer.named), ("contact", &contact.named), ("site", &customer.site)],
        );
        to.link(
            &mut record,
            &[("billToCompany", &customer.named), ("billToContact", &contact.named), ("billToSite", &customer.site)],
        );
        to.link(
            &mut record,
            &[
                ("billingCycle", &organisation.billing_cycle),
                ("currency", &organisation.currency),
                ("taxCode", &organisation.tax_code),
            ],
        );
        for (field, named) in [
            ("location", organisation.locations.first()),
            ("department", organisation.departments.first()),
            ("billingTerms", organisation.terms.get(1)),
        ] {
            if let Some(named) = named {
                to.link(&mut record, &[(field, named)]);
            }
        }
        let named = to.add_named("AgreementReference", "/finance/agreements", Value::Object(record), info);
        for (sequence, (product, quantity)) in (1..).zip(additions) {
            let sequence: i64 = sequence;
            let mut addition = into_object(json!({
                "agreementId": named.id, "agreementStatus": "Active", "billCustomer": "Billable", "description": product.description,
                "invoiceDescription": product.description, "effectiveDate": started, "quantity": quantity as f64, "billedQuantity": quantity as f64, "lessIncluded": 0.0,
                "unitCost": amount(product.cost), "unitPrice": amount(product.price), "extCost": amount(product.cost * quantity), "extPrice": amount(product.price * quantity),
                "margin": amount((product.price - product.cost) * quantity), "sequenceNumber": sequence as f64, "taxableFlag": false, "specialOrderFlag": false, "uom": "Each",
            }));
            to.link(&mut addition, &[("product", &product.named)]);
            to.add(&format!("/finance/agreements/{}/additions", named.id), addition, info);
        }
        agreements.of_customer.entry(at).or_insert(agreements.all.len());
        agreements.all.push(Agreement { named, kind: kind_name, customer: at, monthly });
    }
    agreements
}

pub(super) fn seed_invoices(
    to: &mut Seeder<'_>,
    organisation: &Organisation,
    customers: &[Customer],
    agreements: &Agreements,
    scale: usize,
) {
    let mut random = Random::named("invoices");
    let statuses = [("New", false, false), ("Sent", false, true), ("Paid", true, true)];
    let statuses = (1..).zip(statuses).map(|(order, (name, closed, sent)): (i64, _)| {
        json!({"name": name, "closedFlag": closed, "sentFlag": sent, "defaultFlag": order == 1, "inactiveFlag": false, "sortOrder": order})
    });
    let statuses = to.choices("BillingStatusReference", "/finance/billingStatuses", statuses);
    let count = INVOICES * scale;
    for number in 0..count {
        let Some(agreement) = nth(&agreements.all, number) else { return };
        let Some(customer) = customers.get(agreement.customer) else { continue };
        let progress = share(number, count, 0.0);
        let entered = to.calendar.between(63.0, 0.5, progress);
        // Every third is for hours and parts.
        let is_standard = number % 3 == 2;
        let total = if is_standard { random.between(12, 190) * 1_250 } else { agreement.monthly };
        let state = if progress > 0.85 { 0 } else { usize::from(progress < 0.55) + 1 };
        let parts = if is_standard { total / 4 } else { 0 };
        let mut record = into_object(json!({
            "invoiceNumber": format!("{}", 20_001 + number), "type": if is_standard { "Standard" } else { "Agreement" }, "date": timestamp(entered),
            "dueDate": timestamp(entered + Duration::days(14)), "subtotal": amount(total), "total": amount(total), "salesTax": 0.0, "expenseTotal": 0.0,
            "productTotal": amount(parts), "serviceTotal": amount(if is_standard { total - parts } else { 0 }),
            "agreementAmount": amount(if is_standard { 0 } else { total }), "payments": amount(if state == 2 { total } else { 0 }), "credits": 0.0,
            "balance": amount(if state == 2 { 0 } else { total }), "taxableFlag": false, "specialInvoiceFlag": false, "applyToType": if is_standard { "All" } else { "Agreement" },
            "billingSiteAddressLine1": customer.address.street, "billingSiteCity": customer.address.city, "billingSiteState": customer.address.state,
            "billingSiteZip": customer.address.zip, "billingSiteCountry": organisation.country.name(),
        }));
        to.link(
            &mut record,
            &[("company", &customer.named), ("billToCompany", &customer.named), ("billingSite", &customer.site)],
        );
        to.link(&mut record, &[("currency", &organisation.currency), ("taxCode", &organisation.tax_code)]);
        for (field, named) in [
            ("status", statuses.get(state)),
            ("billingTerms", organisation.terms.get(1)),
            ("location", organisation.locations.first()),
        ] {
            if let Some(named) = named {
                to.link(&mut record, &[(field, named)]);
            }
        }
        if !is_standard {
            record.insert("applyToId".to_owned(), Value::from(agreement.named.id));
            to.link(&mut record, &[("agreement", &agreement.named)]);
        }
        let paid = RecordInfo::new(entered, organisation.seller.identifier);
        let info = if state == 2 {
            paid.changed((entered + Duration::days(9)).min(to.calendar.now), organisation.seller.identifier)
        } else {
            paid
        };
        to.add("/finance/invoices", record, info);
    }
}
