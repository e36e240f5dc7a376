//! The first sentence of an operation, in English: "Lists ticket notes." for `list_ticket_notes`.
//!
//! Rules build most sentences from the name of the operation. Two tables hold the records and the sentences that the
//! rules would get wrong.

use crate::model::Operation;
use crate::names::words::{Words, singular};

/// Sentences that the rules would get wrong, by the name of the operation, without the period.
const SENTENCES: &[(&str, &str)] = &[
    ("apply_project_template", "Applies a template to a project"),
    ("apply_several_project_templates", "Applies several templates to a project"),
    ("attach_ticket_children", "Attaches child tickets to a ticket"),
    ("calculate_catalog_item_pricing", "Calculates the pricing of a catalog item"),
    ("change_configuration_type", "Changes the type of a configuration"),
    (
        "convert_ticket",
        "Converts a project ticket to another record type: a service ticket, a project ticket or a project issue",
    ),
    ("convert_ticket_to_project_ticket", "Converts a service ticket to a project ticket or to a project issue"),
    ("count_report_rows", "Counts the rows of a report"),
    ("create_agreement_invoice", "Creates an invoice for an agreement"),
    ("create_member_token", "Creates a token for a member"),
    ("create_project_template_from_project", "Creates a project template from a project"),
    ("delete_contact_sync_monitoring_by_type", "Deletes the contact sync monitoring record of a monitoring type"),
    ("delete_member_unused_time_sheets", "Deletes the unused time sheets of a member"),
    ("delete_schedule_entry_and_notify", "Deletes a schedule entry and notifies its resource"),
    ("delete_workflow_action_user_defined_fields", "Deletes the user-defined fields of an action of a workflow event"),
    ("download_contact_image", "Downloads the image of a contact"),
    ("download_document_thumbnail", "Downloads the thumbnail of a document"),
    ("download_document_upload_sample", "Downloads a sample page for document uploads"),
    ("download_invoice_pdf", "Downloads an invoice as a PDF"),
    ("download_management_log", "Downloads a log of a management record"),
    ("download_member_image", "Downloads the image of a member"),
    ("download_menu_entry_image", "Downloads the image of a menu entry"),
    ("download_priority_image", "Downloads the image of a priority"),
    ("execute_managed_it_sync", "Runs the managed IT sync of a management record"),
    ("export_accounting", "Exports accounting data"),
    ("generate_from_template", "Generates records from a template"),
    ("get_catalog_item_quantity_on_hand", "Gets the quantity on hand of a catalog item"),
    (
        "get_contact_sync_monitoring_by_notification_type",
        "Gets the contact sync monitoring record of a notification type",
    ),
    ("get_contact_sync_monitoring_by_type", "Gets the contact sync monitoring record of a monitoring type"),
    ("get_knowledge_base_settings_by_id", "Gets the knowledge base settings by ID"),
    ("get_marketplace_import_definition", "Gets the definition of a marketplace import"),
    ("get_member_by_identifier", "Gets a member by identifier"),
    ("get_member_info_by_identifier", "Gets the short form (`/info`) of a member by identifier"),
    ("get_my_member", "Gets the My Members record"),
    ("get_my_member_info", "Gets the short form (`/info`) of the My Members record"),
    ("get_opportunity_forecast_item", "Gets a forecast item of an opportunity"),
    ("get_project_workplan", "Gets the workplan of a project"),
    ("get_system_info", "Gets the system info"),
    ("get_time_entry_defaults", "Gets the default values of a new time entry"),
    ("import_from_marketplace", "Imports from the marketplace"),
    ("import_mass_maintenance", "Runs a mass maintenance import"),
    (
        "list_all_workflow_action_user_defined_fields",
        "Lists the user-defined fields of the actions of all workflow events",
    ),
    ("list_excluded_m365_contact_sync_properties", "Lists the excluded properties of the Microsoft 365 contact sync"),
    ("list_included_m365_contact_sync_properties", "Lists the included properties of the Microsoft 365 contact sync"),
    ("list_office365_email_setup_emails", "Lists the emails of an Office 365 email setup"),
    ("list_opportunity_conversions", "Lists the conversions of an opportunity"),
    ("list_order_conversions", "Lists the conversions of an order"),
    ("mark_ticket_note", "Marks a ticket note"),
    ("merge_company", "Merges a company into another one"),
    ("merge_ticket", "Merges other tickets into a ticket"),
    ("recalculate_invoice_commissions", "Recalculates the commissions of an invoice"),
    ("register_sso_configuration_token", "Registers the token of an SSO configuration"),
    ("replace_document_content", "Replaces the content of a document"),
    ("replace_opportunity_setup_of_portal_configuration", "Replaces the opportunity setup of a portal configuration"),
    ("request_contact_password", "Requests the password of a contact"),
    ("resolve_link_url", "Resolves the URL of a link"),
    ("run_bundle", "Runs a bundle of requests"),
    ("run_count_bundle", "Runs a bundle of count requests"),
    ("submit_sso_configuration_members", "Submits the members of an SSO configuration"),
    ("test_auth_anvil_connection", "Tests the AuthAnvil connection"),
    ("test_google_email_setup_connection", "Tests the connection of a Google email setup"),
    ("test_invoice_setup_transaction", "Runs a test transaction for an invoice setup of a portal configuration"),
    ("test_ldap_configuration_link", "Tests the link of an LDAP configuration"),
    ("test_management_network_security_credentials", "Tests the credentials of a management network security record"),
    ("test_my_company_reporting_service_connection", "Tests the connection of a reporting service of My Company"),
    ("test_office365_email_setup_connection", "Tests the connection of an Office 365 email setup"),
    ("test_quote_link_setup_connection", "Tests the connection of a quote link setup"),
    ("unlink_member_from_sso_user", "Unlinks a member from its SSO user"),
    ("update_opportunity_setup_of_portal_configuration", "Updates the opportunity setup of a portal configuration"),
    ("upload_menu_entry_image", "Uploads the image of a menu entry"),
    ("validate_contact_portal_credentials", "Validates the portal credentials of a contact"),
];

/// Records that the rules would name badly: the name in operations (in the singular), one record in English, several
/// records in English.
const RECORDS: &[(&str, &str, &str)] = &[
    ("agreement_quick_access", "a quick access record of an agreement", "the quick access records of an agreement"),
    ("audit_trail", "an audit trail entry", "audit trail entries"),
    ("auth_anvil", "an AuthAnvil record", "AuthAnvil records"),
    (
        "board_type_subtype_item_association",
        "an association of type, subtype and item of a board",
        "the associations of types, subtypes and items of a board",
    ),
    ("calendar_sync_member", "a member for the calendar sync", "members for the calendar sync"),
    ("campaign_email_opened", "an opened email of a campaign", "the opened emails of a campaign"),
    ("campaign_emails_opened", "an opened email of a campaign", "the opened emails of a campaign"),
    ("campaign_form_submitted", "a submitted form of a campaign", "the submitted forms of a campaign"),
    ("campaign_forms_submitted", "a submitted form of a campaign", "the submitted forms of a campaign"),
    ("campaign_link_clicked", "a clicked link of a campaign", "the clicked links of a campaign"),
    ("campaign_links_clicked", "a clicked link of a campaign", "the clicked links of a campaign"),
    ("catalog_item_inventory", "an inventory record of a catalog item", "the inventory records of a catalog item"),
    (
        "catalog_item_minimum_stock_by_warehouse",
        "a minimum stock record of a catalog item",
        "the minimum stock records of a catalog item, by warehouse",
    ),
    ("change_log", "a time entry change log", "time entry change logs"),
    ("company_finance", "a company finance record", "company finance records"),
    (
        "configuration_quick_access",
        "a quick access record of a configuration",
        "the quick access records of a configuration",
    ),
    ("contact_portal_security", "a portal security setting of a contact", "the portal security settings of a contact"),
    ("contact_sync_monitoring", "a contact sync monitoring record", "contact sync monitoring records"),
    (
        "email_connector_parsing_rule",
        "a parsing rule of a parsing style of an email connector",
        "the parsing rules of a parsing style of an email connector",
    ),
    ("imap", "an IMAP record", "IMAP records"),
    ("management", "a management record", "management records"),
    (
        "management_it_solution_product",
        "a management product of a management IT solution",
        "the management products of a management IT solution",
    ),
    ("management_log", "a log of a management record", "the logs of a management record"),
    ("management_network_security", "a management network security record", "management network security records"),
    ("member_my_certification", "a My Certifications record of a member", "the My Certifications records of a member"),
    ("member_with_sso", "a member with SSO", "members with SSO"),
    ("my_account", "a My Account record", "My Account records"),
    ("my_account_delegation", "a delegation of My Account", "the delegations of My Account"),
    ("my_account_skill", "a skill of My Account", "the skills of My Account"),
    ("my_company_corporate_structure", "a corporate structure of My Company", "the corporate structures of My Company"),
    (
        "my_company_corporate_structure_level",
        "a corporate structure level of My Company",
        "the corporate structure levels of My Company",
    ),
    ("my_company_crm", "a CRM record of My Company", "the CRM records of My Company"),
    ("my_company_document", "a document setup of My Company", "the document setups of My Company"),
    ("my_company_other", "a record of other settings of My Company", "the records of other settings of My Company"),
    ("my_company_reporting_service", "a reporting service of My Company", "the reporting services of My Company"),
    ("my_company_service", "a service record of My Company", "the service records of My Company"),
    (
        "my_company_time_expense",
        "a time and expense record of My Company",
        "the time and expense records of My Company",
    ),
    ("my_security", "a My Security record", "My Security records"),
    ("my_security_customize_item", "a customize item of My Security", "the customize items of My Security"),
    ("opportunity_team", "a team of an opportunity", "the teams of an opportunity"),
    ("order_financial_recap", "a financial recap of an order", "the financial recaps of an order"),
    (
        "portal_configuration_payment_processor",
        "a payment processor of an invoice setup of a portal configuration",
        "the payment processors of an invoice setup of a portal configuration",
    ),
    ("portal_security_level", "a portal security level", "portal security levels"),
    ("project_template_workplan", "a workplan of a project template", "the workplans of a project template"),
    (
        "purchase_order_quick_access",
        "a quick access record of a purchase order",
        "the quick access records of a purchase order",
    ),
    (
        "tax_code_expense_type_exemption_level",
        "a taxable level of an expense type exemption of a tax code",
        "the taxable levels of an expense type exemption of a tax code",
    ),
    (
        "tax_code_product_type_exemption_level",
        "a taxable level of a product type exemption of a tax code",
        "the taxable levels of a product type exemption of a tax code",
    ),
    (
        "tax_code_work_role_exemption_level",
        "a taxable level of a work role exemption of a tax code",
        "the taxable levels of a work role exemption of a tax code",
    ),
    (
        "tax_code_xref_level",
        "a taxable level of a cross-reference of a tax code",
        "the taxable levels of a cross-reference of a tax code",
    ),
    ("unit_of_measure", "a unit of measure", "units of measure"),
    ("unit_of_measure_conversion", "a conversion of a unit of measure", "the conversions of a unit of measure"),
    (
        "unposted_expense_taxable_level",
        "a taxable level of an unposted expense",
        "the taxable levels of an unposted expense",
    ),
    (
        "unposted_invoice_taxable_level",
        "a taxable level of an unposted invoice",
        "the taxable levels of an unposted invoice",
    ),
    ("unposted_procurement", "an unposted procurement record", "unposted procurement records"),
    (
        "unposted_procurement_taxable_level",
        "a taxable level of an unposted procurement record",
        "the taxable levels of an unposted procurement record",
    ),
    (
        "warehouse_bin_inventory_on_hand",
        "an on-hand inventory record of a warehouse bin",
        "the on-hand inventory records of a warehouse bin",
    ),
    (
        "workflow_action_user_defined_field",
        "a user-defined field of an action of a workflow event",
        "the user-defined fields of an action of a workflow event",
    ),
];

/// Acronyms, proper names and compounds: as words in the names of operations, and as English writes them.
const SPELLINGS: &[(&str, &str)] = &[
    ("api", "API"),
    ("auth anvil", "AuthAnvil"),
    ("auto assign", "auto-assign"),
    ("automate", "Automate"),
    ("connectwise", "ConnectWise"),
    ("crm", "CRM"),
    ("cross reference", "cross-reference"),
    ("cross references", "cross-references"),
    ("cw", "ConnectWise"),
    ("epay", "ePay"),
    ("gl", "GL"),
    ("google", "Google"),
    ("iam", "IAM"),
    ("imap", "IMAP"),
    ("in out", "in/out"),
    ("it", "IT"),
    ("kanban", "Kanban"),
    ("kpi", "KPI"),
    ("kpis", "KPIs"),
    ("ldap", "LDAP"),
    ("m365", "Microsoft 365"),
    ("my company", "My Company"),
    ("office365", "Office 365"),
    ("on hand", "on-hand"),
    ("on premise", "on-premises"),
    ("os", "OS"),
    ("pdf", "PDF"),
    ("rma", "RMA"),
    ("sla", "SLA"),
    ("slas", "SLAs"),
    ("sso", "SSO"),
    ("today page", "Today page"),
    ("url", "URL"),
    ("user defined", "user-defined"),
    ("xref", "cross-reference"),
    ("xrefs", "cross-references"),
];

/// Returns the first sentence of an operation.
#[must_use]
pub(crate) fn sentence(operation: &Operation) -> String {
    if let Some((_, sentence)) = SENTENCES.iter().find(|(name, _)| *name == operation.name) {
        return format!("{sentence}.");
    }
    let mut words: Vec<&str> = operation.name.split('_').collect();
    let in_bulk = words.first() == Some(&"bulk");
    if in_bulk {
        words.remove(0);
    }
    let Some((verb, nouns)) = words.split_first() else { return String::new() };
    let object = object(verb, nouns);
    let bulk = if in_bulk { " in bulk" } else { "" };
    format!("{} {object}{bulk}.", third_person(verb))
}

/// Returns the object of a sentence: one record with its article, or several records.
fn object(verb: &str, words: &[&str]) -> String {
    if let Some(at) = words.iter().position(|word| *word == "to") {
        let (from, to) = words.split_at(at);
        return format!("{} to {}", Records::new(from).one, Records::new(to.get(1..).unwrap_or_default()).one);
    }
    if let Some(rest) = words.strip_prefix(&["all"]) {
        return format!("all {}", Records::listed(rest).many);
    }
    if matches!(verb, "list" | "count") {
        return Records::listed(words).many;
    }
    let records = Records::new(words);
    match (records.is_plural, verb) {
        (false, _) => records.one,
        (true, "get") if !records.many.starts_with("the ") => format!("the {}", records.many),
        (true, _) => records.many,
    }
}

/// The records that an operation acts on, in English.
struct Records {
    /// One of them, with its article.
    one: String,
    /// Several of them.
    many: String,
    /// Whether the name of the operation has the plural form.
    is_plural: bool,
}

impl Records {
    /// Creates the records of a name in the singular or plural.
    fn new(words: &[&str]) -> Self {
        Self::of_words(words, false)
    }

    /// Creates the records of a list or count, whose name has the plural already, even if it looks like a singular.
    fn listed(words: &[&str]) -> Self {
        Self::of_words(words, true)
    }

    fn of_words(words: &[&str], is_listed: bool) -> Self {
        let dictionary = Words::default();
        let phrase: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        // `unit_of_measure_usages` ends with its noun, `units_of_measure` begins with it.
        let singular_phrase = match phrase.split_last() {
            Some((last, before)) if singular(last) != *last => [before, &[singular(last)]].concat(),
            _ => dictionary.singular(&phrase),
        };
        let is_plural = is_listed || singular_phrase != phrase;
        let of = |one: String, many: String| Self { one, many, is_plural };
        let key = singular_phrase.join("_");
        if let Some((_, one, many)) = RECORDS.iter().find(|(name, ..)| *name == key) {
            return of((*one).to_owned(), (*many).to_owned());
        }
        let singular_words: Vec<&str> = singular_phrase.iter().map(String::as_str).collect();
        match singular_words.as_slice() {
            [owner @ .., "usage"] if !owner.is_empty() => {
                let usages = format!("the usages of {}", Self::new(owner).one);
                of(usages.clone(), usages)
            }
            [owner @ .., "usage", "record"] if !owner.is_empty() => {
                let records = format!("the records that use {}", Self::new(owner).one);
                of(records.clone(), records)
            }
            [record @ .., "info"] if !record.is_empty() => {
                // In a list, each record is one of several: the short forms of boards, not of a board.
                let records = Self::new(record);
                of(
                    format!("the short form (`/info`) of {}", records.one),
                    format!("the short forms (`/info`) of {}", records.many),
                )
            }
            ["default", record @ ..] if !record.is_empty() => {
                let one = format!("the default {}", with_acronyms(&record.join(" ")));
                of(one.clone(), one)
            }
            _ if words.contains(&"of") => {
                let at = words.iter().position(|word| *word == "of").unwrap_or_default();
                let (head, owner) = words.split_at(at);
                let owner = match owner.get(1..).unwrap_or_default() {
                    ["any", owner @ ..] => format!("any {}", with_acronyms(&owner.join(" "))),
                    owner => Self::new(owner).one,
                };
                let head = Self::of_words(head, is_listed);
                Self {
                    one: format!("{} of {owner}", head.one),
                    many: format!("the {} of {owner}", head.many),
                    is_plural: head.is_plural,
                }
            }
            _ => {
                let one = with_acronyms(&singular_words.join(" "));
                let several = if is_plural { phrase } else { dictionary.plural(&singular_phrase) };
                of(format!("{} {one}", article(&one)), with_acronyms(&several.join(" ")))
            }
        }
    }
}

/// Returns a phrase in which acronyms, proper names and compounds are written as usual: `SLA`, `My Company`.
pub(crate) fn with_acronyms(phrase: &str) -> String {
    let mut padded = format!(" {phrase} ");
    for (plain, spelling) in SPELLINGS {
        padded = padded.replace(&format!(" {plain} "), &format!(" {spelling} "));
    }
    padded.trim().to_owned()
}

/// Returns the indefinite article before a phrase or a Rust name, according to its sound.
#[must_use]
pub(crate) fn article(phrase: &str) -> &'static str {
    let first: String = phrase.chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
    let lower = first.to_ascii_lowercase();
    // An acronym is read letter by letter: "an SLA", "a KPI".
    let is_acronym = first.len() > 1
        && (first.chars().filter(char::is_ascii_uppercase).count() + 1 >= first.len()
            || first.chars().nth(1).is_some_and(|second| second.is_ascii_digit()));
    let by_vowel = if is_acronym {
        lower.starts_with(['a', 'e', 'f', 'h', 'i', 'l', 'm', 'n', 'o', 'r', 's', 'x'])
    } else {
        lower.starts_with(['a', 'e', 'i', 'o']) || (lower.starts_with('u') && !is_read_as_you(&lower))
    };
    if by_vowel { "an" } else { "a" }
}

/// Returns whether a word that begins with `u` is pronounced like "unit" and "user", not like "unused" and
/// "uninvoiced".
fn is_read_as_you(word: &str) -> bool {
    ["unit", "uni", "us", "ut"].iter().any(|start| word.starts_with(start)) && !word.starts_with("unin")
}

/// Returns the verb of a sentence: "Copies" for `copy`.
fn third_person(verb: &str) -> String {
    let verb = match verb {
        verb if verb.ends_with('y') && !verb.ends_with("ay") => {
            format!("{}ies", verb.get(..verb.len() - 1).unwrap_or(verb))
        }
        verb if verb.ends_with("ch") || verb.ends_with('s') => format!("{verb}es"),
        verb => format!("{verb}s"),
    };
    let mut letters = verb.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::model::{Query, ResponseBody};

    /// Creates an operation with only a name.
    pub(crate) fn operation_named(name: &str) -> Operation {
        Operation {
            section: String::new(),
            name: name.into(),
            vendor_id: String::new(),
            method: String::new(),
            path: String::new(),
            tag: String::new(),
            parameters: Vec::new(),
            query: Query::None,
            body: None,
            response: ResponseBody::Empty,
            status: String::new(),
            annotations: crate::model::Annotations::default(),
        }
    }

    #[test]
    fn sentences_are_correct_english() {
        for (name, expected) in [
            ("list_ticket_notes", "Lists ticket notes."),
            ("copy_board", "Copies a board."),
            ("download_invoice_pdf", "Downloads an invoice as a PDF."),
            ("bulk_create_configurations", "Creates configurations in bulk."),
            ("get_board_info", "Gets the short form (`/info`) of a board."),
            ("list_board_infos", "Lists the short forms (`/info`) of boards."),
            ("list_active_board_infos", "Lists the short forms (`/info`) of active boards."),
            ("get_user_status", "Gets a user status."),
            ("list_units_of_measure", "Lists units of measure."),
            ("get_unit_of_measure", "Gets a unit of measure."),
            ("list_unit_of_measure_usages", "Lists the usages of a unit of measure."),
            ("count_unit_of_measure_conversions", "Counts the conversions of a unit of measure."),
            ("calculate_ticket_slas", "Calculates ticket SLAs."),
            ("list_adjustment_type_usage_records", "Lists the records that use an adjustment type."),
            ("list_catalog_item_inventory", "Lists the inventory records of a catalog item."),
            ("list_spare_equipment", "Lists spare equipment."),
            ("list_members_with_sso", "Lists members with SSO."),
            ("list_campaign_emails_opened", "Lists the opened emails of a campaign."),
            ("create_campaign_email_opened", "Creates an opened email of a campaign."),
            ("delete_member_unused_time_sheets", "Deletes the unused time sheets of a member."),
            ("link_member_to_sso_user", "Links a member to an SSO user."),
            ("list_calendar_sync_members", "Lists members for the calendar sync."),
            ("list_sla_usages", "Lists the usages of an SLA."),
            ("get_sso_user", "Gets an SSO user."),
            ("get_m365_contact", "Gets a Microsoft 365 contact."),
            ("list_m365_contacts", "Lists Microsoft 365 contacts."),
            ("get_default_contact", "Gets the default contact."),
            ("get_knowledge_base_settings", "Gets the knowledge base settings."),
            ("convert_opportunity_to_service_ticket", "Converts an opportunity to a service ticket."),
            ("list_all_ticket_notes", "Lists all ticket notes."),
            ("list_type_associations_of_company", "Lists the type associations of a company."),
            ("get_event_of_any_workflow", "Gets an event of any workflow."),
            ("delete_unposted_expense", "Deletes an unposted expense."),
            ("list_tax_code_xrefs", "Lists tax code cross-references."),
            ("count_audit_trail", "Counts audit trail entries."),
        ] {
            assert_eq!(sentence(&operation_named(name)), expected);
        }
    }

    #[test]
    fn articles_follow_the_sound() {
        for (word, expected) in [
            ("order", "an"),
            ("user", "a"),
            ("unit", "a"),
            ("unused time sheet", "an"),
            ("SLA", "an"),
            ("KPI", "a"),
            ("ePay configuration", "an"),
            ("Ticket", "a"),
            ("Activity", "an"),
            ("M365Contact", "an"),
        ] {
            assert_eq!(article(word), expected, "{word}");
        }
    }
}
