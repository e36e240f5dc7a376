//! One comparison against the description: where its field leads, and whether operator and values fit what is there.

use std::ops::Range;
use std::sync::Arc;

use crate::conditions::comparison::Comparison;
use crate::conditions::field_path::FieldPath;
use crate::conditions::literal::{Literal, LiteralValue};
use crate::conditions::parser::ComparisonPlace;

use super::Parameter;
use super::finding::{Finding, FindingKind};
use super::hints::{self, Meant};
use super::schema::{PropertySchema, Schema, Target, ValueKind};

/// A comparison, the parameter it stands in, and where, when it came from text.
#[derive(Clone, Copy)]
pub(super) struct Checked<'a> {
    pub(super) parameter: Parameter,
    /// As it is written, also behind a `not`.
    pub(super) comparison: &'a Comparison,
    pub(super) place: Option<(&'a Arc<str>, &'a ComparisonPlace)>,
    /// Whether to look for what was meant.
    pub(super) hinted: bool,
}

/// The part of a comparison that a finding is about.
#[derive(Clone, Copy)]
enum Part {
    Field,
    Operator,
    Value(usize),
}

type Findings<T> = Result<T, Box<Finding>>;

impl<'a> Checked<'a> {
    fn wrong(
        &self,
        kind: FindingKind,
        part: Part,
        message: String,
        hint: impl FnOnce() -> Option<String>,
    ) -> Box<Finding> {
        let place = self.place.map(|(text, place)| (Arc::clone(text), range(place, part)));
        let finding = Finding::new(kind, self.parameter.name(), self.field().as_str(), message, place);
        let hint = if self.hinted { hint() } else { None };
        Box::new(hint.into_iter().fold(finding, Finding::with_hint))
    }

    fn field(&self) -> &'a FieldPath {
        self.comparison.field()
    }

    /// The comparison under one of several paths, where it fits.
    fn meant(&self, record: &Schema<'_>, meant: &[Meant]) -> Option<String> {
        hints::comparison(record, self, meant)
    }

    /// Checks the comparison against the record it is about.
    pub(super) fn check(&self, record: &Schema<'_>) -> Findings<()> {
        let member = match self.parameter {
            Parameter::Conditions => self.single(record)?,
            Parameter::Children => self.child(record)?,
            Parameter::CustomFields => self.custom_field()?,
        };
        self.values(record, &member)?;
        let operator = self.comparison.operator();
        if self.parameter != Parameter::Conditions && operator.takes_list() {
            let message = format!("`{operator}` is for conditions alone");
            return Err(self.wrong(FindingKind::Operator, Part::Operator, message, || Some(hints::without_list(self))));
        }
        self.operator(&member)
    }

    /// The value that a comparison of `conditions` is about.
    fn single<'s>(&self, record: &Schema<'s>) -> Findings<PropertySchema<'s>> {
        match record.resolve(self.field()) {
            Target::Value(member) => Ok(member),
            Target::Info(step) => {
                let message = format!("`{}` is not compared through `_info`", self.field());
                Err(self.wrong(FindingKind::UnknownField, Part::Field, message, || {
                    self.meant(record, &[Meant::surely(step)])
                }))
            }
            Target::List { list, .. } => {
                let message = format!("`{list}` is a list, which conditions do not look into");
                Err(self.wrong(FindingKind::List, Part::Field, message, || self.in_list(record, list)))
            }
            other => Err(self.nowhere(record, other)),
        }
    }

    /// The value that a comparison of `childConditions` is about.
    fn child<'s>(&self, record: &Schema<'s>) -> Findings<PropertySchema<'s>> {
        match record.resolve(self.field()) {
            Target::List { element: Some(element), rest: Some(rest), .. } => match element.resolve_steps(rest) {
                Target::Value(member) => Ok(member),
                Target::List { list, .. } => Err(self.wrong(
                    FindingKind::List,
                    Part::Field,
                    format!("`{list}` is a list inside a list, which nothing looks into"),
                    || None,
                )),
                other => Err(self.nowhere(record, other)),
            },
            Target::List { list, element: Some(_), rest: None } => {
                Err(self.wrong(FindingKind::WholeRecord, Part::Field, format!("`{list}` is a list of records"), || {
                    self.in_list(record, list)
                }))
            }
            Target::List { list, element: None, .. } => {
                let message = format!("`{list}` is a list of plain values, which nothing looks into");
                Err(self.wrong(FindingKind::List, Part::Field, message, || self.in_list(record, list)))
            }
            Target::Value(_) | Target::Whole | Target::NoMembers { .. } => {
                let message = format!("`{}` is not in a list, and childConditions are about lists", self.field());
                Err(self.wrong(FindingKind::NoList, Part::Field, message, || {
                    self.meant(record, &[Meant::surely(self.field().as_str())])
                }))
            }
            Target::Info(step) => {
                let message = format!("`{}` is not in a list, and childConditions are about lists", self.field());
                Err(self
                    .wrong(FindingKind::NoList, Part::Field, message, || self.meant(record, &[Meant::surely(step)])))
            }
            other => Err(self.nowhere(record, other)),
        }
    }

    /// The member of a custom field that a comparison of `customFieldConditions` is about.
    fn custom_field(&self) -> Findings<PropertySchema<'static>> {
        let known = [("caption", ValueKind::Text), ("value", ValueKind::Any)];
        let found = known.into_iter().find(|(name, _)| self.field().as_str().eq_ignore_ascii_case(name));
        found.map(|(_, kind)| PropertySchema::from_kind(kind)).ok_or_else(|| {
            let message = format!("custom fields are compared by `caption` and `value`, not by `{}`", self.field());
            self.wrong(FindingKind::UnknownField, Part::Field, message, || {
                Some("write caption=\"the name of the field\" and value=…".to_owned())
            })
        })
    }

    /// What was meant by a comparison of a list.
    fn in_list(&self, record: &Schema<'_>, list: &str) -> Option<String> {
        self.meant(record, &[Meant::surely(self.field().as_str())])
            .or_else(|| self.meant(record, &hints::sibling(record, list)))
    }

    /// What to say of a path that leads to no value.
    fn nowhere(&self, record: &Schema<'_>, target: Target<'_, '_>) -> Box<Finding> {
        match target {
            Target::CustomFields => {
                let hint =
                    || Some("use customFieldConditions: caption=\"the name of the field\" and value=…".to_owned());
                self.wrong(
                    FindingKind::CustomField,
                    Part::Field,
                    "custom fields are not reached by path".to_owned(),
                    hint,
                )
            }
            Target::Whole => {
                let message = format!("`{}` is a record, not a value", self.field());
                self.wrong(FindingKind::WholeRecord, Part::Field, message, || {
                    self.meant(record, &[Meant::surely(self.field().as_str())])
                })
            }
            Target::Nothing { within, step, behind } => {
                let hint = || {
                    let meant = self.meant(record, &hints::renamed(record, self.field(), within, step, behind))?;
                    // For the singular of a list, say so.
                    let list = hints::plural(record, step).filter(|_| within.name() == record.name());
                    Some(list.map_or_else(|| meant.clone(), |list| format!("`{list}` is a list: {meant}")))
                };
                self.wrong(FindingKind::UnknownField, Part::Field, no_member(within, step), hint)
            }
            Target::NoMembers { step, kind, behind } => {
                let path = self.field().as_str();
                let text = path.get(..path.len().saturating_sub(behind.len() + 1)).unwrap_or(path);
                let hint = || (kind == ValueKind::Text).then(|| format!("look into the text: {text} contains \"…\""));
                self.wrong(
                    FindingKind::UnknownField,
                    Part::Field,
                    format!("`{step}` is {} and has no members", kind.words()),
                    hint,
                )
            }
            Target::Value(_) | Target::List { .. } | Target::Info(_) => self.wrong(
                FindingKind::UnknownField,
                Part::Field,
                format!("`{}` cannot be compared here", self.field()),
                || None,
            ),
        }
    }

    /// Whether every value is of the field's kind.
    fn values(&self, record: &Schema<'_>, member: &PropertySchema<'_>) -> Findings<()> {
        for (position, value) in self.comparison.values().iter().enumerate() {
            if !is_of(member.kind, value) {
                let what = match (member.kind, value.value()) {
                    (ValueKind::Integer, LiteralValue::Decimal(digits)) if !digits.contains('.') => "one so large",
                    (ValueKind::Integer, LiteralValue::Decimal(_)) => "one with a fraction",
                    _ => value.kind(),
                };
                let message = format!("`{}` is {}, not {what}", self.field(), member.kind.words());
                let operator = self.comparison.operator();
                let hint = || {
                    if operator.is_textual() {
                        Some(format!("`{operator}` is for text"))
                    } else {
                        hints::as_kind(member.kind, value)
                    }
                };
                return Err(self.wrong(FindingKind::WrongKind, Part::Value(position), message, hint));
            }
            // A part or a pattern is no value of an enum.
            if let (ValueKind::Enumeration(known), LiteralValue::Text(text)) = (member.kind, value.value())
                && !self.comparison.operator().is_textual()
                && !known.iter().any(|known| known.as_str().is_some_and(|known| known.eq_ignore_ascii_case(text)))
            {
                let message = format!("{value} is no known value of `{}`", self.field());
                let hint =
                    || hints::other_member(record, self.field(), member).or_else(|| Some(hints::values(known, text)));
                return Err(self.wrong(FindingKind::UnknownValue, Part::Value(position), message, hint));
            }
        }
        Ok(())
    }

    /// Whether the field's kind has what the operator asks for.
    fn operator(&self, member: &PropertySchema<'_>) -> Findings<()> {
        let (operator, kind) = (self.comparison.operator(), member.kind);
        if operator.is_ordering() && !kind.is_ordered() {
            let hint = if kind == ValueKind::Boolean { "use `=`" } else { "use `=`, `contains` or `like`" };
            let message = format!("`{}` is {}, which has no order", self.field(), kind.words());
            return Err(self.wrong(FindingKind::NoOrder, Part::Operator, message, || Some(hint.to_owned())));
        }
        Ok(())
    }
}

fn range(place: &ComparisonPlace, part: Part) -> Range<usize> {
    match part {
        Part::Field => place.field.clone(),
        Part::Operator => place.operator.clone(),
        Part::Value(at) => place.values.get(at).cloned().unwrap_or_else(|| place.field.clone()),
    }
}

/// That a record has no such member.
pub(super) fn no_member(within: Schema<'_>, step: &str) -> String {
    format!("`{}` has no member `{step}`", within.name())
}

/// Whether a value is of a kind. What `contains` and `like` take is text, so that they fit text alone.
fn is_of(kind: ValueKind<'_>, value: &Literal) -> bool {
    matches!(
        (kind, value.value()),
        (ValueKind::Any, _)
            | (_, LiteralValue::Null)
            | (
                ValueKind::Text | ValueKind::DateText | ValueKind::Uuid | ValueKind::Enumeration(_),
                LiteralValue::Text(_)
            )
            | (ValueKind::Integer | ValueKind::Number, LiteralValue::Integer(_))
            | (ValueKind::Number, LiteralValue::Decimal(_))
            | (ValueKind::Boolean, LiteralValue::Boolean(_))
            | (ValueKind::Date | ValueKind::DateText, LiteralValue::DateTime(_) | LiteralValue::Date(_))
    )
}
