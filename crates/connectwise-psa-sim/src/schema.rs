//! The types of the OpenAPI document: fields, maximum lengths, required fields, and the lists that references refer to.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use connectwise_psa::catalogue::{Operation, QueryKind, ResponseKind};
use connectwise_psa::{Method, catalogue, schemas};
use serde_json::Value;

use crate::data_table::Table;

/// Reference types whose list or link does not follow from a rule, as CSV:
///
/// - the type
/// - the path of the list; `{x}` stands for the id in the field `x` of the record that contains the reference. Empty:
///   the list of the type with the same name
/// - the name of the link in `_info`; `-` stands for references without `_info`. Empty: the singular of the last segment
///   of the path
static REFERENCES: LazyLock<Table<2>> = LazyLock::new(|| Table::read(include_str!("../data/references.csv")));

/// The type of a record or of a nested object.
#[derive(Debug, Default)]
pub(crate) struct Type {
    pub(crate) fields: BTreeMap<String, Field>,
    pub(crate) required: Vec<String>,
}

/// A field of a type.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) field_type: FieldType,
    pub(crate) max_length: Option<usize>,
}

/// The type of a field's values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum FieldType {
    String,
    Date,
    DateTime,
    Integer,
    Number,
    Boolean,
    /// A string out of a set that may grow with new releases.
    Enumeration(String),
    /// A reference to a record.
    Reference(String),
    /// A nested object.
    Object(String),
    List(Box<FieldType>),
    Any,
}

impl FieldType {
    /// Returns whether a value means that a field of this type has no value: null, and an empty text where the type has
    /// no texts. Observed on live servers: an empty text clears a reference, date or number, and clients write it for
    /// everything that is not set.
    pub(crate) fn is_without_value(&self, value: &Value) -> bool {
        let has_texts = matches!(self, Self::String | Self::Object(_) | Self::List(_) | Self::Any);
        value.is_null() || (!has_texts && value.as_str() == Some(""))
    }
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

/// Returns a type by name.
pub(crate) fn type_of(name: &str) -> Option<&'static Type> {
    TYPES.get(name)
}

/// Returns all types with their names.
pub(crate) fn named_types() -> impl Iterator<Item = (&'static str, &'static Type)> {
    TYPES.iter().map(|(name, schema)| (name.as_str(), schema))
}

/// Returns all types.
pub(crate) fn types() -> impl Iterator<Item = &'static Type> {
    TYPES.values()
}

/// Returns the name of a type with a static lifetime; `None` for an unknown type.
pub(crate) fn static_type_name(name: &str) -> Option<&'static str> {
    TYPES.get_key_value(name).map(|(name, _)| name.as_str())
}

fn read_type(schema: &Value, document: &Value) -> Type {
    let fields = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let fields = fields
        .map(|(name, property)| {
            let max_length =
                property.get("maxLength").and_then(Value::as_u64).and_then(|length| usize::try_from(length).ok());
            (name.clone(), Field { field_type: field_type(property, document), max_length })
        })
        .collect();
    let required = schema.get("x-required-on-create").and_then(Value::as_array).into_iter().flatten();
    Type { fields, required: required.filter_map(Value::as_str).map(str::to_owned).collect() }
}

fn field_type(property: &Value, document: &Value) -> FieldType {
    if let Some(reference) = property.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default().to_owned();
        let target = document.pointer(&format!("/$defs/{name}"));
        return match target {
            Some(target) if target.get("enum").is_some() || target.get("x-known-values").is_some() => {
                FieldType::Enumeration(name)
            }
            // References that an endpoint also returns on their own have no `x-reference`.
            Some(target) if target.get("x-reference").is_some() || TARGETS.contains_key(&name) => {
                FieldType::Reference(name)
            }
            Some(target) if target.get("properties").is_some() => FieldType::Object(name),
            Some(target) if target.get("type").and_then(Value::as_str) == Some("string") => {
                FieldType::Enumeration(name)
            }
            _ => FieldType::Any,
        };
    }
    match (property.get("type").and_then(Value::as_str), property.get("format").and_then(Value::as_str)) {
        (Some("string"), Some("date-time")) => FieldType::DateTime,
        (Some("string"), Some("date")) => FieldType::Date,
        (Some("string"), _) => FieldType::String,
        (Some("integer"), _) => FieldType::Integer,
        (Some("number"), _) => FieldType::Number,
        (Some("boolean"), _) => FieldType::Boolean,
        (Some("array"), _) => {
            FieldType::List(Box::new(property.get("items").map_or(FieldType::Any, |items| field_type(items, document))))
        }
        _ => FieldType::Any,
    }
}

impl Type {
    /// Returns a field by name, in any letter case, with its name in the OpenAPI document.
    pub(crate) fn field(&self, name: &str) -> Option<(&str, &Field)> {
        let exact = self.fields.get_key_value(name);
        let found = exact.or_else(|| self.fields.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)));
        found.map(|(name, field)| (name.as_str(), field))
    }
}

/// Returns the type of the records in a list, by the key of the list.
pub(crate) fn record_type(key: &str) -> Option<&'static str> {
    LISTS.get(&path_pattern(key)).copied()
}

static LISTS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let lists = catalogue::all().filter(|operation| is_list(operation) && !operation.path.contains("/info"));
    let types = lists.filter_map(|operation| match operation.response {
        ResponseKind::Many(name) => Some((path_pattern(operation.path), name)),
        _ => None,
    });
    types.collect()
});

/// Returns the type of an endpoint with a single record that has no id, by its key.
pub(crate) fn single_type(key: &str) -> Option<&'static str> {
    SINGLES.get(&path_pattern(key)).copied()
}

static SINGLES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let singles = catalogue::all()
        .filter(|operation| operation.method == Method::Get && !operation.path.trim_end_matches('/').ends_with('}'));
    let types = singles.filter_map(|operation| match operation.response {
        ResponseKind::One(name) => Some((path_pattern(operation.path), name)),
        _ => None,
    });
    types.collect()
});

/// Returns a path in lower case with `*` in place of ids and path parameters: `service/boards/*/statuses`.
pub(crate) fn path_pattern(path: &str) -> String {
    let is_id = |segment: &str| segment.starts_with('{') || segment.parse::<i64>().is_ok();
    let segments = path
        .trim_matches('/')
        .split('/')
        .map(|segment| if is_id(segment) { "*".to_owned() } else { segment.to_ascii_lowercase() });
    segments.collect::<Vec<_>>().join("/")
}

/// Returns the path of the list that a reference type refers to.
pub(crate) fn target_of(reference: &str) -> Option<&'static str> {
    TARGETS.get(reference).copied()
}

static TARGETS: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut targets = HashMap::new();
    for operation in catalogue::all().filter(|operation| is_list(operation)) {
        let ResponseKind::Many(name) = operation.response else { continue };
        let is_worse = |known: &&'static str| known.contains("/info") || known.len() > operation.path.len();
        if !operation.path.contains('{')
            && !operation.path.contains("/info")
            && targets.get(&format!("{name}Reference")).is_none_or(is_worse)
        {
            targets.insert(format!("{name}Reference"), operation.path);
        }
    }
    for (name, path, _) in listed_references().filter(|(_, path, _)| !path.is_empty()) {
        targets.insert(name.to_owned(), path);
    }
    targets
});

/// Returns the lines of [`REFERENCES`]: type, path, link.
fn listed_references() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    REFERENCES.lines().map(|(name, [path, link])| (name, *path, *link))
}

/// Returns the name of the link in a reference of a type: `member_href`. `None` if such references have no `_info`.
/// Observed on live servers: the name follows the referenced record, not the field, and some types have no link.
pub(crate) fn link_of(reference: &str) -> Option<&'static str> {
    LINKS.get(reference).map(String::as_str).filter(|link| *link != NO_LINK)
}

/// Returns the names of all links in references.
pub(crate) fn links() -> impl Iterator<Item = &'static str> {
    LINKS.values().map(String::as_str)
}

/// The fields of `_info`, as CSV: record type, reference type, name, value. `records::completion::info` describes it.
pub(crate) const RECORD_INFO: &str = include_str!("../data/record_info.csv");

/// Returns the names of the fields in `_info`, besides the links in references.
pub(crate) fn info_names() -> impl Iterator<Item = &'static str> {
    RECORD_INFO.lines().skip(1).filter_map(|line| line.split(',').nth(2))
}

/// Stands in [`REFERENCES`] for references without `_info`.
const NO_LINK: &str = "-";

static LINKS: LazyLock<HashMap<String, String>> = LazyLock::new(|| {
    let by_rule = TARGETS.iter().map(|(name, path)| (name.clone(), format!("{}_href", singular_of_path(path))));
    let listed = listed_references().filter(|(.., link)| !link.is_empty());
    by_rule.chain(listed.map(|(name, _, link)| (name.to_owned(), link.to_owned()))).collect()
});

/// Returns the singular of the last name in a path: `member` for `/system/members`.
pub(crate) fn singular_of_path(path: &str) -> String {
    singular(path.rsplit('/').find(|segment| !segment.is_empty() && !segment.starts_with('{')).unwrap_or_default())
}

/// Returns the singular of the name of a list: `ticket` for `tickets`.
pub(crate) fn singular(plural: &str) -> String {
    match (plural.strip_suffix("ies"), plural.strip_suffix("uses")) {
        (Some(stem), _) => format!("{stem}y"),
        (_, Some(stem)) => format!("{stem}us"),
        _ => plural.strip_suffix('s').unwrap_or(plural).to_owned(),
    }
}

/// Returns whether an operation lists records.
pub(crate) fn is_list(operation: &Operation) -> bool {
    operation.method == Method::Get
        && operation.query == QueryKind::List
        && matches!(operation.response, ResponseKind::Many(_))
}

/// Checks that the types and fields of a data file exist.
#[cfg(test)]
pub(crate) fn check_table<const N: usize>(
    table: &Table<N>,
    field: impl Fn(&[&'static str; N]) -> Option<&'static str>,
) {
    for (type_name, line) in table.lines() {
        let Some(field) = field(line) else { continue };
        let is_known = if type_name == crate::data_table::ALL_TYPES {
            types().any(|schema| schema.fields.contains_key(field))
        } else {
            type_of(type_name).is_some_and(|schema| schema.fields.contains_key(field))
        };
        assert!(is_known, "{type_name},{line:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_from_the_document() {
        let ticket = type_of("Ticket").unwrap();
        assert_eq!(ticket.required, ["summary", "company"]);
        let (name, summary) = ticket.field("SUMMARY").unwrap();
        assert_eq!((name, &summary.field_type, summary.max_length), ("summary", &FieldType::String, Some(100)));
        for (name, expected) in [
            ("board", FieldType::Reference("BoardReference".into())),
            ("opportunity", FieldType::Reference("OpportunityReference".into())),
            ("closedFlag", FieldType::Boolean),
            ("budgetHours", FieldType::Number),
            ("requiredDate", FieldType::DateTime),
            ("id", FieldType::Integer),
            ("severity", FieldType::Enumeration("TicketSeverity".into())),
        ] {
            // The names of enumerations may change with the document.
            let field_type = &ticket.fields[name].field_type;
            assert!(
                *field_type == expected
                    || matches!((field_type, &expected), (FieldType::Enumeration(_), FieldType::Enumeration(_))),
                "{name}: {field_type:?}"
            );
        }
        assert!(
            matches!(&ticket.fields["customFields"].field_type, FieldType::List(of) if matches!(&**of, FieldType::Object(_)))
        );
    }

    #[test]
    fn lists_have_record_types() {
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
    fn links_are_named_after_the_referenced_record() {
        for (reference, link) in [
            ("MemberReference", Some("member_href")),
            ("CompanyReference", Some("company_href")),
            ("SystemLocationReference", Some("location_href")),
            ("ServiceLocationReference", Some("location_href")),
            ("SystemDepartmentReference", Some("department_href")),
            ("SiteReference", Some("site_href")),
            ("ServiceStatusReference", Some("status_href")),
            ("ServiceSubTypeReference", Some("subType_href")),
            ("WorkRoleReference", Some("workRole_href")),
            ("CompanyTypeReference", Some("type_href")),
            ("TaxCodeReference", Some("taxCode_href")),
            ("CountryReference", Some("country_href")),
            ("MarketDescriptionReference", Some("Market_href")),
            ("SLAReference", Some("sla_href")),
            ("BillingTermsReference", None),
            ("SecurityRoleReference", None),
        ] {
            assert_eq!(link_of(reference), link, "{reference}");
        }
        for (name, _, link) in listed_references() {
            assert!(!link.is_empty() || target_of(name).is_some(), "{name}");
            assert!(
                type_of(name).is_some()
                    || types().any(|schema| schema
                        .fields
                        .values()
                        .any(|field| field.field_type == FieldType::Reference(name.to_owned()))),
                "{name}"
            );
        }
    }

    #[test]
    fn references_refer_to_lists_of_the_catalogue() {
        for (reference, path) in [
            ("BoardReference", "/service/boards"),
            ("CompanyReference", "/company/companies"),
            ("MemberReference", "/system/members"),
        ] {
            assert_eq!(target_of(reference), Some(path));
        }
        let known = catalogue::all()
            .filter(|operation| is_list(operation))
            .map(|operation| path_pattern(operation.path))
            .collect::<BTreeSet<_>>();
        for (name, path, _) in listed_references() {
            assert!(path.is_empty() || known.contains(&path_pattern(path)), "{name},{path}");
        }
    }
}
