//! Checks queries against the JSON Schema of a record: unknown fields, values of the wrong type, fields in the wrong
//! parameter. Typed fields make these mistakes impossible; text from users and configuration files can contain them.

mod comparison;
pub(crate) mod finding;
mod hints;
pub(crate) mod schema;

use std::ops::Range;
use std::sync::Arc;

use crate::conditions::Condition;
use crate::conditions::contradiction::{CONTRADICTION_HINT, contradiction};
use crate::conditions::field_path::FieldPath;
use crate::conditions::field_selection::FieldSelection;
use crate::conditions::order_by::OrderBy;
use crate::conditions::parser::{self, ComparisonSpans};
use crate::query::list_query::ListQuery;
use crate::query::text_or::TextOr;

use comparison::{ComparisonCheck, below_value_message, unknown_field_message};
pub use finding::{CheckError, Finding, FindingKind};
use hints::Suggestion;
pub use schema::Schema;
use schema::Target;

/// The parameters that take conditions.
#[derive(Clone, Copy, PartialEq)]
enum Parameter {
    Conditions,
    Children,
    CustomFields,
}

impl Parameter {
    /// Returns what the conditions are evaluated for, if it is a part of the record.
    const fn element(self) -> Option<&'static str> {
        match self {
            Self::Conditions => None,
            Self::Children => Some("list element"),
            Self::CustomFields => Some("custom field"),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Conditions => "conditions",
            Self::Children => "childConditions",
            Self::CustomFields => "customFieldConditions",
        }
    }
}

impl Schema<'_> {
    /// Checks `conditions`: every field belongs to the record or to one of its references, and every value has the type
    /// of its field.
    ///
    /// # Errors
    ///
    /// Returns the syntax error, or the first 100 problems, with their positions in the text and, if possible, hints.
    pub fn check_conditions(&self, conditions: impl Into<TextOr<Condition>>) -> Result<(), CheckError> {
        self.check_input(Parameter::Conditions, &conditions.into())
    }

    /// Checks `childConditions`: every field belongs to the elements of a list of the record, and one element can satisfy
    /// the condition.
    ///
    /// # Errors
    ///
    /// Returns the problems of [`check_conditions`](Self::check_conditions), and `in`, which this parameter does not
    /// support.
    pub fn check_child_conditions(&self, conditions: impl Into<TextOr<Condition>>) -> Result<(), CheckError> {
        self.check_input(Parameter::Children, &conditions.into())
    }

    /// Checks `customFieldConditions`: the only fields are `caption` and `value`, and one custom field can satisfy the
    /// condition.
    ///
    /// # Errors
    ///
    /// Returns the problems of [`check_conditions`](Self::check_conditions), and `in`, which this parameter does not
    /// support.
    pub fn check_custom_field_conditions(&self, conditions: impl Into<TextOr<Condition>>) -> Result<(), CheckError> {
        self.check_input(Parameter::CustomFields, &conditions.into())
    }

    /// Checks `orderBy`: every field is a single value.
    ///
    /// # Errors
    ///
    /// Returns the syntax error, or the first 100 problems.
    pub fn check_order_by(&self, order: impl Into<TextOr<OrderBy>>) -> Result<(), CheckError> {
        CheckError::from_findings(self.order_findings(&order.into()))
    }

    /// Checks `fields`: every field belongs to the record. Observed on live servers: some endpoints ignore unknown
    /// fields, some reject them.
    ///
    /// # Errors
    ///
    /// Returns the syntax error, or the first 100 problems.
    pub fn check_fields(&self, fields: impl Into<TextOr<FieldSelection>>) -> Result<(), CheckError> {
        CheckError::from_findings(self.selection_findings(&fields.into()))
    }

    /// Checks all parameters of a query. If each is valid, checks their combination too, such as an order together with
    /// forward-only paging.
    ///
    /// # Errors
    ///
    /// Returns the problems of all parameters, at most 100 per parameter.
    pub fn check_query(&self, query: &ListQuery) -> Result<(), CheckError> {
        let mut findings = self.condition_findings(Parameter::Conditions, &query.conditions);
        findings.extend(self.condition_findings(Parameter::Children, &query.child_conditions));
        findings.extend(self.condition_findings(Parameter::CustomFields, &query.custom_field_conditions));
        findings.extend(self.order_findings(&query.order_by));
        findings.extend(self.selection_findings(&query.fields));
        if findings.is_empty()
            && let Err(error) = query.check()
        {
            findings.push(Finding::new(FindingKind::Query, "query", "", error.to_string(), None));
        }
        CheckError::from_findings(findings)
    }

    fn check_input(&self, parameter: Parameter, conditions: &TextOr<Condition>) -> Result<(), CheckError> {
        CheckError::from_findings(self.condition_findings(parameter, conditions))
    }

    fn condition_findings(&self, parameter: Parameter, input: &TextOr<Condition>) -> Vec<Finding> {
        if let Some(finding) = invalid_input(parameter.name(), input) {
            return vec![finding];
        }
        let Some(condition) = input.value() else { return Vec::new() };
        let spans =
            input.source().and_then(|text| Some((Arc::<str>::from(text), parser::comparison_spans(text).ok()?)));
        let comparisons = condition.comparisons();
        let checks = comparisons.iter().enumerate().map(|(index, comparison)| {
            let source = spans.as_ref().and_then(|(text, spans)| Some((text, spans.get(index)?)));
            let comparison = source.map_or(*comparison, |(_, spans)| &spans.comparison);
            ComparisonCheck { parameter, comparison, source, with_hint: true }.check(self)
        });
        let text_and_spans = spans.as_ref().map(|(text, spans)| (text, spans.as_slice()));
        let contradiction = contradiction_finding(parameter, condition, text_and_spans);
        let findings = checks.filter_map(|check| check.err().map(|finding| *finding));
        findings.chain(contradiction).take(MAX_FINDINGS).collect()
    }

    fn order_findings(&self, input: &TextOr<OrderBy>) -> Vec<Finding> {
        if let Some(finding) = invalid_input("orderBy", input) {
            return vec![finding];
        }
        let fields = input.value().into_iter().flat_map(|order| order.fields().iter().map(|(field, _)| field));
        let is_value = |path: &FieldPath| matches!(self.resolve(path), Target::Value(_));
        let findings = fields.filter_map(|field| {
            let (kind, message, suggestions) = match self.resolve(field) {
                Target::Value(_) => return None,
                Target::Info(step) => (
                    FindingKind::UnknownField,
                    format!("`{field}` cannot be used in `orderBy`"),
                    vec![Suggestion::certain(step)],
                ),
                Target::List { list, .. } => {
                    (FindingKind::List, format!("`{list}` is a list, and `orderBy` needs a single value"), Vec::new())
                }
                Target::CustomFields => {
                    (FindingKind::CustomField, "custom fields cannot be used in `orderBy`".to_owned(), Vec::new())
                }
                Target::WholeRecord => {
                    let suggestions = ["name", "identifier", "summary", "id"]
                        .map(|child| Suggestion::certain(format!("{field}/{child}")));
                    (FindingKind::WholeRecord, format!("`{field}` is a record, not a value"), suggestions.into())
                }
                Target::UnknownField { within, step, rest } => (
                    FindingKind::UnknownField,
                    unknown_field_message(within, step),
                    hints::suggestions(self, field, within, step, rest),
                ),
                Target::BelowValue { step, value_type, .. } => {
                    (FindingKind::UnknownField, below_value_message(step, value_type), Vec::new())
                }
            };
            let finding = Finding::new(kind, "orderBy", field.as_str(), message, field_in_text(input.source(), field));
            Some(hints::suggested_path(&suggestions, is_value).into_iter().fold(finding, Finding::with_hint))
        });
        findings.take(MAX_FINDINGS).collect()
    }

    fn selection_findings(&self, input: &TextOr<FieldSelection>) -> Vec<Finding> {
        if let Some(finding) = invalid_input("fields", input) {
            return vec![finding];
        }
        let fields = input.value().into_iter().flat_map(FieldSelection::fields);
        let findings = fields.filter_map(|field| {
            let (message, suggestions) = self.selection_problem(field)?;
            let finding = Finding::new(
                FindingKind::UnknownField,
                "fields",
                field.as_str(),
                message,
                field_in_text(input.source(), field),
            );
            Some(
                hints::suggested_path(&suggestions, |path| self.selection_problem(path).is_none())
                    .into_iter()
                    .fold(finding, Finding::with_hint),
            )
        });
        findings.take(MAX_FINDINGS).collect()
    }

    /// Returns why a field cannot be selected, with suggestions for the right field.
    fn selection_problem(&self, field: &FieldPath) -> Option<(String, Vec<Suggestion>)> {
        let mut target = self.resolve(field);
        if let Target::List { element: Some(element), rest: Some(rest), .. } = target {
            target = element.resolve_steps(rest);
        }
        match target {
            Target::UnknownField { within, step, rest } => {
                Some((unknown_field_message(within, step), hints::suggestions(self, field, within, step, rest)))
            }
            Target::BelowValue { step, value_type, .. } => Some((below_value_message(step, value_type), Vec::new())),
            // A field of `_info`, which only conditions and orders can address at the top level.
            Target::Value(property)
                if self.property(property.name).is_none()
                    && property.parent.is_some_and(|parent| parent.name() == self.name()) =>
            {
                Some((
                    format!("`{}` is a field of `_info`", property.name),
                    vec![Suggestion::certain(format!("_info/{}", property.name))],
                ))
            }
            _ => None,
        }
    }
}

/// The maximum number of findings per parameter.
const MAX_FINDINGS: usize = 100;

/// Returns the finding for text with a syntax error or for a typed value that cannot be sent.
fn invalid_input<T>(parameter: &'static str, input: &TextOr<T>) -> Option<Finding> {
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

/// Returns the finding for a condition that no list element or custom field can satisfy. It marks the second of the two
/// comparisons.
fn contradiction_finding(
    parameter: Parameter,
    condition: &Condition,
    source: Option<(&Arc<str>, &[ComparisonSpans])>,
) -> Option<Finding> {
    let element = parameter.element()?;
    let found = contradiction(condition)?;
    let span = source.and_then(|(text, spans)| {
        let spans = spans.get(found.second.index)?;
        Some((Arc::clone(text), spans.field.start..spans.values.last()?.end))
    });
    let field = found.second.comparison.field().as_str();
    let message = found.message(element);
    Some(Finding::new(FindingKind::Contradiction, parameter.name(), field, message, span).with_hint(CONTRADICTION_HINT))
}

/// Returns the text and the span of a field in a list of fields.
fn field_in_text(text: Option<&str>, field: &FieldPath) -> Option<(Arc<str>, Range<usize>)> {
    let text = text?;
    let is_path_part = |character: char| crate::conditions::field_path::is_name_part(character) || character == '/';
    let is_whole_path = |at: usize| {
        let (before, after) =
            (text.get(..at).unwrap_or_default(), text.get(at + field.as_str().len()..).unwrap_or_default());
        !before.ends_with(is_path_part) && !after.starts_with(is_path_part)
    };
    let at = text.match_indices(field.as_str()).map(|(at, _)| at).find(|at| is_whole_path(*at))?;
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
            "Parent": {"properties": {
                "id": {"type": "integer"},
                "text": {"type": "string"},
                "any": {},
                "guid": {"type": "string", "format": "uuid"},
                "closedDate": {"type": "string", "x-date-as-text": true},
                "lastUpdated": {"type": "string"},
                "level": {"$ref": "#/$defs/Level"},
                "inner": {"$ref": "#/$defs/Child"},
                "unknown": {"$ref": "#/$defs/Elsewhere"},
                "inners": {"type": "array", "items": {"$ref": "#/$defs/Child"}},
                "innerIds": {"type": "array", "items": {"type": "integer"}},
                "customFields": {"type": "array", "items": {"$ref": "#/$defs/CustomFieldValue"}},
                "_info": {"$ref": "#/$defs/RecordInfo"}
            }},
            "Child": {"properties": {
                "id": {"type": "integer"},
                "name": {"type": "string"},
                "things": {"type": "array", "items": {"$ref": "#/$defs/Parent"}},
                "_info": {"$ref": "#/$defs/RecordInfo"}
            }},
            "Level": {"type": "string", "examples": ["Low", "High"]},
            "CustomFieldValue": {"properties": {"caption": {"type": "string"}}}
        });
        all.as_object().unwrap().clone()
    }

    fn check(check: impl FnOnce(&Schema<'_>) -> Result<(), CheckError>) -> Vec<(FindingKind, String)> {
        let all = all();
        let found = check(&Schema::find(&all, "Parent").unwrap());
        found
            .err()
            .iter()
            .flat_map(|error| error.findings().iter().map(|finding| (finding.kind, finding.summary())))
            .collect()
    }

    fn conditions(text: &str) -> Vec<(FindingKind, String)> {
        check(|schema| schema.check_conditions(text))
    }

    #[test]
    fn valid_input_passes() {
        for text in [
            "any = 5 and any/deeper/still like 'x' and any > [2025-01-01]",
            "unknown = 5 or unknown/id = 'x'",
            "guid = 'x' and closedDate > [2025-01-01] and closedDate contains '2025'",
            "ID = 1 and INNER/NAME = null and level = 'low' and level like 'L%'",
            "lastUpdated > [2025-01-01] and enteredBy = 'x' and dateEntered = null",
        ] {
            assert_eq!(conditions(text), [], "{text}");
        }
        assert_eq!(check(|schema| schema.check_child_conditions("inners/id = 1 and inners/name like 'x'")), []);
        assert_eq!(
            check(|schema| schema.check_conditions(Verbatim::new("whatever"))),
            [],
            "verbatim text is not checked"
        );
        assert_eq!(check(|schema| schema.check_conditions("")), []);
        assert_eq!(check(|schema| schema.check_order_by("any, inner/name desc, lastUpdated")), []);
        assert_eq!(
            check(|schema| schema.check_fields("inners,inners/name,inner,customFields,_info,_info/lastUpdated,any/x")),
            []
        );
    }

    #[test]
    fn findings_are_in_the_order_of_the_text() {
        let found = conditions("inner/things/id = 1 and text = 1 and not (inners = 5 and innerIds = 4)");
        let kinds: Vec<FindingKind> = found.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [FindingKind::List, FindingKind::WrongType, FindingKind::List, FindingKind::List]);
        assert_eq!(found[1].1, "conditions at byte 31: `text` is text, not a number (put text in quotes: \"1\")");
        assert_eq!(
            found[2].1,
            "conditions at byte 42: `inners` is a list; `conditions` cannot compare its elements \
             (use childConditions: inners/id=5)"
        );
        assert_eq!(
            found[3].1,
            "conditions at byte 57: `innerIds` is a list; `conditions` cannot compare its elements \
             (use childConditions: inners/id=4)"
        );
    }

    #[test]
    fn child_conditions_orders_and_fields_have_their_own_rules() {
        let children = |text: &'static str| check(move |schema| schema.check_child_conditions(text)).remove(0);
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
            "childConditions at byte 0: `Parent` has no field `innerId` (write (inners/id=1 or inners/id=2))"
        );
        assert_eq!(
            children("inners/id in (1,2,3,4,5,6,7,8,9)").1,
            "childConditions at byte 10: `in` works only in `conditions` \
             (compare `inners/id` with each value separately, joined with `or`)"
        );
        assert_eq!(children("inners/id/x = 1").0, FindingKind::UnknownField);
        assert_eq!(children("inner/id = 1").0, FindingKind::NotAList);
        assert_eq!(
            check(|schema| schema.check_order_by("inners,inner,customFields,_info/lastUpdated,text/x,txt")).len(),
            6
        );
        assert_eq!(check(|schema| schema.check_fields("inners/x,text/x,txt,inner/x")).len(), 4);
    }

    #[test]
    fn a_condition_that_no_element_can_satisfy_is_a_finding() {
        let text = "caption = 'Region' and value = 'North' and not caption != 'Size'";
        let found = check(|schema| schema.check_custom_field_conditions(text));
        assert_eq!(
            found,
            [(
                FindingKind::Contradiction,
                "customFieldConditions at byte 47: `caption=\"Region\"` and `caption=\"Size\"` cannot both be true for \
                 one custom field (join the two with `or` if one is enough; if a record must have both, put one into \
                 the request, and check the other in your program)"
                    .to_owned()
            )]
        );
        let children =
            check(|schema| schema.check_child_conditions("inners/id = 1 and inners/id = 2 and inners/x = 1"));
        let kinds: Vec<FindingKind> = children.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [FindingKind::UnknownField, FindingKind::Contradiction]);
        assert!(children[1].1.contains("cannot both be true for one list element"), "{children:?}");
        // A record has one value, so the condition is as the caller wrote it.
        assert_eq!(conditions("id = 1 and id = 2"), []);
        let all = all();
        let query = ListQuery::new().custom_field_conditions(text);
        let error = Schema::find(&all, "Parent").unwrap().check_query(&query).unwrap_err();
        assert_eq!(error.findings().len(), 1);
        assert_eq!(&text[error.findings()[0].span.clone().unwrap()], "caption != 'Size'");
    }

    #[test]
    fn findings_of_typed_conditions_have_no_span() {
        let condition: Condition = "text = 1".parse().unwrap();
        let all = all();
        let error = Schema::find(&all, "Parent").unwrap().check_conditions(condition).unwrap_err();
        // Two lines: the message and the hint, without the text.
        assert_eq!((error.findings()[0].span.clone(), error.to_string().lines().count()), (None, 2));
    }

    #[test]
    fn all_parameters_of_a_query_are_checked() {
        let found = check(|schema| {
            schema.check_query(
                &ListQuery::new().conditions("txt = 1").child_conditions("x").order_by("inner").fields("nothing"),
            )
        });
        let kinds: Vec<FindingKind> = found.iter().map(|(kind, _)| *kind).collect();
        assert_eq!(
            kinds,
            [FindingKind::UnknownField, FindingKind::Syntax, FindingKind::WholeRecord, FindingKind::UnknownField]
        );
        let found = check(|schema| schema.check_query(&ListQuery::new().order_by("id").page_id(5)));
        assert!(
            found[0].0 == FindingKind::Query && found[0].1.contains("order_by cannot be used together with page_id"),
            "{found:?}"
        );
    }

    #[test]
    fn findings_convert_to_an_invalid_input_error() {
        let all = all();
        let error = Schema::find(&all, "Parent").unwrap().check_conditions("txt = 1 and guid > 'x'").unwrap_err();
        let error = Error::from(error);
        assert!(error.is_invalid_input());
        let expected = "query failed the check: conditions at byte 0: `Parent` has no field `txt` (did you mean `text`?); \
                        conditions at byte 17: `guid` is text, which `>` cannot compare";
        assert!(error.to_string().contains(expected), "{error}");
    }

    #[test]
    fn the_span_of_a_field_covers_a_whole_path() {
        let start = |text: &str, field: &str| {
            field_in_text(Some(text), &FieldPath::new(field.to_owned()).unwrap()).map(|(_, range)| range.start)
        };
        assert_eq!(start("company/id, id desc", "id"), Some(12));
        assert_eq!(start("ids,id", "id"), Some(4));
        assert_eq!(start("ids", "id"), None);
    }
}
