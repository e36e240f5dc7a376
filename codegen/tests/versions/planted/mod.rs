//! The changes that random documents are made of. Each class selects a part of the document that no other change has
//! touched, changes it, and says what the import and the comparison have to report.

mod enums;
mod operations;
mod properties;
mod schemas;

use std::collections::BTreeSet;

use connectwise_psa_codegen::diff::Weight;
use serde_json::Value;

use crate::cases::{ExpectedDecision, ExpectedLine};
use crate::document::Document;
use crate::random::Random;

/// A document while changes are planted.
pub(crate) struct Draft {
    pub(crate) document: Document,
    /// The document without changes.
    original: Document,
    pub(crate) random: Random,
    /// The parts that changes have touched: `Ticket.summary`, `GET /service/tickets`, words.
    used: BTreeSet<String>,
}

/// A change that was planted.
#[derive(Default)]
pub(crate) struct Planted {
    /// What was changed, for messages.
    pub(crate) what: String,
    pub(crate) lines: Vec<ExpectedLine>,
    pub(crate) decisions: Vec<ExpectedDecision>,
}

/// A class of changes.
pub(crate) struct Class {
    pub(crate) name: &'static str,
    /// Plants one change, or returns `None` if no part of the document fits.
    pub(crate) plant: fn(&mut Draft) -> Option<Planted>,
}

/// Words for new names. All of them are nouns with a regular plural.
const WORDS: [&str; 16] = [
    "agent", "badge", "carrier", "depot", "fleet", "garage", "hub", "invoice", "journal", "kiosk", "lane", "market",
    "office", "parcel", "region", "vehicle",
];

/// The schemas whose properties change.
const RECORDS: [&str; 6] = ["Ticket", "TicketTask", "TicketNote", "Company.Configuration", "Contact", "Member"];

impl Draft {
    pub(crate) fn new(document: Document, random: Random) -> Self {
        Self { original: document.clone(), document, random, used: BTreeSet::new() }
    }

    /// Marks a part as touched. Returns `None` if it was before.
    fn claim(&mut self, part: &str) -> Option<()> {
        self.used.insert(part.to_owned()).then_some(())
    }

    /// Selects an untouched part.
    fn claim_one(&mut self, parts: &[String]) -> Option<String> {
        let free: Vec<String> = parts.iter().filter(|part| !self.used.contains(*part)).cloned().collect();
        let part = self.random.pick(&free)?;
        self.claim(&part)?;
        Some(part)
    }

    /// Selects a word for a new name.
    fn word(&mut self) -> Option<&'static str> {
        let word = self.claim_one(&WORDS.map(str::to_owned))?;
        WORDS.into_iter().find(|other| *other == word)
    }

    /// Selects a record schema.
    fn record(&mut self) -> &'static str {
        self.random.pick(&RECORDS).unwrap_or("Ticket")
    }

    /// Selects an untouched property that is not required, with its schema.
    fn property(&mut self, fits: fn(&Value) -> bool) -> Option<(String, String)> {
        let mut found = Vec::new();
        for schema in RECORDS {
            let required = self.document.schema(schema)["required"].clone();
            let is_required = |name: &str| required.as_array().into_iter().flatten().any(|other| other == name);
            let original = self.original.properties(schema).clone();
            // A property that another change has added is not changed again.
            let properties = self.document.properties(schema).iter().filter(|(name, _)| original.contains_key(*name));
            found.extend(
                properties
                    .filter(|(name, property)| {
                        fits(property) && !is_required(name) && !["id", "_info"].contains(&name.as_str())
                    })
                    .map(|(name, _)| format!("{schema}/{name}")),
            );
        }
        let part = self.claim_one(&found)?;
        let (schema, name) = part.split_once('/')?;
        Some((schema.to_owned(), name.to_owned()))
    }

    /// Selects one of these operations that is untouched and exists.
    fn operation(&mut self, operations: &[&str]) -> Option<String> {
        self.claim_one(&operations.iter().map(|operation| (*operation).to_owned()).collect::<Vec<_>>())
    }
}

impl Planted {
    fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), ..Self::default() }
    }

    fn breaking(mut self, subject: &str, parts: &[&str]) -> Self {
        self.lines.push(ExpectedLine::new(Weight::Breaking, subject, parts));
        self
    }

    fn added(mut self, subject: &str, parts: &[&str]) -> Self {
        self.lines.push(ExpectedLine::new(Weight::Added, subject, parts));
        self
    }

    fn changed(mut self, subject: &str, parts: &[&str]) -> Self {
        self.lines.push(ExpectedLine::new(Weight::Changed, subject, parts));
        self
    }

    fn may_mention(mut self, subject: &str) -> Self {
        self.lines.push(ExpectedLine::optional(subject));
        self
    }

    /// Allows any line about a subject.
    fn anything(mut self, subject: &str) -> Self {
        self.lines.push(ExpectedLine::anything(subject));
        self
    }

    fn decision(mut self, location: &str, parts: &[&str]) -> Self {
        self.decisions.push(ExpectedDecision::new(location, parts));
        self
    }
}

/// Returns all classes.
pub(crate) fn classes() -> Vec<Class> {
    let lists = [properties::CLASSES, enums::CLASSES, operations::CLASSES, schemas::CLASSES];
    lists.into_iter().flatten().map(|(name, plant)| Class { name, plant: *plant }).collect()
}

/// A class as the modules list it: its name, and the function that plants a change of it.
type Entry = (&'static str, fn(&mut Draft) -> Option<Planted>);

/// Returns the name of a schema in Rust.
fn rust_name(schema: &str) -> String {
    schema.replace('.', "")
}
