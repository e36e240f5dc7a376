//! Sales orders, and the products of opportunities, sales orders, tickets and projects.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, Utc};
use serde_json::json;

use super::companies::SeededCompany;
use super::organisation::Organisation;
use super::products::{Product, Products};
use super::projects::Project;
use super::random::Random;
use super::sales::Opportunity;
use super::seeder::{RecordInfo, SeededRecord, Seeder, amount, wrapping_get};
use super::work::SeededTicket;
use crate::records::into_object;
use crate::store::timestamp;

/// The records that products and documents belong to.
pub(super) struct Sources<'a> {
    pub(super) companies: &'a [SeededCompany],
    pub(super) products: &'a Products,
    pub(super) opportunities: &'a [Opportunity],
    pub(super) tickets: &'a [SeededTicket],
    pub(super) projects: &'a [Project],
}

/// A product before it is added.
struct Line<'a> {
    entered: DateTime<Utc>,
    /// The field that refers to the record that it belongs to, and the record.
    owner: (&'static str, SeededRecord),
    /// The index of the company.
    customer: usize,
    /// The id of its sales order.
    order: Option<i64>,
    product: &'a Product,
    quantity: i64,
}

/// A sales order before it is added.
struct Order<'a> {
    entered: DateTime<Utc>,
    opportunity: &'a Opportunity,
}

/// Adds the products and the sales orders. Each won opportunity has a sales order with its products.
pub(super) fn seed(seeder: &mut Seeder<'_>, organisation: &Organisation, sources: &Sources<'_>) {
    let mut orders: Vec<Order<'_>> = sources
        .opportunities
        .iter()
        .filter_map(|opportunity| Some(Order { entered: opportunity.won?, opportunity }))
        .collect();
    orders.sort_by_key(|order| (order.entered, order.opportunity.record.id));
    let order_of: BTreeMap<i64, i64> =
        (1..).zip(&orders).map(|(id, order)| (order.opportunity.record.id, id)).collect();
    let mut lines = lines(sources, &order_of);
    lines.sort_by_key(|line| line.entered);
    let mut of_order: BTreeMap<i64, Vec<(i64, i64)>> = BTreeMap::new();
    for (id, line) in (1..).zip(&lines) {
        if let Some(order) = line.order {
            of_order.entry(order).or_default().push((id, line.product.price * line.quantity));
        }
    }
    for (id, order) in (1..).zip(orders) {
        add_order(seeder, organisation, sources, &order, of_order.get(&id).map(Vec::as_slice).unwrap_or_default());
    }
    for line in lines {
        add_line(seeder, organisation, sources, line);
    }
}

/// Returns the products of all records.
fn lines<'a>(sources: &Sources<'a>, order_of: &BTreeMap<i64, i64>) -> Vec<Line<'a>> {
    let mut random = Random::from_name("sales orders");
    let goods: Vec<&Product> = sources.products.all.iter().filter(|product| !product.recurring).collect();
    let mut lines = Vec::new();
    let mut add = |owner: (&'static str, SeededRecord), customer, order, entered, count: i64| {
        for _ in 0..count {
            if let Some(product) = wrapping_get(&goods, random.below(goods.len())).copied() {
                let quantity = random.between(1, 5);
                lines.push(Line { entered, owner: owner.clone(), customer, order, product, quantity });
            }
        }
    };
    for opportunity in sources.opportunities {
        let record = opportunity.record.clone();
        let order = order_of.get(&record.id).copied();
        let count = if order.is_some() { 2 } else { 1 };
        add(("opportunity", record), opportunity.customer, order, opportunity.entered, count);
    }
    for ticket in sources.tickets.iter().filter(|ticket| ticket.was_visited && ticket.id % 3 == 0) {
        add(("ticket", ticket.reference()), ticket.customer, None, ticket.worked, 1);
    }
    for project in sources.projects {
        add(("project", project.record.clone()), project.customer, None, project.entered, 3);
    }
    lines
}

fn add_order(
    seeder: &mut Seeder<'_>,
    organisation: &Organisation,
    sources: &Sources<'_>,
    order: &Order<'_>,
    products: &[(i64, i64)],
) {
    let opportunity = order.opportunity;
    let Some(customer) = sources.companies.get(opportunity.customer) else { return };
    let contact = customer.contacts.first();
    let (ids, prices): (Vec<i64>, Vec<i64>) = products.iter().copied().unzip();
    let total: i64 = prices.iter().sum();
    let is_closed = order.entered + Duration::days(30) < seeder.calendar.now;
    let mut record = into_object(json!({
        "description": opportunity.record.name(), "orderDate": timestamp(order.entered), "dueDate": timestamp(order.entered + Duration::days(14)),
        "subTotal": amount(total), "taxTotal": 0.0, "total": amount(total), "productIds": ids, "invoiceIds": [], "documentIds": [], "configIds": [],
        "email": contact.map_or("", |contact| contact.email.as_str()), "phone": contact.map_or("", |contact| contact.phone.as_str()),
        "billClosedFlag": true,
    }));
    let status = seeder.find("OrderStatusReference", "/sales/orders/statuses", if is_closed { 3 } else { 1 });
    let contact = contact.map(|contact| &contact.record);
    seeder.link_known(
        &mut record,
        &[
            ("company", Some(&customer.record)),
            ("contact", contact),
            ("site", Some(&customer.site)),
            ("billToCompany", Some(&customer.record)),
            ("billToContact", contact),
            ("billToSite", Some(&customer.site)),
            ("shipToCompany", Some(&customer.record)),
            ("shipToContact", contact),
            ("shipToSite", Some(&customer.site)),
            ("status", status.as_ref()),
            ("salesRep", Some(&organisation.seller.record)),
            ("opportunity", Some(&opportunity.record)),
            ("currency", Some(&organisation.currency)),
            ("taxCode", Some(&organisation.tax_code)),
            ("billingTerms", organisation.terms.get(1)),
            ("location", organisation.locations.first()),
            ("department", organisation.departments.get(2)),
        ],
    );
    seeder.add("/sales/orders", record, RecordInfo::new(order.entered, organisation.seller.identifier));
}

fn add_line(seeder: &mut Seeder<'_>, organisation: &Organisation, sources: &Sources<'_>, line: Line<'_>) {
    let Line { entered, owner: (field, owner), customer, order, product, quantity } = line;
    let (cost, price) = (product.cost * quantity, product.price * quantity);
    let mut record = into_object(json!({
        "description": product.description, "customerDescription": product.description, "quantity": quantity as f64, "price": amount(product.price),
        "listPrice": amount(product.price), "cost": amount(product.cost), "extPrice": amount(price), "extCost": amount(cost), "margin": amount(price - cost),
        "discount": 0.0, "agreementAmount": 0.0, "billableOption": "Billable", "productClass": product.class, "sequenceNumber": 1.0, "uom": "Each",
        "locationId": 1, "businessUnitId": 3, "purchaseDate": timestamp(entered),
    }));
    let order = order.and_then(|id| seeder.find("SalesOrderReference", "/sales/orders", id));
    seeder.link_known(
        &mut record,
        &[
            (field, Some(&owner)),
            ("salesOrder", order.as_ref()),
            ("catalogItem", product.catalog_item.as_ref()),
            ("company", sources.companies.get(customer).map(|company| &company.record)),
            ("unitOfMeasure", Some(&sources.products.unit)),
            ("location", organisation.locations.first()),
            ("businessUnit", organisation.billing_units.get(2)),
            ("taxCode", Some(&organisation.tax_code)),
        ],
    );
    seeder.add("/procurement/products", record, RecordInfo::new(entered, organisation.seller.identifier));
}
