//! The cases: one change of the document each, with the lines that the comparison has to print and, where a change
//! breaks programs, a program that shows it.

mod bodies;
mod enums;
mod operations;
mod parameters;
mod properties;
mod schemas;

use connectwise_psa_codegen::diff::Weight;

use crate::adopt::{Decision, Line};
use crate::document::Document;

/// All weights.
const WEIGHTS: [Weight; 3] = [Weight::Breaking, Weight::Added, Weight::Changed];

/// One change of the document.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Makes the older version from the small document.
    pub(crate) old: fn(&mut Document),
    /// Makes the newer version from the older one.
    pub(crate) new: fn(&mut Document),
    pub(crate) lines: Vec<ExpectedLine>,
    pub(crate) decisions: Vec<ExpectedDecision>,
    /// Code that compiles with the older bindings only.
    pub(crate) breaks: Vec<&'static str>,
    /// Code that compiles with both.
    pub(crate) compiles: Vec<&'static str>,
    /// Why no program shows a breaking change: it changes what the server does.
    pub(crate) in_requests: Option<&'static str>,
}

/// A line that the comparison has to print, or may print.
#[derive(Clone, Debug)]
pub(crate) struct ExpectedLine {
    /// The weights that it may have.
    weights: Vec<Weight>,
    /// The subject, or several of which one is enough, separated by `|`. `*` is any subject: the name is a person's
    /// decision.
    subject: String,
    /// What the line has to contain, apart from the subject.
    parts: Vec<String>,
    required: bool,
}

/// A decision that the import has to request.
#[derive(Clone, Debug)]
pub(crate) struct ExpectedDecision {
    /// A part of the location.
    location: String,
    /// What the decision has to say.
    parts: Vec<String>,
}

/// Creates a case without expectations: a change that programs and readers need not know.
pub(crate) fn case(name: &'static str, new: fn(&mut Document)) -> Case {
    Case {
        name,
        old: |_| {},
        new,
        lines: Vec::new(),
        decisions: Vec::new(),
        breaks: Vec::new(),
        compiles: Vec::new(),
        in_requests: None,
    }
}

impl Case {
    /// Sets the edit that makes the older version.
    fn from(mut self, old: fn(&mut Document)) -> Self {
        self.old = old;
        self
    }

    fn breaking(self, subject: &str, parts: &[&str]) -> Self {
        self.line(ExpectedLine::new(Weight::Breaking, subject, parts))
    }

    fn added(self, subject: &str, parts: &[&str]) -> Self {
        self.line(ExpectedLine::new(Weight::Added, subject, parts))
    }

    fn changed(self, subject: &str, parts: &[&str]) -> Self {
        self.line(ExpectedLine::new(Weight::Changed, subject, parts))
    }

    /// Expects a line of any weight. The compiler decides about the weight.
    fn reported(self, subject: &str, parts: &[&str]) -> Self {
        self.line(ExpectedLine { weights: WEIGHTS.to_vec(), ..ExpectedLine::new(Weight::Changed, subject, parts) })
    }

    /// Allows any line: consequences of the change.
    fn consequences(self, subject: &str) -> Self {
        self.line(ExpectedLine::anything(subject))
    }

    /// Allows lines that do not break programs.
    fn may_mention(self, subject: &str) -> Self {
        self.line(ExpectedLine::optional(subject))
    }

    fn line(mut self, line: ExpectedLine) -> Self {
        self.lines.push(line);
        self
    }

    /// Expects a decision. After its lines are pasted, the expected lines are those of the comparison.
    fn decision(mut self, location: &str, parts: &[&str]) -> Self {
        self.decisions.push(ExpectedDecision::new(location, parts));
        self
    }

    fn breaks(mut self, code: &'static str) -> Self {
        self.breaks.push(code);
        self
    }

    fn compiles(mut self, code: &'static str) -> Self {
        self.compiles.push(code);
        self
    }

    /// Says why no program shows the breaking change.
    fn in_requests(mut self, reason: &'static str) -> Self {
        self.in_requests = Some(reason);
        self
    }

    /// Returns whether one of the expected lines is breaking.
    pub(crate) fn is_breaking(&self) -> bool {
        self.lines.iter().any(ExpectedLine::is_breaking)
    }
}

impl ExpectedLine {
    pub(crate) fn new(weight: Weight, subject: &str, parts: &[&str]) -> Self {
        Self {
            weights: vec![weight],
            subject: subject.to_owned(),
            parts: parts.iter().map(|part| (*part).to_owned()).collect(),
            required: true,
        }
    }

    /// Creates a line that the comparison may print, unless it is breaking.
    pub(crate) fn optional(subject: &str) -> Self {
        let weights = vec![Weight::Added, Weight::Changed];
        Self { weights, required: false, ..Self::new(Weight::Changed, subject, &[]) }
    }

    /// Creates a line that the comparison may print, with any weight.
    pub(crate) fn anything(subject: &str) -> Self {
        Self { weights: WEIGHTS.to_vec(), required: false, ..Self::new(Weight::Changed, subject, &[]) }
    }

    /// Returns whether the line has to be there, and has to be breaking.
    pub(crate) fn is_breaking(&self) -> bool {
        self.required && self.weights == [Weight::Breaking]
    }

    fn is(&self, line: &Line) -> bool {
        let text = line.text.to_lowercase();
        self.weights.contains(&line.weight)
            && self.subject.split('|').any(|subject| subject == "*" || subject == line.subject)
            && self.parts.iter().all(|part| part.split('|').any(|part| text.contains(&part.to_lowercase())))
    }
}

impl ExpectedDecision {
    /// Returns whether a location is the expected one. The location of an operation is its method and path, or a JSON pointer
    /// into it.
    fn is_at(&self, location: &str) -> bool {
        let pointer = location.replace("~1", "/");
        location.contains(&self.location)
            || pointer.contains(&self.location)
            || self.location.split_once(' ').is_some_and(|(method, path)| {
                pointer.contains(&format!("/paths{path}/{}", method.to_ascii_lowercase()))
            })
    }

    pub(crate) fn new(location: &str, parts: &[&str]) -> Self {
        Self { location: location.to_owned(), parts: parts.iter().map(|part| (*part).to_owned()).collect() }
    }

    fn is(&self, decision: &Decision) -> bool {
        let text = decision.text.to_lowercase();
        self.is_at(&decision.location)
            && self.parts.iter().all(|part| part.split('|').any(|part| text.contains(&part.to_lowercase())))
    }
}

/// Returns what is wrong with a comparison: lines that are missing, and lines that nothing caused.
pub(crate) fn wrong_lines(expected: &[ExpectedLine], found: &[Line]) -> Vec<String> {
    let missing = expected
        .iter()
        .filter(|line| line.required && !found.iter().any(|found| line.is(found)))
        .map(|line| format!("missing: {:?} {} {:?}", line.weights, line.subject, line.parts));
    let more = found
        .iter()
        .filter(|found| !expected.iter().any(|line| line.is(found)))
        .map(|found| format!("not expected: {:?} {}", found.weight, found.text));
    missing.chain(more).collect()
}

/// Returns whether the comparison says that programs break.
pub(crate) fn break_programs(lines: &[Line]) -> bool {
    lines.iter().any(|line| line.weight == Weight::Breaking)
}

/// Returns whether the comparison has all lines that it has to print.
pub(crate) fn all_found(expected: &[ExpectedLine], found: &[Line]) -> bool {
    expected.iter().filter(|line| line.required).all(|line| found.iter().any(|found| line.is(found)))
}

/// Returns what is wrong with the decisions that an import requests.
pub(crate) fn wrong_decisions(expected: &[ExpectedDecision], found: &[Decision]) -> Vec<String> {
    let missing = expected
        .iter()
        .filter(|decision| !found.iter().any(|found| decision.is(found)))
        .map(|decision| format!("missing decision: {} {:?}", decision.location, decision.parts));
    let more = found
        .iter()
        .filter(|found| !expected.iter().any(|decision| decision.is(found)))
        .map(|found| format!("decision that was not expected: {}", found.text));
    let vague = found
        .iter()
        .filter(|found| found.pastes.is_empty())
        .map(|found| format!("decision without lines to paste: {}", found.text));
    missing.chain(more).chain(vague).collect()
}

/// Returns all cases.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Vec::new();
    cases.extend(operations::cases());
    cases.extend(parameters::cases());
    cases.extend(bodies::cases());
    cases.extend(properties::cases());
    cases.extend(enums::cases());
    cases.extend(schemas::cases());
    cases
}
