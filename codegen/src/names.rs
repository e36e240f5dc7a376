//! Names operations and arguments. Rules derive the names from method and path.
//!
//! A name is unique in its section. It depends only on its own operation and is therefore stable between API versions.
//! `openapi/names.toml` contains the words that a rule cannot know, and the names that the rules would get wrong.

use std::collections::BTreeMap;

use heck::ToSnakeCase;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::document::{self, for_each_operation};
use crate::problem::Problems;

/// The content of `openapi/names.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lexicon {
    /// Path segments that the vendor writes as one word, with their words: `purchaseorders = "purchase orders"`.
    #[serde(default)]
    pub compounds: BTreeMap<String, String>,
    /// First path segments of a section that need more words: `[sections.time] entries = "time entries"`.
    #[serde(default)]
    pub sections: BTreeMap<String, BTreeMap<String, String>>,
    /// The vendor's operation ID -> the name in the bindings, if the name by rule is wrong or another operation has it.
    #[serde(default)]
    pub operations: BTreeMap<String, String>,
    /// The name of an enum by rule -> its name in the bindings.
    #[serde(default)]
    pub enums: BTreeMap<String, String>,
}

const FILE: &str = "openapi/names.toml";

/// Reads the file.
///
/// # Errors
/// Fails if the text is not TOML or has an unknown table.
pub fn read(text: &str) -> Result<Lexicon, Problems> {
    toml::from_str(text).map_err(|error| {
        Problems::one(
            FILE,
            format!("the file cannot be read: {error}"),
            "correct the file; codegen's `Lexicon` lists the tables",
        )
    })
}

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

/// Words whose singular and plural are the same, and singulars that end in `s`.
const INVARIANT: &[&str] = &[
    "analysis", "address", "basis", "business", "status", "series", "access", "news", "sms", "process", "canvas",
    "alias", "bonus", "progress",
];

/// Returns the singular of an English plural. Supports the words of the vendor's paths.
#[must_use]
pub fn singular(word: &str) -> String {
    let cut = |count: usize| word.get(..word.len() - count).unwrap_or(word).to_owned();
    if INVARIANT.contains(&word) || word.ends_with("ss") || word.len() < 3 {
        return word.to_owned();
    }
    match word {
        "slas" => return "sla".to_owned(),
        "indices" => return "index".to_owned(),
        _ => {}
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return if stem.len() > 1 { format!("{stem}y") } else { cut(1) };
    }
    for ending in ["sses", "shes", "ches", "xes", "zes", "uses"] {
        // "uses" as in "statuses", not as in "houses" and "causes".
        if word.ends_with(ending) && !word.ends_with("auses") && !word.ends_with("ouses") {
            return cut(2);
        }
    }
    if word.ends_with('s') { cut(1) } else { word.to_owned() }
}

/// Returns the plural of a singular English noun.
#[must_use]
pub fn plural(word: &str) -> String {
    let vowel_before_y =
        word.len() > 1 && word.get(word.len() - 2..word.len() - 1).is_some_and(|c| "aeiou".contains(c));
    if word.ends_with('y') && !vowel_before_y {
        return format!("{}ies", word.get(..word.len() - 1).unwrap_or(word));
    }
    if ["s", "x", "z", "ch", "sh"].iter().any(|ending| word.ends_with(ending)) {
        format!("{word}es")
    } else {
        format!("{word}s")
    }
}

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

/// Names the operations of a normalised document, and returns the number of overrides.
///
/// `operationId` becomes `SECTION_NAME`, and `x-vendor-id` the vendor's operation ID. Parameters get `x-argument`.
/// Reports duplicate names, and sections and names that are not valid in Rust.
pub fn name_operations(document: &mut Value, lexicon: &Lexicon, problems: &mut Problems) -> usize {
    let mut taken: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    let mut vendor_ids: BTreeMap<String, String> = BTreeMap::new();
    let mut overridden = 0;
    for_each_operation(document, |path, method, operation| {
        let label = document::operation_label(path, method, operation);
        let Some(vendor_id) = document::text(operation, "operationId").map(str::to_owned) else {
            problems.add(
                label,
                "the operation has no operationId",
                "add one to the document, because the vendor's documentation uses it",
            );
            return;
        };
        if let Some(other) = vendor_ids.insert(vendor_id.clone(), label.clone()) {
            problems.add(
                &label,
                format!("it has the same operationId as {other}"),
                "change one of the two operationIds in the document",
            );
        }
        let section = path.split('/').nth(1).unwrap_or_default().to_snake_case();
        let name = match lexicon.operations.get(&vendor_id) {
            Some(name) => {
                overridden += 1;
                name.clone()
            }
            None => lexicon.operation_name(method, path, response_shape(operation)),
        };
        if !is_rust_name(&name) {
            problems.add(
                &label,
                format!("`{name}` is not a valid name of a Rust function"),
                format!("name the operation in {FILE}, [operations]"),
            );
        }
        if !is_rust_name(&section) || TAKEN_MODULES.contains(&section.as_str()) {
            problems.add(
                &label,
                format!("the section `{section}` cannot be a module of the bindings"),
                "rename the module of the section (codegen: `name_operations`)",
            );
        }
        operation.insert("x-vendor-id".into(), json!(vendor_id));
        operation.insert("operationId".into(), json!(format!("{section}_{name}")));
        operation.insert("x-section".into(), json!(section));
        operation.insert("x-name".into(), json!(name));
        taken.entry((section, name)).or_default().push(label.clone());
        name_arguments(path, operation, lexicon, &label, problems);
    });
    for ((section, name), labels) in taken.iter().filter(|(_, labels)| labels.len() > 1) {
        problems.add(
            labels.join(" and "),
            format!("both have the name {section}::{name}"),
            format!("name one of them in {FILE}, [operations]"),
        );
    }
    overridden
}

/// Returns the operations and enums of the lexicon that a named document does not have.
#[must_use]
pub fn unused(document: &Value, lexicon: &Lexicon) -> Vec<String> {
    let mut vendor_ids = Vec::new();
    for item in document.get("paths").and_then(Value::as_object).into_iter().flat_map(document::Object::values) {
        for operation in item.as_object().into_iter().flat_map(document::Object::values) {
            vendor_ids.extend(operation.get("x-vendor-id").and_then(Value::as_str));
        }
    }
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let operations = lexicon.operations.keys().filter(|id| !vendor_ids.contains(&id.as_str())).cloned();
    let enums = lexicon
        .enums
        .iter()
        .filter(|(_, name)| !schemas.is_some_and(|schemas| schemas.contains_key(*name)))
        .map(|(by_rule, _)| by_rule.clone());
    operations.chain(enums).collect()
}

/// Modules of the bindings that are not sections.
const TAKEN_MODULES: &[&str] = &["catalogue", "common", "generated", "psa", "schemas", "types"];

fn is_rust_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !KEYWORDS.contains(&name)
}

fn response_shape(operation: &document::Object) -> ResponseShape {
    let schema = operation
        .get("responses")
        .and_then(Value::as_object)
        .and_then(|responses| responses.values().next())
        .and_then(|response| response.pointer("/content/application~1json/schema/type"));
    if schema.and_then(Value::as_str) == Some("array") { ResponseShape::Array } else { ResponseShape::Other }
}

fn name_arguments(
    path: &str,
    operation: &mut document::Object,
    lexicon: &Lexicon,
    label: &str,
    problems: &mut Problems,
) {
    let in_path: BTreeMap<String, String> =
        document::template_parameters(path).map(str::to_owned).zip(lexicon.arguments(path)).collect();
    // Arguments have the order of the path, not that of the document.
    if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
        let position = |parameter: &Value| {
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
            document::template_parameters(path).position(|other| other == name).unwrap_or(usize::MAX)
        };
        parameters.sort_by_key(position);
    }
    let mut seen: Vec<String> = Vec::new();
    for parameter in document::array_mut(operation, "parameters").filter_map(Value::as_object_mut) {
        let Some(name) = document::text(parameter, "name").map(str::to_owned) else { continue };
        let argument = match document::text(parameter, "in") {
            Some("path") => in_path.get(&name).cloned().unwrap_or_else(|| name.to_snake_case()),
            _ => name.to_snake_case(),
        };
        let argument = if KEYWORDS.contains(&argument.as_str()) { format!("{argument}_") } else { argument };
        let is_reserved = ["body", "patch", "form", "file"].contains(&argument.as_str());
        if is_reserved || seen.contains(&argument) {
            let message = if is_reserved {
                format!("the argument `{argument}` has the name of the argument for a request body")
            } else {
                format!("two arguments have the name `{argument}`")
            };
            problems.add(label, message, "give the argument another name (codegen: `name_arguments`)");
        }
        parameter.insert("x-argument".into(), json!(argument));
        seen.push(argument);
    }
}

/// Rust's keywords.
const KEYWORDS: &[&str] = &[
    "type", "ref", "match", "use", "in", "move", "where", "self", "loop", "for", "if", "else", "enum", "fn", "let",
    "mod", "pub", "return", "static", "struct", "trait", "async", "await", "dyn", "box", "final", "override", "priv",
    "abstract", "virtual", "yield", "try", "gen", "as", "break", "const", "continue", "crate", "extern", "false",
    "impl", "mut", "super", "true", "unsafe", "while",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn lexicon() -> Lexicon {
        read("[compounds]\npurchaseorders = \"purchase orders\"\nlineitems = \"line items\"\n[sections.time]\nentries = \"time entries\"").unwrap()
    }

    #[test]
    fn nouns_convert_between_singular_and_plural() {
        for (many, one) in [
            ("tickets", "ticket"),
            ("companies", "company"),
            ("statuses", "status"),
            ("status", "status"),
            ("addresses", "address"),
            ("taxes", "tax"),
            ("searches", "search"),
            ("types", "type"),
            ("warehouses", "warehouse"),
            ("slas", "sla"),
            ("causes", "cause"),
            ("info", "info"),
            ("entries", "entry"),
        ] {
            assert_eq!(singular(many), one);
        }
        for (one, many) in
            [("ticket", "tickets"), ("company", "companies"), ("key", "keys"), ("status", "statuses"), ("box", "boxes")]
        {
            assert_eq!(plural(one), many);
        }
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

    #[test]
    fn a_duplicate_name_is_reported_unless_it_is_overridden() {
        let document = json!({"paths": {
            "/a/companies/types": {"get": {"operationId": "one", "responses": {"200": {"content": {"application/json": {"schema": {"type": "array"}}}}}}},
            "/a/companies/{id}/types": {"get": {"operationId": "two", "parameters": [{"name": "id", "in": "path"}], "responses": {"200": {"content": {"application/json": {"schema": {"type": "array"}}}}}}}
        }});
        let mut problems = Problems::default();
        name_operations(&mut document.clone(), &Lexicon::default(), &mut problems);
        assert_eq!(problems.0.len(), 1);
        assert!(problems.to_string().contains("both have the name a::list_company_types"), "{problems}");
        let lexicon = Lexicon {
            operations: [("two".to_owned(), "list_types_of_company".to_owned())].into(),
            ..Lexicon::default()
        };
        let (mut named, mut none) = (document, Problems::default());
        assert_eq!(name_operations(&mut named, &lexicon, &mut none), 1);
        assert_eq!(none, Problems::default());
        let operation = &named["paths"]["/a/companies/{id}/types"]["get"];
        assert_eq!(
            (operation["operationId"].as_str(), operation["x-vendor-id"].as_str()),
            (Some("a_list_types_of_company"), Some("two"))
        );
        assert_eq!(operation["parameters"][0]["x-argument"], "id");
    }

    #[test]
    fn unused_names_are_found() {
        let document =
            json!({"paths": {"/a/b": {"get": {"x-vendor-id": "getB"}}}, "components": {"schemas": {"Level": {}}}});
        let pairs = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let lexicon = Lexicon {
            operations: pairs(&[("getB", "x"), ("getC", "y")]),
            enums: pairs(&[("TicketImpact", "Level"), ("Gone", "Missing")]),
            ..Lexicon::default()
        };
        assert_eq!(unused(&document, &lexicon), ["getC", "Gone"]);
    }

    #[test]
    fn invalid_rust_names_are_reported() {
        let mut document = json!({"paths": {"/types/b": {"get": {"operationId": "x"}}, "/a/b": {"get": {"operationId": "y"}}, "/9/b": {"get": {"operationId": "z"}}}});
        let lexicon = Lexicon { operations: [("y".to_owned(), "Get It".to_owned())].into(), ..Lexicon::default() };
        let mut problems = Problems::default();
        name_operations(&mut document, &lexicon, &mut problems);
        for expected in ["`types` cannot be a module", "`9` cannot be a module", "`Get It` is not a valid name"] {
            assert!(problems.to_string().contains(expected), "{problems}");
        }
    }

    #[test]
    fn missing_and_repeated_operation_ids_are_reported() {
        let mut document =
            json!({"paths": {"/a/b": {"get": {}, "put": {"operationId": "x"}, "post": {"operationId": "x"}}}});
        let mut problems = Problems::default();
        name_operations(&mut document, &Lexicon::default(), &mut problems);
        assert!(
            problems.to_string().contains("no operationId") && problems.to_string().contains("the same operationId"),
            "{problems}"
        );
    }
}
