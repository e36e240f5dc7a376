//! The fields of a body: type, length limit, and whether the field is required.

use connectwise_psa::catalogue::{BodyEncoding, Operation};
use connectwise_psa::schemas;
use serde_json::Value;

use crate::operations::value_type::Types;
use crate::projection;

/// Fields of bodies that people set often, besides the fields that are shown by default.
const FREQUENT: [&str; 12] = [
    "initialDescription",
    "text",
    "notes",
    "status",
    "owner",
    "contact",
    "priority",
    "communicationItems",
    "typeIds",
    "customFields",
    "chargeToId",
    "chargeToType",
];

/// The body of an operation.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    /// The name of the type, or of the elements if the body is an array. Empty if the OpenAPI document does not describe it.
    pub(crate) type_name: &'static str,
    /// Whether the body is an array.
    pub(crate) many: bool,
    /// Whether the body is a form with a file.
    pub(crate) form: bool,
    pub(crate) required: bool,
    /// The fields, the required ones first.
    pub(crate) fields: Vec<Field>,
}

/// A field of a body.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub(crate) name: String,
    /// The type for people: `text`, `integer`, `reference {id, name}`.
    pub(crate) type_name: String,
    /// The most characters of a text.
    pub(crate) max_length: Option<u64>,
    /// Whether the OpenAPI document requires it for new records.
    pub(crate) required: bool,
    /// Whether it is required or one of the fields that people work with most.
    pub(crate) frequent: bool,
    /// Our explanation. Empty for most fields.
    pub(crate) about: String,
}

impl Body {
    /// Describes the body of an operation, if it has one.
    pub(crate) fn of(operation: &Operation) -> Option<Self> {
        let spec = operation.body.as_ref()?;
        let fields = match schemas::get(spec.type_name) {
            Some(schema) => fields(spec.type_name, &schema, operation.method.as_str() == "POST"),
            None => Vec::new(),
        };
        Some(Self {
            type_name: spec.type_name,
            many: spec.many,
            form: spec.encoding == BodyEncoding::Multipart,
            required: spec.required,
            fields,
        })
    }
}

/// Returns the fields of a type, the required ones first, without `_info` and `id`, which the server sets.
fn fields(type_name: &str, schema: &Value, is_create: bool) -> Vec<Field> {
    let types = Types::new(type_name, schema);
    let required: Vec<&str> = schema
        .get("x-required-on-create")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let shown = projection::fields(type_name);
    let is_shown = |name: &str| shown.iter().any(|path| path.split('/').next() == Some(name));
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut fields: Vec<Field> = properties
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "_info" && *name != "id")
        .map(|(name, property)| {
            let required = is_create && required.contains(&name.as_str());
            Field {
                name: name.clone(),
                type_name: type_of(&types, property),
                max_length: property.get("maxLength").and_then(Value::as_u64),
                required,
                frequent: required || is_shown(name) || FREQUENT.contains(&name.as_str()),
                about: property.get("description").and_then(Value::as_str).unwrap_or_default().to_owned(),
            }
        })
        .collect();
    // A type with few fields is shown whole.
    if fields.len() <= 12 {
        fields.iter_mut().for_each(|field| field.frequent = true);
    }
    fields.sort_by_key(|field| (!field.required, !field.frequent));
    fields
}

/// Returns the type of a property for people.
fn type_of<'a>(types: &Types<'a>, property: &'a Value) -> String {
    let schema = types.resolve(property);
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    let reference = || property.get("$ref").and_then(Value::as_str).and_then(|target| target.rsplit('/').next());
    if let Some(members) = schema.get("properties").and_then(Value::as_object) {
        let known: Vec<&str> =
            ["id", "identifier", "name"].into_iter().filter(|name| members.contains_key(*name)).collect();
        return match known.is_empty() {
            false => format!("object {{{}}}", known.join(" or ")),
            true => reference().unwrap_or("object").to_owned(),
        };
    }
    let known: Vec<&str> =
        schema.get("examples").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if !known.is_empty() {
        return known.join(" | ");
    }
    match text("type").unwrap_or("any") {
        "string" if text("format") == Some("date-time") => "timestamp".to_owned(),
        "string" if text("format") == Some("date") => "day".to_owned(),
        "string" => "text".to_owned(),
        "array" => match schema.get("items").map(|items| (items.get("$ref").and_then(Value::as_str), items)) {
            Some((Some(target), _)) => format!("array of {}", target.rsplit('/').next().unwrap_or(target)),
            Some((None, items)) => {
                format!("array of {}", items.get("type").and_then(Value::as_str).unwrap_or("values"))
            }
            None => "array".to_owned(),
        },
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::id::find;

    #[test]
    fn the_required_fields_are_first_and_the_server_sets_the_id() {
        let body = Body::of(find("service.create_ticket").unwrap()).unwrap();
        let names: Vec<_> = body.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names[..2], ["company", "summary"]);
        assert!(!names.contains(&"id") && !names.contains(&"_info") && names.len() > 100, "{names:?}");
        let field = |name: &str| body.fields.iter().find(|field| field.name == name).unwrap();
        assert_eq!((field("summary").max_length, field("summary").type_name.as_str()), (Some(100), "text"));
        assert_eq!(field("company").type_name, "object {id or identifier or name}");
        assert_eq!(field("customFields").type_name, "array of CustomFieldValue");
        assert!(field("board").frequent && !field("lagDays").frequent);
    }
}
