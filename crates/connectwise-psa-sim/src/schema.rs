//! What the description says about types: members, lengths, what a creation needs, what a reference leads to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use connectwise_psa::catalogue::{Operation, QueryKind, ResponseKind};
use connectwise_psa::{Method, catalogue, schemas};
use serde_json::Value;

/// Which records a reference leads to where its name does not tell: type, path of the list, `{…}` for the record that
/// the referring one names there.
const REFERENCES: &str = include_str!("../data/references.csv");

/// A type of record or part of one.
#[derive(Debug, Default)]
pub(crate) struct Type {
    pub(crate) fields: BTreeMap<String, Field>,
    pub(crate) required: Vec<String>,
}

/// A member of a type.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) kind: FieldKind,
    pub(crate) max_length: Option<usize>,
}

/// What a member holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FieldKind {
    Text,
    Date,
    DateTime,
    Integer,
    Number,
    Boolean,
    /// A text of a set that grows.
    Enumeration(String),
    /// A reference to a record.
    Reference(String),
    /// Another object.
    Object(String),
    List(Box<FieldKind>),
    Any,
}

static TYPES: LazyLock<HashMap<String, Type>> = LazyLock::new(|| {
    let mut names: BTreeSet<&str> = BTreeSet::new();
    for operation in catalogue::all() {
        if let ResponseKind::One(name) | ResponseKind::Many(name) = operation.response {
            names.insert(name);
        }
        names.extend(operation.body.map(|body| body.type_name));
    }
    let mut types = HashMap::new();
    for name in names {
        let Some(schema) = schemas::get(name) else { continue };
        for (name, definition) in schema.get("$defs").and_then(Value::as_object).into_iter().flatten() {
            if !types.contains_key(name) {
                types.insert(name.clone(), read_type(definition, &schema));
            }
        }
        types.insert(name.to_owned(), read_type(&schema, &schema));
    }
    types
});

/// A type by its name.
pub(crate) fn type_of(name: &str) -> Option<&'static Type> {
    TYPES.get(name)
}

/// All types.
pub(crate) fn types() -> impl Iterator<Item = &'static Type> {
    TYPES.values()
}

/// A type's name as the table has it, which lives as long as the program.
pub(crate) fn name_of(name: &str) -> Option<&'static str> {
    TYPES.get_key_value(name).map(|(name, _)| name.as_str())
}

fn read_type(schema: &Value, whole: &Value) -> Type {
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let fields = fields
        .map(|(name, property)| {
            let max_length =
                property.get("maxLength").and_then(Value::as_u64).and_then(|length| usize::try_from(length).ok());
            (name.clone(), Field { kind: kind(property, whole), max_length })
        })
        .collect();
    let required = schema.get("x-required-on-create").and_then(Value::as_array).into_iter().flatten();
    Type { fields, required: required.filter_map(Value::as_str).map(str::to_owned).collect() }
}

fn kind(property: &Value, whole: &Value) -> FieldKind {
    if let Some(reference) = property.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default().to_owned();
        let target = whole.pointer(&format!("/$defs/{name}"));
        return match target {
            Some(target) if target.get("enum").is_some() || target.get("x-known-values").is_some() => {
                FieldKind::Enumeration(name)
            }
            // Those that are also answered by themselves are not marked.
            Some(target) if target.get("x-reference").is_some() || TARGETS.contains_key(&name) => {
                FieldKind::Reference(name)
            }
            Some(target) if target.get("properties").is_some() => FieldKind::Object(name),
            Some(target) if target.get("type").and_then(Value::as_str) == Some("string") => {
                FieldKind::Enumeration(name)
            }
            _ => FieldKind::Any,
        };
    }
    match (property.get("type").and_then(Value::as_str), property.get("format").and_then(Value::as_str)) {
        (Some("string"), Some("date-time")) => FieldKind::DateTime,
        (Some("string"), Some("date")) => FieldKind::Date,
        (Some("string"), _) => FieldKind::Text,
        (Some("integer"), _) => FieldKind::Integer,
        (Some("number"), _) => FieldKind::Number,
        (Some("boolean"), _) => FieldKind::Boolean,
        (Some("array"), _) => {
            FieldKind::List(Box::new(property.get("items").map_or(FieldKind::Any, |items| kind(items, whole))))
        }
        _ => FieldKind::Any,
    }
}

impl Type {
    /// A member by its name in any letter case, with the name as it is described.
    pub(crate) fn field(&self, name: &str) -> Option<(&str, &Field)> {
        let exact = self.fields.get_key_value(name);
        let found = exact.or_else(|| self.fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)));
        found.map(|(name, field)| (name.as_str(), field))
    }
}

/// The type of the records in a list, by the list's key.
pub(crate) fn record_type(key: &str) -> Option<&'static str> {
    LISTS.get(&kind_of_path(key)).copied()
}

static LISTS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let lists = catalogue::all().filter(|operation| is_list(operation) && !operation.path.contains("/info"));
    let named = lists.filter_map(|operation| match operation.response {
        ResponseKind::Many(name) => Some((kind_of_path(operation.path), name)),
        _ => None,
    });
    named.collect()
});

/// A path of which all lists of a kind have the same: with stars in place of ids and of their names, in lower case.
pub(crate) fn kind_of_path(path: &str) -> String {
    let is_id = |segment: &str| segment.starts_with('{') || segment.parse::<i64>().is_ok();
    let segments = path
        .trim_matches('/')
        .split('/')
        .map(|segment| if is_id(segment) { "*".to_owned() } else { segment.to_ascii_lowercase() });
    segments.collect::<Vec<_>>().join("/")
}

/// Path of the list of records a reference type leads to.
pub(crate) fn target_of(reference: &str) -> Option<&'static str> {
    TARGETS.get(reference).copied()
}

static TARGETS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut targets = HashMap::new();
    for operation in catalogue::all().filter(|operation| is_list(operation)) {
        let ResponseKind::Many(name) = operation.response else { continue };
        let is_better = |known: &&'static str| known.contains("/info") || known.len() > operation.path.len();
        if !operation.path.contains('{')
            && !operation.path.contains("/info")
            && targets.get(&format!("{name}Reference")).is_none_or(is_better)
        {
            targets.insert(format!("{name}Reference"), operation.path);
        }
    }
    for line in REFERENCES.lines().skip(1) {
        if let Some((name, path)) = line.split_once(',') {
            targets.insert(name.to_owned(), path);
        }
    }
    targets
});

/// Whether an operation lists records.
pub(crate) fn is_list(operation: &Operation) -> bool {
    operation.method == Method::Get
        && operation.query == QueryKind::List
        && matches!(operation.response, ResponseKind::Many(_))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_from_the_description() {
        let ticket = type_of("Ticket").unwrap();
        assert_eq!(ticket.required, ["summary", "company"]);
        let (name, summary) = ticket.field("SUMMARY").unwrap();
        assert_eq!((name, &summary.kind, summary.max_length), ("summary", &FieldKind::Text, Some(100)));
        for (name, expected) in [
            ("board", FieldKind::Reference("BoardReference".into())),
            ("opportunity", FieldKind::Reference("OpportunityReference".into())),
            ("closedFlag", FieldKind::Boolean),
            ("budgetHours", FieldKind::Number),
            ("requiredDate", FieldKind::DateTime),
            ("id", FieldKind::Integer),
            ("severity", FieldKind::Enumeration("TicketSeverity".into())),
        ] {
            let kind = &ticket.fields[name].kind;
            assert!(
                *kind == expected
                    || matches!((kind, &expected), (FieldKind::Enumeration(_), FieldKind::Enumeration(_))),
                "{name}: {kind:?}"
            );
        }
        assert!(
            matches!(&ticket.fields["customFields"].kind, FieldKind::List(of) if matches!(&**of, FieldKind::Object(_)))
        );
    }

    #[test]
    fn lists_have_types_of_records() {
        for (key, expected) in [
            ("service/tickets", Some("Ticket")),
            ("project/tickets", Some("ProjectTicket")),
            ("service/boards/3/statuses", Some("BoardStatus")),
            ("company/companies/5/sites", Some("CompanySite")),
            ("no/where", None),
        ] {
            assert_eq!(record_type(key), expected, "{key}");
        }
    }

    #[test]
    fn references_lead_to_lists_of_the_catalogue() {
        for (reference, path) in [
            ("BoardReference", "/service/boards"),
            ("CompanyReference", "/company/companies"),
            ("MemberReference", "/system/members"),
        ] {
            assert_eq!(target_of(reference), Some(path));
        }
        let known = catalogue::all()
            .filter(|operation| is_list(operation))
            .map(|operation| kind_of_path(operation.path))
            .collect::<BTreeSet<_>>();
        for line in REFERENCES.lines().skip(1) {
            let (_, path) = line.split_once(',').unwrap();
            assert!(known.contains(&kind_of_path(path)), "{line}");
        }
    }
}
