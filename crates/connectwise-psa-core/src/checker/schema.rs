//! The JSON Schema of a type of record, which resolves the path of a field to a property.

use serde_json::{Map, Value};

use crate::conditions::field_path::FieldPath;

/// The JSON Schema of a type of record, for checking queries. It resolves references to the other schemas.
///
/// The bindings contain one for every type of the API: `schemas::schema("Ticket")`, with the feature `schemas`.
///
/// ```
/// use connectwise_psa_core::checker::Schema;
/// use connectwise_psa_core::conditions::Condition;
/// use serde_json::json;
///
/// let all = json!({
///     "Ticket": {"properties": {"summary": {"type": "string"}, "board": {"$ref": "#/$defs/BoardReference"}}},
///     "BoardReference": {"properties": {"id": {"type": "integer"}, "name": {"type": "string"}}},
/// });
/// let ticket = Schema::find(all.as_object().expect("an object"), "Ticket").expect("a ticket");
/// ticket.check_conditions(r#"board/name="Help Desk""#)?;
///
/// let error = ticket.check_conditions("boardId=1").unwrap_err();
/// assert_eq!(error.findings()[0].hint.as_deref(), Some("write board/id=1"));
/// # Ok::<(), connectwise_psa_core::checker::CheckError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Schema<'a> {
    all: &'a Map<String, Value>,
    name: &'a str,
    properties: &'a Map<String, Value>,
}

/// A property with a single value, and the schema that contains it.
#[derive(Clone, Copy)]
pub(super) struct PropertySchema<'a> {
    pub(super) value_type: ValueType<'a>,
    pub(super) name: &'a str,
    pub(super) parent: Option<Schema<'a>>,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ValueType<'a> {
    Text,
    Integer,
    Number,
    Boolean,
    Date,
    Uuid,
    Enumeration(&'a [Value]),
    /// A date that the OpenAPI document declares as text.
    DateText,
    /// Any JSON value.
    Any,
}

/// The result of resolving a path.
pub(super) enum Target<'a, 'p> {
    Value(PropertySchema<'a>),
    /// A record or reference as a whole.
    WholeRecord,
    /// A list, the schema of its elements, and the remaining steps.
    List {
        list: &'a str,
        element: Option<Schema<'a>>,
        rest: Option<&'p str>,
    },
    CustomFields,
    /// A field of `_info`, by its name.
    Info(&'p str),
    /// The schema does not have the property.
    UnknownField {
        within: Schema<'a>,
        step: &'p str,
        rest: Option<&'p str>,
    },
    /// The path has steps after a single value.
    BelowValue {
        step: &'a str,
        value_type: ValueType<'a>,
        rest: &'p str,
    },
}

/// The name of the schema of custom fields.
const CUSTOM_FIELD: &str = "CustomFieldValue";

/// The fields of `_info` that conditions and orders address as top-level fields of every record.
pub(super) const INFO_FIELDS: [(&str, ValueType<'static>); 4] = [
    ("lastUpdated", ValueType::Date),
    ("dateEntered", ValueType::Date),
    ("updatedBy", ValueType::Text),
    ("enteredBy", ValueType::Text),
];

impl ValueType<'_> {
    /// Returns the type as messages show it.
    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Text | Self::Uuid | Self::DateText => "text",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Date => "a date",
            Self::Enumeration(_) => "an enum",
            Self::Any => "of any type",
        }
    }

    pub(super) fn is_ordered(self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Date | Self::DateText | Self::Any)
    }
}

impl PropertySchema<'static> {
    pub(super) fn from_value_type(value_type: ValueType<'static>) -> Self {
        Self { value_type, name: "", parent: None }
    }
}

impl<'a> Schema<'a> {
    /// Returns the schema with a name out of `all`, whose schemas refer to each other as `#/$defs/Name`. Returns `None`
    /// if there is no such schema or it has no properties.
    #[must_use]
    pub fn find(all: &'a Map<String, Value>, name: &str) -> Option<Self> {
        let (name, schema) = all.get_key_value(name)?;
        let properties = schema.get("properties")?.as_object()?;
        Some(Self { all, name, properties })
    }

    /// Returns the name of the type of record in the OpenAPI document.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// Returns the names of the fields.
    pub fn fields(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.properties.keys().map(String::as_str)
    }

    /// Returns a property by its name in any letter case, with its schema.
    pub(super) fn property(&self, name: &str) -> Option<(&'a str, &'a Value)> {
        self.properties
            .iter()
            .find(|(property, _)| property.eq_ignore_ascii_case(name))
            .map(|(property, schema)| (property.as_str(), schema))
    }

    /// Resolves a path of the record.
    pub(super) fn resolve<'p>(&self, path: &'p FieldPath) -> Target<'a, 'p> {
        let text = path.as_str();
        let (first, rest) = split(text);
        // Observed on live servers: conditions and orders name the fields of `_info` as top-level fields. Some records
        // of the OpenAPI document have them at the top level too, but as text, so these types take precedence.
        if rest.is_none()
            && let Some((name, value_type)) = INFO_FIELDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(first))
        {
            return Target::Value(PropertySchema { value_type: *value_type, name, parent: Some(*self) });
        }
        if first.eq_ignore_ascii_case("_info")
            && let Some(step) = rest
        {
            return Target::Info(step);
        }
        self.resolve_steps(text)
    }

    /// Resolves a path of any object, such as a list element or a reference.
    pub(super) fn resolve_steps<'p>(&self, steps: &'p str) -> Target<'a, 'p> {
        let (step, rest) = split(steps);
        let Some((name, schema)) = self.property(step) else {
            return Target::UnknownField { within: *self, step, rest };
        };
        if name == "_info" {
            return Target::Info(rest.unwrap_or(step));
        }
        if schema.get("type").and_then(Value::as_str) == Some("array") {
            let element = schema.get("items").and_then(reference_name);
            if element == Some(CUSTOM_FIELD) {
                return Target::CustomFields;
            }
            return Target::List {
                list: name,
                element: element.and_then(|element| Schema::find(self.all, element)),
                rest,
            };
        }
        let value_type = match reference_name(schema) {
            Some(other) => match Schema::find(self.all, other) {
                Some(object) => {
                    return match rest {
                        Some(rest) => object.resolve_steps(rest),
                        None => Target::WholeRecord,
                    };
                }
                None => self.all.get(other).map_or(ValueType::Any, value_type),
            },
            None => value_type(schema),
        };
        match rest {
            Some(rest) if value_type != ValueType::Any => Target::BelowValue { step: name, value_type, rest },
            _ => Target::Value(PropertySchema { value_type, name, parent: Some(*self) }),
        }
    }

    /// Returns the schema of the object that a property refers to, or `None` if the property is a value or a list.
    pub(super) fn object_schema(&self, schema: &'a Value) -> Option<Schema<'a>> {
        Schema::find(self.all, reference_name(schema)?)
    }

    /// Returns the name of a list of records, in the letter case of the schema.
    pub(super) fn record_list(&self, name: &str) -> Option<&'a str> {
        let (name, schema) = self.property(name)?;
        let element = schema.get("items").and_then(reference_name).filter(|element| *element != CUSTOM_FIELD)?;
        Schema::find(self.all, element).map(|_| name)
    }
}

fn split(steps: &str) -> (&str, Option<&str>) {
    steps.split_once('/').map_or((steps, None), |(step, rest)| (step, Some(rest)))
}

/// Returns the name of the schema that a schema refers to.
fn reference_name(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

/// Returns the type of a schema of a single value.
fn value_type(schema: &Value) -> ValueType<'_> {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    let values = schema.get("enum").or_else(|| schema.get("examples")).and_then(Value::as_array);
    match (text("type"), text("format")) {
        (Some("string"), Some("date-time" | "date")) => ValueType::Date,
        (Some("string"), Some("uuid")) => ValueType::Uuid,
        (Some("string"), _) if schema.get("x-date-as-text").is_some() => ValueType::DateText,
        (Some("string"), _) => values.map_or(ValueType::Text, |values| ValueType::Enumeration(values)),
        (Some("integer"), _) => ValueType::Integer,
        (Some("number"), _) => ValueType::Number,
        (Some("boolean"), _) => ValueType::Boolean,
        _ => ValueType::Any,
    }
}
