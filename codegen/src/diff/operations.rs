//! Compares operations: matches those of both documents, and reports changed names, arguments, bodies and responses.

use std::collections::BTreeMap;

use crate::model::{Api, Body, Operation, Parameter, Query, ResponseBody, Shape};
use crate::render::operations::{CallType, call_type, is_optional};

use super::types::{DataType, same};
use super::{Change, Collect, Match, Pair, Subject, Weight};

/// Returns the operations that are in both documents.
///
/// Operations match by the first of these criteria:
///
/// 1. the vendor's operation ID, method and path
/// 2. the vendor's operation ID, unless its method and path exist in both documents
/// 3. method and path
/// 4. the vendor's operation ID
/// 5. the name in the bindings
/// 6. method and path in another section
pub(super) fn matched<'a>(old: &'a Api, new: &'a Api) -> Vec<Match<'a>> {
    let mut unmatched_old: Vec<&Operation> = old.operations.iter().collect();
    let mut unmatched_new: Vec<&Operation> = new.operations.iter().collect();
    let endpoints_of = |operations: &'a [Operation]| -> Vec<String> { operations.iter().map(endpoint).collect() };
    let (old_endpoints, new_endpoints) = (endpoints_of(&old.operations), endpoints_of(&new.operations));
    let mut matches = Vec::new();
    matches.extend(match_by(&mut unmatched_old, &mut unmatched_new, |operation| {
        Some(format!("{} {}", operation.vendor_id, endpoint(operation)))
    }));
    matches.extend(match_by(&mut unmatched_old, &mut unmatched_new, |operation| {
        let endpoint = endpoint(operation);
        (!(old_endpoints.contains(&endpoint) && new_endpoints.contains(&endpoint))).then(|| operation.vendor_id.clone())
    }));
    matches.extend(match_by(&mut unmatched_old, &mut unmatched_new, |operation| Some(endpoint(operation))));
    matches.extend(match_by(&mut unmatched_old, &mut unmatched_new, |operation| Some(operation.vendor_id.clone())));
    matches.extend(match_by(&mut unmatched_old, &mut unmatched_new, |operation| Some(operation.id())));
    matches.extend(match_by(&mut unmatched_old, &mut unmatched_new, endpoint_without_section));
    matches
}

/// Returns method and path, without the names of path parameters and in lower case.
fn endpoint(operation: &Operation) -> String {
    let segments: Vec<String> = operation
        .path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| if segment.starts_with('{') { "{}".to_owned() } else { segment.to_ascii_lowercase() })
        .collect();
    format!("{} /{}", operation.method, segments.join("/"))
}

/// Returns method and path without the section, or `None` if the path is only the section.
fn endpoint_without_section(operation: &Operation) -> Option<String> {
    let endpoint = endpoint(operation);
    let (method, path) = endpoint.split_once(" /")?;
    Some(format!("{method} {}", path.split_once('/')?.1))
}

/// Moves the operations with equal keys from both lists to the matches.
fn match_by<'a>(
    old: &mut Vec<&'a Operation>,
    new: &mut Vec<&'a Operation>,
    key: impl Fn(&Operation) -> Option<String>,
) -> Vec<Match<'a>> {
    let mut by_key: BTreeMap<String, &'a Operation> =
        new.iter().filter_map(|operation| Some((key(operation)?, *operation))).collect();
    let mut matches = Vec::new();
    old.retain(|before| match key(before).and_then(|key| by_key.remove(&key)) {
        Some(after) => {
            matches.push((*before, after));
            false
        }
        None => true,
    });
    new.retain(|operation| !matches.iter().any(|(_, after)| std::ptr::eq(*after, *operation)));
    matches
}

/// Adds all changes of operations.
pub(super) fn compare(pair: &Pair<'_>, matches: &[Match<'_>], changes: &mut Vec<Change>) {
    let removed: Vec<&Operation> = pair
        .old
        .operations
        .iter()
        .filter(|operation| !matches.iter().any(|(before, _)| std::ptr::eq(*before, *operation)))
        .collect();
    let added: Vec<&Operation> = pair
        .new
        .operations
        .iter()
        .filter(|operation| !matches.iter().any(|(_, after)| std::ptr::eq(*after, *operation)))
        .collect();
    for operation in &removed {
        let hint = replacement(operation, &removed, &added)
            .map(|other| format!("; possible replacement: `{}::{}`", other.section, other.name))
            .unwrap_or_default();
        changes.add_change(
            Weight::Breaking,
            Subject::operation(operation),
            format!("removed: the API no longer has {}{hint}", method_and_path(operation)),
        );
    }
    for operation in &added {
        changes.add_change(Weight::Added, Subject::operation(operation), method_and_path(operation));
    }
    for (before, after) in matches.iter().filter(|(before, after)| before != after) {
        let mut note = |weight, message: String| changes.add_change(weight, Subject::operation(after), message);
        names(pair, before, after, &mut note);
        parameters(pair, before, after, &mut note);
        bodies(pair, before, after, &mut note);
        responses(pair, before, after, &mut note);
        queries(before, after, &mut note);
        if before.status != after.status {
            note(Weight::Changed, format!("success status {} -> {}", before.status, after.status));
        }
    }
}

/// Returns the new operation with the same arguments and response as a removed one, if there is exactly one of each.
fn replacement<'a>(operation: &Operation, removed: &[&Operation], added: &[&'a Operation]) -> Option<&'a Operation> {
    let ResponseBody::Json(Shape::One(_) | Shape::Many(_)) = &operation.response else { return None };
    if call_type(operation) == CallType::Count {
        return None;
    }
    let types = |operation: &Operation| {
        operation
            .parameters
            .iter()
            .map(|parameter| (parameter.value_type.clone(), parameter.required))
            .collect::<Vec<_>>()
    };
    let is_alike = |other: &Operation| {
        other.method == operation.method
            && other.section == operation.section
            && other.response == operation.response
            && other.body == operation.body
            && types(other) == types(operation)
    };
    let mut candidates = added.iter().copied().filter(|other| is_alike(other));
    let found = candidates.next().filter(|_| candidates.next().is_none())?;
    (removed.iter().filter(|other| is_alike(other)).count() == 1).then_some(found)
}

/// Returns `` `GET /path` ``.
fn method_and_path(operation: &Operation) -> String {
    format!("`{} {}`", operation.method.to_uppercase(), operation.path)
}

fn names(pair: &Pair<'_>, before: &Operation, after: &Operation, note: &mut impl FnMut(Weight, String)) {
    let old_name = format!("{}::{}", before.section, before.name);
    let advice = match (before.section == after.section, before.name == after.name) {
        (true, true) => None,
        (true, false) => Some("calls need the new name"),
        (false, true) => Some("calls need the new section and its feature"),
        (false, false) => Some("calls need the new name, and the new section with its feature"),
    };
    if let Some(advice) = advice {
        let taken =
            pair.new.operations.iter().find(|other| other.section == before.section && other.name == before.name);
        let taken =
            taken.map(|other| format!("; the old name now belongs to {}", method_and_path(other))).unwrap_or_default();
        note(Weight::Breaking, format!("renamed from `{old_name}`: {advice}{taken}"));
    }
    if before.vendor_id != after.vendor_id {
        note(Weight::Changed, format!("the vendor's operation ID was {}", before.vendor_id));
    }
    if before.method != after.method || endpoint(before) != endpoint(after) {
        note(Weight::Changed, format!("{} -> {}", method_and_path(before), method_and_path(after)));
    }
}

/// A parameter with its position.
type Positioned<'a> = (usize, &'a Parameter);

/// The parameters of an operation in both documents.
struct MatchedParameters<'a> {
    both: Vec<(Positioned<'a>, Positioned<'a>)>,
    removed: Vec<Positioned<'a>>,
    added: Vec<Positioned<'a>>,
}

/// Matches the parameters: path parameters of the same path by position, others by name. The remaining path parameters
/// match if position and type are equal.
fn match_parameters<'a>(before: &'a Operation, after: &'a Operation) -> MatchedParameters<'a> {
    let same_endpoint = endpoint(before) == endpoint(after);
    let by_position = |a: Positioned<'_>, b: Positioned<'_>| a.1.in_path && b.1.in_path && same_endpoint && a.0 == b.0;
    let by_argument = |a: Positioned<'_>, b: Positioned<'_>| {
        a.1.in_path == b.1.in_path && a.1.argument == b.1.argument && !(a.1.in_path && same_endpoint)
    };
    let by_name = |a: Positioned<'_>, b: Positioned<'_>| a.1.name == b.1.name;
    let by_position_and_type = |a: Positioned<'_>, b: Positioned<'_>| {
        a.1.in_path && b.1.in_path && a.0 == b.0 && a.1.value_type == b.1.value_type
    };
    let mut matched = MatchedParameters {
        both: Vec::new(),
        removed: before.parameters.iter().enumerate().collect(),
        added: after.parameters.iter().enumerate().collect(),
    };
    matched.pair(by_position);
    matched.pair(by_argument);
    matched.pair(by_name);
    matched.pair(by_position_and_type);
    matched.both.sort_by_key(|((position, _), _)| *position);
    matched
}

impl MatchedParameters<'_> {
    fn pair(&mut self, test: impl Fn(Positioned<'_>, Positioned<'_>) -> bool) {
        let (both, added) = (&mut self.both, &mut self.added);
        self.removed.retain(|before| match added.iter().position(|after| test(*before, *after)) {
            Some(index) => {
                both.push((*before, added.remove(index)));
                false
            }
            None => true,
        });
    }
}

/// Divides parameters into required arguments and optional parameters.
fn arguments_and_options<'a>(parameters: &[Positioned<'a>]) -> (Vec<Positioned<'a>>, Vec<Positioned<'a>>) {
    parameters.iter().partition(|(_, parameter)| !is_optional(parameter))
}

/// Describes added and removed arguments.
fn changed_arguments(
    pair: &Pair<'_>,
    before: &Operation,
    after: &Operation,
    removed: &[Positioned<'_>],
    added: &[Positioned<'_>],
) -> Option<String> {
    match (removed, added) {
        ([], []) => None,
        ([(_, removed)], []) => Some(format!("no longer takes `{}`: calls pass one argument fewer", removed.argument)),
        ([], [(position, added)]) => {
            let text = DataType::from_value_type(&added.value_type).text(pair.new);
            Some(format!(
                "now takes `{}` ({text}) as argument {}: calls pass one argument more",
                added.argument,
                position + 1
            ))
        }
        (removed, added) => {
            // With the same number of arguments, old calls may still compile.
            let warning =
                if removed.len() == added.len() { "; calls that still compile may pass wrong values" } else { "" };
            Some(format!("arguments changed: {} -> {}{warning}", names_of(before), names_of(after)))
        }
    }
}

/// Returns the names of the arguments without the body: `(id, type_)`.
fn names_of(operation: &Operation) -> String {
    let names: Vec<&str> = operation
        .parameters
        .iter()
        .filter(|parameter| !is_optional(parameter))
        .map(|parameter| parameter.argument.as_str())
        .collect();
    format!("`({})`", names.join(", "))
}

fn parameters(pair: &Pair<'_>, before: &Operation, after: &Operation, note: &mut impl FnMut(Weight, String)) {
    let matched = match_parameters(before, after);
    let (removed, removed_options) = arguments_and_options(&matched.removed);
    let (added, added_options) = arguments_and_options(&matched.added);
    if let Some(message) = changed_arguments(pair, before, after, &removed, &added) {
        note(Weight::Breaking, message);
    }
    for (_, option) in removed_options {
        note(Weight::Breaking, format!("no longer takes the optional parameter `{}`", option.argument));
    }
    for (_, option) in added_options {
        note(
            Weight::Added,
            format!(
                "new optional parameter `{}` ({})",
                option.argument,
                DataType::from_value_type(&option.value_type).text(pair.new)
            ),
        );
    }
    let pairs = matched.both;
    let arguments = pairs.iter().filter(|((_, old), (_, new))| !is_optional(old) && !is_optional(new));
    if !arguments.map(|(_, (position, _))| *position).is_sorted() {
        note(
            Weight::Breaking,
            format!(
                "arguments reordered: {} -> {}; calls that still compile may pass wrong values",
                names_of(before),
                names_of(after)
            ),
        );
    }
    for ((_, old), (_, new)) in pairs {
        let (old_type, new_type) =
            (DataType::from_value_type(&old.value_type), DataType::from_value_type(&new.value_type));
        if !same(pair, &old_type, &new_type) {
            note(
                Weight::Breaking,
                format!(
                    "the type of the argument `{}` changed: {} -> {}",
                    new.argument,
                    old_type.text(pair.old),
                    new_type.text(pair.new)
                ),
            );
        }
        match (old.required, new.required) {
            (true, false) => note(
                Weight::Breaking,
                format!("the argument `{}` became an optional parameter: calls pass one argument fewer", new.argument),
            ),
            (false, true) => {
                note(Weight::Breaking, format!("the optional parameter `{}` became a required argument", new.argument))
            }
            (false, false) if old.argument != new.argument && is_optional(new) => {
                note(
                    Weight::Breaking,
                    format!("the optional parameter `{}` is now called `{}`", old.argument, new.argument),
                );
            }
            _ => {}
        }
        match (old.in_path, new.in_path) {
            (true, false) => note(Weight::Changed, format!("`{}` moved from the path to the query", new.name)),
            (false, true) => note(Weight::Changed, format!("`{}` moved from the query to the path", new.name)),
            (false, false) if old.name != new.name => {
                note(Weight::Changed, format!("the query parameter `{}` is now called `{}`", old.name, new.name))
            }
            _ => {}
        }
    }
}

/// How a body is passed to the method.
#[derive(Clone, Copy, PartialEq, Eq)]
enum BodyArgument {
    Patch,
    Form,
    Required,
    Optional,
}

fn body_argument(operation: &Operation, body: &Body) -> BodyArgument {
    if operation.method == "patch" && body.shape == Shape::Many("PatchOperation".to_owned()) {
        BodyArgument::Patch
    } else if body.multipart {
        BodyArgument::Form
    } else if body.required {
        BodyArgument::Required
    } else {
        BodyArgument::Optional
    }
}

fn body_argument_text(argument: BodyArgument) -> &'static str {
    match argument {
        BodyArgument::Patch => "a `psa::Patch`",
        BodyArgument::Form => "a form and a file",
        BodyArgument::Required => "a JSON body",
        BodyArgument::Optional => "an optional JSON body",
    }
}

fn bodies(pair: &Pair<'_>, before: &Operation, after: &Operation, note: &mut impl FnMut(Weight, String)) {
    match (&before.body, &after.body) {
        (None, None) => {}
        (Some(_), None) => note(Weight::Breaking, "no longer takes a body: calls pass one argument fewer".to_owned()),
        (None, Some(body)) => {
            let text = DataType::from_shape(&body.shape).text(pair.new);
            note(
                Weight::Breaking,
                format!(
                    "now takes {} ({text}): calls pass it as the last argument",
                    body_argument_text(body_argument(after, body))
                ),
            );
        }
        (Some(old), Some(new)) => {
            let (old_argument, new_argument) = (body_argument(before, old), body_argument(after, new));
            let (old_type, new_type) = (DataType::from_shape(&old.shape), DataType::from_shape(&new.shape));
            if old_argument != new_argument {
                note(
                    Weight::Breaking,
                    format!(
                        "takes {} instead of {}: the type of the last argument changed",
                        body_argument_text(new_argument),
                        body_argument_text(old_argument)
                    ),
                );
            }
            if !same(pair, &old_type, &new_type)
                && (old_argument, new_argument) != (BodyArgument::Patch, BodyArgument::Patch)
            {
                let (old_text, new_text) = (old_type.text(pair.old), new_type.text(pair.new));
                // Maps and any JSON are passed as `psa::Value`.
                let untyped = |shape: &Shape| !matches!(shape, Shape::One(_) | Shape::Many(_));
                let (weight, message) = if untyped(&old.shape) && untyped(&new.shape) {
                    (Weight::Changed, "body")
                } else {
                    (Weight::Breaking, "the type of the body changed")
                };
                note(weight, format!("{message}: {old_text} -> {new_text}"));
            }
        }
    }
}

fn call_type_name(call_type: CallType) -> &'static str {
    match call_type {
        CallType::List => "`psa::List`",
        CallType::Get => "`psa::Get`",
        CallType::Count => "`psa::Count`",
        CallType::Download => "`psa::Call<psa::Download>`",
        CallType::Empty => "`psa::Call<()>`",
        CallType::Value => "`psa::Call` of the record",
    }
}

fn response_text(api: &Api, response: &ResponseBody) -> String {
    match response {
        ResponseBody::Empty => "nothing".to_owned(),
        ResponseBody::Json(shape) => DataType::from_shape(shape).text(api),
        ResponseBody::Bytes(media) => format!("bytes ({media})"),
    }
}

fn responses(pair: &Pair<'_>, before: &Operation, after: &Operation, note: &mut impl FnMut(Weight, String)) {
    let (old_call_type, new_call_type) = (call_type(before), call_type(after));
    let texts =
        format!("{} -> {}", response_text(pair.old, &before.response), response_text(pair.new, &after.response));
    if old_call_type != new_call_type {
        note(
            Weight::Breaking,
            format!(
                "response changed: {texts}; returns {} instead of {}",
                call_type_name(new_call_type),
                call_type_name(old_call_type)
            ),
        );
        return;
    }
    match (&before.response, &after.response) {
        (ResponseBody::Json(old), ResponseBody::Json(new))
            if old_call_type != CallType::Count
                && !same(pair, &DataType::from_shape(old), &DataType::from_shape(new)) =>
        {
            note(Weight::Breaking, format!("response changed: {texts}"));
        }
        (ResponseBody::Bytes(old), ResponseBody::Bytes(new)) if old != new => {
            note(Weight::Changed, format!("response changed: {texts}"))
        }
        _ => {}
    }
}

/// Returns the shared query parameters that an operation takes. A response in bytes takes none, even if the document
/// lists some.
fn shared_parameters(operation: &Operation) -> &'static [&'static str] {
    match operation.query {
        _ if matches!(operation.response, ResponseBody::Bytes(_)) => &[],
        Query::None => &[],
        Query::Fields => &["fields"],
        Query::Count => &["filters"],
        Query::List => &["filters", "order", "fields", "paging"],
    }
}

/// Compares the shared query parameters, which are methods of the builders. A server silently ignores parameters that
/// it no longer takes. Their removal is therefore breaking.
fn queries(before: &Operation, after: &Operation, note: &mut impl FnMut(Weight, String)) {
    let (old, new) = (shared_parameters(before), shared_parameters(after));
    let missing = |from: &[&'static str], of: &[&'static str]| {
        of.iter().filter(|word| !from.contains(word)).copied().collect::<Vec<_>>().join(", ")
    };
    let (removed, added) = (missing(new, old), missing(old, new));
    if !removed.is_empty() {
        note(Weight::Breaking, format!("no longer takes {removed}: the server ignores what a program sets"));
    }
    if !added.is_empty() {
        note(Weight::Changed, format!("now takes {added}"));
    }
}

#[cfg(test)]
mod tests;
