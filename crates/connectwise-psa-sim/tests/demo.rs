//! Reads the lists of the demo data completely through the client, as typed records.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use connectwise_psa_sim::{Seed, Sim};

/// Reads lists with their typed operations, and compares their lengths with the simulator's store.
macro_rules! read {
    ($sim:ident, $($list:literal $section:ident.$operation:ident($($id:expr)?),)*) => {
        let psa = $sim.psa();
        $(
            let records: Vec<_> = psa.$section().$operation($($id)?).all().await.unwrap_or_else(|error| panic!("{}: {error}", $list));
            assert!(!records.is_empty() && records.len() == $sim.store().count($list), "{}: {}", $list, records.len());
        )*
    };
}

#[tokio::test]
async fn lists_can_be_read_completely_as_typed_records() {
    let sim = Sim::builder().start().await.unwrap();
    // Of the lists under records, only those under record 1 are read, and the tasks of ticket 10, which has some.
    read!(
        sim,
        "/company/communicationtypes" company.list_communication_types(),
        "/company/companies" company.list_companies(),
        "/company/companies/1/sites" company.list_company_sites(1),
        "/company/companies/statuses" company.list_company_statuses(),
        "/company/companies/types" company.list_company_types(),
        "/company/configurations" company.list_configurations(),
        "/company/configurations/statuses" company.list_configuration_statuses(),
        "/company/configurations/types" company.list_configuration_types(),
        "/company/contacts" company.list_contacts(),
        "/company/contacts/departments" company.list_contact_departments(),
        "/company/contacts/types" company.list_contact_types(),
        "/company/countries" company.list_countries(),
        "/company/marketdescriptions" company.list_market_descriptions(),
        "/finance/agreements" finance.list_agreements(),
        "/finance/agreements/1/additions" finance.list_agreement_additions(1),
        "/finance/agreements/types" finance.list_agreement_types(),
        "/finance/billingcycles" finance.list_billing_cycles(),
        "/finance/billingstatuses" finance.list_billing_statuses(),
        "/finance/billingterms" finance.list_billing_terms(),
        "/finance/currencies" finance.list_currencies(),
        "/finance/invoices" finance.list_invoices(),
        "/finance/taxcodes" finance.list_tax_codes(),
        "/procurement/catalog" procurement.list_catalog_items(),
        "/procurement/categories" procurement.list_categories(),
        "/procurement/manufacturers" procurement.list_manufacturers(),
        "/procurement/purchaseorders" procurement.list_purchase_orders(),
        "/procurement/purchaseorders/1/lineitems" procurement.list_purchase_order_line_items(1),
        "/procurement/purchaseorderstatuses" procurement.list_purchase_order_statuses(),
        "/procurement/subcategories" procurement.list_subcategories(),
        "/procurement/types" procurement.list_procurement_types(),
        "/procurement/unitofmeasures" procurement.list_units_of_measure(),
        "/project/phasestatuses" project.list_phase_statuses(),
        "/project/projects" project.list_projects(),
        "/project/projects/1/phases" project.list_project_phases(1),
        "/project/projecttypes" project.list_project_types(),
        "/project/statuses" project.list_project_statuses(),
        "/project/tickets" project.list_tickets(),
        "/sales/activities" sales.list_activities(),
        "/sales/activities/statuses" sales.list_activity_statuses(),
        "/sales/activities/types" sales.list_activity_types(),
        "/sales/opportunities" sales.list_opportunities(),
        "/sales/opportunities/ratings" sales.list_opportunity_ratings(),
        "/sales/opportunities/statuses" sales.list_opportunity_statuses(),
        "/sales/opportunities/types" sales.list_opportunity_types(),
        "/sales/probabilities" sales.list_probabilities(),
        "/sales/stages" sales.list_stages(),
        "/schedule/entries" schedule.list_schedule_entries(),
        "/schedule/statuses" schedule.list_schedule_statuses(),
        "/schedule/types" schedule.list_schedule_types(),
        "/service/boards" service.list_boards(),
        "/service/boards/1/items" service.list_board_items(1),
        "/service/boards/1/statuses" service.list_board_statuses(1),
        "/service/boards/1/subtypes" service.list_board_subtypes(1),
        "/service/boards/1/teams" service.list_board_teams(1),
        "/service/boards/1/types" service.list_board_types(1),
        "/service/boards/1/typesubtypeitemassociations" service.list_board_type_subtype_item_associations(1),
        "/service/codes" service.list_service_codes(),
        "/service/impacts" service.list_impacts(),
        "/service/locations" service.list_locations(),
        "/service/priorities" service.list_priorities(),
        "/service/severities" service.list_severities(),
        "/service/slas" service.list_slas(),
        "/service/sources" service.list_sources(),
        "/service/tickets" service.list_tickets(),
        "/service/tickets/1/notes" service.list_ticket_notes(1),
        "/service/tickets/10/tasks" service.list_ticket_tasks(10),
        "/system/departments" system.list_departments(),
        "/system/locations" system.list_locations(),
        "/system/members" system.list_members(),
        "/system/members/types" system.list_member_types(),
        "/system/mycompany/corporatestructurelevels" system.list_my_company_corporate_structure_levels(),
        "/system/securityroles" system.list_security_roles(),
        "/system/userdefinedfields" system.list_user_defined_fields(),
        "/company/companies/5/teams" company.list_company_teams(5),
        "/company/notetypes" company.list_note_types(),
        "/company/teamroles" company.list_team_roles(),
        "/expense/entries" expense.list_expense_entries(),
        "/expense/reports" expense.list_expense_reports(),
        "/expense/types" expense.list_expense_types(),
        "/finance/deliverymethods" finance.list_delivery_methods(),
        "/finance/invoicetemplates" finance.list_invoice_templates(),
        "/marketing/campaigns" marketing.list_campaigns(),
        "/procurement/products" procurement.list_products(),
        "/procurement/warehouses" procurement.list_warehouses(),
        "/sales/orders" sales.list_orders(),
        "/schedule/calendars" schedule.list_calendars(),
        "/schedule/holidaylists" schedule.list_holiday_lists(),
        "/service/emailtemplates" service.list_email_templates(),
        "/service/teams" service.list_teams(),
        "/service/templates" service.list_templates(),
        "/system/connectwisehostedscreens" system.list_connectwise_hosted_screens(),
        "/system/mycompany/corporatestructure" system.list_my_company_corporate_structures(),
        "/system/mycompany/crm" system.list_my_company_crm(),
        "/system/mycompany/other" system.list_my_company_other(),
        "/system/mycompany/services" system.list_my_company_services(),
        "/system/standardnotes" system.list_standard_notes(),
        "/system/timezonesetups" system.list_time_zone_setups(),
        "/time/chargecodes" time.list_charge_codes(),
        "/time/entries" time.list_time_entries(),
        "/time/sheets" time.list_time_sheets(),
        "/time/workroles" time.list_work_roles(),
        "/time/worktypes" time.list_work_types(),
    );
}

#[tokio::test]
async fn common_conditions_match_records() {
    // 800 tickets, 240 contacts and 50 companies.
    let sim = Sim::builder().seed(Seed::Demo { scale: 2 }).start().await.unwrap();
    let psa = sim.psa();
    for conditions in [
        r#"closedFlag = false and owner/identifier = "ann""#,
        r#"board/name = "Help Desk" and status/name = "New""#,
        r#"priority/level = "Critical""#,
        r#"resources contains "bob""#,
        r#"agreement/name contains "Managed Services" and closedFlag = true"#,
    ] {
        let count = psa.service().count_tickets().filter_text(conditions).await.unwrap();
        assert!(count > 0 && count < 800, "{conditions}: {count}");
    }
    // Each of the 240 contacts has an email address.
    let contacts = psa.company().list_contacts().filter_children_text(
        r#"communicationItems/value contains "@" and communicationItems/communicationType = "Email""#,
    );
    assert_eq!(contacts.all().await.unwrap().len(), 240);
    let gold = psa.company().list_companies().filter_custom_fields_text(r#"caption = "Care Level" and value = "Gold""#);
    let gold = gold.all().await.unwrap().len();
    assert!((1..50).contains(&gold), "{gold}");
}
