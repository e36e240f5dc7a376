//! Configurations: the devices of customers.

use std::collections::HashMap;

use chrono::Duration;
use serde_json::{Value, json};

use super::companies::SeededCompany;
use super::organisation::Organisation;
use super::random::Random;
use super::seeder::{RecordInfo, SeededRecord, Seeder, custom_fields, position, wrapping_get};
use crate::records::into_object;
use crate::store::timestamp;

/// Number of configurations at scale 1.
const CONFIGURATIONS: usize = 300;

/// Type, short form, whether it belongs to one person, operating system, model, relative frequency.
const DEVICE_TYPES: &[(&str, &str, bool, &str, &str, usize)] = &[
    ("Workstation", "WS", true, "Desktop OS 11", "Tower 5", 40),
    ("Laptop", "NB", true, "Desktop OS 11", "Slim 14", 30),
    ("Server", "SRV", false, "Server OS 2022", "Rack R2", 8),
    ("Virtual Machine", "VM", false, "Server OS 2022", "Virtual", 6),
    ("Firewall", "FW", false, "Gate OS 9", "Gate 60", 4),
    ("Switch", "SW", false, "Switch OS 4", "Port 24", 5),
    ("Printer", "PRN", false, "", "Laser 400", 5),
    ("Access Point", "AP", false, "Air OS 3", "Air 6", 2),
];

/// A configuration, as tickets refer to it.
pub(super) struct Device {
    pub(super) record: SeededRecord,
    pub(super) name: String,
}

/// The configurations of each company, by the company's id.
pub(super) type Devices = HashMap<i64, Vec<Device>>;

pub(super) fn seed(
    seeder: &mut Seeder<'_>,
    organisation: &Organisation,
    companies: &[SeededCompany],
    scale: usize,
) -> Devices {
    let mut devices = Devices::new();
    let mut random = Random::from_name("devices");
    let types = DEVICE_TYPES
        .iter()
        .map(|device_type| json!({"name": device_type.0, "inactiveFlag": false, "systemFlag": false}))
        .collect::<Vec<_>>();
    let types = seeder.add_choices("ConfigurationTypeReference", "/company/configurations/types", types);
    let statuses = ["Active", "In Stock", "Retired"]
        .map(|name| json!({"description": name, "defaultFlag": name == "Active", "closedFlag": name == "Retired"}));
    let statuses = seeder.add_choices("ConfigurationStatusReference", "/company/configurations/statuses", statuses);
    let makers = ["Tarnwhistle Systems", "Korriganfold Networks", "Inkwellow Imaging"]
        .map(|name| json!({"name": name, "inactiveFlag": false}));
    let makers = seeder.add_choices("ManufacturerReference", "/procurement/manufacturers", makers);
    let count = CONFIGURATIONS * scale;
    let clients: Vec<&SeededCompany> = companies.iter().filter(|company| company.is_active_client).collect();
    for number in 0..count {
        let Some(customer) = wrapping_get(&clients, number) else { break };
        let drawn = random.below(DEVICE_TYPES.iter().map(|device_type| device_type.5).sum());
        let at = DEVICE_TYPES
            .iter()
            .scan(0, |sum, device_type| (*sum <= drawn).then(|| *sum += device_type.5))
            .count()
            .saturating_sub(1);
        let (Some((_, short, personal, system, model, _)), Some(device_type)) = (DEVICE_TYPES.get(at), types.get(at))
        else {
            continue;
        };
        let entered = seeder.calendar.between(129.0, 3.0, position(number, count, random.fraction()));
        let bought = entered - Duration::days(random.between(2, 700));
        let status = if random.percent(90) { 0 } else { random.between(1, 2) as usize };
        let network = customer.record.id % 250;
        let (high, low) = (number / 250 % 250, number % 250 + 2);
        let mut record = into_object(json!({
            "name": format!("{}-{short}-{:03}", initials(customer.record.name()), number + 1), "activeFlag": status != 2, "billFlag": true,
            "serialNumber": format!("{}{:08}", short, random.below(100_000_000)), "modelNumber": model, "tagNumber": format!("{}", 5_000 + number),
            "purchaseDate": timestamp(bought), "installationDate": timestamp(entered), "warrantyExpirationDate": timestamp(bought + Duration::days(1_096)),
            "ipAddress": format!("10.{network}.{high}.{low}"), "defaultGateway": format!("10.{network}.{high}.1"),
            "macAddress": format!("02:00:{:02X}:{:02X}:{:02X}:{:02X}", network, number / 65_536 % 256, number / 256 % 256, number % 256),
            "needsRenewalFlag": false, "locationId": 1, "businessUnitId": 1, "companyLocationId": 1, "cpuSpeed": if system.is_empty() { "" } else { "2.4 GHz" }, "deviceIdentifier": format!("lh-{:06}", number + 1), "notes": "",
        }));
        if !system.is_empty() {
            record.insert("osType".to_owned(), Value::from(*system));
            record.insert(
                "osInfo".to_owned(),
                Value::from(format!("{system}, build {}", random.between(19_000, 26_100))),
            );
        }
        if *personal {
            record.insert("ram".to_owned(), Value::from(random.word(&["8 GB", "16 GB", "32 GB"])));
        }
        seeder.link(&mut record, &[("type", device_type), ("company", &customer.record), ("site", &customer.site)]);
        let contact = if *personal {
            customer.contacts.get(random.below(customer.contacts.len()))
        } else {
            customer.contacts.first()
        };
        // Indexes into `DEVICE_TYPES`: computers, printers, and network devices.
        let maker = match at {
            0..=3 => makers.first(),
            6 => makers.get(2),
            _ => makers.get(1),
        };
        for (field, target) in [
            ("status", statuses.get(status)),
            ("contact", contact.map(|contact| &contact.record)),
            ("manufacturer", maker),
        ] {
            if let Some(target) = target {
                seeder.link(&mut record, &[(field, target)]);
            }
        }
        // Servers, firewalls and switches are in a rack.
        let rack = if matches!(at, 2 | 4 | 5) { Value::from(random.between(1, 24)) } else { Value::Null };
        record.insert(
            "customFields".to_owned(),
            custom_fields(&organisation.configuration_fields, [Value::from(*personal && random.percent(80)), rack]),
        );
        let engineer = wrapping_get(&organisation.engineers, random.below(organisation.engineers.len()))
            .map_or("api", |member| member.identifier);
        let name = record.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let record = seeder.add_referenced(
            "ConfigurationReference",
            "/company/configurations",
            Value::Object(record),
            RecordInfo::new(entered, engineer),
        );
        devices.entry(customer.record.id).or_default().push(Device { record, name });
    }
    devices
}

/// Returns the first two letters of a name and the first letters of its other words, in upper case.
fn initials(name: &str) -> String {
    let first: String = name.chars().take(2).collect();
    let rest: String = name.split(' ').skip(1).filter_map(|word| word.chars().next()).collect();
    format!("{first}{rest}").to_ascii_uppercase()
}
