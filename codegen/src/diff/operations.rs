//! Operations: which are the same in both documents, and what became of their names, arguments and answers.

use std::collections::BTreeMap;

use crate::model::{Answer, Api, Body, Operation, Parameter, Query, Shape};
use crate::render::operations::{Form, form, is_optional};

use super::types::{Type, same};
use super::{Change, Collect, Match, Pair, Subject, Weight};

/// The operations that are in both documents.
///
/// The same vendor's id at the same method and path is surely the same; then the vendor's id alone, then method and
/// path, then our own name, which is what programs call, then method and path in another section. An id does not match
/// while its place of one document is another id's in the other: then the place decides.
pub(super) fn matched<'a>(old: &'a Api, new: &'a Api) -> Vec<Match<'a>> {
    let mut open_old: Vec<&Operation> = old.operations.iter().collect();
    let mut open_new: Vec<&Operation> = new.operations.iter().collect();
    let place_in = |operations: &'a [Operation]| -> Vec<String> { operations.iter().map(place).collect() };
    let (old_places, new_places) = (place_in(&old.operations), place_in(&new.operations));
    let mut matches = Vec::new();
    matches.extend(match_by(&mut open_old, &mut open_new, |operation| {
        Some(format!("{} {}", operation.vendor_id, place(operation)))
    }));
    matches.extend(match_by(&mut open_old, &mut open_new, |operation| {
        let place = place(operation);
        (!(old_places.contains(&place) && new_places.contains(&place))).then(|| operation.vendor_id.clone())
    }));
    matches.extend(match_by(&mut open_old, &mut open_new, |operation| Some(place(operation))));
    matches.extend(match_by(&mut open_old, &mut open_new, |operation| Some(operation.vendor_id.clone())));
    matches.extend(match_by(&mut open_old, &mut open_new, |operation| Some(operation.id())));
    matches.extend(match_by(&mut open_old, &mut open_new, place_in_section));
    matches
}

/// Method and path, whatever the parameters of the path are called and however its letters are written.
fn place(operation: &Operation) -> String {
    let segments: Vec<String> = operation
        .path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| if segment.starts_with('{') { "{}".to_owned() } else { segment.to_ascii_lowercase() })
        .collect();
    format!("{} /{}", operation.method, segments.join("/"))
}

/// Method and path below the section; none for a path that is nothing but its section.
fn place_in_section(operation: &Operation) -> Option<String> {
    let place = place(operation);
    let (method, path) = place.split_once(" /")?;
    Some(format!("{method} {}", path.split_once('/')?.1))
}

/// Takes the operations with equal keys out of both lists.
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

/// Notes every change of operations.
pub(super) fn compare(pair: &Pair<'_>, matches: &[Match<'_>], changes: &mut Vec<Change>) {
    let gone: Vec<&Operation> = pair
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
    for operation in &gone {
        let hint = replacement(operation, &gone, &added)
            .map(|other| format!("; perhaps `{}::{}` instead", other.section, other.name))
            .unwrap_or_default();
        changes.note(
            Weight::Breaking,
            Subject::operation(operation),
            format!("gone: the API has no {} any more{hint}", call(operation)),
        );
    }
    for operation in &added {
        changes.note(Weight::Added, Subject::operation(operation), call(operation));
    }
    for (before, after) in matches.iter().filter(|(before, after)| before != after) {
        let mut note = |weight, what: String| changes.note(weight, Subject::operation(after), what);
        names(pair, before, after, &mut note);
        parameters(pair, before, after, &mut note);
        bodies(pair, before, after, &mut note);
        answers(pair, before, after, &mut note);
        queries(before, after, &mut note);
        if before.status != after.status {
            note(Weight::Changed, format!("success status {} -> {}", before.status, after.status));
        }
    }
}

/// The one new operation that answers the same type to the same arguments as this one alone of those that are gone.
fn replacement<'a>(operation: &Operation, gone: &[&Operation], added: &[&'a Operation]) -> Option<&'a Operation> {
    let Answer::Json(Shape::One(_) | Shape::Many(_)) = &operation.answer else { return None };
    if form(operation) == Form::Count {
        return None;
    }
    let kinds = |operation: &Operation| {
        operation.parameters.iter().map(|parameter| (parameter.kind.clone(), parameter.required)).collect::<Vec<_>>()
    };
    let alike = |other: &Operation| {
        other.method == operation.method
            && other.section == operation.section
            && other.answer == operation.answer
            && other.body == operation.body
            && kinds(other) == kinds(operation)
    };
    let mut candidates = added.iter().copied().filter(|other| alike(other));
    let found = candidates.next().filter(|_| candidates.next().is_none())?;
    (gone.iter().filter(|other| alike(other)).count() == 1).then_some(found)
}

/// `` `GET /path` ``.
fn call(operation: &Operation) -> String {
    format!("`{} {}`", operation.method.to_uppercase(), operation.path)
}

fn names(pair: &Pair<'_>, before: &Operation, after: &Operation, note: &mut impl FnMut(Weight, String)) {
    let old_name = format!("{}::{}", before.section, before.name);
    let why = match (before.section == after.section, before.name == after.name) {
        (true, true) => None,
        (true, false) => Some("calls need the new name"),
        (false, true) => Some("calls need the new section and its feature"),
        (false, false) => Some("calls need the new name, and the new section with its feature"),
    };
    if let Some(why) = why {
        let taken =
            pair.new.operations.iter().find(|other| other.section == before.section && other.name == before.name);
        let taken = taken.map(|other| format!("; the old name is that of {} now", call(other))).unwrap_or_default();
        note(Weight::Breaking, format!("was `{old_name}`: {why}{taken}"));
    }
    if before.vendor_id != after.vendor_id {
        note(Weight::Changed, format!("the vendor's id was {}", before.vendor_id));
    }
    if before.method != after.method || place(before) != place(after) {
        note(Weight::Changed, format!("{} -> {}", call(before), call(after)));
    }
}

/// A parameter with its position among the arguments.
type Placed<'a> = (usize, &'a Parameter);

/// The parameters of two operations, held against each other.
struct Pairing<'a> {
    both: Vec<(Placed<'a>, Placed<'a>)>,
    gone: Vec<Placed<'a>>,
    added: Vec<Placed<'a>>,
}

/// Which arguments are the same: at the same path, those of the path by position; the others by name. What is left of
/// the paths fits where position and type are equal.
fn paired<'a>(before: &'a Operation, after: &'a Operation) -> Pairing<'a> {
    let one_place = place(before) == place(after);
    let by_place = |a: Placed<'_>, b: Placed<'_>| a.1.in_path && b.1.in_path && one_place && a.0 == b.0;
    let by_argument = |a: Placed<'_>, b: Placed<'_>| {
        a.1.in_path == b.1.in_path && a.1.argument == b.1.argument && !(a.1.in_path && one_place)
    };
    let by_name = |a: Placed<'_>, b: Placed<'_>| a.1.name == b.1.name;
    let by_fit = |a: Placed<'_>, b: Placed<'_>| a.1.in_path && b.1.in_path && a.0 == b.0 && a.1.kind == b.1.kind;
    let mut pairing = Pairing {
        both: Vec::new(),
        gone: before.parameters.iter().enumerate().collect(),
        added: after.parameters.iter().enumerate().collect(),
    };
    pairing.pair(by_place);
    pairing.pair(by_argument);
    pairing.pair(by_name);
    pairing.pair(by_fit);
    pairing.both.sort_by_key(|((position, _), _)| *position);
    pairing
}

impl Pairing<'_> {
    fn pair(&mut self, test: impl Fn(Placed<'_>, Placed<'_>) -> bool) {
        let (both, added) = (&mut self.both, &mut self.added);
        self.gone.retain(|before| match added.iter().position(|after| test(*before, *after)) {
            Some(index) => {
                both.push((*before, added.remove(index)));
                false
            }
            None => true,
        });
    }
}

/// The parameters that are arguments of calls, and those that are set by name because they may be left out.
fn arguments_and_options<'a>(parameters: &[Placed<'a>]) -> (Vec<Placed<'a>>, Vec<Placed<'a>>) {
    parameters.iter().partition(|(_, parameter)| !is_optional(parameter))
}

/// What calls pass otherwise because arguments came or went.
fn exchanged(
    pair: &Pair<'_>,
    before: &Operation,
    after: &Operation,
    gone: &[Placed<'_>],
    added: &[Placed<'_>],
) -> Option<String> {
    match (gone, added) {
        ([], []) => None,
        ([(_, gone)], []) => Some(format!("takes no `{}` any more: calls pass one argument less", gone.argument)),
        ([], [(position, added)]) => {
            let text = Type::from_kind(&added.kind).text(pair.new);
            Some(format!("takes `{}` ({text}) as argument {}: calls pass one more", added.argument, position + 1))
        }
        (gone, added) => {
            // As many as before may fit the old calls.
            let silently = if gone.len() == added.len() { ", even where they still compile" } else { "" };
            Some(format!("arguments {} -> {}: calls pass others{silently}", names_of(before), names_of(after)))
        }
    }
}

/// `(id, type_)`: the arguments without their types and the body.
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
    let pairing = paired(before, after);
    let (gone, gone_options) = arguments_and_options(&pairing.gone);
    let (added, added_options) = arguments_and_options(&pairing.added);
    if let Some(what) = exchanged(pair, before, after, &gone, &added) {
        note(Weight::Breaking, what);
    }
    for (_, option) in gone_options {
        note(Weight::Breaking, format!("takes no optional `{}` any more", option.argument));
    }
    for (_, option) in added_options {
        note(
            Weight::Added,
            format!("takes the optional `{}` ({})", option.argument, Type::from_kind(&option.kind).text(pair.new)),
        );
    }
    let pairs = pairing.both;
    let arguments = pairs.iter().filter(|((_, old), (_, new))| !is_optional(old) && !is_optional(new));
    if !arguments.map(|(_, (position, _))| *position).is_sorted() {
        note(
            Weight::Breaking,
            format!(
                "arguments in another order: {} -> {}; a call that still compiles may mean something else",
                names_of(before),
                names_of(after)
            ),
        );
    }
    for ((_, old), (_, new)) in pairs {
        let (old_type, new_type) = (Type::from_kind(&old.kind), Type::from_kind(&new.kind));
        if !same(pair, &old_type, &new_type) {
            note(
                Weight::Breaking,
                format!(
                    "the argument `{}` has another type: {} -> {}",
                    new.argument,
                    old_type.text(pair.old),
                    new_type.text(pair.new)
                ),
            );
        }
        match (old.required, new.required) {
            (true, false) => note(
                Weight::Breaking,
                format!("the argument `{}` became an optional parameter: calls pass one less", new.argument),
            ),
            (false, true) => {
                note(Weight::Breaking, format!("the optional `{}` is required: it became an argument", new.argument))
            }
            (false, false) if old.argument != new.argument && is_optional(new) => {
                note(Weight::Breaking, format!("the optional `{}` is called `{}`", old.argument, new.argument));
            }
            _ => {}
        }
        match (old.in_path, new.in_path) {
            (true, false) => note(Weight::Changed, format!("`{}` moved from the path to the query", new.name)),
            (false, true) => note(Weight::Changed, format!("`{}` moved from the query to the path", new.name)),
            (false, false) if old.name != new.name => {
                note(Weight::Changed, format!("`{}` of the query is called `{}`", old.name, new.name))
            }
            _ => {}
        }
    }
}

/// How a body is passed: what decides its argument besides its type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passing {
    Patch,
    Form,
    Required,
    Optional,
}

fn passing(operation: &Operation, body: &Body) -> Passing {
    if operation.method == "patch" && body.shape == Shape::Many("PatchOperation".to_owned()) {
        Passing::Patch
    } else if body.multipart {
        Passing::Form
    } else if body.required {
        Passing::Required
    } else {
        Passing::Optional
    }
}

fn passed(passing: Passing) -> &'static str {
    match passing {
        Passing::Patch => "a `psa::Patch`",
        Passing::Form => "a form and a file",
        Passing::Required => "a JSON body",
        Passing::Optional => "an optional JSON body",
    }
}

fn bodies(pair: &Pair<'_>, before: &Operation, after: &Operation, note: &mut impl FnMut(Weight, String)) {
    match (&before.body, &after.body) {
        (None, None) => {}
        (Some(_), None) => note(Weight::Breaking, "takes no body any more: calls pass one argument less".to_owned()),
        (None, Some(body)) => {
            let text = Type::from_shape(&body.shape).text(pair.new);
            note(
                Weight::Breaking,
                format!("takes {} ({text}): calls pass it as the last argument", passed(passing(after, body))),
            );
        }
        (Some(old), Some(new)) => {
            let (old_passing, new_passing) = (passing(before, old), passing(after, new));
            let (old_type, new_type) = (Type::from_shape(&old.shape), Type::from_shape(&new.shape));
            if old_passing != new_passing {
                note(
                    Weight::Breaking,
                    format!(
                        "takes {} instead of {}: the last argument has another type",
                        passed(new_passing),
                        passed(old_passing)
                    ),
                );
            }
            if !same(pair, &old_type, &new_type) && (old_passing, new_passing) != (Passing::Patch, Passing::Patch) {
                let (old_text, new_text) = (old_type.text(pair.old), new_type.text(pair.new));
                // Maps and any JSON are both passed as `psa::Value`.
                let untyped = |shape: &Shape| !matches!(shape, Shape::One(_) | Shape::Many(_));
                let (weight, why) = if untyped(&old.shape) && untyped(&new.shape) {
                    (Weight::Changed, "body")
                } else {
                    (Weight::Breaking, "the body has another type")
                };
                note(weight, format!("{why}: {old_text} -> {new_text}"));
            }
        }
    }
}

fn form_name(form: Form) -> &'static str {
    match form {
        Form::List => "`psa::List`",
        Form::Get => "`psa::Get`",
        Form::Count => "`psa::Count`",
        Form::Download => "`psa::Call<psa::Download>`",
        Form::Empty => "`psa::Call<()>`",
        Form::Value => "`psa::Call` of the record",
    }
}

fn answer_text(api: &Api, answer: &Answer) -> String {
    match answer {
        Answer::Nothing => "nothing".to_owned(),
        Answer::Json(shape) => Type::from_shape(shape).text(api),
        Answer::Bytes(media) => format!("bytes ({media})"),
    }
}

fn answers(pair: &Pair<'_>, before: &Operation, after: &Operation, note: &mut impl FnMut(Weight, String)) {
    let (old_form, new_form) = (form(before), form(after));
    let texts = format!("{} -> {}", answer_text(pair.old, &before.answer), answer_text(pair.new, &after.answer));
    if old_form != new_form {
        note(
            Weight::Breaking,
            format!("answers {texts}: returns {} instead of {}", form_name(new_form), form_name(old_form)),
        );
        return;
    }
    match (&before.answer, &after.answer) {
        (Answer::Json(old), Answer::Json(new))
            if old_form != Form::Count && !same(pair, &Type::from_shape(old), &Type::from_shape(new)) =>
        {
            note(Weight::Breaking, format!("answers {texts}: returns another type"));
        }
        (Answer::Bytes(old), Answer::Bytes(new)) if old != new => note(Weight::Changed, format!("answers {texts}")),
        _ => {}
    }
}

/// The shared query parameters that an operation takes. An answer in bytes takes none, whatever the document says.
fn taken(operation: &Operation) -> &'static [&'static str] {
    match operation.query {
        _ if matches!(operation.answer, Answer::Bytes(_)) => &[],
        Query::None => &[],
        Query::Fields => &["fields"],
        Query::Count => &["filters"],
        Query::List => &["filters", "order", "fields", "paging"],
    }
}

/// The shared query parameters are methods of the builders and no arguments. A server that takes fewer ignores what
/// programs set: nothing tells them.
fn queries(before: &Operation, after: &Operation, note: &mut impl FnMut(Weight, String)) {
    let (old, new) = (taken(before), taken(after));
    let missing = |from: &[&'static str], of: &[&'static str]| {
        of.iter().filter(|word| !from.contains(word)).copied().collect::<Vec<_>>().join(", ")
    };
    let (lost, won) = (missing(new, old), missing(old, new));
    if !lost.is_empty() {
        note(Weight::Breaking, format!("takes no {lost} any more: what a program sets there is ignored"));
    }
    if !won.is_empty() {
        note(Weight::Changed, format!("takes {won} now"));
    }
}

#[cfg(test)]
mod tests;
