//! The rows `decode/…`, `encode/…` and `memory/…`: a page of each type, beside other libraries and languages.

use super::data_set;
use super::goals::{JSON_TEXT, NODE, PLAIN_TYPES, PYCONNECTWISE, SCAN, VALUE};
use super::row::Row;
use super::samples::{Variant, alternate, scaled};
use super::session::{Session, Started};
use crate::Failure;

/// Measures the rows `decode/…`.
pub(crate) fn decode_all(session: &mut Session) -> Result<(), Failure> {
    data_set::TYPES.iter().for_each(|(name, _)| decode(session, name));
    Ok(())
}

/// Measures the rows `encode/…`.
pub(crate) fn encode_all(session: &mut Session) -> Result<(), Failure> {
    data_set::TYPES.iter().for_each(|(name, _)| encode(session, name));
    Ok(())
}

/// Measures the rows `memory/…`.
pub(crate) fn memory_all(session: &mut Session) -> Result<(), Failure> {
    let names = data_set::TYPES.iter().map(|(name, _)| *name).chain(["small-ticket"]);
    names.for_each(|name| memory(session, name));
    Ok(())
}

/// Decodes a page as the response of a list, and from a slice.
fn decode(session: &mut Session, name: &str) {
    let (page, slice) = (format!("decode/{name}"), format!("decode/{name}/from-slice"));
    if !session.wants(&page) {
        return;
    }
    let times = usable(session, session.times());
    let is_ticket = name == "ticket";
    let mut variants: Vec<Variant> = ["page", "slice", "plain", "value", "scan"]
        .map(|variant| Variant::new(&times, format!("decode {name} {variant}")))
        .to_vec();
    let node = usable(session, session.node());
    variants.push(Variant::new(&node, format!("decode {name}")));
    if is_ticket || !session.options.quick {
        let python = usable(session, session.python());
        variants.push(Variant::new(&python, format!("decode {name}")));
    }
    let samples: Vec<_> =
        alternate(session.rounds(9, 5), &variants).iter().map(|samples| scaled(samples, 1e3)).collect();
    let [own, from_slice, others @ ..] = samples.as_slice() else { return };
    for (baseline, samples) in [PLAIN_TYPES, VALUE, SCAN, NODE, PYCONNECTWISE].into_iter().zip(others) {
        session.add(Row::sampled(&page, "ms", own, Some((baseline, samples))));
    }
    if session.wants(&slice)
        && let Some(plain) = others.first()
    {
        session.add(Row::sampled(&slice, "ms", from_slice, Some((PLAIN_TYPES, plain))));
    }
}

/// Encodes the decoded records of a page.
fn encode(session: &mut Session, name: &str) {
    let row = format!("encode/{name}");
    if !session.wants(&row) || (session.options.quick && name != "ticket") {
        return;
    }
    let times = usable(session, session.times());
    let mut variants: Vec<Variant> =
        ["slice", "plain", "value"].map(|variant| Variant::new(&times, format!("encode {name} {variant}"))).to_vec();
    let node = usable(session, session.node());
    variants.push(Variant::new(&node, format!("encode {name}")));
    let samples: Vec<_> =
        alternate(session.rounds(9, 5), &variants).iter().map(|samples| scaled(samples, 1e3)).collect();
    let [own, others @ ..] = samples.as_slice() else { return };
    for (baseline, samples) in [PLAIN_TYPES, VALUE, NODE].into_iter().zip(others) {
        session.add(Row::sampled(&row, "ms", own, Some((baseline, samples))));
    }
}

/// Measures the memory of the decoded records of a page.
fn memory(session: &mut Session, name: &str) {
    let row = format!("memory/{name}");
    if !session.wants(&row) {
        return;
    }
    let program = usable(session, session.memory());
    let size = |request: String| {
        let program = program.as_ref().map_err(Clone::clone)?;
        program.measure(&request).map(|measured| measured.value / 1e6)
    };
    match (size(format!("decoded {name} page")), size(format!("json {name}"))) {
        (Ok(decoded), Ok(json)) => session.add(Row::exact(&row, "MB", decoded, Some((JSON_TEXT, json)))),
        (Err(reason), _) | (_, Err(reason)) => {
            session.add(Row::not_measured(&row, "MB", Some(JSON_TEXT), &reason));
        }
    }
}

/// Returns a program that needs the data set, or the reason why one of them is missing.
fn usable(session: &Session, program: &Started) -> Started {
    session.data()?;
    program.clone()
}
