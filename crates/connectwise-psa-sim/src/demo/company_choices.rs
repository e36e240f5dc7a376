//! The setup lists to which companies and contacts refer.

use serde_json::{Value, json};

use super::seeder::{RecordInfo, SeededRecord, Seeder};
use crate::records::into_object;

/// Records to which companies and contacts refer.
pub(super) struct Choices {
    pub(super) types: Vec<SeededRecord>,
    pub(super) statuses: Vec<SeededRecord>,
    pub(super) markets: Vec<SeededRecord>,
    pub(super) contact_types: Vec<SeededRecord>,
    pub(super) departments: Vec<SeededRecord>,
    pub(super) email: SeededRecord,
    pub(super) phone: SeededRecord,
    pub(super) mobile: SeededRecord,
    pub(super) calendar: Option<SeededRecord>,
    pub(super) time_zone: Option<SeededRecord>,
    pub(super) delivery_methods: Vec<SeededRecord>,
    pub(super) ownership_types: Vec<SeededRecord>,
    pub(super) invoice_template: Option<SeededRecord>,
    pub(super) relationship: Option<SeededRecord>,
}

/// Adds the lists of choices, and finds the records of the others.
pub(super) fn seed(seeder: &mut Seeder<'_>) -> Choices {
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
        let mut record = into_object(json!({"description": name, "defaultFlag": is_default}));
        for flag in ["emailFlag", "phoneFlag", "faxFlag"] {
            record.insert(flag.to_owned(), Value::from(flag == medium));
        }
        let record = Value::Object(record);
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
