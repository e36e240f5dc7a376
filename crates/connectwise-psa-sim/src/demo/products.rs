//! The catalogue of products with its categories, and the orders at vendors.

use serde_json::{Value, json};

use super::companies::Customer;
use super::organisation::Organisation;
use super::random::Random;
use super::seeder::{RecordInfo, SeededRecord, Seeder, amount, nth, share};
use crate::records::{JsonObject, into_object};
use crate::store::timestamp;

/// A product with its price.
pub(super) struct Product {
    pub(super) named: SeededRecord,
    pub(super) description: String,
    pub(super) cost: i64,
    pub(super) price: i64,
    pub(super) recurring: bool,
}

/// What can be ordered, and how it is counted.
pub(super) struct Products {
    pub(super) all: Vec<Product>,
    unit: SeededRecord,
}

/// Category, subcategory, class, kind of product, things in it, cost of the first in cents.
type Shelf = (&'static str, &'static str, &'static str, usize, &'static [&'static str], i64);

const SHELVES: &[Shelf] = &[
    (
        "Hardware",
        "Laptops",
        "Inventory",
        0,
        &["Laptop 13\"", "Laptop 14\"", "Laptop 15\"", "Laptop 16\" Workstation"],
        79_900,
    ),
    (
        "Hardware",
        "Desktops",
        "Inventory",
        0,
        &["Desktop Mini", "Desktop Tower", "Desktop Workstation", "Thin Client"],
        52_500,
    ),
    (
        "Hardware",
        "Accessories",
        "NonInventory",
        0,
        &["Dock", "Monitor 24\"", "Monitor 27\"", "Keyboard and Mouse"],
        4_950,
    ),
    (
        "Network",
        "Switches",
        "Inventory",
        0,
        &["Switch 8 Port", "Switch 24 Port", "Switch 48 Port", "Media Converter"],
        8_900,
    ),
    (
        "Network",
        "Wireless",
        "Inventory",
        0,
        &["Access Point Indoor", "Access Point Outdoor", "Wireless Bridge", "Controller"],
        12_400,
    ),
    (
        "Network",
        "Security",
        "Inventory",
        0,
        &["Firewall Small", "Firewall Medium", "Firewall Large", "Web Filter"],
        31_000,
    ),
    (
        "Software",
        "Licences",
        "NonInventory",
        1,
        &["Office Suite Licence", "Mail Archive Licence", "Drawing Tool Licence", "Accounting Licence"],
        3_900,
    ),
    (
        "Managed Services",
        "Per Device",
        "Agreement",
        1,
        &["Managed Workstation", "Managed Server", "Managed Firewall", "Managed Switch"],
        900,
    ),
    (
        "Managed Services",
        "Backup",
        "Agreement",
        1,
        &["Backup per Server", "Backup per Workstation", "Backup Storage 1 TB", "Mailbox Backup"],
        1_100,
    ),
    ("Labour", "Service", "Service", 2, &["Remote Hour", "On-site Hour", "After Hours Hour", "Project Hour"], 6_000),
];

pub(super) fn seed(to: &mut Seeder<'_>) -> Products {
    let mut random = Random::named("products");
    let kinds = [("Hardware", "InventoryPart"), ("Subscription", "NonInventoryPart"), ("Labour", "Service")];
    let kinds = kinds.map(|(name, kind)| json!({"name": name, "typeXref": kind, "defaultFlag": name == "Hardware", "inactiveFlag": false}));
    let kinds = to.choices("ProductTypeReference", "/procurement/types", kinds);
    let unit = json!({"name": "Each", "defaultFlag": true, "inactiveFlag": false});
    let unit =
        to.add_named("UnitOfMeasureReference", "/procurement/unitOfMeasures", unit, RecordInfo::new(to.began(), "api"));
    let mut categories: Vec<SeededRecord> = Vec::new();
    let mut all = Vec::new();
    let count = SHELVES.iter().map(|shelf| shelf.4.len() * 2).sum::<usize>();
    for (category, subcategory, class, kind, things, first_cost) in SHELVES {
        let began = RecordInfo::new(to.began(), "api");
        let known = categories.iter().find(|known| known.name() == *category).cloned();
        let category = known.unwrap_or_else(|| {
            let record = json!({"name": category, "defaultFlag": false, "inactiveFlag": false});
            let named = to.add_named("ProductCategoryReference", "/procurement/categories", record, began);
            categories.push(named.clone());
            named
        });
        let mut record = into_object(json!({"name": subcategory, "defaultFlag": false, "inactiveFlag": false}));
        to.link(&mut record, &[("category", &category)]);
        let subcategory =
            to.add_named("ProductSubCategoryReference", "/procurement/subcategories", Value::Object(record), began);
        let recurring = *class == "Agreement";
        let editions = if recurring { ["", " Plus"] } else { ["", " Pro"] };
        for (at, (thing, edition)) in
            things.iter().flat_map(|thing| editions.map(|edition| (*thing, edition))).enumerate()
        {
            let cost = first_cost + first_cost * i64::try_from(at).unwrap_or_default() / 3;
            let price = cost * 100 / random.between(62, 80);
            let description = format!("{thing}{edition}");
            let mut record = into_object(json!({
                "identifier": format!("LH-{:03}-{}", all.len() + 1, short(&description)), "description": description, "customerDescription": description,
                "productClass": class, "cost": amount(cost), "price": amount(price), "taxableFlag": *kind == 0, "inactiveFlag": false, "serializedFlag": *kind == 0,
                "phaseProductFlag": false, "specialOrderFlag": false, "recurringFlag": recurring, "recurringRevenue": amount(if recurring { price } else { 0 }),
                "recurringCost": amount(if recurring { cost } else { 0 }), "billableOption": "Billable", "minStockLevel": 0,
            }));
            to.link(&mut record, &[("category", &category), ("subcategory", &subcategory), ("unitOfMeasure", &unit)]);
            if let Some(kind) = kinds.get(*kind) {
                to.link(&mut record, &[("type", kind)]);
            }
            let entered = to.calendar.between(990.0, 300.0, share(all.len(), count, 0.0));
            let named = to.add_named(
                "IvItemReference",
                "/procurement/catalog",
                Value::Object(record),
                RecordInfo::new(entered, "api"),
            );
            all.push(Product { named, description, cost, price, recurring });
        }
    }
    Products { all, unit }
}

/// The capital letters and digits of a name.
fn short(name: &str) -> String {
    name.chars().filter(|character| character.is_ascii_uppercase() || character.is_ascii_digit()).collect()
}

/// At any scale: the provider buys in bulk.
const ORDERS: usize = 15;

pub(super) fn seed_orders(
    to: &mut Seeder<'_>,
    organisation: &Organisation,
    customers: &[Customer],
    products: &Products,
) {
    let mut random = Random::named("orders");
    let statuses = [("New", false), ("Sent", false), ("Received", true)];
    let statuses = (1..).zip(statuses).map(|(order, (name, closed)): (i64, _)| {
        json!({"name": name, "closedFlag": closed, "defaultFlag": order == 1, "defaultClosedFlag": closed, "inactiveFlag": false, "sortOrder": order})
    });
    let statuses = to.choices("PurchaseOrderStatusReference", "/procurement/purchaseorderstatuses", statuses);
    let vendors: Vec<&Customer> = customers.iter().filter(|customer| customer.is_vendor).collect();
    for number in 0..ORDERS {
        let (Some(vendor), Some(terms)) = (nth(&vendors, number), organisation.terms.get(2)) else { return };
        let entered = to.calendar.between(90.0, 1.0, share(number, ORDERS, 0.3));
        let state = if number + 3 > ORDERS { 0 } else { usize::from(number + 6 < ORDERS) + 1 };
        let po_number = format!("PO-{:04}", 1001 + number);
        let mut lines: Vec<JsonObject> = Vec::new();
        let mut total = 0;
        for line in 1..=random.between(1, 3) {
            let Some(product) = nth(&products.all, random.below(48)) else { continue };
            let quantity = random.between(1, 6);
            total += product.cost * quantity;
            let mut record = into_object(json!({
                "lineNumber": line, "description": product.description, "quantity": quantity as f64, "unitCost": amount(product.cost),
                "extCost": amount(product.cost * quantity), "receivedQuantity": if state == 2 { quantity } else { 0 },
                "receivedStatus": if state == 2 { "FullyReceived" } else { "Waiting" }, "closedFlag": state == 2, "canceledFlag": false, "backorderedFlag": false,
                "purchaseOrderNumber": po_number,
            }));
            to.link(&mut record, &[("product", &product.named), ("unitOfMeasure", &products.unit)]);
            lines.push(record);
        }
        let mut record = into_object(json!({
            "poNumber": po_number, "poDate": timestamp(entered), "closedFlag": state == 2, "subTotal": amount(total), "salesTax": 0.0, "freightCost": 0.0,
            "total": amount(total), "dropShipCustomerFlag": false, "enteredBy": organisation.seller.identifier,
        }));
        to.link(
            &mut record,
            &[("vendorCompany", &vendor.named), ("terms", terms), ("currency", &organisation.currency)],
        );
        let links = [
            ("status", statuses.get(state)),
            ("location", organisation.locations.first()),
            ("vendorContact", vendor.contacts.first().map(|person| &person.named)),
        ];
        for (field, named) in links {
            if let Some(named) = named {
                to.link(&mut record, &[(field, named)]);
            }
        }
        let info = RecordInfo::new(entered, organisation.seller.identifier);
        let id = to.add("/procurement/purchaseorders", record, info);
        for mut line in lines {
            line.insert("purchaseOrderId".to_owned(), Value::from(id));
            to.add(&format!("/procurement/purchaseorders/{id}/lineitems"), line, info);
        }
    }
}
