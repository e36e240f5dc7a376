//! Compares the types of both documents, and reports added, removed and renamed types, and changes of fields,
//! constructors and enum values.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::document::{self, array};
use crate::model::{Api, CoreType, SchemaKind, field_name, type_name};
use crate::render::docs::properties::grouped;
use crate::render::fields::plain_reference;
use crate::render::types::added_item;

use super::successors::{counterpart, leaf, properties, uses};
use super::types::{DataType, same};
use super::values::{self, Allowed, Reported};
use super::{Change, Pair, Subject, Weight, listed, vendor_name};

/// Adds all changes of types.
pub(super) fn compare(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    for name in pair.old.schemas.keys() {
        if let Some(successor) = pair.successors.get(name) {
            renamed(pair, name, successor, changes);
        }
        match counterpart(pair.new, name) {
            Some(other) => common(pair, name, other, changes),
            None if pair.successors.contains_key(name) => {}
            None => removed(pair.old, name, changes),
        }
    }
    added(pair, changes);
    enums(pair, changes);
}

/// Adds the changes of the values of enums that no property or parameter has.
fn enums(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    let reported = reported_values(pair, changes);
    for (name, before) in &pair.old.schemas {
        let other = counterpart(pair.new, name).or_else(|| pair.successors.get(name).map(String::as_str));
        let Some((other, after)) = other.and_then(|other| pair.new.schemas.get_key_value(other)) else { continue };
        if [pair.old.schema_kind(name), pair.new.schema_kind(other)] == [SchemaKind::Enumeration; 2] {
            values::compare_enums(other, before, after, &reported, changes);
        }
    }
}

/// Returns the values that lines of properties and parameters name, by the newer enum of the property or parameter.
fn reported_values(pair: &Pair<'_>, changes: &[Change]) -> Reported {
    let mut reported = Reported::new();
    for change in changes.iter().filter(|change| change.rule.starts_with("value-")) {
        let enums: Vec<&str> = match &change.subject {
            Subject::Type { schema, property: Some(property), .. } => pair
                .new
                .schemas
                .get(schema)
                .and_then(|schema| schema.get("properties")?.get(&property.json_name))
                .and_then(leaf)
                .into_iter()
                .collect(),
            Subject::Operation { section, name, .. } => pair
                .new
                .operations
                .iter()
                .filter(|operation| operation.section == *section && operation.name == *name)
                .flat_map(|operation| operation.schemas())
                .collect(),
            _ => Vec::new(),
        };
        for name in enums {
            reported.entry(name.to_owned()).or_default().extend(change.names.iter().cloned());
        }
    }
    reported
}

/// Returns whether a schema becomes a generated type. All others are types of core.
fn is_type(api: &Api, name: &str) -> bool {
    !matches!(api.schema_kind(name), SchemaKind::Core(_))
}

fn removed(old: &Api, name: &str, changes: &mut Vec<Change>) {
    if is_type(old, name) {
        changes.push(
            Change::new(
                Weight::Breaking,
                Subject::schema(name),
                "type-removed",
                format!("the {} was removed", category(old, name)),
            )
            .action("remove it from code"),
        );
    }
}

fn added(pair: &Pair<'_>, changes: &mut Vec<Change>) {
    let replacing: BTreeSet<&str> = pair
        .successors
        .iter()
        .filter(|(old, _)| counterpart(pair.new, old).is_none())
        .map(|(_, new)| new.as_str())
        .collect();
    for name in pair.new.schemas.keys() {
        if is_type(pair.new, name) && !replacing.contains(name.as_str()) && counterpart(pair.old, name).is_none() {
            changes.push(Change::new(
                Weight::Added,
                Subject::schema(name),
                "type-added",
                format!("new {}", category(pair.new, name)),
            ));
        }
    }
}

/// The category of most schemas.
const STRUCT: &str = "struct";
/// The category of a reference with more fields than `Reference`.
const OWN_REFERENCE: &str = "reference with a type of its own";

/// Returns the words for what a schema becomes in Rust: `struct`, `enum`.
fn category(api: &Api, name: &str) -> &'static str {
    let extended = api.schemas.get(name).is_some_and(|schema| schema.get("x-reference").is_some());
    match api.schema_kind(name) {
        SchemaKind::Enumeration => "enum",
        SchemaKind::Object if extended => OWN_REFERENCE,
        SchemaKind::Object => STRUCT,
        SchemaKind::Core(CoreType::Reference) => "`Reference`",
        SchemaKind::Core(CoreType::Value) => "any JSON",
        SchemaKind::Core(core) => core.name(),
    }
}

/// Adds the changes of a type that no longer exists, and has a successor with another name.
fn renamed(pair: &Pair<'_>, name: &str, successor: &str, changes: &mut Vec<Change>) {
    let (Some(before), Some(after)) = (pair.old.schemas.get(name), pair.new.schemas.get(successor)) else { return };
    let how = if counterpart(pair.old, successor).is_none() { "renamed to" } else { "replaced by" };
    changes.push(
        Change::new(
            Weight::Breaking,
            Subject::schema(name),
            "type-renamed",
            format!("{how} `{}`", type_name(successor)),
        )
        .action(format!("code that names the {} needs the new name", category(pair.old, name)))
        .names([successor]),
    );
    contents(pair, (name, before), (successor, after), changes);
}

/// Adds the changes of a schema that is in both documents.
fn common(pair: &Pair<'_>, name: &str, other: &str, changes: &mut Vec<Change>) {
    let (Some(before), Some(after)) = (pair.old.schemas.get(name), pair.new.schemas.get(other)) else { return };
    let (old_name, new_name) = (vendor_name(before).unwrap_or(name), vendor_name(after).unwrap_or(other));
    if old_name != new_name && is_type(pair.new, other) {
        changes.push(
            Change::new(
                Weight::Changed,
                Subject::schema(other),
                "type-id",
                format!("the vendor's name was {old_name}"),
            )
            .action("change it where you look the type up by this name, such as in the JSON Schemas"),
        );
    }
    let (old_category, new_category) = (category(pair.old, name), category(pair.new, other));
    if old_category != new_category {
        let (weight, message, action) = category_change(pair, (name, old_category), (other, new_category));
        let message = format!("{old_category} -> {new_category}: {message}");
        changes.push(Change::new(weight, Subject::schema(other), "type-category", message).action(action));
    }
    // All plain references are one struct, `Reference`, but which typed fields they have depends on their properties.
    let has_properties = is_type(pair.old, name) || pair.old.schema_kind(name) == SchemaKind::Core(CoreType::Reference);
    if has_properties && pair.old.schema_kind(name) == pair.new.schema_kind(other) {
        contents(pair, (name, before), (other, after), changes);
    }
}

/// Returns the weight and the effect of a change between categories, and what to do.
fn category_change(
    pair: &Pair<'_>,
    (name, old_category): (&str, &str),
    (other, new_category): (&str, &str),
) -> (Weight, String, &'static str) {
    if (old_category, new_category) == (STRUCT, OWN_REFERENCE) {
        let message = "it now implements `From<i32>`, so an ID can be passed as a reference".to_owned();
        return (Weight::Changed, message, "");
    }
    if (old_category, new_category) == (OWN_REFERENCE, STRUCT) {
        let message = "it no longer implements `From<i32>`".to_owned();
        return (Weight::Breaking, message, "code that passes an ID needs a value with the field `id`");
    }
    let rust_type = |api: &Api, name: &str| match api.schema_kind(name) {
        SchemaKind::Core(core) => core.name().to_owned(),
        _ => type_name(name),
    };
    let message = match (rust_type(pair.old, name), rust_type(pair.new, other)) {
        (old, new) if old == new && pair.new.schema_kind(other) == SchemaKind::Enumeration => {
            let message = format!("`{new}` is no longer a struct");
            return (Weight::Breaking, message, "change the code that constructs it or uses its fields");
        }
        (old, new) if old == new => {
            let message = format!("`{new}` is no longer an enum");
            return (Weight::Breaking, message, "change the code that constructs it or names its variants");
        }
        (old, new) => match uses(pair.new, other) {
            1 => format!("1 field, argument, body or response now has the type `{new}` instead of `{old}`"),
            uses => {
                format!("{uses} fields, arguments, bodies and responses now have the type `{new}` instead of `{old}`")
            }
        },
    };
    (Weight::Breaking, message, "change the code that uses their values")
}

/// Compares the properties and constructors of two schemas of the same category.
fn contents(
    pair: &Pair<'_>,
    (name, before): (&str, &Value),
    (other, after): (&str, &Value),
    changes: &mut Vec<Change>,
) {
    if pair.old.schema_kind(name) == SchemaKind::Enumeration {
        return;
    }
    compare_properties(pair, (name, before), (other, after), changes);
    let is_deprecated = |schema: &Value| schema.get("deprecated").is_some_and(|deprecated| *deprecated == true);
    match (is_deprecated(before), is_deprecated(after)) {
        (false, true) => changes.push(
            Change::new(Weight::Changed, Subject::schema(other), "type-deprecated", "now deprecated")
                .action("replace it before the API removes it"),
        ),
        (true, false) => changes.push(Change::new(
            Weight::Changed,
            Subject::schema(other),
            "type-deprecated",
            "no longer deprecated",
        )),
        _ => {}
    }
    if is_type(pair.new, other) {
        constructors(other, before, after, changes);
        added_items(pair, (name, before), (other, after), changes);
    }
}

/// Reports the methods and implementations that a struct no longer has. They follow from the names and types of its
/// fields.
fn added_items(
    pair: &Pair<'_>,
    (name, before): (&str, &Value),
    (other, after): (&str, &Value),
    changes: &mut Vec<Change>,
) {
    let items = |api: &Api, owner: &str, schema: &Value| -> BTreeSet<&'static str> {
        let is_reference = schema.get("x-reference").is_some();
        properties(schema)
            .filter_map(|(json_name, property)| {
                let rust = DataType::for_property(api, owner, json_name, property).rust?;
                added_item(is_reference, &field_name(json_name, property), &rust)
            })
            .collect()
    };
    let (old, new) = (items(pair.old, name, before), items(pair.new, other, after));
    let lost: Vec<&str> = old.difference(&new).copied().collect();
    if !lost.is_empty() {
        changes.push(
            Change::new(
                Weight::Breaking,
                Subject::schema(other),
                "item-removed",
                format!("no longer has {}", lost.join(", ")),
            )
            .action("change the code that uses it"),
        );
    }
}

/// A property: its JSON name and its schema.
type NamedProperty<'a> = (&'a str, &'a Value);

/// Matches the properties of two schemas, first by JSON name, then by Rust name. Returns pairs of the old and the new
/// property. A removed property has no new one, an added property has no old one. Added properties are last.
fn match_properties<'a>(
    before: &'a Value,
    after: &'a Value,
) -> Vec<(Option<NamedProperty<'a>>, Option<NamedProperty<'a>>)> {
    let mut new: BTreeMap<&str, &Value> = properties(after).collect();
    let mut pairs = Vec::new();
    let mut unmatched = Vec::new();
    for (json_name, old) in properties(before) {
        match new.remove_entry(json_name) {
            Some(same) => pairs.push((Some((json_name, old)), Some(same))),
            None => unmatched.push((json_name, old)),
        }
    }
    for (json_name, old) in unmatched {
        let name = field_name(json_name, old);
        let same = new.iter().find(|(other, property)| field_name(other, property) == name).map(|(other, _)| *other);
        pairs.push((Some((json_name, old)), same.and_then(|same| new.remove_entry(same))));
    }
    pairs.extend(new.into_iter().map(|added| (None, Some(added))));
    pairs
}

fn compare_properties(
    pair: &Pair<'_>,
    (name, before): (&str, &Value),
    (other, after): (&str, &Value),
    changes: &mut Vec<Change>,
) {
    let is_field =
        |json_name: &str, property: &Value| !DataType::for_property(pair.old, name, json_name, property).is_file();
    let fields = properties(before).filter(|(json_name, property)| is_field(json_name, property)).count();
    for (old, new) in match_properties(before, after) {
        match (old, new) {
            (Some(old), Some(new)) => compare_property(pair, (name, other), old, new, changes),
            (Some(old), None) => changes.push(removed_property(pair, (name, other), old)),
            (None, Some(new)) => changes.push(added_property(pair, other, new, fields)),
            (None, None) => {}
        }
    }
}

fn removed_property(pair: &Pair<'_>, (name, other): (&str, &str), (json_name, old): NamedProperty<'_>) -> Change {
    let data_type = DataType::for_property(pair.old, name, json_name, old);
    let (weight, action) = if data_type.is_file() {
        // The signatures of the operations that send the form have the breaking change.
        (Weight::Changed, "see the operations that send the form".to_owned())
    } else if !is_type(pair.old, name) {
        // `Reference` has the field for other references.
        let field = field_name(json_name, old);
        (Weight::Breaking, format!("`filter`, `sort` and `select` no longer have its `{field}()`; remove it from code"))
    } else {
        (Weight::Breaking, "remove the field from code".to_owned())
    };
    let message = format!("removed (was {})", data_type.description());
    Change::new(weight, Subject::property(other, json_name, old), "field-removed", message).action(action)
}

/// Returns the change of a new property. `fields` is how many fields the struct had.
fn added_property(pair: &Pair<'_>, other: &str, (json_name, new): NamedProperty<'_>, fields: usize) -> Change {
    let data_type = DataType::for_property(pair.new, other, json_name, new);
    let subject = Subject::property(other, json_name, new);
    if data_type.is_file() {
        return Change::new(Weight::Changed, subject, "field-added", data_type.description())
            .action("see the operations that send the form");
    }
    if fields <= 1 && is_type(pair.new, other) {
        // With one field, `..Default::default()` has no effect, and Clippy asks to leave it out.
        let message = format!("new field ({}) of a struct with {fields} field before", data_type.description());
        return Change::new(Weight::Breaking, subject, "field-added", message)
            .action("add `..Default::default()` to literals, and `..` to patterns");
    }
    Change::new(Weight::Added, subject, "field-added", data_type.description())
}

fn compare_property(
    pair: &Pair<'_>,
    (name, schema): (&str, &str),
    (old_json_name, old): NamedProperty<'_>,
    (json_name, new): NamedProperty<'_>,
    changes: &mut Vec<Change>,
) {
    let subject = Subject::property(schema, json_name, new);
    let (old_type, new_type) = (
        DataType::for_property(pair.old, name, old_json_name, old),
        DataType::for_property(pair.new, schema, json_name, new),
    );
    let mut note = |weight, rule, message: String, action: &str| {
        changes.push(Change::new(weight, subject.clone(), rule, message).action(action));
    };
    let texts = format!("{} -> {}", old_type.description(), new_type.description());
    if !same(pair, &old_type, &new_type) {
        // A file is an argument of the operations, not a field.
        match (old_type.is_file(), new_type.is_file()) {
            (true, false) => note(Weight::Added, "field-type", texts, "see the operations that send the form"),
            (false, true) => {
                note(
                    Weight::Breaking,
                    "field-type",
                    format!("{texts}: no longer a field"),
                    "remove the field from code; see the operations that send the form",
                );
            }
            _ => note(
                Weight::Breaking,
                "field-type",
                format!("{texts}: the type of the field changed"),
                "change the code that uses the field or filters by it",
            ),
        }
    } else if is_other_reference(pair, &old_type, &new_type) {
        other_reference(pair, &old_type, &new_type, &texts, &mut note);
    }
    if old_json_name != json_name {
        note(
            Weight::Changed,
            "field-json-name",
            format!("the JSON name is `{json_name}` (was `{old_json_name}`)"),
            "nothing in code that uses the field; change text that names it, such as conditions as text",
        );
    }
    let (old_name, new_name) = (field_name(old_json_name, old), field_name(json_name, new));
    if old_name != new_name && !new_type.is_file() {
        note(
            Weight::Breaking,
            "field-renamed",
            format!("renamed from `{old_name}` in Rust"),
            "code that names the field needs the new name",
        );
    }
    lengths(old, new, &mut note);
    for (key, on, on_action, off, off_action) in PROPERTY_FACTS {
        let is_set = |property: &Value| property.get(*key).is_some_and(|value| *value == true);
        match (is_set(old), is_set(new)) {
            (false, true) => note(Weight::Changed, key, (*on).to_owned(), on_action),
            (true, false) => note(Weight::Changed, key, (*off).to_owned(), off_action),
            _ => {}
        }
    }
    other_keywords(old, new, old_type.rust == new_type.rust, &mut note);
    if let (Some(before), Some(after)) = (Allowed::for_property(pair.old, old), Allowed::for_property(pair.new, new)) {
        values::compare(pair, &subject, "", &before, &after, changes);
    }
}

/// The facts of properties that are true or absent, each with what to report when it appears and when it disappears.
const PROPERTY_FACTS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "writeOnly",
        "now write-only",
        "do not expect it in responses",
        "no longer write-only",
        "nothing; responses can have it",
    ),
    (
        "readOnly",
        "now read-only",
        "do not send it; the server ignores or rejects it",
        "no longer read-only",
        "nothing; it can be sent",
    ),
    (
        "x-required-on-update",
        "now required when updating",
        "send it with each replacement of the record",
        "no longer required when updating",
        "nothing",
    ),
    (
        "deprecated",
        "now deprecated: code that uses the field gets a compiler warning",
        "replace it before the API removes it",
        "no longer deprecated",
        "nothing",
    ),
];

/// The keywords of properties that other comparisons cover.
const COVERED: [&str; 14] = [
    "$ref",
    "type",
    "items",
    "additionalProperties",
    "properties",
    "maxLength",
    "writeOnly",
    "readOnly",
    "deprecated",
    "x-required-on-update",
    "x-date-as-text",
    "x-values",
    "x-rust-name",
    "enum",
];

/// Reports the keywords that have no effect on the generated code, such as `pattern` and `minimum`. `format` is one of
/// them if the Rust type is the same.
fn other_keywords(
    old: &Value,
    new: &Value,
    is_same_type: bool,
    note: &mut impl FnMut(Weight, &'static str, String, &str),
) {
    let keywords = |schema: &Value| -> BTreeMap<String, String> {
        let all = schema.as_object().into_iter().flatten();
        all.filter(|(key, _)| !COVERED.contains(&key.as_str()) && (is_same_type || *key != "format"))
            .map(|(key, value)| (key.clone(), value.to_string()))
            .collect()
    };
    let (old, new) = (keywords(old), keywords(new));
    for key in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        let (before, after) = (old.get(key), new.get(key));
        if before != after {
            let text = |value: Option<&String>| value.map_or_else(|| "none".to_owned(), |value| format!("`{value}`"));
            note(
                Weight::Changed,
                "keyword",
                format!("`{key}` in the document: {} -> {}", text(before), text(after)),
                "check the values that you send; the generated code is the same",
            );
        }
    }
}

fn lengths(old: &Value, new: &Value, note: &mut impl FnMut(Weight, &'static str, String, &str)) {
    let length = |property: &Value| property.get("maxLength").and_then(Value::as_u64);
    let (message, action) = match (length(old), length(new)) {
        (Some(old), Some(new)) if new < old => {
            (format!("at most {} characters (was {})", grouped(new), grouped(old)), LONGER_STRINGS)
        }
        (Some(old), Some(new)) if new > old => (
            format!("at most {} characters (was {})", grouped(new), grouped(old)),
            "nothing; longer strings are accepted",
        ),
        (None, Some(new)) => (format!("at most {} characters (had no limit)", grouped(new)), LONGER_STRINGS),
        (Some(old), None) => (
            format!("no limit on the length (was at most {} characters)", grouped(old)),
            "nothing; longer strings are accepted",
        ),
        _ => return,
    };
    note(Weight::Changed, "length", message, action);
}

/// Reports a reference that now refers to another type of record.
fn other_reference(
    pair: &Pair<'_>,
    old_type: &DataType,
    new_type: &DataType,
    texts: &str,
    note: &mut impl FnMut(Weight, &'static str, String, &str),
) {
    let referenced = |api: &'_ Api, data_type: &DataType| -> (&'static str, Vec<&'static str>) {
        let schema = data_type.schema.as_ref().and_then(|name| api.schemas.get(name));
        let has = |name: &str| schema.is_some_and(|schema| properties(schema).any(|(other, _)| other == name));
        (plain_reference(schema), ["name", "identifier"].into_iter().filter(|name| has(name)).collect())
    };
    let ((before, old_fields), (after, new_fields)) = (referenced(pair.old, old_type), referenced(pair.new, new_type));
    let message = format!("{texts}: refers to another type of record");
    if before == after {
        note(Weight::Changed, "reference", message, "check the IDs that you pass");
    } else {
        let (effect, action) = changed_reference_fields((before, after), (&old_fields, &new_fields));
        note(Weight::Breaking, "reference", format!("{message}; {effect}"), &action);
    }
}

/// What happens to strings that exceed a new limit.
const LONGER_STRINGS: &str =
    "shorten what you send: the server rejects longer strings, and `check_lengths` finds them before sending";

/// Returns the effect of the typed fields that a reference gains or loses because it refers to another type of record,
/// and what to do.
fn changed_reference_fields(
    (before, after): (&str, &str),
    (old_fields, new_fields): (&[&str], &[&str]),
) -> (String, String) {
    let (removed, added) = (missing(old_fields, new_fields), missing(new_fields, old_fields));
    let methods = |names: &[&&str]| names.iter().map(|name| format!("`{name}()`")).collect::<Vec<_>>().join(" and ");
    match (removed.is_empty(), added.is_empty()) {
        (false, true) => (
            format!("`filter`, `sort` and `select` no longer have its {}", methods(&removed)),
            "use its `id()`".to_owned(),
        ),
        (false, false) => (
            format!("`filter`, `sort` and `select` have its {} instead of {}", methods(&added), methods(&removed)),
            "change the code that uses them".to_owned(),
        ),
        (true, _) => (
            format!("`filter`, `sort` and `select` also have its {}", methods(&added)),
            format!("code that names the field type `{before}` needs `{after}`"),
        ),
    }
}

/// Returns whether two plain references, which are the same Rust type, refer to different types of record.
fn is_other_reference(pair: &Pair<'_>, old: &DataType, new: &DataType) -> bool {
    let plain = |api: &Api, name: &str| api.schema_kind(name) == SchemaKind::Core(CoreType::Reference);
    matches!((&old.schema, &new.schema), (Some(old), Some(new)) if old != new && plain(pair.old, old) && plain(pair.new, new))
}

/// Returns the fields that `new` takes, in order. Empty if there is no `new`.
fn constructor(schema: &Value) -> Vec<String> {
    let Some(object) = schema.as_object() else { return Vec::new() };
    let is_field = |name: &&str| {
        schema
            .get("properties")
            .and_then(|properties| properties.get(*name))
            .is_some_and(|property| !document::is_binary(property))
    };
    let property =
        |name: &str| schema.get("properties").and_then(|properties| properties.get(name)).unwrap_or(&Value::Null);
    array(object, "x-required-on-create")
        .filter_map(Value::as_str)
        .filter(is_field)
        .map(|name| field_name(name, property(name)))
        .collect()
}

/// The maximum number of arguments with which both constructors are printed in full.
const SHOWN_ARGUMENTS: usize = 6;

fn constructors(name: &str, before: &Value, after: &Value, changes: &mut Vec<Change>) {
    let (old, new) = (constructor(before), constructor(after));
    if old == new {
        return;
    }
    let signature = |arguments: &[String]| format!("`new({})`", arguments.join(", "));
    if old.is_empty() {
        changes.push(Change::new(
            Weight::Added,
            Subject::schema(name),
            "constructor-added",
            format!("new constructor {} with the required fields", signature(&new)),
        ));
        return;
    }
    if new.is_empty() {
        changes.push(
            Change::new(
                Weight::Breaking,
                Subject::schema(name),
                "constructor-removed",
                format!("{} was removed, because no field is required when creating", signature(&old)),
            )
            .action("use `default()`"),
        );
        return;
    }
    let (more, less) = (missing(&new, &old), missing(&old, &new));
    let reordered = {
        let kept = |list: &[String], other: &[String]| -> Vec<String> {
            list.iter().filter(|name| other.contains(name)).cloned().collect()
        };
        kept(&old, &new) != kept(&new, &old)
    };
    let mut differences = Vec::new();
    let mut action = "change the calls of `new`";
    if !more.is_empty() {
        differences.push(format!("also takes {}", listed(&more)));
    }
    if !less.is_empty() {
        differences.push(format!("no longer takes {}", listed(&less)));
    }
    if reordered {
        differences.push("arguments reordered".to_owned());
        action = "check every call of `new`, because one that still compiles may pass wrong values";
    }
    let shown = if old.len().max(new.len()) <= SHOWN_ARGUMENTS {
        format!("{} -> {}", signature(&old), signature(&new))
    } else {
        format!("`new` with {} -> {} arguments", old.len(), new.len())
    };
    let message = format!("{shown}: {}", differences.join("; "));
    changes.push(
        Change::new(Weight::Breaking, Subject::schema(name), "constructor-changed", message)
            .action(action)
            .names(more.into_iter().chain(less).cloned()),
    );
}

/// Returns the elements of `these` that are not in `those`.
fn missing<'a, T: PartialEq>(these: &'a [T], those: &[T]) -> Vec<&'a T> {
    these.iter().filter(|one| !those.contains(one)).collect()
}

#[cfg(test)]
mod tests;
