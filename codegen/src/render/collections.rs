//! Groups the operations of a section by collection: everything that can be done with tickets is in one place. Files,
//! documentation and catalogue follow this order.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;

use crate::model::Operation;
use crate::names::words::{plural, singular};
use crate::render::summary::{sentence, with_acronyms};

/// The operations on the records of one collection of a section, and on the records below them.
#[derive(Clone, Debug)]
pub struct Collection<'a> {
    /// The name, unique in the section, which is also the name of its module: `purchase_orders`.
    pub name: String,
    /// The heading in English: `Purchase orders`.
    pub title: String,
    /// The paths: `/procurement/purchaseorders`. The vendor can spell the segment in several ways.
    pub paths: BTreeSet<String>,
    /// The operations, in the order of the documentation.
    pub operations: Vec<&'a Operation>,
}

impl Collection<'_> {
    /// Returns the name of the collection's module.
    #[must_use]
    pub fn module(&self) -> syn::Ident {
        // A name such as `type` or `365_users` cannot be the name of a module and of its file.
        let name = if syn::parse_str::<syn::Ident>(&self.name).is_ok() && self.name != "mod" {
            self.name.clone()
        } else {
            format!("collection_{}", self.name)
        };
        quote::format_ident!("{name}")
    }

    /// Returns the operations that list the records below those of the collection: the notes of tickets.
    pub fn nested_lists(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().copied().filter(|operation| is_list(operation) && literals(&operation.path).len() > 1)
    }
}

/// Returns the collections of a section, sorted by their headings. Each has its operations in this order: those of the
/// collection itself, then those of each list below it, by path. Within each: list, get, count, create, update,
/// replace, delete, others.
#[must_use]
pub fn in_section<'a>(operations: &[&'a Operation]) -> Vec<Collection<'a>> {
    let mut by_segment: BTreeMap<String, Vec<&'a Operation>> = BTreeMap::new();
    for operation in operations {
        by_segment.entry(key(&operation.path)).or_default().push(operation);
    }
    let mut collections: Vec<Collection<'a>> = Vec::new();
    for (segment, mut operations) in by_segment {
        sort(&mut operations);
        let name = name(&segment, &operations);
        let name = if collections.iter().any(|other| other.name == name) { segment.to_snake_case() } else { name };
        let title = title(&name, &operations);
        let paths = operations.iter().filter_map(|operation| collection_path(&operation.path)).collect();
        collections.push(Collection { name, title, paths, operations });
    }
    collections.sort_by_cached_key(|collection| (collection.title.to_lowercase(), collection.name.clone()));
    collections
}

/// Returns the literal segments of a path after the section, without `info`, in lower case. A path with only `info`
/// keeps it. The first one is in the singular, because the vendor has some operations of a collection below it:
/// `/finance/invoice/{id}/pdf`.
fn literals(path: &str) -> Vec<String> {
    let mut segments: Vec<String> = path
        .split('/')
        .filter(|segment| !segment.is_empty() && !segment.starts_with('{'))
        .skip(1)
        .map(str::to_lowercase)
        .collect();
    if segments.len() > 1 {
        segments.retain(|segment| segment != "info");
    }
    if let Some(first) = segments.first_mut() {
        *first = singular(first);
    }
    segments
}

/// Returns the segment that the operations of one collection have in common, in the singular.
fn key(path: &str) -> String {
    literals(path).into_iter().next().unwrap_or_default()
}

/// Returns the path of the collection in the vendor's spelling, up to and including its segment.
fn collection_path(path: &str) -> Option<String> {
    let key = key(path);
    let mut until = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        until.push(segment);
        if until.len() > 1 && singular(&segment.to_lowercase()) == key {
            // `/system/info/members` belongs to `/system/members`.
            let info = until.len() > 2;
            let path: Vec<&str> = until.into_iter().filter(|segment| !(info && *segment == "info")).collect();
            return Some(format!("/{}", path.join("/")));
        }
    }
    None
}

/// Returns whether an operation is the list of the records at its path.
fn is_list(operation: &Operation) -> bool {
    operation.method == "get" && operation.is_list() && verb(&operation.name) == "list"
}

fn verb(name: &str) -> &str {
    name.split('_').next().unwrap_or(name)
}

/// Sorts the operations of one collection.
fn sort(operations: &mut [&Operation]) {
    let lists: BTreeSet<Vec<String>> =
        operations.iter().filter(|operation| is_list(operation)).map(|operation| literals(&operation.path)).collect();
    // The longest path that is a list and begins the path of the operation: actions belong to the records that they
    // change.
    let group = |operation: &Operation| {
        let mut path = literals(&operation.path);
        while path.len() > 1 && !lists.contains(&path) {
            path.pop();
        }
        path
    };
    let rank = |operation: &Operation| {
        let verbs = ["list", "get", "count", "create", "update", "replace", "delete"];
        verbs.iter().position(|verb| *verb == self::verb(&operation.name)).unwrap_or(verbs.len())
    };
    let is_info = |operation: &Operation| operation.path.to_lowercase().split('/').any(|segment| segment == "info");
    operations.sort_by_cached_key(|operation| {
        (group(operation), rank(operation), is_info(operation), operation.name.clone())
    });
}

/// Returns the name of a collection, from the names of the operations on its own records: those of `list_tickets`, then
/// of `count_tickets`, and so on. A collection without such operations has the name of its segment.
fn name(segment: &str, operations: &[&Operation]) -> String {
    let of_records = operations.iter().filter(|operation| literals(&operation.path).len() == 1);
    let named = |wanted: &str| {
        let operation = of_records.clone().find(|operation| verb(&operation.name) == wanted)?;
        let records = operation.name.strip_prefix(wanted)?.strip_prefix('_')?;
        let records = records.split_once("_by_").map_or(records, |(records, _)| records);
        // A path without a parameter is a single record.
        if wanted == "get" && !operation.path.contains('{') {
            return Some(records.to_owned());
        }
        let records = records.strip_suffix("_infos").or_else(|| records.strip_suffix("_info")).unwrap_or(records);
        let (before, last) = records.rsplit_once('_').map_or(("", records), |(before, last)| (before, last));
        let last = if singular(last) == last { plural(last) } else { last.to_owned() };
        Some(if before.is_empty() { last } else { format!("{before}_{last}") })
    };
    ["list", "count", "get", "create"].into_iter().find_map(named).unwrap_or_else(|| words(segment, operations))
}

/// Returns the words of a segment: those of an operation's name that are the segment when they are written as one word.
/// Otherwise those that the letter case of the segment shows.
fn words(segment: &str, operations: &[&Operation]) -> String {
    let path = operations.iter().find_map(|operation| collection_path(&operation.path)).unwrap_or_default();
    let spelled = path.rsplit('/').next().unwrap_or(segment);
    let is_segment = |words: &&[&str]| singular(&words.concat()) == segment;
    for operation in operations {
        let all: Vec<&str> = operation.name.split('_').collect();
        if let Some(found) = (1..=all.len()).flat_map(|length| all.windows(length)).find(is_segment) {
            // The name of an operation on one record has the singular.
            let is_singular = found.concat() == segment && spelled.to_lowercase() != segment;
            let words = found.join("_");
            return if is_singular { plural(&words) } else { words };
        }
    }
    spelled.to_snake_case()
}

/// Returns the heading of a collection. If it is the name of several records, it is from the sentence of their list:
/// "Lists purchase orders."
fn title(name: &str, operations: &[&Operation]) -> String {
    let last = name.rsplit('_').next().unwrap_or(name);
    let list = operations.first().map(|operation| Operation { name: format!("list_{name}"), ..(*operation).clone() });
    let sentence = list.filter(|_| singular(last) != last).map(|list| sentence(&list));
    let records = sentence.as_deref().and_then(|sentence| sentence.strip_prefix("Lists ")?.strip_suffix('.'));
    let words = records.map_or_else(|| with_acronyms(&name.replace('_', " ")), str::to_owned);
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default() + letters.as_str()
}

/// Returns the fragment that rustdoc gives to a heading.
#[must_use]
pub fn fragment(title: &str) -> String {
    let mut fragment = String::new();
    for letter in title.chars() {
        match letter {
            ' ' => fragment.push('-'),
            '-' | '_' => fragment.push(letter),
            letter if letter.is_alphanumeric() => fragment.extend(letter.to_lowercase()),
            _ => {}
        }
    }
    // Rustdoc numbers the headings whose fragment is an element of its page.
    if TAKEN.contains(&fragment.as_str()) { format!("{fragment}-1") } else { fragment }
}

/// Fragments that rustdoc's pages use, or the documentation of each client.
const TAKEN: &[&str] = &[
    "collections",
    "errors",
    "examples",
    "fields",
    "help",
    "implementations",
    "main-content",
    "methods",
    "rights",
    "search",
    "settings",
    "variants",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Query, ResponseBody, Shape};
    use crate::render::summary::tests::operation_named;

    fn operation(method: &str, path: &str, name: &str) -> Operation {
        let response = if method == "get" && verb(name) == "list" {
            ResponseBody::Json(Shape::Many("X".into()))
        } else {
            ResponseBody::Empty
        };
        Operation {
            section: "service".into(),
            method: method.into(),
            path: path.into(),
            query: Query::List,
            response,
            ..operation_named(name)
        }
    }

    #[test]
    fn operations_are_grouped_by_collection_and_ordered_by_what_they_do() {
        let operations = [
            operation("post", "/service/tickets/{parentId}/notes", "create_ticket_note"),
            operation("delete", "/service/tickets/{id}", "delete_ticket"),
            operation("get", "/service/Tickets/{parentId}/notes", "list_ticket_notes"),
            operation("get", "/service/tickets/{parentId}/notes/count", "count_ticket_notes"),
            operation("get", "/service/tickets/count", "count_tickets"),
            operation("post", "/service/tickets", "create_ticket"),
            operation("patch", "/service/tickets/{id}", "update_ticket"),
            operation("put", "/service/tickets/{id}", "replace_ticket"),
            operation("post", "/service/tickets/{parentId}/merge", "merge_ticket"),
            operation("get", "/service/tickets/info", "list_ticket_infos"),
            operation("get", "/service/tickets", "list_tickets"),
            operation("get", "/service/tickets/{id}", "get_ticket"),
            operation("get", "/service/info/boards", "list_board_infos"),
            operation("get", "/service/boardtypes/info", "list_board_type_infos"),
            operation("get", "/service/ticket/{id}/pdf", "download_ticket"),
        ];
        let collections = in_section(&operations.iter().collect::<Vec<_>>());
        let shape: Vec<(&str, &str, Vec<&str>)> = collections
            .iter()
            .map(|collection| {
                let names = collection.operations.iter().map(|operation| operation.name.as_str()).collect();
                (collection.name.as_str(), collection.title.as_str(), names)
            })
            .collect();
        assert_eq!(
            shape,
            [
                ("board_types", "Board types", vec!["list_board_type_infos"]),
                ("boards", "Boards", vec!["list_board_infos"]),
                (
                    "tickets",
                    "Tickets",
                    vec![
                        "list_tickets",
                        "list_ticket_infos",
                        "get_ticket",
                        "count_tickets",
                        "create_ticket",
                        "update_ticket",
                        "replace_ticket",
                        "delete_ticket",
                        "download_ticket",
                        "merge_ticket",
                        "list_ticket_notes",
                        "count_ticket_notes",
                        "create_ticket_note"
                    ]
                ),
            ]
        );
        let [_, boards, tickets] = collections.as_slice() else { panic!("three collections") };
        assert_eq!(boards.paths, ["/service/boards".to_owned()].into());
        let paths = ["/service/Tickets", "/service/ticket", "/service/tickets"].map(str::to_owned);
        assert_eq!(tickets.paths, paths.into());
        assert_eq!(tickets.nested_lists().map(|list| list.name.as_str()).collect::<Vec<_>>(), ["list_ticket_notes"]);
    }

    #[test]
    fn a_collection_has_a_path_without_info_and_with_the_parameters_before_it() {
        for (path, key, expected) in [
            ("/system/info", "info", "/system/info"),
            ("/system/info/members/{id}", "member", "/system/members"),
            ("/project/{parentId}/billingRates/count", "billingrate", "/project/{parentId}/billingRates"),
            ("/service/SLAs/{id}/info", "sla", "/service/SLAs"),
            ("/finance/invoice/{id}/pdf", "invoice", "/finance/invoice"),
        ] {
            assert_eq!(super::key(path), key);
            assert_eq!(collection_path(path).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_collection_without_a_list_has_the_name_of_its_segment() {
        for (method, path, operation_name, name, title) in [
            (
                "get",
                "/system/contactsync/{id}/monitoring",
                "list_contact_sync_monitoring",
                "contact_sync",
                "Contact sync",
            ),
            ("get", "/finance/accounting/batches", "list_accounting_batches", "accounting", "Accounting"),
            ("get", "/system/info", "get_system_info", "system_info", "System info"),
            (
                "post",
                "/system/importMassMaintenance",
                "import_mass_maintenance",
                "import_mass_maintenance",
                "Import mass maintenance",
            ),
            ("get", "/service/boardtypes/{id}/info", "get_board_type_info", "board_types", "Board types"),
            ("get", "/system/members/{identifier}", "get_member_by_identifier", "members", "Members"),
            ("get", "/company/contacts/{id}/image", "download_contact_image", "contacts", "Contacts"),
            ("post", "/sales/newThings/run", "run_it", "new_things", "New things"),
        ] {
            let operation = operation(method, path, operation_name);
            let collections = in_section(&[&operation]);
            assert_eq!(
                collections.iter().map(|found| (found.name.as_str(), found.title.as_str())).collect::<Vec<_>>(),
                [(name, title)]
            );
        }
    }

    #[test]
    fn a_module_has_a_valid_name() {
        for (name, expected) in
            [("tickets", "tickets"), ("type", "collection_type"), ("365_users", "collection_365_users")]
        {
            let collection =
                Collection { name: name.into(), title: String::new(), paths: BTreeSet::new(), operations: Vec::new() };
            assert_eq!(collection.module(), expected);
        }
    }

    #[test]
    fn fragments_are_those_of_rustdoc() {
        for (title, expected) in
            [("SLAs", "slas"), ("Purchase orders", "purchase-orders"), ("Settings", "settings-1"), ("In/out", "inout")]
        {
            assert_eq!(fragment(title), expected);
        }
    }
}
