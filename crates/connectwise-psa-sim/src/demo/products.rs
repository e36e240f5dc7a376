//! The product catalogue with its categories, and purchase orders.

use serde_json::{Value, json};

use super::companies::SeededCompany;
use super::organisation::Organisation;
use super::random::Random;
use super::seeder::{RecordInfo, SeededRecord, Seeder, amount, position, wrapping_get};
use crate::records::{JsonObject, into_object};
use crate::store::timestamp;

/// A product with its cost and price in cents.
pub(super) struct Product {
    pub(super) record: SeededRecord,
    /// The same record for references that have its name.
    pub(super) catalog_item: Option<SeededRecord>,
    pub(super) description: String,
    pub(super) cost: i64,
    pub(super) price: i64,
    pub(super) recurring: bool,
    pub(super) class: &'static str,
}

/// All products, and their unit of measure.
pub(super) struct Products {
    pub(super) all: Vec<Product>,
    pub(super) unit: SeededRecord,
}

/// Category, subcategory, product class, index of the product type, product names, cost of the first product in cents.
type ProductGroup = (&'static str, &'static str, &'static str, usize, &'static [&'static str], i64);

const PRODUCT_GROUPS: &[ProductGroup] = &[
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

pub(super) fn seed(seeder: &mut Seeder<'_>) -> Products {
    let mut random = Random::from_name("products");
    let types = [("Hardware", "InventoryPart"), ("Subscription", "NonInventoryPart"), ("Labour", "Service")];
    let types = types.map(|(name, xref)| json!({"name": name, "typeXref": xref, "defaultFlag": name == "Hardware", "inactiveFlag": false}));
    let types = seeder.add_choices("ProductTypeReference", "/procurement/types", types);
    let unit = json!({"name": "Each", "defaultFlag": true, "inactiveFlag": false});
    let unit = seeder.add_referenced(
        "UnitOfMeasureReference",
        "/procurement/unitOfMeasures",
        unit,
        RecordInfo::new(seeder.system_start(), "api"),
    );
    let mut categories: Vec<SeededRecord> = Vec::new();
    let mut all = Vec::new();
    let count = PRODUCT_GROUPS.iter().map(|group| group.4.len() * 2).sum::<usize>();
    for (category, subcategory, class, product_type, product_names, first_cost) in PRODUCT_GROUPS {
        let start = RecordInfo::new(seeder.system_start(), "api");
        let known = categories.iter().find(|known| known.name() == *category).cloned();
        let category = known.unwrap_or_else(|| {
            let record = json!({"name": category, "defaultFlag": false, "inactiveFlag": false});
            let added = seeder.add_referenced("ProductCategoryReference", "/procurement/categories", record, start);
            categories.push(added.clone());
            added
        });
        let mut record = into_object(json!({"name": subcategory, "defaultFlag": false, "inactiveFlag": false}));
        seeder.link(&mut record, &[("category", &category)]);
        let subcategory = seeder.add_referenced(
            "ProductSubCategoryReference",
            "/procurement/subcategories",
            Value::Object(record),
            start,
        );
        let recurring = *class == "Agreement";
        let editions = if recurring { ["", " Plus"] } else { ["", " Pro"] };
        for (at, (name, edition)) in
            product_names.iter().flat_map(|name| editions.map(|edition| (*name, edition))).enumerate()
        {
            let cost = first_cost + first_cost * i64::try_from(at).unwrap_or_default() / 3;
            let price = cost * 100 / random.between(62, 80);
            let description = format!("{name}{edition}");
            let mut record = into_object(json!({
                "identifier": format!("LH-{:03}-{}", all.len() + 1, short(&description)), "description": description, "customerDescription": description,
                "productClass": class, "cost": amount(cost), "price": amount(price), "taxableFlag": *product_type == 0, "inactiveFlag": false, "serializedFlag": *product_type == 0,
                "phaseProductFlag": false, "specialOrderFlag": false, "recurringFlag": recurring, "recurringRevenue": amount(if recurring { price } else { 0 }),
                "recurringCost": amount(if recurring { cost } else { 0 }), "billableOption": "Billable", "minStockLevel": 0,
            }));
            seeder
                .link(&mut record, &[("category", &category), ("subcategory", &subcategory), ("unitOfMeasure", &unit)]);
            if let Some(product_type) = types.get(*product_type) {
                seeder.link(&mut record, &[("type", product_type)]);
            }
            let entered = seeder.calendar.between(990.0, 300.0, position(all.len(), count, 0.0));
            let record = seeder.add_referenced(
                "IvItemReference",
                "/procurement/catalog",
                Value::Object(record),
                RecordInfo::new(entered, "api"),
            );
            let catalog_item = seeder.find("CatalogItemReference", "/procurement/catalog", record.id);
            all.push(Product { catalog_item, record, description, cost, price, recurring, class });
        }
    }
    Products { all, unit }
}

/// Returns the capital letters and digits of a name.
fn short(name: &str) -> String {
    name.chars().filter(|character| character.is_ascii_uppercase() || character.is_ascii_digit()).collect()
}

/// Number of purchase orders at any scale.
const ORDERS: usize = 15;

pub(super) fn seed_orders(
    seeder: &mut Seeder<'_>,
    organisation: &Organisation,
    companies: &[SeededCompany],
    products: &Products,
) {
    let mut random = Random::from_name("orders");
    let statuses = [("New", false), ("Sent", false), ("Received", true)];
    let statuses = (1..).zip(statuses).map(|(order, (name, closed)): (i64, _)| {
        json!({"name": name, "closedFlag": closed, "defaultFlag": order == 1, "defaultClosedFlag": closed, "inactiveFlag": false, "sortOrder": order})
    });
    let statuses = seeder.add_choices("PurchaseOrderStatusReference", "/procurement/purchaseorderstatuses", statuses);
    let vendors: Vec<&SeededCompany> = companies.iter().filter(|company| company.is_vendor).collect();
    for number in 0..ORDERS {
        let (Some(vendor), Some(terms)) = (wrapping_get(&vendors, number), organisation.terms.get(2)) else { return };
        let entered = seeder.calendar.between(90.0, 1.0, position(number, ORDERS, 0.3));
        // The oldest orders are received, the last two are new, those in between are sent.
        let status = if number + 3 > ORDERS { 0 } else { usize::from(number + 6 < ORDERS) + 1 };
        let po_number = format!("PO-{:04}", 1001 + number);
        let mut lines: Vec<JsonObject> = Vec::new();
        let mut total = 0;
        for line in 1..=random.between(1, 3) {
            // The first 48 products are hardware.
            let Some(product) = wrapping_get(&products.all, random.below(48)) else { continue };
            let quantity = random.between(1, 6);
            total += product.cost * quantity;
            let mut record = into_object(json!({
                "lineNumber": line, "description": product.description, "quantity": quantity as f64, "unitCost": amount(product.cost),
                "extCost": amount(product.cost * quantity), "receivedQuantity": if status == 2 { quantity } else { 0 },
                "receivedStatus": if status == 2 { "FullyReceived" } else { "Waiting" }, "closedFlag": status == 2, "canceledFlag": false, "backorderedFlag": false,
                "purchaseOrderNumber": po_number,
            }));
            seeder.link(&mut record, &[("product", &product.record), ("unitOfMeasure", &products.unit)]);
            lines.push(record);
        }
        let mut record = into_object(json!({
            "poNumber": po_number, "poDate": timestamp(entered), "closedFlag": status == 2, "subTotal": amount(total), "salesTax": 0.0, "freightCost": 0.0,
            "total": amount(total), "locationId": 1, "businessUnitId": 1, "dropShipCustomerFlag": false, "enteredBy": organisation.seller.identifier,
        }));
        seeder.link(
            &mut record,
            &[
                ("vendorCompany", &vendor.record),
                ("vendorSite", &vendor.site),
                ("terms", terms),
                ("currency", &organisation.currency),
            ],
        );
        let links = [
            ("status", statuses.get(status)),
            ("location", organisation.locations.first()),
            ("vendorContact", vendor.contacts.first().map(|contact| &contact.record)),
        ];
        for (field, target) in links {
            if let Some(target) = target {
                seeder.link(&mut record, &[(field, target)]);
            }
        }
        let info = RecordInfo::new(entered, organisation.seller.identifier);
        let id = seeder.add("/procurement/purchaseorders", record, info);
        for mut line in lines {
            line.insert("purchaseOrderId".to_owned(), Value::from(id));
            seeder.add(&format!("/procurement/purchaseorders/{id}/lineitems"), line, info);
        }
    }
}
