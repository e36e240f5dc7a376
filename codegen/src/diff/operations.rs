//! Compares operations, and reports changed names, arguments, bodies, responses and list parameters.

use crate::model::{Api, Body, Operation, Parameter, ResponseBody, Shape, ValueType};
use crate::render::operations::{CallType, call_type, is_optional, list_parameters, related_operations, signature};

use super::matching::endpoint;
use super::types::{DataType, corresponding, same};
use super::values::{self, Allowed};
use super::{Change, Match, Pair, Subject, Weight, listed};

/// The changes of one operation.
struct Notes<'a> {
    subject: Subject,
    changes: &'a mut Vec<Change>,
    is_breaking: bool,
}

impl Notes<'_> {
    fn add(&mut self, weight: Weight, rule: &'static str, message: impl Into<String>, action: impl Into<String>) {
        self.push(Change::new(weight, self.subject.clone(), rule, message).action(action));
    }

    fn push(&mut self, change: Change) {
        self.is_breaking |= change.weight == Weight::Breaking;
        self.changes.push(change);
    }

    /// Adds a change of one parameter.
    fn parameter(
        &mut self,
        weight: Weight,
        rule: &'static str,
        name: &str,
        message: impl Into<String>,
        action: impl Into<String>,
    ) {
        self.push(Change::new(weight, self.subject.clone(), rule, message).action(action).names([name]));
    }
}

/// Adds all changes of operations.
pub(super) fn compare(pair: &Pair<'_>, matches: &[Match<'_>], changes: &mut Vec<Change>) {
    let is_matched = |operation: &Operation| {
        matches.iter().any(|(before, after)| std::ptr::eq(*before, operation) || std::ptr::eq(*after, operation))
    };
    let unmatched = |api: &'_ Api| -> Vec<usize> {
        (0..api.operations.len())
            .filter(|index| api.operations.get(*index).is_some_and(|one| !is_matched(one)))
            .collect()
    };
    let removed: Vec<&Operation> =
        unmatched(pair.old).into_iter().filter_map(|index| pair.old.operations.get(index)).collect();
    let added: Vec<&Operation> =
        unmatched(pair.new).into_iter().filter_map(|index| pair.new.operations.get(index)).collect();
    for operation in &removed {
        let action = match replacement(operation, &removed, &added) {
            Some(other) => format!("remove its calls; possible replacement: `{}::{}`", other.section, other.name),
            None => "remove its calls".to_owned(),
        };
        let message = format!("removed: the API no longer has {}", method_and_path(operation));
        changes.push(
            Change::new(Weight::Breaking, Subject::operation(operation), "operation-removed", message).action(action),
        );
    }
    for operation in &added {
        changes.push(Change::new(
            Weight::Added,
            Subject::operation(operation),
            "operation-added",
            method_and_path(operation),
        ));
    }
    for (before, after) in matches {
        let mut notes = Notes { subject: Subject::operation(after), changes, is_breaking: false };
        names(pair, before, after, &mut notes);
        parameters(pair, before, after, &mut notes);
        bodies(pair, before, after, &mut notes);
        responses(pair, before, after, &mut notes);
        queries(before, after, &mut notes);
        related(pair, before, after, &mut notes);
        facts(before, after, &mut notes);
        whole_signature(pair, before, after, &mut notes);
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

/// Returns the path without the names of its parameters.
fn spelling(operation: &Operation) -> String {
    let segments = operation.path.split('/').map(|segment| if segment.starts_with('{') { "{}" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

fn names(pair: &Pair<'_>, before: &Operation, after: &Operation, notes: &mut Notes<'_>) {
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
        notes.add(
            Weight::Breaking,
            "operation-renamed",
            format!("renamed from `{old_name}`"),
            format!("{advice}{taken}"),
        );
    }
    if before.vendor_id != after.vendor_id {
        notes.add(
            Weight::Changed,
            "operation-id",
            format!("the vendor's operation ID was {}", before.vendor_id),
            "change it where you look the operation up by this ID",
        );
    }
    if before.method != after.method || spelling(before) != spelling(after) {
        let message = format!("{} -> {}", method_and_path(before), method_and_path(after));
        let is_moved = before.method != after.method || endpoint(before) != endpoint(after);
        let (rule, action) = if is_moved {
            (
                "endpoint",
                "calls use the new endpoint; change rights, proxies and recorded responses that name the old one",
            )
        } else {
            ("path-spelling", "calls use the new spelling; change proxies and recorded responses that name the old one")
        };
        notes.add(Weight::Changed, rule, message, action);
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

/// Adds the change of added and removed arguments, if there are any.
fn changed_arguments(
    pair: &Pair<'_>,
    before: &Operation,
    after: &Operation,
    removed: &[Positioned<'_>],
    added: &[Positioned<'_>],
    notes: &mut Notes<'_>,
) {
    match (removed, added) {
        ([], []) => {}
        ([(_, removed)], []) => notes.parameter(
            Weight::Breaking,
            "argument-removed",
            &removed.name,
            format!("no longer takes `{}`", removed.argument),
            "remove the argument from calls",
        ),
        ([], [(position, added)]) => {
            let text = DataType::for_parameter(pair.new, &added.value_type).description();
            notes.parameter(
                Weight::Breaking,
                "argument-added",
                &added.name,
                format!("now takes `{}` ({text}) as argument {}", added.argument, position + 1),
                "add the argument to calls",
            );
        }
        (removed, added) => {
            // With the same number of arguments, calls may still compile.
            let action = if removed.len() == added.len() { CHECK_CALLS } else { "change the arguments of calls" };
            let message = format!("arguments changed: {} -> {}", names_of(before), names_of(after));
            let names = removed.iter().chain(added).map(|(_, parameter)| parameter.name.clone());
            notes.push(
                Change::new(Weight::Breaking, notes.subject.clone(), "arguments-changed", message)
                    .action(action)
                    .names(names),
            );
        }
    }
}

/// Why calls have to be checked although the compiler accepts them.
const CHECK_CALLS: &str = "check every call, because one that still compiles may pass wrong values";

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

fn parameters(pair: &Pair<'_>, before: &Operation, after: &Operation, notes: &mut Notes<'_>) {
    let matched = match_parameters(before, after);
    let (removed, removed_options) = arguments_and_options(&matched.removed);
    let (added, added_options) = arguments_and_options(&matched.added);
    changed_arguments(pair, before, after, &removed, &added, notes);
    for (_, option) in removed_options {
        notes.parameter(
            Weight::Breaking,
            "parameter-removed",
            &option.name,
            format!("no longer takes the optional parameter `{}`", option.argument),
            "remove it from calls",
        );
    }
    for (_, option) in added_options {
        let text = DataType::for_parameter(pair.new, &option.value_type).description();
        notes.parameter(
            Weight::Added,
            "parameter-added",
            &option.name,
            format!("new optional parameter `{}` ({text})", option.argument),
            "",
        );
    }
    let pairs = matched.both;
    let arguments = pairs.iter().filter(|((_, old), (_, new))| !is_optional(old) && !is_optional(new));
    if !arguments.map(|(_, (position, _))| *position).is_sorted() {
        notes.add(
            Weight::Breaking,
            "arguments-reordered",
            format!("arguments reordered: {} -> {}", names_of(before), names_of(after)),
            CHECK_CALLS,
        );
    }
    for ((_, old), (_, new)) in pairs {
        parameter(pair, (before, old), (after, new), notes);
    }
}

/// Compares a parameter that both documents have.
fn parameter(
    pair: &Pair<'_>,
    (before, old): (&Operation, &Parameter),
    (after, new): (&Operation, &Parameter),
    notes: &mut Notes<'_>,
) {
    let (old_type, new_type) =
        (DataType::for_parameter(pair.old, &old.value_type), DataType::for_parameter(pair.new, &new.value_type));
    if !same(pair, &old_type, &new_type) {
        notes.parameter(
            Weight::Breaking,
            "parameter-type",
            &new.name,
            format!(
                "the type of the argument `{}` changed: {} -> {}",
                new.argument,
                old_type.description(),
                new_type.description()
            ),
            "pass a value of the new type",
        );
    }
    let allowed = |api, operation: &Operation, parameter: &Parameter, data_type: &DataType| {
        let own = operation.annotations.values.get(&parameter.name).cloned();
        Allowed::for_schema_name(api, data_type.schema.as_deref(), own)
    };
    if let (Some(old_values), Some(new_values)) =
        (allowed(pair.old, before, old, &old_type), allowed(pair.new, after, new, &new_type))
    {
        let prefix = format!("`{}`: ", new.argument);
        values::compare(pair, &notes.subject.clone(), &prefix, &old_values, &new_values, notes.changes);
    }
    match (is_optional(old), is_optional(new)) {
        (false, true) => notes.parameter(
            Weight::Breaking,
            "parameter-optional",
            &new.name,
            format!("the argument `{}` became an optional parameter", new.argument),
            format!("remove it from calls, or set it with `{}_with`", after.name),
        ),
        (true, false) => notes.parameter(
            Weight::Breaking,
            "parameter-required",
            &new.name,
            format!("the optional parameter `{}` became a required argument", new.argument),
            "add the argument to calls",
        ),
        (true, true) if old.argument != new.argument => notes.parameter(
            Weight::Breaking,
            "parameter-renamed",
            &new.name,
            format!("the optional parameter `{}` is now `{}`", old.argument, new.argument),
            "calls need the new name",
        ),
        _ => {}
    }
    let in_the_request = "nothing, because the generated method sends it there; change proxies and recorded responses";
    match (old.in_path, new.in_path) {
        (true, false) => notes.parameter(
            Weight::Changed,
            "parameter-location",
            &new.name,
            format!("`{}` moved from the path to the query", new.name),
            in_the_request,
        ),
        (false, true) => notes.parameter(
            Weight::Changed,
            "parameter-location",
            &new.name,
            format!("`{}` moved from the query to the path", new.name),
            in_the_request,
        ),
        (false, false) if old.name != new.name => notes.parameter(
            Weight::Changed,
            "parameter-json-name",
            &new.name,
            format!("the query parameter `{}` is now `{}`", old.name, new.name),
            in_the_request,
        ),
        _ => {}
    }
    let is_deprecated = |operation: &Operation, parameter: &Parameter| {
        operation.annotations.deprecated_parameters.contains(&parameter.name)
    };
    match (is_deprecated(before, old), is_deprecated(after, new)) {
        (false, true) => notes.parameter(
            Weight::Changed,
            "parameter-deprecated",
            &new.name,
            format!("the parameter `{}` is now deprecated", new.argument),
            "stop passing it",
        ),
        (true, false) => notes.parameter(
            Weight::Changed,
            "parameter-deprecated",
            &new.name,
            format!("the parameter `{}` is no longer deprecated", new.argument),
            "",
        ),
        _ => {}
    }
}

/// Returns the arguments with which a call passes the body, in words.
fn body_argument(api: &Api, operation: &Operation, body: &Body) -> &'static str {
    match (operation.takes_patch(), body.multipart, body.file_part(api).is_some(), body.required) {
        (true, ..) => "a `Patch`",
        (_, true, true, _) => "a form and a file",
        (_, true, false, _) => "a form without a file",
        (_, false, _, true) => "a JSON body",
        (_, false, _, false) => "an optional JSON body",
    }
}

/// Returns whether the argument is a reference to the body, whether it is sent as JSON or as a form.
fn is_one_argument(api: &Api, operation: &Operation, body: &Body) -> bool {
    !operation.takes_patch() && body.file_part(api).is_none() && (body.multipart || body.required)
}

fn bodies(pair: &Pair<'_>, before: &Operation, after: &Operation, notes: &mut Notes<'_>) {
    match (&before.body, &after.body) {
        (None, None) => {}
        (Some(_), None) => {
            notes.add(
                Weight::Breaking,
                "body-removed",
                "no longer takes a body",
                "remove the last argument from calls",
            );
        }
        (None, Some(body)) => {
            let text = DataType::for_shape(pair.new, &body.shape).description();
            notes.add(
                Weight::Breaking,
                "body-added",
                format!("now takes {} ({text})", body_argument(pair.new, after, body)),
                "add it to calls as the last argument",
            );
        }
        (Some(old), Some(new)) => changed_body(pair, (before, old), (after, new), notes),
    }
}

fn changed_body(
    pair: &Pair<'_>,
    (before, old): (&Operation, &Body),
    (after, new): (&Operation, &Body),
    notes: &mut Notes<'_>,
) {
    let (old_argument, new_argument) = (body_argument(pair.old, before, old), body_argument(pair.new, after, new));
    let (old_type, new_type) = (DataType::for_shape(pair.old, &old.shape), DataType::for_shape(pair.new, &new.shape));
    if is_one_argument(pair.old, before, old) && is_one_argument(pair.new, after, new) && old.multipart != new.multipart
    {
        notes.add(
            Weight::Changed,
            "body-encoding",
            format!("takes {new_argument} instead of {old_argument}"),
            "nothing, because the generated method sends the body in this form; change recorded requests",
        );
    } else if old_argument != new_argument {
        let action = match (old.file_part(pair.old).is_some(), new.file_part(pair.new).is_some()) {
            (true, false) if new.multipart => "remove the file from calls",
            (false, true) if old.multipart => "add the file, or `None`, to calls as the last argument",
            _ => "change the last argument of calls",
        };
        let message = format!("takes {new_argument} instead of {old_argument}");
        notes.add(Weight::Breaking, "body-argument", message, action);
    }
    if let (Some(old), Some(new)) = (old.file_part(pair.old), new.file_part(pair.new))
        && old != new
    {
        notes.add(
            Weight::Changed,
            "file-part",
            format!("the part with the file is now `{new}` (was `{old}`)"),
            "nothing, because the generated method sends it there; change recorded requests",
        );
    }
    if before.takes_patch() && after.takes_patch() || same(pair, &old_type, &new_type) {
        return;
    }
    let message = format!("the type of the body changed: {} -> {}", old_type.description(), new_type.description());
    // Maps, scalars and any JSON are all passed as `Value`.
    let untyped = |shape: &Shape| !matches!(shape, Shape::One(_) | Shape::Many(_));
    if untyped(&old.shape) && untyped(&new.shape) {
        let action = "change the JSON that calls pass; they still compile, because the argument is still a `Value`";
        notes.add(Weight::Changed, "body-type", message, action);
    } else {
        notes.add(Weight::Breaking, "body-type", message, "pass a body of the new type");
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
        ResponseBody::Json(shape) => DataType::for_shape(api, shape).description(),
        ResponseBody::Bytes(media) => format!("bytes ({media})"),
    }
}

fn responses(pair: &Pair<'_>, before: &Operation, after: &Operation, notes: &mut Notes<'_>) {
    let (old_call_type, new_call_type) = (call_type(before), call_type(after));
    let texts = format!(
        "response changed: {} -> {}",
        response_text(pair.old, &before.response),
        response_text(pair.new, &after.response)
    );
    if old_call_type != new_call_type {
        let message = format!(
            "{texts}; the method returns {} instead of {}",
            call_type_name(new_call_type),
            call_type_name(old_call_type)
        );
        notes.add(Weight::Breaking, "response", message, "change the code that uses the result");
    } else if old_call_type == CallType::Count {
        counted_records(pair, before, after, notes);
    } else {
        match (&before.response, &after.response) {
            (ResponseBody::Json(old), ResponseBody::Json(new))
                if !same(pair, &DataType::for_shape(pair.old, old), &DataType::for_shape(pair.new, new)) =>
            {
                notes.add(Weight::Breaking, "response", texts, "change the code that uses the result");
            }
            (ResponseBody::Bytes(old), ResponseBody::Bytes(new)) if old != new => {
                notes.add(Weight::Changed, "response", texts, "expect a file of the new type");
            }
            _ => {}
        }
    }
    if before.status != after.status {
        notes.add(
            Weight::Changed,
            "status",
            format!("success status {} -> {}", before.status, after.status),
            "nothing, because the client accepts every 2xx status",
        );
    }
}

/// Compares the records that a count counts, whose fields its `filter` uses.
fn counted_records(pair: &Pair<'_>, before: &Operation, after: &Operation, notes: &mut Notes<'_>) {
    match (pair.old.counted_schema(before), pair.new.counted_schema(after)) {
        (Some(old), Some(new)) if corresponding(pair, old) != Some(new) => notes.add(
            Weight::Breaking,
            "counted-records",
            format!("counts `{new}` records instead of `{old}` records"),
            "change filters that use typed fields",
        ),
        (Some(old), None) => notes.add(
            Weight::Breaking,
            "counted-records",
            format!("its list was removed or changed, so the type of its records (`{old}`) is no longer known"),
            "use `filter_text` instead of `filter`",
        ),
        (None, Some(new)) => {
            notes.add(Weight::Added, "counted-records", format!("`filter` has the typed fields of `{new}`"), "");
        }
        _ => {}
    }
}

/// The list parameters, each with the methods of calls that set it.
const METHODS_OF: [(&str, &str); 8] = [
    ("conditions", "`filter` and `filter_text`"),
    ("childConditions", "`filter_children` and `filter_children_text`"),
    ("customFieldConditions", "`filter_custom_fields` and `filter_custom_fields_text`"),
    ("orderBy", "`sort` and `sort_text`"),
    ("fields", "`select` and `select_text`"),
    ("page", "`from_page`"),
    ("pageSize", "`page_size`"),
    ("pageId", "`page_id`"),
];

/// Compares the list parameters, which are methods of the returned call. A removal is breaking: calls that set the
/// parameter still compile, but the client rejects them, because a server ignores parameters that it does not know.
fn queries(before: &Operation, after: &Operation, notes: &mut Notes<'_>) {
    let (old, new) = (list_parameters(before), list_parameters(after));
    let missing = |from: &[&'static str], of: &[&'static str]| -> Vec<&'static str> {
        of.iter().filter(|word| !from.contains(word)).copied().collect()
    };
    let (removed, added) = (missing(&new, &old), missing(&old, &new));
    if !removed.is_empty() {
        let methods: Vec<&str> =
            METHODS_OF.iter().filter(|(name, _)| removed.contains(name)).map(|(_, methods)| *methods).collect();
        notes.push(
            Change::new(
                Weight::Breaking,
                notes.subject.clone(),
                "list-parameter-removed",
                format!("no longer takes {}", listed(&removed)),
            )
            .action(format!(
                "remove {} from calls; calls that set one fail before they are sent, or the server ignores it",
                methods.join(", ")
            ))
            .names(removed),
        );
    }
    if !added.is_empty() {
        notes.push(
            Change::new(
                Weight::Added,
                notes.subject.clone(),
                "list-parameter-added",
                format!("now takes {}", listed(&added)),
            )
            .names(added),
        );
    }
}

/// The methods of calls that need another operation on the same records.
const RELATED_METHODS: [(&str, &str, &str); 3] = [
    ("count", "`count()` of the list", "read the list and count its records"),
    ("search", "sending long conditions as a search", "keep conditions below the maximum length of a URL"),
    ("update", "`edit()` of the record", "send an update of your own"),
];

/// Reports what the returned call can no longer do, because another operation on the same records was removed or
/// changed.
fn related(pair: &Pair<'_>, before: &Operation, after: &Operation, notes: &mut Notes<'_>) {
    let (old, new) = (related_operations(pair.old, before), related_operations(pair.new, after));
    let has = |related: &[(&str, &Operation)], name: &str| related.iter().any(|(other, _)| *other == name);
    for (name, what, instead) in RELATED_METHODS {
        match (has(&old, name), has(&new, name)) {
            (true, false) if call_type(before) == call_type(after) => notes.add(
                Weight::Breaking,
                "related-removed",
                format!("{what} is no longer available, because its operation was removed or changed"),
                instead,
            ),
            (false, true) => notes.add(Weight::Added, "related-added", format!("{what} is available"), ""),
            _ => {}
        }
    }
}

/// Compares the facts that do not change the generated signature.
fn facts(before: &Operation, after: &Operation, notes: &mut Notes<'_>) {
    match (before.annotations.deprecated, after.annotations.deprecated) {
        (false, true) => notes.add(
            Weight::Changed,
            "operation-deprecated",
            "now deprecated: calls get a compiler warning",
            "replace its calls before the API removes it",
        ),
        (true, false) => notes.add(Weight::Changed, "operation-deprecated", "no longer deprecated", ""),
        _ => {}
    }
    if before.tag != after.tag {
        notes.add(
            Weight::Changed,
            "tag",
            format!("the tag is `{}` (was `{}`)", after.tag, before.tag),
            "nothing, unless you group operations by the tags of the catalogue",
        );
    }
    for (what, old, new) in [
        ("body", &before.annotations.body_media, &after.annotations.body_media),
        ("response", &before.annotations.response_media, &after.annotations.response_media),
    ] {
        if old != new {
            let texts = |media: &[String]| if media.is_empty() { "one".to_owned() } else { listed(media) };
            notes.push(
                Change::new(
                    Weight::Changed,
                    notes.subject.clone(),
                    "media-types",
                    format!("media types of the {what}: {} -> {}", texts(old), texts(new)),
                )
                .action("nothing, because the client uses JSON; use `request` for another one")
                .names(new.iter().filter(|media| !old.contains(media)).cloned()),
            );
        }
    }
}

/// Reports a changed signature that no other line explains. The signatures come from the generator, so a change that
/// the comparisons above do not know is not lost. Both are made with the newer schemas, whose own changes are reported
/// at the types.
fn whole_signature(pair: &Pair<'_>, before: &Operation, after: &Operation, notes: &mut Notes<'_>) {
    if notes.is_breaking || before == after {
        return;
    }
    let (old, new) = (signature(pair.new, &with_new_names(pair, before)), signature(pair.new, after));
    let kept_options = old.options.iter().all(|option| new.options.contains(option));
    let types = |arguments: &[(String, String)]| arguments.iter().map(|(_, text)| text.clone()).collect::<Vec<_>>();
    if (types(&old.arguments), types(&old.body)) != (types(&new.arguments), types(&new.body))
        || !kept_options
        || call_type(before) != call_type(after)
    {
        let text = |signature: &crate::render::operations::Signature| {
            let arguments = signature.arguments.iter().chain(&signature.body);
            let arguments: Vec<String> = arguments.map(|(name, text)| format!("{name}: {text}")).collect();
            format!("`({}) -> {}`", arguments.join(", "), signature.returned)
        };
        notes.add(
            Weight::Breaking,
            "signature",
            format!("signature changed: {} -> {}", text(&old), text(&new)),
            "change the calls",
        );
    }
}

/// Returns an older operation with the newer names of its schemas.
fn with_new_names(pair: &Pair<'_>, operation: &Operation) -> Operation {
    let mut operation = operation.clone();
    let rename = |name: &mut String| {
        if let Some(new) = corresponding(pair, name) {
            *name = new.to_owned();
        }
    };
    let rename_in = |shape: &mut Shape| {
        if let Shape::One(name) | Shape::Many(name) | Shape::Map(Some(name)) | Shape::ManyMaps(Some(name)) = shape {
            rename(name);
        }
    };
    for parameter in &mut operation.parameters {
        if let ValueType::Enumeration(name) | ValueType::Object(name) = &mut parameter.value_type {
            rename(name);
        }
    }
    if let Some(body) = &mut operation.body {
        rename_in(&mut body.shape);
    }
    if let ResponseBody::Json(shape) = &mut operation.response {
        rename_in(shape);
    }
    operation
}

#[cfg(test)]
mod tests;
