//! Compares operations: matches those of the older document with those of the newer one, and reports changed names,
//! arguments, bodies and responses.

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

/// Removes the operations with equal keys from both lists, and returns them as matches.
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

/// Returns the added operation that probably replaces a removed one: both have the same section, method, body, response
/// and types of parameters, and no other added or removed operation has the same.
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

/// A parameter with its position in the list of parameters.
type Positioned<'a> = (usize, &'a Parameter);

/// The parameters of an operation in both documents.
struct MatchedParameters<'a> {
    both: Vec<(Positioned<'a>, Positioned<'a>)>,
    removed: Vec<Positioned<'a>>,
    added: Vec<Positioned<'a>>,
}

/// Matches the parameters: path parameters of the same path by position, others by the name of the argument or
/// parameter. The remaining path parameters match if position and type are equal.
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

/// Returns the message about added and removed arguments, or `None` if there are none.
fn changed_arguments(
    pair: &Pair<'_>,
    before: &Operation,
    after: &Operation,
    removed: &[Positioned<'_>],
    added: &[Positioned<'_>],
) -> Option<String> {
    match (removed, added) {
        ([], []) => None,
        ([(_, removed)], []) => Some(format!("no longer takes `{}`: remove the argument from calls", removed.argument)),
        ([], [(position, added)]) => {
            let text = DataType::from_value_type(&added.value_type).description(pair.new);
            Some(format!(
                "now takes `{}` ({text}) as argument {}: add the argument to calls",
                added.argument,
                position + 1
            ))
        }
        (removed, added) => {
            // With the same number of arguments, calls may still compile.
            let warning = if removed.len() == added.len() { CHECK_CALLS } else { ": change the arguments of calls" };
            Some(format!("arguments changed: {} -> {}{warning}", names_of(before), names_of(after)))
        }
    }
}

/// Why calls have to be checked although the compiler accepts them.
const CHECK_CALLS: &str = ": check every call, because one that still compiles may pass wrong values";

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
        note(
            Weight::Breaking,
            format!("no longer takes the optional parameter `{}`: remove it from calls", option.argument),
        );
    }
    for (_, option) in added_options {
        note(
            Weight::Added,
            format!(
                "new optional parameter `{}` ({})",
                option.argument,
                DataType::from_value_type(&option.value_type).description(pair.new)
            ),
        );
    }
    let pairs = matched.both;
    let arguments = pairs.iter().filter(|((_, old), (_, new))| !is_optional(old) && !is_optional(new));
    if !arguments.map(|(_, (position, _))| *position).is_sorted() {
        note(
            Weight::Breaking,
            format!("arguments reordered: {} -> {}{CHECK_CALLS}", names_of(before), names_of(after)),
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
                    old_type.description(pair.old),
                    new_type.description(pair.new)
                ),
            );
        }
        match (old.required, new.required) {
            (true, false) => note(
                Weight::Breaking,
                format!(
                    "the argument `{}` became an optional parameter: remove it from calls, or set it with `{}_with`",
                    new.argument, after.name
                ),
            ),
            (false, true) => note(
                Weight::Breaking,
                format!(
                    "the optional parameter `{}` became a required argument: add the argument to calls",
                    new.argument
                ),
            ),
            (false, false) if old.argument != new.argument && is_optional(new) => {
                note(
                    Weight::Breaking,
                    format!(
                        "the optional parameter `{}` is now `{}`: calls need the new name",
                        old.argument, new.argument
                    ),
                );
            }
            _ => {}
        }
        match (old.in_path, new.in_path) {
            (true, false) => note(Weight::Changed, format!("`{}` moved from the path to the query", new.name)),
            (false, true) => note(Weight::Changed, format!("`{}` moved from the query to the path", new.name)),
            (false, false) if old.name != new.name => {
                note(Weight::Changed, format!("the query parameter `{}` is now `{}`", old.name, new.name))
            }
            _ => {}
        }
    }
}

/// The argument with which a call passes the body.
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
        BodyArgument::Patch => "a `Patch`",
        BodyArgument::Form => "a form and a file",
        BodyArgument::Required => "a JSON body",
        BodyArgument::Optional => "an optional JSON body",
    }
}

fn bodies(pair: &Pair<'_>, before: &Operation, after: &Operation, note: &mut impl FnMut(Weight, String)) {
    match (&before.body, &after.body) {
        (None, None) => {}
        (Some(_), None) => {
            note(Weight::Breaking, "no longer takes a body: remove the last argument from calls".to_owned())
        }
        (None, Some(body)) => {
            let text = DataType::from_shape(&body.shape).description(pair.new);
            note(
                Weight::Breaking,
                format!(
                    "now takes {} ({text}): add it to calls as the last argument",
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
                        "takes {} instead of {}: change the last argument of calls",
                        body_argument_text(new_argument),
                        body_argument_text(old_argument)
                    ),
                );
            }
            if !same(pair, &old_type, &new_type)
                && (old_argument, new_argument) != (BodyArgument::Patch, BodyArgument::Patch)
            {
                let (old_text, new_text) = (old_type.description(pair.old), new_type.description(pair.new));
                // Maps, scalars and any JSON are all passed as `Value`.
                let untyped = |shape: &Shape| !matches!(shape, Shape::One(_) | Shape::Many(_));
                let (weight, effect) = if untyped(&old.shape) && untyped(&new.shape) {
                    (Weight::Changed, "; calls still compile, because the argument is still a `Value`")
                } else {
                    (Weight::Breaking, "")
                };
                note(weight, format!("the type of the body changed: {old_text} -> {new_text}{effect}"));
            }
        }
    }
}

/// Returns the type that the method returns, as programs name it.
fn call_type_name(call_type: CallType) -> &'static str {
    match call_type {
        CallType::List => "`List`",
        CallType::Get => "`Get`",
        CallType::Count => "`Count`",
        CallType::Download => "`Call<Download>`",
        CallType::Empty => "`Call<()>`",
        CallType::Value => "`Call` with the value",
    }
}

fn response_text(api: &Api, response: &ResponseBody) -> String {
    match response {
        ResponseBody::Empty => "nothing".to_owned(),
        ResponseBody::Json(shape) => DataType::from_shape(shape).description(api),
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
                "response changed: {texts}; the method returns {} instead of {}",
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

/// Compares the shared query parameters, which are methods of the returned call. Calls that set a removed one usually
/// still compile, but the server silently ignores it. A removal is therefore breaking.
fn queries(before: &Operation, after: &Operation, note: &mut impl FnMut(Weight, String)) {
    let (old, new) = (shared_parameters(before), shared_parameters(after));
    let missing = |from: &[&'static str], of: &[&'static str]| {
        of.iter().filter(|word| !from.contains(word)).copied().collect::<Vec<_>>().join(", ")
    };
    let (removed, added) = (missing(new, old), missing(old, new));
    if !removed.is_empty() {
        note(
            Weight::Breaking,
            format!("no longer takes {removed}: remove them from calls, because the server ignores them"),
        );
    }
    if !added.is_empty() {
        note(Weight::Changed, format!("now takes {added}"));
    }
}

#[cfg(test)]
mod tests;
