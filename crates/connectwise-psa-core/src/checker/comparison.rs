//! Checks one comparison against a schema: resolves its field, then checks the operator and the values.

use std::ops::Range;
use std::sync::Arc;

use crate::conditions::comparison::Comparison;
use crate::conditions::field_path::FieldPath;
use crate::conditions::literal::{Literal, LiteralValue};
use crate::conditions::parser::ComparisonSpans;

use super::Parameter;
use super::finding::{Finding, FindingKind};
use super::hints::{self, Suggestion};
use super::schema::{PropertySchema, Schema, Target, ValueType};

/// A comparison to check, and the parameter that contains it.
#[derive(Clone, Copy)]
pub(super) struct ComparisonCheck<'a> {
    pub(super) parameter: Parameter,
    /// The comparison as the text has it. After a `not` it is not replaced by its opposite.
    pub(super) comparison: &'a Comparison,
    /// The text and the spans, if the condition was given as text.
    pub(super) source: Option<(&'a Arc<str>, &'a ComparisonSpans)>,
    /// Whether to look for a hint. A hint is found by checking other comparisons, which need none themselves.
    pub(super) with_hint: bool,
}

/// The part of a comparison that a finding marks.
#[derive(Clone, Copy)]
enum ComparisonPart {
    Field,
    Operator,
    Value(usize),
}

type CheckResult<T> = Result<T, Box<Finding>>;

impl<'a> ComparisonCheck<'a> {
    fn finding(
        &self,
        kind: FindingKind,
        part: ComparisonPart,
        message: String,
        hint: impl FnOnce() -> Option<String>,
    ) -> Box<Finding> {
        let source = self.source.map(|(text, spans)| (Arc::clone(text), span_of(spans, part)));
        let finding = Finding::new(kind, self.parameter.name(), self.field().as_str(), message, source);
        let hint = if self.with_hint { hint() } else { None };
        Box::new(hint.into_iter().fold(finding, Finding::with_hint))
    }

    fn field(&self) -> &'a FieldPath {
        self.comparison.field()
    }

    /// Returns a hint with the first suggested path for which the comparison is valid.
    fn suggest(&self, record: &Schema<'_>, suggestions: &[Suggestion]) -> Option<String> {
        hints::suggested_comparison(record, self, suggestions)
    }

    /// Checks the comparison against the schema of the record.
    pub(super) fn check(&self, record: &Schema<'_>) -> CheckResult<()> {
        let property = match self.parameter {
            Parameter::Conditions => self.record_property(record)?,
            Parameter::Children => self.child_property(record)?,
            Parameter::CustomFields => self.custom_field_property()?,
        };
        self.check_values(record, &property)?;
        let operator = self.comparison.operator();
        if self.parameter != Parameter::Conditions && operator.takes_list() {
            let message = format!("`{operator}` works only in `conditions`");
            return Err(self.finding(FindingKind::Operator, ComparisonPart::Operator, message, || {
                Some(hints::without_list(self))
            }));
        }
        self.check_operator(&property)
    }

    /// Returns the property that a comparison of `conditions` compares.
    fn record_property<'s>(&self, record: &Schema<'s>) -> CheckResult<PropertySchema<'s>> {
        match record.resolve(self.field()) {
            Target::Value(property) => Ok(property),
            Target::Info(step) => {
                let message = format!("`{}` cannot be used in `conditions`", self.field());
                Err(self.finding(FindingKind::UnknownField, ComparisonPart::Field, message, || {
                    self.suggest(record, &[Suggestion::certain(step)])
                }))
            }
            Target::List { list, .. } => {
                let message = format!("`{list}` is a list; `conditions` cannot compare its elements");
                Err(self.finding(FindingKind::List, ComparisonPart::Field, message, || self.list_hint(record, list)))
            }
            other => Err(self.unresolved(record, other)),
        }
    }

    /// Returns the property that a comparison of `childConditions` compares.
    fn child_property<'s>(&self, record: &Schema<'s>) -> CheckResult<PropertySchema<'s>> {
        match record.resolve(self.field()) {
            Target::List { element: Some(element), rest: Some(rest), .. } => match element.resolve_steps(rest) {
                Target::Value(property) => Ok(property),
                Target::List { list, .. } => Err(self.finding(
                    FindingKind::List,
                    ComparisonPart::Field,
                    format!("`{list}` is a list inside a list; its elements cannot be compared"),
                    || None,
                )),
                other => Err(self.unresolved(record, other)),
            },
            Target::List { list, element: Some(_), rest: None } => Err(self.finding(
                FindingKind::WholeRecord,
                ComparisonPart::Field,
                format!("`{list}` is a list of records"),
                || self.list_hint(record, list),
            )),
            Target::List { list, element: None, .. } => {
                let message = format!("`{list}` is a list of plain values; its elements cannot be compared");
                Err(self.finding(FindingKind::List, ComparisonPart::Field, message, || self.list_hint(record, list)))
            }
            Target::Value(_) | Target::WholeRecord | Target::BelowValue { .. } => {
                let message = format!(
                    "`{}` is not in a list; `childConditions` compares only fields of list elements",
                    self.field()
                );
                Err(self.finding(FindingKind::NotAList, ComparisonPart::Field, message, || {
                    self.suggest(record, &[Suggestion::certain(self.field().as_str())])
                }))
            }
            Target::Info(step) => {
                let message = format!(
                    "`{}` is not in a list; `childConditions` compares only fields of list elements",
                    self.field()
                );
                Err(self.finding(FindingKind::NotAList, ComparisonPart::Field, message, || {
                    self.suggest(record, &[Suggestion::certain(step)])
                }))
            }
            other => Err(self.unresolved(record, other)),
        }
    }

    /// Returns the property of a custom field that a comparison of `customFieldConditions` compares.
    fn custom_field_property(&self) -> CheckResult<PropertySchema<'static>> {
        let known = [("caption", ValueType::Text), ("value", ValueType::Any)];
        let found = known.into_iter().find(|(name, _)| self.field().as_str().eq_ignore_ascii_case(name));
        found.map(|(_, value_type)| PropertySchema::from_value_type(value_type)).ok_or_else(|| {
            let message = format!("`customFieldConditions` compares `caption` and `value`, not `{}`", self.field());
            self.finding(FindingKind::UnknownField, ComparisonPart::Field, message, || {
                Some("write caption=\"name of the field\" and value=…".to_owned())
            })
        })
    }

    /// Returns the hint for a comparison of a list.
    fn list_hint(&self, record: &Schema<'_>, list: &str) -> Option<String> {
        self.suggest(record, &[Suggestion::certain(self.field().as_str())])
            .or_else(|| self.suggest(record, &hints::records_of_ids(record, list)))
    }

    /// Returns the finding for a path that is not a single value.
    fn unresolved(&self, record: &Schema<'_>, target: Target<'_, '_>) -> Box<Finding> {
        match target {
            Target::CustomFields => {
                let hint = || Some("use customFieldConditions: caption=\"name of the field\" and value=…".to_owned());
                self.finding(
                    FindingKind::CustomField,
                    ComparisonPart::Field,
                    "custom fields cannot be compared by path".to_owned(),
                    hint,
                )
            }
            Target::WholeRecord => {
                let message = format!("`{}` is a record, not a value", self.field());
                self.finding(FindingKind::WholeRecord, ComparisonPart::Field, message, || {
                    self.suggest(record, &[Suggestion::certain(self.field().as_str())])
                })
            }
            Target::UnknownField { within, step, rest } => {
                let hint = || {
                    let hint = self.suggest(record, &hints::suggestions(record, self.field(), within, step, rest))?;
                    // The step may be the singular of the name of a list.
                    let list = hints::plural(record, step).filter(|_| within.name() == record.name());
                    Some(list.map_or_else(|| hint.clone(), |list| format!("`{list}` is a list: {hint}")))
                };
                self.finding(
                    FindingKind::UnknownField,
                    ComparisonPart::Field,
                    unknown_field_message(within, step),
                    hint,
                )
            }
            Target::BelowValue { step, value_type, rest } => {
                let path = self.field().as_str();
                let field = path.get(..path.len().saturating_sub(rest.len() + 1)).unwrap_or(path);
                let hint = || {
                    (value_type == ValueType::Text).then(|| format!("search the text instead: {field} contains \"…\""))
                };
                self.finding(
                    FindingKind::UnknownField,
                    ComparisonPart::Field,
                    below_value_message(step, value_type),
                    hint,
                )
            }
            Target::Value(_) | Target::List { .. } | Target::Info(_) => self.finding(
                FindingKind::UnknownField,
                ComparisonPart::Field,
                format!("`{}` cannot be compared here", self.field()),
                || None,
            ),
        }
    }

    /// Checks that every value has the type of the field.
    fn check_values(&self, record: &Schema<'_>, property: &PropertySchema<'_>) -> CheckResult<()> {
        for (position, value) in self.comparison.values().iter().enumerate() {
            if !accepts(property.value_type, value) {
                let actual = match (property.value_type, value.value()) {
                    (ValueType::Integer, LiteralValue::Decimal(digits)) if !digits.contains('.') => {
                        "a number of more than 64 bits"
                    }
                    (ValueType::Integer, LiteralValue::Decimal(_)) => "a number with a fraction",
                    _ => value.type_name(),
                };
                let message = format!("`{}` is {}, not {actual}", self.field(), property.value_type.description());
                let operator = self.comparison.operator();
                let hint = || {
                    if operator.is_textual() {
                        Some(format!("`{operator}` compares only text"))
                    } else {
                        hints::correct_literal(property.value_type, value)
                    }
                };
                return Err(self.finding(FindingKind::WrongType, ComparisonPart::Value(position), message, hint));
            }
            // A substring or a pattern need not be a value of the enum.
            if let (ValueType::Enumeration(known), LiteralValue::Text(text)) = (property.value_type, value.value())
                && !self.comparison.operator().is_textual()
                && !known.iter().any(|known| known.as_str().is_some_and(|known| known.eq_ignore_ascii_case(text)))
            {
                let message = format!("{value} is not a known value of `{}`", self.field());
                let hint = || {
                    hints::type_reference(record, self.field(), property)
                        .or_else(|| Some(hints::known_values(known, text)))
                };
                return Err(self.finding(FindingKind::UnknownValue, ComparisonPart::Value(position), message, hint));
            }
        }
        Ok(())
    }

    /// Checks that the operator applies to the type of the field.
    fn check_operator(&self, property: &PropertySchema<'_>) -> CheckResult<()> {
        let (operator, value_type) = (self.comparison.operator(), property.value_type);
        if operator.is_ordering() && !value_type.is_ordered() {
            let hint = if value_type == ValueType::Boolean { "use `=`" } else { "use `=`, `contains` or `like`" };
            let message =
                format!("`{}` is {}, which `{operator}` cannot compare", self.field(), value_type.description());
            return Err(
                self.finding(FindingKind::NotOrdered, ComparisonPart::Operator, message, || Some(hint.to_owned()))
            );
        }
        Ok(())
    }
}

fn span_of(spans: &ComparisonSpans, part: ComparisonPart) -> Range<usize> {
    match part {
        ComparisonPart::Field => spans.field.clone(),
        ComparisonPart::Operator => spans.operator.clone(),
        ComparisonPart::Value(at) => spans.values.get(at).cloned().unwrap_or_else(|| spans.field.clone()),
    }
}

pub(super) fn unknown_field_message(within: Schema<'_>, step: &str) -> String {
    format!("`{}` has no field `{step}`", within.name())
}

pub(super) fn below_value_message(step: &str, value_type: ValueType<'_>) -> String {
    format!("`{step}` is {} and has no fields", value_type.description())
}

/// Returns whether a field of this type can be compared with a value. `contains` and `like` take only text, so they
/// apply only to fields that accept text.
fn accepts(value_type: ValueType<'_>, value: &Literal) -> bool {
    matches!(
        (value_type, value.value()),
        (ValueType::Any, _)
            | (_, LiteralValue::Null)
            | (
                ValueType::Text | ValueType::DateText | ValueType::Uuid | ValueType::Enumeration(_),
                LiteralValue::Text(_)
            )
            | (ValueType::Integer | ValueType::Number, LiteralValue::Integer(_))
            | (ValueType::Number, LiteralValue::Decimal(_))
            | (ValueType::Boolean, LiteralValue::Boolean(_))
            | (ValueType::Date | ValueType::DateText, LiteralValue::DateTime(_) | LiteralValue::Date(_))
    )
}
