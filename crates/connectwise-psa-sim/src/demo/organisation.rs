//! The provider itself: locations, departments, members, work roles and types, custom fields, and accounting choices.

use serde_json::{Value, json};

use super::seeder::{RecordInfo, SeededRecord, Seeder};
use crate::records::into_object;
use crate::records::screens::screen_of;
use crate::store::timestamp;

/// Records to which the other demo data refers.
pub(super) struct Organisation {
    pub(super) locations: Vec<SeededRecord>,
    pub(super) departments: Vec<SeededRecord>,
    /// The departments again, for the references that have only their names.
    pub(super) billing_units: Vec<SeededRecord>,
    /// The members who work on tickets.
    pub(super) engineers: Vec<Member>,
    /// The member whose keys programs use.
    pub(super) api: SeededRecord,
    /// The account manager: the last member before `api`.
    pub(super) seller: Member,
    pub(super) work_roles: Vec<SeededRecord>,
    pub(super) work_types: Vec<SeededRecord>,
    pub(super) country: SeededRecord,
    pub(super) currency: SeededRecord,
    pub(super) tax_code: SeededRecord,
    pub(super) terms: Vec<SeededRecord>,
    pub(super) billing_cycle: SeededRecord,
    /// The ids of the custom fields of tickets.
    pub(super) ticket_fields: Vec<i64>,
    pub(super) company_fields: Vec<i64>,
    pub(super) contact_fields: Vec<i64>,
    pub(super) configuration_fields: Vec<i64>,
    pub(super) project_fields: Vec<i64>,
    pub(super) activity_fields: Vec<i64>,
    pub(super) opportunity_fields: Vec<i64>,
}

impl Organisation {
    /// Returns the member with an identifier.
    pub(super) fn member(&self, identifier: &str) -> Option<&SeededRecord> {
        let mut all = self.engineers.iter().chain([&self.seller]);
        let found = all.find(|member| member.identifier == identifier).map(|member| &member.record);
        found.or(Some(&self.api).filter(|_| identifier == "api"))
    }
}

/// A member, with the identifier that some records contain instead of a reference.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) record: SeededRecord,
    pub(super) identifier: &'static str,
}

/// Identifier, first and last name, title, index of the work role.
const MEMBERS: &[(&str, &str, &str, &str, usize)] = &[
    ("ann", "Ann", "Pellinfold", "Service Manager", 1),
    ("bob", "Bob", "Marrowick", "Service Desk Engineer", 0),
    ("carla", "Carla", "Dovenmoor", "Service Desk Engineer", 0),
    ("deniz", "Deniz", "Ashenlow", "Systems Engineer", 1),
    ("emeka", "Emeka", "Thornwell", "Network Engineer", 1),
    ("freya", "Freya", "Ivenwell", "Project Lead", 2),
    ("goran", "Goran", "Larkenby", "Account Manager", 3),
];

/// The member whose keys programs use: identifier, first and last name, title, index of the work role.
const API_MEMBER: (&str, &str, &str, &str, usize) = ("api", "API", "Access", "Integration", 1);

/// Returns the full names of all members, in the order of their ids.
pub(super) fn member_names() -> impl Iterator<Item = String> {
    MEMBERS.iter().chain([&API_MEMBER]).map(|(_, first, last, ..)| format!("{first} {last}"))
}

pub(super) fn seed(seeder: &mut Seeder<'_>) -> Organisation {
    let start = RecordInfo::new(seeder.system_start(), "api");
    let levels = seeder.add_choices(
        "CorporateStructureLevelReference",
        "/system/myCompany/corporateStructureLevels",
        ["Corporate", "Location"].map(|name| json!({ "name": name })),
    );
    let currency = seeder.add_referenced(
        "CurrencyReference",
        "/finance/currencies",
        json!({
            "currencyIdentifier": "USD", "currencyCode": {"id": 1, "name": "USD"}, "name": "US Dollars", "symbol": "$", "numberOfDecimals": 2, "decimalSeparator": ".", "thousandsSeparator": ",",
            "displayIdFlag": false, "displaySymbolFlag": true, "negativeParenthesesFlag": false, "rightAlign": false,
        }),
        start,
    );
    let country = json!({
        "name": "United States", "countryCode": "US", "dialingPrefix": "1", "defaultFlag": true, "disabled": false, "currency": Seeder::reference_to(&currency),
    });
    let country = seeder.add_referenced("CountryReference", "/company/countries", country, start);
    let locations = seed_locations(seeder, levels.last());
    let departments = [("SVC", "Service"), ("PRJ", "Projects"), ("SAL", "Sales"), ("ADM", "Administration")];
    let departments = departments.map(|(identifier, name)| json!({"identifier": identifier, "name": name}));
    let departments = seeder.add_choices("SystemDepartmentReference", "/system/departments", departments);
    let work_roles = [("Service Desk", 110), ("Engineer", 145), ("Project Lead", 165), ("Account Manager", 120)];
    let work_roles = work_roles.map(|(name, rate)| json!({"name": name, "hourlyRate": rate, "inactiveFlag": false}));
    let work_roles = seeder.add_choices("WorkRoleReference", "/time/workRoles", work_roles);
    let work_types = [
        ("Remote", "Billable", 1.0, true),
        ("On-site", "Billable", 1.0, true),
        ("After Hours", "Billable", 1.5, true),
        ("Travel", "NoCharge", 0.5, false),
    ];
    let work_types = work_types.map(|(name, bill, rate, utilized)| {
        json!({"name": name, "billTime": bill, "rateType": "Multiplier", "rate": rate, "utilizationFlag": utilized, "overallDefaultFlag": name == "Remote", "inactiveFlag": false})
    });
    let work_types = seeder.add_choices("WorkTypeReference", "/time/workTypes", work_types);
    let members = seed_members(seeder, &locations, &departments, &work_roles, &work_types);
    let (api, seller, engineers) = match members.as_slice() {
        [engineers @ .., seller, api] => (api.record.clone(), seller.clone(), engineers.to_vec()),
        // Unreachable: the list of members is a constant with more elements.
        _ => (currency.clone(), Member { record: currency.clone(), identifier: "" }, Vec::new()),
    };
    let tax_code = json!({
        "identifier": "NONE", "description": "No tax on services", "invoiceCaption": "Tax", "effectiveDate": timestamp(seeder.system_start()), "defaultFlag": true,
        "displayOnInvoiceFlag": true,
    });
    let tax_code = seeder.add_referenced("TaxCodeReference", "/finance/taxCodes", tax_code, start);
    let terms = [("Due on receipt", 0, false), ("14 days", 14, true), ("30 days", 30, false)];
    let terms = terms.map(|(name, days, default)| json!({"name": name, "dueDays": days, "defaultFlag": default}));
    let terms = seeder.add_choices("BillingTermsReference", "/finance/billingTerms", terms);
    let billing_cycle = json!({"identifier": "M", "name": "Monthly", "billingOptions": "Monthly", "defaultFlag": true});
    let billing_cycle = seeder.add_referenced("BillingCycleReference", "/finance/billingCycles", billing_cycle, start);
    let billing_units: Vec<SeededRecord> = departments
        .iter()
        .filter_map(|department| seeder.find("BillingUnitReference", "/system/departments", department.id))
        .collect();
    Organisation {
        locations,
        departments,
        billing_units,
        engineers,
        api,
        seller,
        work_roles,
        work_types,
        country,
        currency,
        tax_code,
        terms,
        billing_cycle,
        ticket_fields: custom_fields(
            seeder,
            "Ticket",
            &[
                ("Root Cause", "Text", "List", 0, &["User", "Hardware", "Software", "Network", "Supplier"]),
                ("Travel Distance", "Number", "EntryField", 1, &[]),
            ],
        ),
        company_fields: custom_fields(
            seeder,
            "Company",
            &[
                ("Care Level", "Text", "List", 0, &["Gold", "Silver", "Bronze"]),
                ("Last Review", "Date", "Date", 0, &[]),
            ],
        ),
        contact_fields: custom_fields(
            seeder,
            "Contact",
            &[("Door Badge", "Text", "EntryField", 0, &[]), ("May Approve Quotes", "Checkbox", "EntryField", 0, &[])],
        ),
        configuration_fields: custom_fields(
            seeder,
            "CompanyConfiguration",
            &[("Disk Encrypted", "Checkbox", "EntryField", 0, &[]), ("Rack Unit", "Number", "EntryField", 0, &[])],
        ),
        project_fields: custom_fields(
            seeder,
            "Project",
            &[("Change Window", "Text", "EntryField", 0, &[]), ("Signed Off", "Checkbox", "EntryField", 0, &[])],
        ),
        activity_fields: custom_fields(seeder, "Activity", &[("On Site", "Checkbox", "EntryField", 0, &[])]),
        opportunity_fields: custom_fields(
            seeder,
            "Opportunity",
            &[
                ("Competitor", "Text", "EntryField", 0, &[]),
                ("Decision Maker", "Text", "List", 0, &["Owner", "Board", "Finance"]),
            ],
        ),
    }
}

fn seed_locations(seeder: &mut Seeder<'_>, level: Option<&SeededRecord>) -> Vec<SeededRecord> {
    let cities = [("Saltmere", "ME", "04900"), ("Port Ellery", "ME", "04800")];
    let locations = cities.map(|(city, state, zip)| {
        let mut location = into_object(json!({
            "name": city, "overrideAddressLine1": "1 Signal Hill", "overrideCity": city, "overrideState": state, "overrideZip": zip, "overridePhoneNumber": "2075550100",
            "locationFlag": true, "clientFlag": false,
        }));
        seeder.link_known(&mut location, &[("structureLevel", level)]);
        Value::Object(location)
    });
    seeder.add_choices("SystemLocationReference", "/system/locations", locations)
}

fn seed_members(
    seeder: &mut Seeder<'_>,
    locations: &[SeededRecord],
    departments: &[SeededRecord],
    work_roles: &[SeededRecord],
    work_types: &[SeededRecord],
) -> Vec<Member> {
    let start = RecordInfo::new(seeder.system_start(), "api");
    let types = seeder.add_choices(
        "MemberTypeReference",
        "/system/members/types",
        ["Employee", "Integration"].map(|name| json!({"name": name, "inactiveFlag": false})),
    );
    let roles = ["Admin", "Technician", "API"]
        .map(|name| json!({"name": name, "adminFlag": name == "Admin", "inactiveFlag": false}));
    let roles = seeder.add_choices("SecurityRoleReference", "/system/securityroles", roles);
    let hired = timestamp(seeder.system_start());
    let mut members = Vec::new();
    let all = MEMBERS.iter().copied().chain([API_MEMBER]);
    for (number, (identifier, first, last, title, role)) in all.enumerate() {
        let is_api = identifier == "api";
        let mut member = into_object(json!({
            "identifier": identifier, "firstName": first, "lastName": last, "title": title, "licenseClass": if is_api { "A" } else { "F" }, "hireDate": hired,
            "officeEmail": format!("{identifier}@lanternfold-it.example"), "primaryEmail": format!("{identifier}@lanternfold-it.example"), "defaultEmail": "Office",
            "officePhone": format!("207555010{}", number + 1), "defaultPhone": "Office", "inactiveFlag": false, "disableOnlineFlag": is_api, "adminFlag": number == 0,
            "dailyCapacity": 8.0, "hourlyCost": 42.5, "includeInUtilizationReportingFlag": !is_api, "timeSheetStartDate": hired,
        }));
        let department = if identifier == "goran" { 2 } else { usize::from(identifier == "freya") };
        let security_role = if is_api { 2 } else { usize::from(number > 0) };
        let links = [
            ("securityRole", roles.get(security_role)),
            ("type", types.get(usize::from(is_api))),
            ("defaultLocation", locations.get(usize::from(number % 3 == 2))),
            ("defaultDepartment", departments.get(department)),
            ("workRole", work_roles.get(role)),
            ("workType", work_types.first()),
        ];
        for (field, target) in links {
            if let Some(target) = target {
                seeder.link(&mut member, &[(field, target)]);
            }
        }
        let record = seeder.add_referenced("MemberReference", "/system/members", Value::Object(member), start);
        members.push(Member { record, identifier });
    }
    members
}

/// A custom field: caption, type, entry method, decimals, choices.
type FieldPlan = (&'static str, &'static str, &'static str, i64, &'static [&'static str]);

/// Adds the definitions of the custom fields of a record type, and returns their ids.
fn custom_fields(seeder: &mut Seeder<'_>, type_name: &str, plans: &[FieldPlan]) -> Vec<i64> {
    let start = seeder.system_start();
    let Some(screen) = screen_of(type_name) else { return Vec::new() };
    let seed = |(row, (caption, field_type, entry_method, decimals, choices)): (i64, &FieldPlan)| {
        let options: Vec<Value> = (1..)
            .zip(*choices)
            .map(|(number, choice): (i64, _)| json!({"id": number, "optionValue": choice, "defaultFlag": false, "inactiveFlag": false, "sortOrder": number}))
            .collect();
        let definition = json!({
            "podId": screen.pod_id, "podDescription": screen.pod_description, "screenId": screen.id, "screenDescription": screen.description,
            "caption": caption, "sequenceNumber": row, "fieldTypeIdentifier": field_type, "entryTypeIdentifier": entry_method, "numberDecimals": decimals,
            "displayOnScreenFlag": true, "listViewFlag": true, "options": options, "dateCreated": timestamp(start), "businessUnitIds": [], "locationIds": [],
        });
        seeder.add("/system/userDefinedFields", into_object(definition), RecordInfo::new(start, "api"))
    };
    (1..).zip(plans).map(seed).collect()
}
