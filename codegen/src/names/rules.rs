//! The rules that derive the name of an operation from its method and path.

use heck::ToSnakeCase;

use super::Lexicon;
use super::words::singular;

/// The shape of a response, as far as names depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseShape {
    /// A JSON array.
    Array,
    /// Anything else.
    Other,
}

/// Verbs with which a path segment can begin: `convertToProject`, `testConnection`, `merge`.
const VERBS: &[&str] = &[
    "apply",
    "approve",
    "attach",
    "authorize",
    "calculate",
    "cancel",
    "change",
    "clear",
    "convert",
    "copy",
    "deactivate",
    "detach",
    "download",
    "execute",
    "export",
    "generate",
    "import",
    "link",
    "mark",
    "merge",
    "rebatch",
    "recalculate",
    "register",
    "reject",
    "request",
    "reset",
    "resolve",
    "reverse",
    "search",
    "submit",
    "test",
    "unbatch",
    "unlink",
    "validate",
];

/// Path segments that begin with a verb, but are nouns.
const NOUNS: &[&str] = &["changelogs", "change logs", "change orders", "links"];

impl Lexicon {
    /// Returns the words of a path segment in lower case: `knowledgeBaseArticles` -> knowledge base articles.
    fn words(&self, segment: &str) -> Vec<String> {
        let key = segment.to_ascii_lowercase();
        let text = self.compounds.get(&key).cloned().unwrap_or_else(|| segment.to_snake_case().replace('_', " "));
        text.split_whitespace().map(str::to_owned).collect()
    }

    /// Returns the name of an operation by rule, without overrides.
    #[must_use]
    pub fn operation_name(&self, method: &str, path: &str, response: ResponseShape) -> String {
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
                    let mut words = self.words(before);
                    if let Some(word) = words.last_mut() {
                        *word = singular(word);
                    }
                    format!("{}_id", words.join("_"))
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
    let naming = Naming::new(lexicon, path);
    naming.nouns(true, naming.segments.len()).join("_")
}

/// A segment of a path that is not a parameter.
struct Segment {
    words: Vec<String>,
    /// Whether a parameter follows.
    followed: bool,
}

/// The parts of a path that make a name.
struct Naming {
    segments: Vec<Segment>,
    /// Whether the path contains `info`. Such endpoints return short forms of records.
    info: bool,
    ends_with_parameter: bool,
    section: String,
}

impl Naming {
    fn new(lexicon: &Lexicon, path: &str) -> Self {
        let mut parts = path.split('/').filter(|segment| !segment.is_empty());
        let section = parts.next().unwrap_or_default().to_owned();
        let parts: Vec<&str> = parts.collect();
        let mut segments: Vec<Segment> = Vec::new();
        let mut info = false;
        for (index, part) in parts.iter().enumerate() {
            if part.starts_with('{') {
                if let Some(last) = segments.last_mut() {
                    last.followed = true;
                }
            } else if part.eq_ignore_ascii_case("info") {
                info = true;
            } else {
                let own = lexicon
                    .sections
                    .get(&section)
                    .filter(|_| index == 0)
                    .and_then(|words| words.get(&part.to_ascii_lowercase()));
                let words =
                    own.map_or_else(|| lexicon.words(part), |own| own.split_whitespace().map(str::to_owned).collect());
                segments.push(Segment { words, followed: false });
            }
        }
        let ends_with_parameter = parts.last().is_some_and(|part| part.starts_with('{'));
        Self { segments, info, ends_with_parameter, section }
    }

    /// Returns the nouns of the first `count` segments, in the singular. If `one` is false, the last noun stays
    /// singular or plural, as the path has it, unless a parameter follows it or the path has `default` or `info`.
    fn nouns(&self, one: bool, count: usize) -> Vec<String> {
        let mut words = Vec::new();
        let mut shown: Vec<&Segment> = self.segments.iter().take(count).collect();
        let adjective = shown.last().is_some_and(
            |segment| matches!(segment.words.as_slice(), [word] if word == "default" || word == "defaults"),
        );
        if adjective {
            shown.pop();
            words.push("default".to_owned());
        }
        for (index, segment) in shown.iter().enumerate() {
            let mut own = segment.words.clone();
            let last = index + 1 == shown.len();
            if let Some(word) = own.last_mut()
                && (!last || one || self.info || adjective || segment.followed)
            {
                *word = singular(word);
            }
            // `taxCodes/{id}/taxCodeLevels` has `tax_code` only once.
            let repeated = (1..own.len())
                .rev()
                .find(|count| words.len() >= *count && words.get(words.len() - count..) == own.get(..*count));
            words.extend(own.into_iter().skip(repeated.unwrap_or(0)));
        }
        if self.info {
            if words.is_empty() {
                words.push(self.section.clone());
            }
            words.push(if one { "info".to_owned() } else { "infos".to_owned() });
        }
        words
    }

    fn name(&self, method: &str, response: ResponseShape) -> String {
        let count = self.segments.len();
        let last = self.segments.last();
        let last_words: Vec<&str> =
            last.map(|segment| segment.words.iter().map(String::as_str).collect()).unwrap_or_default();
        if let Some(at) = self.segments.iter().position(|segment| segment.words == ["count"])
            && method == "get"
        {
            return join("count", &self.without(at).nouns(false, count - 1), &[]);
        }
        if last_words == ["bulk"] {
            return join(&format!("bulk_{}", write_verb(method)), &self.nouns_before_last(false), &[]);
        }
        if let Some(name) = self.action(method) {
            return name;
        }
        match (method, self.ends_with_parameter) {
            ("get", true) => join("get", &self.nouns(true, count), &[]),
            ("get", false) if response == ResponseShape::Array => join("list", &self.nouns(false, count), &[]),
            ("get", false) => join("get", &self.keep_last(), &[]),
            ("post", _) => join("create", &self.nouns(true, count), &[]),
            (method, true) => join(write_verb(method), &self.nouns(true, count), &[]),
            (method, false) => join(write_verb(method), &self.keep_last(), &[]),
        }
    }

    /// Returns all nouns. The last one stays singular or plural, as the path has it. A path with `info` gets the
    /// singular `info`.
    fn keep_last(&self) -> Vec<String> {
        let one = self.info;
        self.nouns(one, self.segments.len())
    }

    fn nouns_before_last(&self, one: bool) -> Vec<String> {
        self.nouns(one, self.segments.len().saturating_sub(1))
    }

    /// Returns the same path without the segment at an index.
    fn without(&self, at: usize) -> Self {
        let segments = self
            .segments
            .iter()
            .enumerate()
            .filter(|(index, _)| *index != at)
            .map(|(_, segment)| Segment { words: segment.words.clone(), followed: segment.followed })
            .collect();
        Self { segments, info: self.info, ends_with_parameter: false, section: self.section.clone() }
    }

    /// Returns the name of an action: `tickets/{id}/convertToProject` -> convert_ticket_to_project. `None` if the last
    /// segment does not begin with a verb.
    fn action(&self, method: &str) -> Option<String> {
        let last = self.segments.last()?;
        let verb = last.words.first()?;
        let phrase = last.words.join(" ");
        if !VERBS.contains(&verb.as_str()) || NOUNS.contains(&phrase.as_str()) || (method == "get" && verb == "export")
        {
            return None;
        }
        let before: Vec<String> = self.nouns_before_last(verb != "search");
        Some(join(verb, &before, last.words.get(1..).unwrap_or_default()))
    }
}

fn write_verb(method: &str) -> &str {
    match method {
        "patch" => "update",
        "put" => "replace",
        "post" => "create",
        other => other,
    }
}

fn join(verb: &str, nouns: &[String], rest: &[String]) -> String {
    std::iter::once(verb)
        .chain(nouns.iter().map(String::as_str))
        .chain(rest.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        super::super::read("[compounds]\npurchaseorders = \"purchase orders\"\nlineitems = \"line items\"\n[sections.time]\nentries = \"time entries\"").unwrap()
    }

    #[test]
    fn rules_name_operations() {
        use ResponseShape::{Array, Other};
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
            ("get", "/finance/invoices/{id}/pdf", Other, "get_invoice_pdf"),
            ("patch", "/company/configurations/{id}/changeType", Other, "change_configuration_type"),
            ("get", "/service/tickets/{parentId}/changelogs", Array, "list_ticket_changelogs"),
            ("get", "/company/companies/{parentId}/companyTypeAssociations", Array, "list_company_type_associations"),
            ("delete", "/sales/opportunities/{parentId}/forecast/", Other, "delete_opportunity_forecast"),
            ("get", "/finance/taxCodes/{parentId}/taxCodeLevels", Array, "list_tax_code_levels"),
        ] {
            assert_eq!(lexicon().operation_name(method, path, response), expected, "{method} {path}");
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
