//! Checks what is asked for against the description of a record: fields that are not there, values of the wrong kind,
//! parameters that are meant for something else. Typed fields cannot go wrong this way; text from people and
//! configuration files can.

mod comparison;
pub(crate) mod finding;
mod hints;
pub(crate) mod schema;

use std::ops::Range;
use std::sync::Arc;

use crate::conditions::Condition;
use crate::conditions::field_path::FieldPath;
use crate::conditions::field_selection::FieldSelection;
use crate::conditions::order_by::OrderBy;
use crate::conditions::parser;
use crate::query::list_query::ListQuery;
use crate::query::text_or::TextOr;

use comparison::{Checked, no_member};
pub use finding::{CheckError, Finding, FindingKind};
use hints::Meant;
pub use schema::Schema;
use schema::Target;

/// The three parameters that take conditions.
#[derive(Clone, Copy, PartialEq)]
enum Parameter {
    Conditions,
    Children,
    CustomFields,
}

impl Parameter {
    const fn name(self) -> &'static str {
        match self {
            Self::Conditions => "conditions",
            Self::Children => "childConditions",
            Self::CustomFields => "customFieldConditions",
        }
    }
}

impl Schema<'_> {
    /// Checks `conditions`: every field is one of the record or of what it refers to, and every value is of the field's
    /// kind.
    ///
    /// # Errors
    ///
    /// Everything that does not fit, each with its place and, where it is known, what was meant.
    pub fn check_conditions(&self, conditions: impl Into<TextOr<Condition>>) -> Result<(), CheckError> {
        self.check_input(Parameter::Conditions, &conditions.into())
    }

    /// Checks `childConditions`: every field is one of the elements of a list of the record.
    ///
    /// # Errors
    ///
    /// As of [`check_conditions`](Self::check_conditions); also `in`, which they cannot hold.
    pub fn check_child_conditions(&self, conditions: impl Into<TextOr<Condition>>) -> Result<(), CheckError> {
        self.check_input(Parameter::Children, &conditions.into())
    }

    /// Checks `customFieldConditions`: they are about `caption` and `value`.
    ///
    /// # Errors
    ///
    /// As of [`check_conditions`](Self::check_conditions); also `in`, which they cannot hold.
    pub fn check_custom_field_conditions(&self, conditions: impl Into<TextOr<Condition>>) -> Result<(), CheckError> {
        self.check_input(Parameter::CustomFields, &conditions.into())
    }

    /// Checks `orderBy`: every field is a single value.
    ///
    /// # Errors
    ///
    /// Everything that does not fit.
    pub fn check_order_by(&self, order: impl Into<TextOr<OrderBy>>) -> Result<(), CheckError> {
        CheckError::from_findings(self.order(&order.into()))
    }

    /// Checks `fields`: every field is one of the record. facts: some endpoints ignore others, some refuse them.
    ///
    /// # Errors
    ///
    /// Everything that does not fit.
    pub fn check_fields(&self, fields: impl Into<TextOr<FieldSelection>>) -> Result<(), CheckError> {
        CheckError::from_findings(self.selection(&fields.into()))
    }

    /// Checks all parameters of a query, also against each other: an order and forward-only reading, for one.
    ///
    /// # Errors
    ///
    /// Everything that does not fit.
    pub fn check_query(&self, query: &ListQuery) -> Result<(), CheckError> {
        let mut findings = self.conditions(Parameter::Conditions, &query.conditions);
        findings.extend(self.conditions(Parameter::Children, &query.child_conditions));
        findings.extend(self.conditions(Parameter::CustomFields, &query.custom_field_conditions));
        findings.extend(self.order(&query.order_by));
        findings.extend(self.selection(&query.fields));
        if findings.is_empty()
            && let Err(error) = query.check()
        {
            findings.push(Finding::new(FindingKind::Query, "query", "", error.to_string(), None));
        }
        CheckError::from_findings(findings)
    }

    fn check_input(&self, parameter: Parameter, conditions: &TextOr<Condition>) -> Result<(), CheckError> {
        CheckError::from_findings(self.conditions(parameter, conditions))
    }

    fn conditions(&self, parameter: Parameter, input: &TextOr<Condition>) -> Vec<Finding> {
        if let Some(finding) = unreadable(parameter.name(), input) {
            return vec![finding];
        }
        let Some(condition) = input.value() else { return Vec::new() };
        let places = input.source().and_then(|text| Some((Arc::<str>::from(text), parser::places(text).ok()?)));
        let comparisons = condition.comparisons();
        let checks = comparisons.iter().enumerate().map(|(index, comparison)| {
            let place = places.as_ref().and_then(|(text, places)| Some((text, places.get(index)?)));
            let comparison = place.map_or(*comparison, |(_, place)| &place.written);
            Checked { parameter, comparison, place, hinted: true }.check(self)
        });
        checks.filter_map(|check| check.err().map(|finding| *finding)).take(MOST_FINDINGS).collect()
    }

    fn order(&self, input: &TextOr<OrderBy>) -> Vec<Finding> {
        if let Some(finding) = unreadable("orderBy", input) {
            return vec![finding];
        }
        let fields = input.value().into_iter().flat_map(|order| order.fields().iter().map(|(field, _)| field));
        let is_value = |path: &FieldPath| matches!(self.resolve(path), Target::Value(_));
        let wrong = fields.filter_map(|field| {
            let (kind, message, meant) = match self.resolve(field) {
                Target::Value(_) => return None,
                Target::Info(step) => (
                    FindingKind::UnknownField,
                    format!("`{field}` is not reached through `_info`"),
                    vec![Meant::surely(step)],
                ),
                Target::List { list, .. } => {
                    (FindingKind::List, format!("`{list}` is a list, which nothing can be ordered by"), Vec::new())
                }
                Target::CustomFields => {
                    (FindingKind::CustomField, "custom fields cannot be ordered by".to_owned(), Vec::new())
                }
                Target::Whole => {
                    let members = ["name", "identifier", "summary", "id"]
                        .map(|member| Meant::surely(format!("{field}/{member}")));
                    (FindingKind::WholeRecord, format!("`{field}` is a record, not a value"), members.into())
                }
                Target::Nothing { within, step, behind } => (
                    FindingKind::UnknownField,
                    no_member(within, step),
                    hints::renamed(self, field, within, step, behind),
                ),
                Target::NoMembers { step, kind, .. } => {
                    (FindingKind::UnknownField, format!("`{step}` is {} and has no members", kind.words()), Vec::new())
                }
            };
            let finding = Finding::new(kind, "orderBy", field.as_str(), message, word_in(input.source(), field));
            Some(hints::path(&meant, is_value).into_iter().fold(finding, Finding::with_hint))
        });
        wrong.take(MOST_FINDINGS).collect()
    }

    fn selection(&self, input: &TextOr<FieldSelection>) -> Vec<Finding> {
        if let Some(finding) = unreadable("fields", input) {
            return vec![finding];
        }
        let fields = input.value().into_iter().flat_map(FieldSelection::fields);
        let wrong = fields.filter_map(|field| {
            let (message, meant) = self.unselectable(field)?;
            let finding = Finding::new(
                FindingKind::UnknownField,
                "fields",
                field.as_str(),
                message,
                word_in(input.source(), field),
            );
            Some(
                hints::path(&meant, |path| self.unselectable(path).is_none())
                    .into_iter()
                    .fold(finding, Finding::with_hint),
            )
        });
        wrong.take(MOST_FINDINGS).collect()
    }

    /// Why a field cannot be selected, and what was probably meant.
    fn unselectable(&self, field: &FieldPath) -> Option<(String, Vec<Meant>)> {
        let mut target = self.resolve(field);
        if let Target::List { element: Some(element), rest: Some(rest), .. } = target {
            target = element.resolve_steps(rest);
        }
        match target {
            Target::Nothing { within, step, behind } => {
                Some((no_member(within, step), hints::renamed(self, field, within, step, behind)))
            }
            Target::NoMembers { step, kind, .. } => {
                Some((format!("`{step}` is {} and has no members", kind.words()), Vec::new()))
            }
            // Only for conditions and orders it is as if it were a member of the record.
            Target::Value(member)
                if self.member(member.name).is_none() && member.of.is_some_and(|of| of.name() == self.name()) =>
            {
                Some((
                    format!("`{}` is a member of `_info`", member.name),
                    vec![Meant::surely(format!("_info/{}", member.name))],
                ))
            }
            _ => None,
        }
    }
}

/// How many findings are told of one parameter.
const MOST_FINDINGS: usize = 100;

/// What cannot be read or written at all.
fn unreadable<T>(parameter: &'static str, input: &TextOr<T>) -> Option<Finding> {
    if let Some(error) = input.syntax_error() {
        let finding = Finding::new(
            FindingKind::Syntax,
            parameter,
            "",
            error.message().to_owned(),
            Some((error.text().into(), error.span())),
        );
        return Some(error.hint().into_iter().fold(finding, Finding::with_hint));
    }
    let error = input.check(parameter).err()?;
    Some(Finding::new(FindingKind::InvalidLiteral, parameter, "", error.to_string(), None))
}

/// Where a field stands in a text that lists fields.
fn word_in(text: Option<&str>, field: &FieldPath) -> Option<(Arc<str>, Range<usize>)> {
    let text = text?;
    let is_part = |character: char| crate::conditions::field_path::is_name_part(character) || character == '/';
    let alone = |at: usize| {
        let (before, behind) =
            (text.get(..at).unwrap_or_default(), text.get(at + field.as_str().len()..).unwrap_or_default());
        !before.ends_with(is_part) && !behind.starts_with(is_part)
    };
    let at = text.match_indices(field.as_str()).map(|(at, _)| at).find(|at| alone(*at))?;
    Some((text.into(), at..at + field.as_str().len()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;
    use crate::error::Error;
    use crate::query::text_or::Verbatim;

    fn all() -> Map<String, Value> {
        let all = json!({
            "Thing": {"properties": {
                "id": {"type": "integer"},
                "text": {"type": "string"},
                "any": {},
                "guid": {"type": "string", "format": "uuid"},
                "closedDate": {"type": "string", "x-date-as-text": true},
                "lastUpdated": {"type": "string"},
                "level": {"$ref": "#/$defs/Level"},
                "inner": {"$ref": "#/$defs/Inner"},
                "unknown": {"$ref": "#/$defs/Elsewhere"},
                "inners": {"type": "array", "items": {"$ref": "#/$defs/Inner"}},
                "innerIds": {"type": "array", "items": {"type": "integer"}},
                "customFields": {"type": "array", "items": {"$ref": "#/$defs/CustomFieldValue"}},
                "_info": {"$ref": "#/$defs/RecordInfo"}
            }},
            "Inner": {"properties": {
                "id": {"type": "integer"},
                "name": {"type": "string"},
                "things": {"type": "array", "items": {"$ref": "#/$defs/Thing"}},
                "_info": {"$ref": "#/$defs/RecordInfo"}
            }},
            "Level": {"type": "string", "examples": ["Low", "High"]},
            "CustomFieldValue": {"properties": {"caption": {"type": "string"}}}
        });
        all.as_object().unwrap().clone()
    }

    fn check(check: impl FnOnce(&Schema<'_>) -> Result<(), CheckError>) -> Vec<(FindingKind, String)> {
        let all = all();
        let found = check(&Schema::find(&all, "Thing").unwrap());
        found
            .err()
            .iter()
            .flat_map(|error| error.findings().iter().map(|finding| (finding.kind, finding.summary())))
            .collect()
    }

    fn conditions(text: &str) -> Vec<(FindingKind, String)> {
        check(|thing| thing.check_conditions(text))
    }

    #[test]
    fn what_fits_passes() {
        for text in [
            "any = 5 and any/deeper/still like 'x' and any > [2025-01-01]",
            "unknown = 5 or unknown/id = 'x'",
            "guid = 'x' and closedDate > [2025-01-01] and closedDate contains '2025'",
            "ID = 1 and INNER/NAME = null and level = 'low' and level like 'L%'",
            "lastUpdated > [2025-01-01] and enteredBy = 'x' and dateEntered = null",
        ] {
            assert_eq!(conditions(text), [], "{text}");
        }
        assert_eq!(check(|thing| thing.check_child_conditions("inners/id = 1 and inners/name like 'x'")), []);
        assert_eq!(check(|thing| thing.check_conditions(Verbatim::new("whatever"))), [], "nobody knows");
        assert_eq!(check(|thing| thing.check_conditions("")), []);
        assert_eq!(check(|thing| thing.check_order_by("any, inner/name desc, lastUpdated")), []);
        assert_eq!(
            check(|thing| thing.check_fields("inners,inners/name,inner,customFields,_info,_info/lastUpdated,any/x")),
            []
        );
    }

    #[test]
    fn what_does_not_fit_is_told_in_the_order_of_the_text() {
        let found = conditions("inner/things/id = 1 and text = 1 and not (inners = 5 and innerIds = 4)");
        let kinds: Vec<FindingKind> = found.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [FindingKind::List, FindingKind::WrongKind, FindingKind::List, FindingKind::List]);
        assert_eq!(found[1].1, "conditions at byte 31: `text` is text, not a number (text stands in quotes: \"1\")");
        assert_eq!(
            found[2].1,
            "conditions at byte 42: `inners` is a list, which conditions do not look into (use childConditions: inners/id=5)"
        );
        assert_eq!(
            found[3].1,
            "conditions at byte 57: `innerIds` is a list, which conditions do not look into (use childConditions: inners/id=4)"
        );
    }

    #[test]
    fn every_parameter_is_checked_for_what_it_is_about() {
        let children = |text: &'static str| check(move |thing| thing.check_child_conditions(text)).remove(0);
        assert_eq!(children("inners/things/id = 1").0, FindingKind::List);
        assert_eq!(
            children("inners = 5").1,
            "childConditions at byte 0: `inners` is a list of records (write inners/id=5)"
        );
        assert_eq!(children("innerIds = 5").0, FindingKind::List);
        assert_eq!(children("customFields/caption = 'x'").0, FindingKind::CustomField);
        assert_eq!(children("inners/_info/lastUpdated = null").0, FindingKind::UnknownField);
        assert_eq!(
            children("innerId in (1,2)").1,
            "childConditions at byte 0: `Thing` has no member `innerId` (write (inners/id=1 or inners/id=2))"
        );
        assert_eq!(
            children("inners/id in (1,2,3,4,5,6,7,8,9)").1,
            "childConditions at byte 10: `in` is for conditions alone (compare `inners/id` with each value on its own, joined by `or`)"
        );
        assert_eq!(children("inners/id/x = 1").0, FindingKind::UnknownField);
        assert_eq!(children("inner/id = 1").0, FindingKind::NoList);
        assert_eq!(
            check(|thing| thing.check_order_by("inners,inner,customFields,_info/lastUpdated,text/x,txt")).len(),
            6
        );
        assert_eq!(check(|thing| thing.check_fields("inners/x,text/x,txt,inner/x")).len(), 4);
    }

    #[test]
    fn typed_conditions_are_checked_without_places() {
        let condition: Condition = "text = 1".parse().unwrap();
        let all = all();
        let error = Schema::find(&all, "Thing").unwrap().check_conditions(condition).unwrap_err();
        assert_eq!((error.findings()[0].span.clone(), error.to_string().lines().count()), (None, 2));
    }

    #[test]
    fn a_query_is_checked_as_a_whole() {
        let found = check(|thing| {
            thing.check_query(
                &ListQuery::new().conditions("txt = 1").child_conditions("x").order_by("inner").fields("nothing"),
            )
        });
        let kinds: Vec<FindingKind> = found.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(
            kinds,
            [FindingKind::UnknownField, FindingKind::Syntax, FindingKind::WholeRecord, FindingKind::UnknownField]
        );
        let found = check(|thing| thing.check_query(&ListQuery::new().order_by("id").page_id(5)));
        assert!(
            found[0].0 == FindingKind::Query && found[0].1.contains("order_by cannot be used together with page_id"),
            "{found:?}"
        );
    }

    #[test]
    fn findings_become_the_error_of_a_call() {
        let all = all();
        let error = Schema::find(&all, "Thing").unwrap().check_conditions("txt = 1 and guid > 'x'").unwrap_err();
        let error = Error::from(error);
        assert!(error.is_invalid_input());
        let expected = "query does not fit: conditions at byte 0: `Thing` has no member `txt` (did you mean `text`?); conditions at byte 17: `guid` is text, which has no order";
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn a_field_is_found_in_a_list_by_its_whole_name() {
        let place = |text: &str, field: &str| {
            word_in(Some(text), &FieldPath::new(field.to_owned()).unwrap()).map(|(_, range)| range.start)
        };
        assert_eq!(place("company/id, id desc", "id"), Some(12));
        assert_eq!(place("ids,id", "id"), Some(4));
        assert_eq!(place("ids", "id"), None);
    }
}
