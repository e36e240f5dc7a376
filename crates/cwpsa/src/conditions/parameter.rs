//! The parameters of lists that take such text, and their parsers and checks.

use connectwise_psa::Condition;
use connectwise_psa::conditions::{CheckError, FieldSelection, OrderBy, Schema, SyntaxError};
use connectwise_psa::schemas;

/// A parameter that takes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parameter {
    Conditions,
    ChildConditions,
    CustomFieldConditions,
    OrderBy,
    Fields,
}

/// The value of a parameter.
#[derive(Clone, Debug)]
pub(crate) enum Parsed {
    Condition(Condition),
    OrderBy(OrderBy),
    Fields(FieldSelection),
}

/// Custom fields are the same in every record, so any type with custom fields can check `customFieldConditions`.
const TYPE_WITH_CUSTOM_FIELDS: &str = "Ticket";

impl Parameter {
    /// Returns the name of the parameter, as the server writes it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Conditions => "conditions",
            Self::ChildConditions => "childConditions",
            Self::CustomFieldConditions => "customFieldConditions",
            Self::OrderBy => "orderBy",
            Self::Fields => "fields",
        }
    }

    /// Reads the text.
    pub(crate) fn parse(self, text: &str) -> Result<Parsed, SyntaxError> {
        match self {
            Self::Conditions | Self::ChildConditions | Self::CustomFieldConditions => {
                text.parse().map(Parsed::Condition)
            }
            Self::OrderBy => text.parse().map(Parsed::OrderBy),
            Self::Fields => text.parse().map(Parsed::Fields),
        }
    }

    /// Checks the text against a type of record. Without a type, only custom fields can be checked.
    pub(crate) fn check(self, text: &str, schema: Option<&Schema<'_>>) -> Result<(), CheckError> {
        match (self, schema) {
            (Self::CustomFieldConditions, _) => schemas::schema(TYPE_WITH_CUSTOM_FIELDS)
                .map_or(Ok(()), |schema| schema.check_custom_field_conditions(text)),
            (_, None) => Ok(()),
            (Self::Conditions, Some(schema)) => schema.check_conditions(text),
            (Self::ChildConditions, Some(schema)) => schema.check_child_conditions(text),
            (Self::OrderBy, Some(schema)) => schema.check_order_by(text),
            (Self::Fields, Some(schema)) => schema.check_fields(text),
        }
    }
}

impl Parsed {
    /// Returns the canonical text, which is what the client sends.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Condition(condition) => condition.to_string(),
            Self::OrderBy(order) => order.to_string(),
            Self::Fields(fields) => fields.to_string(),
        }
    }
}
