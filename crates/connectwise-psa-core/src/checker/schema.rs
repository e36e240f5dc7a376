//! The description of a record, read from the JSON Schemas of the API: which members it has, and where a path leads.

use serde_json::{Map, Value};

use crate::conditions::field_path::FieldPath;

/// The JSON Schema of a record among those it refers to, for checking what is asked of such records.
///
/// The bindings have it for every type of the API: `schemas::schema("Ticket")`, with the feature `schemas`.
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
    members: &'a Map<String, Value>,
}

/// A member that holds a value, and the record it is a member of.
#[derive(Clone, Copy)]
pub(super) struct PropertySchema<'a> {
    pub(super) kind: ValueKind<'a>,
    pub(super) name: &'a str,
    pub(super) of: Option<Schema<'a>>,
}

/// The kinds of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ValueKind<'a> {
    Text,
    Integer,
    Number,
    Boolean,
    Date,
    Uuid,
    Enumeration(&'a [Value]),
    DateText,
    /// JSON of any shape.
    Any,
}

/// Where a path leads.
pub(super) enum Target<'a, 'p> {
    Value(PropertySchema<'a>),
    /// A record or reference as a whole.
    Whole,
    /// A list, what its elements are, and the steps behind it.
    List {
        list: &'a str,
        element: Option<Schema<'a>>,
        rest: Option<&'p str>,
    },
    CustomFields,
    /// A member of `_info`, by its name.
    Info(&'p str),
    /// The record has no such member.
    Nothing {
        within: Schema<'a>,
        step: &'p str,
        behind: Option<&'p str>,
    },
    /// The path goes on behind a value.
    NoMembers {
        step: &'a str,
        kind: ValueKind<'a>,
        behind: &'p str,
    },
}

/// The schema whose records are custom fields.
const CUSTOM_FIELD: &str = "CustomFieldValue";

/// The members of `_info` that every record has at its top for conditions and orders.
pub(super) const INFO_MEMBERS: [(&str, ValueKind<'static>); 4] = [
    ("lastUpdated", ValueKind::Date),
    ("dateEntered", ValueKind::Date),
    ("updatedBy", ValueKind::Text),
    ("enteredBy", ValueKind::Text),
];

impl ValueKind<'_> {
    /// The kind in messages.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Text | Self::Uuid | Self::DateText => "text",
            Self::Integer => "a whole number",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Date => "a date",
            Self::Enumeration(_) => "one of several texts",
            Self::Any => "of any kind",
        }
    }

    pub(super) fn is_ordered(self) -> bool {
        matches!(self, Self::Integer | Self::Number | Self::Date | Self::DateText | Self::Any)
    }
}

impl PropertySchema<'static> {
    pub(super) fn from_kind(kind: ValueKind<'static>) -> Self {
        Self { kind, name: "", of: None }
    }
}

impl<'a> Schema<'a> {
    /// The schema of this name among all, which refer to each other as `#/$defs/Name`; `None` when there is none with
    /// members.
    #[must_use]
    pub fn find(all: &'a Map<String, Value>, name: &str) -> Option<Self> {
        let (name, schema) = all.get_key_value(name)?;
        let members = schema.get("properties")?.as_object()?;
        Some(Self { all, name, members })
    }

    /// The vendor's name of the record.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The names of its members.
    pub fn members(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.members.keys().map(String::as_str)
    }

    /// A member by its name, in any letter case.
    pub(super) fn member(&self, name: &str) -> Option<(&'a str, &'a Value)> {
        self.members
            .iter()
            .find(|(member, _)| member.eq_ignore_ascii_case(name))
            .map(|(member, schema)| (member.as_str(), schema))
    }

    /// Where a path leads from the record.
    pub(super) fn resolve<'p>(&self, path: &'p FieldPath) -> Target<'a, 'p> {
        let text = path.as_str();
        let (first, rest) = split(text);
        // facts: they are compared as if they were members of the record; the description has them as text where it has
        // them.
        if rest.is_none()
            && let Some((name, kind)) = INFO_MEMBERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(first))
        {
            return Target::Value(PropertySchema { kind: *kind, name, of: Some(*self) });
        }
        if first.eq_ignore_ascii_case("_info")
            && let Some(step) = rest
        {
            return Target::Info(step);
        }
        self.resolve_steps(text)
    }

    /// Where steps lead from a record, whatever it is a part of.
    pub(super) fn resolve_steps<'p>(&self, steps: &'p str) -> Target<'a, 'p> {
        let (step, rest) = split(steps);
        let Some((name, schema)) = self.member(step) else {
            return Target::Nothing { within: *self, step, behind: rest };
        };
        if name == "_info" {
            return Target::Info(rest.unwrap_or(step));
        }
        if schema.get("type").and_then(Value::as_str) == Some("array") {
            let element = schema.get("items").and_then(referred);
            if element == Some(CUSTOM_FIELD) {
                return Target::CustomFields;
            }
            return Target::List {
                list: name,
                element: element.and_then(|element| Schema::find(self.all, element)),
                rest,
            };
        }
        let kind = match referred(schema) {
            Some(other) => match Schema::find(self.all, other) {
                Some(inside) => {
                    return match rest {
                        Some(rest) => inside.resolve_steps(rest),
                        None => Target::Whole,
                    };
                }
                None => self.all.get(other).map_or(ValueKind::Any, kind_of),
            },
            None => kind_of(schema),
        };
        match rest {
            Some(rest) if kind != ValueKind::Any => Target::NoMembers { step: name, kind, behind: rest },
            _ => Target::Value(PropertySchema { kind, name, of: Some(*self) }),
        }
    }

    /// The record that a member refers to; none when it is a value or a list.
    pub(super) fn inside(&self, schema: &'a Value) -> Option<Schema<'a>> {
        Schema::find(self.all, referred(schema)?)
    }

    /// The list of records of this name.
    pub(super) fn list(&self, name: &str) -> Option<&'a str> {
        let (name, schema) = self.member(name)?;
        let element = schema.get("items").and_then(referred).filter(|element| *element != CUSTOM_FIELD)?;
        Schema::find(self.all, element).map(|_| name)
    }
}

fn split(steps: &str) -> (&str, Option<&str>) {
    steps.split_once('/').map_or((steps, None), |(step, rest)| (step, Some(rest)))
}

/// The name of the schema that one refers to.
fn referred(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

/// The kind of a schema that is a value.
fn kind_of(schema: &Value) -> ValueKind<'_> {
    let text = |key: &str| schema.get(key).and_then(Value::as_str);
    let values = schema.get("enum").or_else(|| schema.get("examples")).and_then(Value::as_array);
    match (text("type"), text("format")) {
        (Some("string"), Some("date-time" | "date")) => ValueKind::Date,
        (Some("string"), Some("uuid")) => ValueKind::Uuid,
        (Some("string"), _) if schema.get("x-date-as-text").is_some() => ValueKind::DateText,
        (Some("string"), _) => values.map_or(ValueKind::Text, |values| ValueKind::Enumeration(values)),
        (Some("integer"), _) => ValueKind::Integer,
        (Some("number"), _) => ValueKind::Number,
        (Some("boolean"), _) => ValueKind::Boolean,
        _ => ValueKind::Any,
    }
}
