//! The rules that derive the name of an operation from its method, its path and its response.

use std::fmt;

use heck::ToSnakeCase;

use super::Lexicon;
use super::words::{WordClass, begins_with_preposition};

/// The shape of a response, as far as names depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseShape {
    /// A JSON array.
    Array,
    /// Bytes.
    Bytes,
    /// Anything else.
    Other,
}

/// A name with the rule that made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// The rule.
    pub rule: Rule,
}

/// The rules that make names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A GET that returns an array: `list_tickets`.
    List,
    /// A GET that returns one record: `get_ticket`.
    Get,
    /// A path with `count`: `count_tickets`.
    Count,
    /// A POST: `create_ticket`.
    Create,
    /// A PATCH: `update_ticket`.
    Update,
    /// A PUT: `replace_ticket`.
    Replace,
    /// A DELETE: `delete_ticket`.
    Delete,
    /// A GET that returns bytes: `download_invoice_pdf`.
    Download,
    /// A path that ends with `bulk`: `bulk_create_configurations`.
    Bulk,
    /// A last segment that begins with a verb: `convert_opportunity_to_project`.
    Action,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::List => "list",
            Self::Get => "get",
            Self::Count => "count",
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::Download => "download",
            Self::Bulk => "bulk",
            Self::Action => "action",
        })
    }
}

impl Lexicon {
    /// Returns the words of a path segment in lower case: `knowledgeBaseArticles` -> knowledge base articles.
    pub(super) fn words_of(&self, segment: &str) -> Vec<String> {
        let key = segment.to_ascii_lowercase();
        let text = self.compounds.get(&key).cloned().unwrap_or_else(|| segment.to_snake_case().replace('_', " "));
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// Returns the longest entry of `[sections]` that the segments of a path begin with: the number of segments, and
    /// the words that replace them. The segments are those after the section, without parameters and `info`.
    pub(super) fn section_words(&self, section: &str, segments: &[&str]) -> Option<(usize, Vec<String>)> {
        let entries = self.sections.get(section)?;
        (1..=segments.len()).rev().find_map(|count| {
            let key = segments.get(..count)?.join("/").to_ascii_lowercase();
            let words = entries.get(&key)?.split_whitespace().map(str::to_owned).collect();
            Some((count, words))
        })
    }

    /// Returns the name of an operation by rule, without overrides.
    #[must_use]
    pub fn operation_name(&self, method: &str, path: &str, response: ResponseShape) -> Name {
        Naming::new(self, path).name(method, response)
    }

    /// Returns the Rust argument of each path parameter, in the order of the path: `{parentId}` after `tickets` is
    /// `ticket_id`, and the last `{id}` stays `id`.
    #[must_use]
    pub fn arguments(&self, path: &str) -> Vec<String> {
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let last = segments.iter().rposition(|segment| segment.starts_with('{'));
        let mut arguments = Vec::new();
        for (index, segment) in segments.iter().enumerate() {
            let Some(name) = segment.strip_prefix('{').and_then(|segment| segment.strip_suffix('}')) else { continue };
            let generic = matches!(name.to_ascii_lowercase().as_str(), "id" | "parentid" | "grandparentid");
            let before = segments.get(..index).and_then(|before| {
                before.iter().rev().find(|segment| !segment.starts_with('{') && **segment != "info")
            });
            let argument = match before {
                Some(before) if generic && !(name == "id" && last == Some(index)) => {
                    format!("{}_id", self.words.singular(&self.words_of(before)).join("_"))
                }
                _ => name.to_snake_case(),
            };
            arguments.push(argument);
        }
        arguments
    }
}

/// Returns the nouns of a path in snake case, as a prefix for other names.
#[must_use]
pub fn nouns(lexicon: &Lexicon, path: &str) -> String {
    Naming::new(lexicon, path).nouns(Form::One).join("_")
}

/// The form of the last noun of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// The singular.
    One,
    /// The plural.
    Many,
    /// As the path has it.
    AsPath,
}

/// A segment of a path that is not a parameter.
#[derive(Clone)]
struct Segment {
    words: Vec<String>,
    /// Whether a parameter follows.
    followed: bool,
}

/// The parts of a path that make a name.
#[derive(Clone)]
struct Naming<'a> {
    lexicon: &'a Lexicon,
    section: String,
    segments: Vec<Segment>,
    /// Whether the path contains `info`. Such endpoints return short forms of records.
    info: bool,
    ends_with_parameter: bool,
}

impl<'a> Naming<'a> {
    fn new(lexicon: &'a Lexicon, path: &str) -> Self {
        let mut parts = path.split('/').filter(|segment| !segment.is_empty());
        let section = parts.next().unwrap_or_default().to_owned();
        let parts: Vec<&str> = parts.collect();
        let is_info = |part: &str| part.eq_ignore_ascii_case("info");
        let mut names: Vec<(&str, bool)> = Vec::new();
        for part in parts.iter().filter(|part| !is_info(part)) {
            if !part.starts_with('{') {
                names.push((part, false));
            } else if let Some(last) = names.last_mut() {
                last.1 = true;
            }
        }
        let plain: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
        let (replaced, words) = lexicon.section_words(&section, &plain).unwrap_or_default();
        let mut segments: Vec<Segment> = Vec::new();
        if replaced > 0 {
            let followed = names.get(replaced - 1).is_some_and(|(_, followed)| *followed);
            segments.push(Segment { words, followed });
        }
        for (name, followed) in names.into_iter().skip(replaced) {
            let words = lexicon.words_of(name);
            match segments.last_mut() {
                // `members/withSso` is one phrase, and so is `usages/list`: the records of which `usages` has counts.
                Some(last) if !last.followed && begins_with_preposition(&words) => last.words.extend(words),
                Some(last) if words == ["list"] && last.words == ["usages"] => {
                    last.words = ["usage", "records"].map(str::to_owned).to_vec();
                }
                _ => segments.push(Segment { words, followed }),
            }
        }
        Self {
            lexicon,
            section,
            segments,
            info: parts.iter().any(|part| is_info(part)),
            ends_with_parameter: parts.last().is_some_and(|part| part.starts_with('{')),
        }
    }

    /// Returns the nouns of all segments: all in the singular, except that the last has the given form.
    fn nouns(&self, form: Form) -> Vec<String> {
        let dictionary = &self.lexicon.words;
        let mut nouns = Vec::new();
        let mut shown = self.segments.as_slice();
        let mut form = form;
        // `contacts/default` is the default contact.
        if let [before @ .., last] = shown
            && let [adjective] = last.words.as_slice()
            && dictionary.is(adjective, WordClass::Adjective)
            && !before.is_empty()
        {
            nouns.push(super::words::singular(adjective));
            shown = before;
            form = if form == Form::AsPath { Form::One } else { form };
        }
        for (index, segment) in shown.iter().enumerate() {
            let one = dictionary.singular(&segment.words);
            let own = if index + 1 < shown.len() || self.info {
                one.clone()
            } else {
                match form {
                    Form::One => one.clone(),
                    Form::Many => dictionary.plural(&segment.words),
                    Form::AsPath if segment.followed => one.clone(),
                    Form::AsPath => segment.words.clone(),
                }
            };
            // `taxCodes/{id}/taxCodeLevels` has `tax_code` only once.
            let repeated = (1..=one.len())
                .rev()
                .find(|count| nouns.len() >= *count && nouns.get(nouns.len() - count..) == one.get(..*count));
            nouns.truncate(nouns.len() - repeated.unwrap_or(0));
            nouns.extend(own);
        }
        if self.info {
            if nouns.is_empty() {
                nouns.push(self.section.clone());
            }
            nouns.push(if form == Form::Many { "infos".to_owned() } else { "info".to_owned() });
        }
        nouns
    }

    fn name(&self, method: &str, response: ResponseShape) -> Name {
        if let Some(at) = self.segments.iter().position(|segment| segment.words == ["count"])
            && matches!(method, "get" | "post")
        {
            return named(Rule::Count, "count", &self.without(at).nouns(Form::Many), &[]);
        }
        if self.segments.last().is_some_and(|last| last.words == ["bulk"]) {
            let verb = format!("bulk_{}", write_rule(method));
            return named(Rule::Bulk, &verb, &self.without_last().nouns(Form::Many), &[]);
        }
        if method == "get" {
            return self.read(response);
        }
        if let Some(name) = self.action() {
            return name;
        }
        let rule = write_rule(method);
        let form = if method == "post" || self.ends_with_parameter { Form::One } else { Form::AsPath };
        named(rule, &rule.to_string(), &self.nouns(form), &[])
    }

    /// Returns the name of a GET. The response decides between `list`, `get` and `download`.
    fn read(&self, response: ResponseShape) -> Name {
        let shown = self.without_get();
        match (shown.action(), response) {
            (Some(name), _) => name,
            (None, ResponseShape::Array) => named(Rule::List, "list", &shown.nouns(Form::Many), &[]),
            (None, ResponseShape::Bytes) => named(Rule::Download, "download", &shown.nouns(Form::One), &[]),
            (None, ResponseShape::Other) => named(Rule::Get, "get", &shown.nouns(Form::One), &[]),
        }
    }

    /// Returns the same path without the segment at an index.
    fn without(&self, at: usize) -> Self {
        let mut shorter = self.clone();
        shorter.segments.remove(at);
        shorter
    }

    fn without_last(&self) -> Self {
        let mut shorter = self.clone();
        shorter.segments.pop();
        shorter
    }

    /// Returns the same path without a `get` at the beginning of its last segment: `setups/{id}/getEmails` reads emails.
    fn without_get(&self) -> Self {
        let mut shorter = self.clone();
        if let Some(last) = shorter.segments.last_mut()
            && last.words.len() > 1
            && last.words.first().is_some_and(|word| word == "get")
        {
            last.words.remove(0);
        }
        shorter
    }

    /// Returns the name of an action: `tickets/{id}/convertToProject` -> convert_ticket_to_project. `None` if the last
    /// segment does not begin with a verb.
    fn action(&self) -> Option<Name> {
        let last = self.segments.last()?;
        let verb = last.words.first()?;
        let dictionary = &self.lexicon.words;
        if !dictionary.is(verb, WordClass::Verb) || dictionary.is(&last.words.join(" "), WordClass::Noun) {
            return None;
        }
        let before = Self { info: false, ..self.without_last() };
        let form = if verb == "search" { Form::Many } else { Form::One };
        Some(named(Rule::Action, verb, &before.nouns(form), last.words.get(1..).unwrap_or_default()))
    }
}

/// Returns the rule for a method that writes.
fn write_rule(method: &str) -> Rule {
    match method {
        "patch" => Rule::Update,
        "put" => Rule::Replace,
        "delete" => Rule::Delete,
        _ => Rule::Create,
    }
}

fn named(rule: Rule, verb: &str, nouns: &[String], rest: &[String]) -> Name {
    let words = std::iter::once(verb).chain(nouns.iter().map(String::as_str)).chain(rest.iter().map(String::as_str));
    Name { text: words.collect::<Vec<_>>().join("_"), rule }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        super::super::read(
            r#"
            [words]
            attach = "verb"
            change = "verb"
            convert = "verb"
            copy = "verb"
            create = "verb"
            download = "verb"
            link = "verb"
            merge = "verb"
            reset = "verb"
            resolve = "verb"
            search = "verb"
            "change logs" = "noun"
            inventory = "invariant"
            trail = "invariant"
            active = "adjective"
            default = "adjective"
            included = "adjective"
            opened = "after-noun"
            [compounds]
            audittrail = "audit trail"
            changelogs = "change logs"
            getdefinition = "get definition"
            lineitems = "line items"
            purchaseorders = "purchase orders"
            resolveurl = "resolve url"
            unitofmeasures = "units of measure"
            [sections.finance]
            "accounting/unpostedexpenses" = "unposted expenses"
            [sections.time]
            entries = "time entries"
            "#,
        )
        .unwrap()
    }

    #[test]
    fn rules_name_operations() {
        use ResponseShape::{Array, Bytes, Other};
        for (method, path, response, expected) in [
            ("get", "/service/tickets", Array, "list_tickets"),
            ("get", "/service/tickets/{id}", Other, "get_ticket"),
            ("get", "/service/tickets/count", Other, "count_tickets"),
            ("post", "/service/tickets", Other, "create_ticket"),
            ("patch", "/service/tickets/{id}", Other, "update_ticket"),
            ("put", "/service/tickets/{id}", Other, "replace_ticket"),
            ("delete", "/service/tickets/{id}", Other, "delete_ticket"),
            ("get", "/service/tickets/{parentId}/notes", Array, "list_ticket_notes"),
            ("get", "/service/tickets/{parentId}/notes/{id}", Other, "get_ticket_note"),
            ("post", "/service/tickets/search", Array, "search_tickets"),
            ("post", "/service/boards/copy", Other, "copy_board"),
            ("post", "/service/tickets/{parentId}/merge", Other, "merge_ticket"),
            ("post", "/service/tickets/{parentId}/attachChildren", Other, "attach_ticket_children"),
            (
                "post",
                "/sales/opportunities/{id}/convertToServiceTicket",
                Other,
                "convert_opportunity_to_service_ticket",
            ),
            ("post", "/system/members/{id}/linkSsoUser", Other, "link_member_sso_user"),
            ("get", "/company/contacts/default", Other, "get_default_contact"),
            ("get", "/company/companies/types", Array, "list_company_types"),
            ("get", "/company/companies/types/{id}/info", Other, "get_company_type_info"),
            ("get", "/company/companies/types/info", Array, "list_company_type_infos"),
            ("get", "/service/info/boards", Array, "list_board_infos"),
            ("get", "/system/info", Other, "get_system_info"),
            ("get", "/service/boards/{id}/usages", Array, "list_board_usages"),
            (
                "post",
                "/procurement/purchaseorders/{parentId}/lineitems/bulk",
                Other,
                "bulk_create_purchase_order_line_items",
            ),
            ("get", "/procurement/purchaseorders/{parentId}/lineitems/{id}", Other, "get_purchase_order_line_item"),
            ("get", "/time/entries", Array, "list_time_entries"),
            ("get", "/system/documents/{id}/download", Other, "download_document"),
            ("get", "/finance/invoices/{id}/pdf", Bytes, "download_invoice_pdf"),
            ("patch", "/company/configurations/{id}/changeType", Other, "change_configuration_type"),
            ("get", "/service/tickets/{parentId}/changelogs", Array, "list_ticket_change_logs"),
            ("get", "/company/companies/{parentId}/companyTypeAssociations", Array, "list_company_type_associations"),
            ("delete", "/sales/opportunities/{parentId}/forecast/", Other, "delete_opportunity_forecast"),
            ("get", "/finance/taxCodes/{parentId}/taxCodeLevels", Array, "list_tax_code_levels"),
            ("patch", "/project/billingRates/{parentId}/billingRates/{id}", Other, "update_billing_rate"),
            ("get", "/service/boards/{id}/usages/list", Array, "list_board_usage_records"),
            ("post", "/project/projectTemplates/createFromProject/{id}", Other, "create_project_template_from_project"),
            ("post", "/system/bundles/count", Other, "count_bundles"),
            ("get", "/system/myMembers", Other, "get_my_member"),
            ("get", "/system/members/withSso", Array, "list_members_with_sso"),
            ("get", "/system/audittrail", Array, "list_audit_trail"),
            ("get", "/system/quoteLinkSetup", Array, "list_quote_link_setups"),
            ("get", "/system/quoteLinkSetup/count", Other, "count_quote_link_setups"),
            ("get", "/procurement/catalog/vendors/{parentId}", Array, "list_catalog_vendors"),
            ("get", "/procurement/catalog/{parentId}/inventory", Array, "list_catalog_inventory"),
            ("get", "/procurement/unitOfMeasures", Array, "list_units_of_measure"),
            ("delete", "/procurement/unitOfMeasures/{id}", Other, "delete_unit_of_measure"),
            ("get", "/procurement/unitOfMeasures/{parentId}/conversions", Array, "list_unit_of_measure_conversions"),
            ("post", "/marketing/campaigns/{parentId}/emailsOpened", Other, "create_campaign_email_opened"),
            ("get", "/marketing/campaigns/{parentId}/emailsOpened", Array, "list_campaign_emails_opened"),
            ("get", "/company/sync/property/included", Array, "list_included_sync_properties"),
            ("get", "/service/info/boards/active", Array, "list_active_board_infos"),
            ("post", "/system/info/links/{id}/resolveurl", Other, "resolve_link_url"),
            ("get", "/system/setups/{id}/getEmails", Array, "list_setup_emails"),
            ("get", "/system/import/getdefinition/{id}", Other, "get_import_definition"),
            (
                "get",
                "/finance/accounting/unpostedexpenses/{parentId}/taxableLevels",
                Array,
                "list_unposted_expense_taxable_levels",
            ),
            ("delete", "/system/members/{id}/unusedTimeSheets", Other, "delete_member_unused_time_sheets"),
        ] {
            assert_eq!(lexicon().operation_name(method, path, response).text, expected, "{method} {path}");
        }
    }

    #[test]
    fn a_name_says_which_rule_made_it() {
        for (method, path, expected) in [
            ("get", "/a/tickets/count", Rule::Count),
            ("post", "/a/tickets/search", Rule::Action),
            ("delete", "/a/tickets/bulk", Rule::Bulk),
            ("get", "/a/tickets/{id}", Rule::Get),
            ("patch", "/a/tickets/{id}", Rule::Update),
        ] {
            assert_eq!(lexicon().operation_name(method, path, ResponseShape::Other).rule, expected, "{method} {path}");
        }
    }

    #[test]
    fn path_parameters_have_descriptive_arguments() {
        for (path, expected) in [
            ("/service/tickets/{parentId}/notes/{id}", vec!["ticket_id", "id"]),
            ("/service/tickets/{parentId}/notes", vec!["ticket_id"]),
            ("/a/boards/{grandparentId}/types/{parentId}/x/{id}", vec!["board_id", "type_id", "id"]),
            ("/company/contacts/{id}/image", vec!["id"]),
            ("/system/reports/{reportName}", vec!["report_name"]),
            // `info` is skipped, so both follow `workflows`. `name_operations` reports equal arguments.
            ("/a/workflows/{grandParentId}/info/{parentId}", vec!["workflow_id", "workflow_id"]),
        ] {
            assert_eq!(lexicon().arguments(path), expected, "{path}");
        }
    }
}
