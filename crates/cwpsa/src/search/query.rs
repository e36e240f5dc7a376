//! What a query says: the verb, the things it names, and how they relate ("note" *of* "a ticket").

use crate::search::glossary::{Alternative, Cue, Glossary, LONGEST_PHRASE, Meaning};
use crate::search::index::{Form, Index, Token};
use crate::search::typos;
use crate::search::verb::Verb;
use crate::search::words::{split, stem};

/// A query in words of the catalogue.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pub(crate) units: Vec<Unit>,
    /// The verbs that the query can ask for, with their weights from 0 to 1.
    pub(crate) verbs: Vec<(Verb, f64)>,
    /// Whether the query asks for something that no operation does.
    pub(crate) asks_for_nothing: bool,
    /// The number of words that mean nothing, weighted by their position.
    pub(crate) unknown: f64,
    /// The forms of operations that the query asks for.
    pub(crate) forms: Vec<Form>,
    /// Whether the query names one record, not a list.
    pub(crate) is_singular: bool,
}

/// A word or phrase that names something.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) role: Role,
    pub(crate) alternatives: Vec<Target>,
}

/// One thing that a unit can name.
#[derive(Debug)]
pub(crate) enum Target {
    Words(Vec<Token>),
    Path(&'static str),
    /// The words of a path, which other collections have in their names too.
    WordsOfPath(Vec<Token>),
}

/// What a unit says about the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The thing that the query is about: "note" in "add an internal note to the ticket".
    Head,
    /// A word before the head: "internal".
    Modifier,
    /// What the thing belongs to: "ticket".
    Context,
    /// What only limits or explains: "with open invoices", "by name", another clause.
    Limit,
}

/// Words after which a phrase names what the thing before belongs to.
const BELONGING: &[&str] =
    &["against", "at", "below", "for", "from", "in", "inside", "into", "of", "off", "on", "onto", "out", "to", "under"];

/// Words after which a phrase only limits or explains.
const LIMITING: &[&str] = &[
    "about", "after", "because", "before", "between", "by", "during", "if", "per", "since", "so", "than", "that",
    "until", "using", "via", "when", "where", "which", "while", "who", "with", "without",
];

/// First words of questions. Verbs in questions rarely say what to do.
const QUESTIONS: &[&str] = &[
    "are", "did", "do", "does", "had", "has", "have", "how", "is", "was", "were", "what", "when", "where", "which",
    "who", "whose", "why",
];

/// Words that say how things are kept. Before them is what the query is about: "win probability table".
const CONTAINERS: &[&str] = &[
    "collection",
    "details",
    "directory",
    "list",
    "lists",
    "matrix",
    "options",
    "overview",
    "record",
    "records",
    "settings",
    "table",
    "tables",
    "values",
];

/// Verbs after which a phrase names what the thing before belongs to: "which skills does the member have".
const AUXILIARIES: &[&str] = &[
    "are", "can", "did", "do", "does", "had", "has", "have", "is", "may", "must", "should", "was", "were", "will",
    "would",
];

/// Words after "how many" that name an amount. The records have it in a field.
const MEASURES: &[&str] = &[
    "boxes",
    "cents",
    "copies",
    "days",
    "dollars",
    "euros",
    "hours",
    "kilometers",
    "kilometres",
    "kms",
    "miles",
    "minutes",
    "months",
    "percent",
    "pieces",
    "points",
    "pounds",
    "seconds",
    "units",
    "weeks",
    "years",
];

/// Verbs before what happened: "the appointment was cancelled".
const HAPPENED: &[&str] = &["are", "been", "got", "had", "has", "have", "is", "was", "were"];

/// Phrases before what the user wants.
const POLITE: &[&str] = &[
    "can i",
    "can you",
    "could you",
    "help me",
    "how can i",
    "how do i",
    "how do we",
    "how to",
    "i need to",
    "i want to",
    "i would like to",
    "let me",
    "need to",
    "please",
    "want to",
    "we need to",
    "we want to",
];

/// A part of a clause that has a meaning.
struct Piece {
    /// The word as written, the last one of a phrase.
    raw: String,
    words: usize,
    is_last: bool,
    role: Option<Role>,
    kind: Reading,
}

enum Reading {
    Meaning(Meaning),
    Token(Vec<Token>),
    Unknown,
}

/// Words that can follow the object of a verb and change what it means.
const PARTICLES: &[&str] =
    &["apart", "away", "back", "down", "forward", "into", "off", "on", "out", "over", "to", "together", "up"];

const LISTS: Cue = Cue::Verb(Verb::List);

/// The number of words of a query that count. A longer text is not a request for one operation, and takes time.
const LONGEST: usize = 60;

impl Query {
    /// Reads a query.
    pub(crate) fn parse(text: &str, glossary: &Glossary, index: &Index) -> Self {
        let text = first_words(text);
        let text = text.as_str();
        let mut query = Self::default();
        let names = names(text);
        let clauses: Vec<Vec<String>> = clauses(text, glossary);
        let main = main_clause(&clauses, glossary);
        for (number, clause) in clauses.iter().enumerate() {
            query.read_clause(clause, number == main, &names, glossary, index);
        }
        query.forms = forms(&clauses.concat());
        if query.verbs.is_empty() && query.forms.contains(&Form::Bulk) {
            // Only changes have a form for many records.
            query.verbs.extend([(Verb::Update, 0.8), (Verb::Create, 0.7), (Verb::Delete, 0.6)]);
        }
        query.promote_head();
        // "Get a part by its number" searches.
        query.is_singular &= !query.units.iter().any(|unit| unit.role == Role::Limit);
        query
    }

    /// Returns whether the query wants to change a record.
    pub(crate) fn changes(&self) -> bool {
        let strongest = self.verbs.iter().map(|&(_, weight)| weight).fold(0.0, f64::max);
        self.verbs.iter().any(|&(verb, weight)| verb == Verb::Update && weight >= strongest)
    }

    fn read_clause(&mut self, words: &[String], is_main: bool, names: &[String], glossary: &Glossary, index: &Index) {
        let is_question = words.first().is_some_and(|word| QUESTIONS.contains(&word.as_str())) && !words.is_empty();
        let words = without_polite(words);
        let is_question = is_question && words.first().is_some_and(|word| QUESTIONS.contains(&word.as_str()));
        let mut pieces = pieces(words, names, glossary, index);
        assign_roles(&mut pieces, words, is_main);
        let mut at_start = true;
        let has_verb = is_question || starts_with_verb(words, glossary);
        let counts_amount = asks_for_amount(words);
        let states = is_main && !has_verb && is_statement(words);
        let is_word = pieces.first().is_some_and(|piece| piece.words == 1);
        let mut separated = if is_main && !is_question && is_word { separated_cues(words, glossary) } else { None };
        for piece in pieces {
            let Some(role) = piece.role else { continue };
            match piece.kind {
                Reading::Unknown => {
                    self.unknown += match role {
                        Role::Head => 1.5,
                        Role::Modifier | Role::Context => 1.0,
                        Role::Limit => 0.6,
                    }
                }
                Reading::Token(tokens) => {
                    if role == Role::Head {
                        self.is_singular = !is_plural(&piece.raw);
                    }
                    self.units.push(Unit { role, alternatives: vec![Target::Words(tokens)] });
                    at_start = false;
                }
                Reading::Meaning(meaning) => {
                    let alternatives = targets(&meaning.alternatives, index);
                    let names_something = !alternatives.is_empty();
                    let instead = if at_start { separated.take() } else { None };
                    let cues = instead.as_ref().unwrap_or(&meaning.cues);
                    if !cues.is_empty() {
                        let is_past = piece.words == 1 && piece.raw.ends_with("ed");
                        let reads = cues.iter().all(reads);
                        let weight = match (at_start && !is_question, piece.words > 1) {
                            // Phrases such as "off the invoice" say more.
                            _ if instead.is_some() && meaning.cues.is_empty() => 0.9,
                            (true, _) if is_main && !is_past => 1.0,
                            (_, true) if is_question && !reads => 0.5,
                            (_, true) => 0.95,
                            (true, false) => 0.6,
                            (false, false) if piece.is_last && !has_verb => 0.85,
                            _ if is_past && states => 0.85,
                            (false, false) if piece.raw.ends_with("ed") || piece.raw.ends_with('s') || is_question => {
                                0.3
                            }
                            (false, false) => 0.55,
                        };
                        for (cue, likelihood) in cues.iter().zip([1.0, 0.95, 0.9]) {
                            let cue = if counts_amount && *cue == Cue::Verb(Verb::Count) { &LISTS } else { cue };
                            self.add_cue(*cue, weight * likelihood);
                        }
                    }
                    if names_something {
                        if role == Role::Head && meaning.cues.is_empty() {
                            self.is_singular = !is_plural(&piece.raw);
                        }
                        self.units.push(Unit { role, alternatives });
                    }
                    if names_something || !cues.is_empty() {
                        at_start = false;
                    }
                }
            }
        }
        if is_question {
            self.verbs.push((Verb::List, 0.9));
        }
        self.prefer_count();
    }

    fn add_cue(&mut self, cue: Cue, weight: f64) {
        match cue {
            Cue::Verb(verb) => self.verbs.push((verb, weight)),
            Cue::Nothing => self.asks_for_nothing |= weight > 0.9,
            Cue::Never => self.asks_for_nothing = true,
        }
    }

    /// A count is more exact than "get" and "list".
    fn prefer_count(&mut self) {
        if self.verbs.iter().any(|&(verb, weight)| verb == Verb::Count && weight > 0.5) {
            self.verbs.retain(|&(verb, _)| !matches!(verb, Verb::List | Verb::Get));
        }
    }

    /// Makes sure that the query is about something: without a head, the first thing that it names.
    fn promote_head(&mut self) {
        if self.units.iter().any(|unit| unit.role == Role::Head) {
            return;
        }
        let best = [Role::Modifier, Role::Context, Role::Limit];
        if let Some(unit) = best.iter().find_map(|role| self.units.iter().position(|unit| unit.role == *role))
            && let Some(unit) = self.units.get_mut(unit)
        {
            unit.role = Role::Head;
        }
    }
}

/// Returns the words of a text that count.
fn first_words(text: &str) -> String {
    text.split_whitespace().take(LONGEST).collect::<Vec<_>>().join(" ")
}

/// Splits text into clauses: at punctuation, and at "and" before a verb.
fn clauses(text: &str, glossary: &Glossary) -> Vec<Vec<String>> {
    let mut clauses = Vec::new();
    for part in text.split([',', ';', ':', '.', '?', '!']) {
        let mut clause: Vec<String> = Vec::new();
        let words = split(part);
        for (index, word) in words.iter().enumerate() {
            let is_link = matches!(word.as_str(), "and" | "then" | "but");
            if is_link && words.get(index + 1..).is_some_and(|rest| starts_with_verb(rest, glossary)) {
                clauses.push(std::mem::take(&mut clause));
            } else if !is_link {
                clause.push(word.clone());
            }
        }
        clauses.push(clause);
    }
    clauses.retain(|clause| !clause.is_empty());
    clauses
}

/// Returns the words that are probably names of people and things, in small letters: they start with a capital although
/// they do not start a sentence, and other words do not.
fn names(text: &str) -> Vec<String> {
    let is_capital = |word: &&str| word.chars().next().is_some_and(char::is_uppercase);
    let words: Vec<_> = text.split_whitespace().collect();
    let capitals: Vec<_> = words.iter().skip(1).copied().filter(is_capital).collect();
    if capitals.len() * 2 > words.len() { Vec::new() } else { capitals.into_iter().flat_map(split).collect() }
}

/// Returns the number of the clause that says what to do: the first that starts with a verb that changes something, or
/// with any verb. "The customer moved, update their address."
fn main_clause(clauses: &[Vec<String>], glossary: &Glossary) -> usize {
    let changes = |clause: &Vec<String>| starts_with_cue(clause, glossary, |cue| !reads(cue));
    let first = clauses.iter().position(changes);
    first.or_else(|| clauses.iter().position(|clause| starts_with_verb(clause, glossary))).unwrap_or(0)
}

fn starts_with_verb(words: &[String], glossary: &Glossary) -> bool {
    starts_with_cue(words, glossary, |_| true)
}

/// Returns whether the words start with a word or phrase that can ask for something that `wanted` accepts.
fn starts_with_cue(words: &[String], glossary: &Glossary, wanted: impl Fn(&Cue) -> bool) -> bool {
    let words = without_polite(words);
    let stems = stems(words);
    (1..=stems.len()).any(|length| {
        let meaning = stems.get(..length).and_then(|phrase| glossary.meaning_of(phrase));
        meaning.is_some_and(|meaning| meaning.cues.iter().any(&wanted))
    })
}

fn reads(cue: &Cue) -> bool {
    matches!(cue, Cue::Verb(verb) if verb.reads())
}

/// Returns whether the words ask for an amount ("how many hours are left"), which is a field, and not for a number of
/// records.
fn asks_for_amount(words: &[String]) -> bool {
    words
        .iter()
        .position(|word| word == "many")
        .is_some_and(|many| words.iter().skip(many + 1).take(2).any(|word| MEASURES.contains(&word.as_str())))
}

/// Returns whether the words say what happened ("the visit was cancelled") rather than what to do.
fn is_statement(words: &[String]) -> bool {
    let is_limiting = |word: &String| LIMITING.contains(&word.as_str());
    words.iter().take_while(|word| !is_limiting(word)).any(|word| HAPPENED.contains(&word.as_str()))
}

fn without_polite(words: &[String]) -> &[String] {
    for length in (1..=4.min(words.len())).rev() {
        let (start, rest) = words.split_at(length);
        if POLITE.contains(&start.join(" ").as_str()) {
            return without_polite(rest);
        }
    }
    words
}

/// Returns the stems of the words that can be one phrase.
fn stems(words: &[String]) -> Vec<String> {
    words.iter().take(LONGEST_PHRASE).map(|word| stem(word)).collect()
}

/// Returns what a verb at the start of a clause asks for together with a later word: "take the person off", "put it on
/// hold".
fn separated_cues(words: &[String], glossary: &Glossary) -> Option<Vec<Cue>> {
    let (verb, rest) = words.split_first()?;
    rest.iter().enumerate().skip(1).find_map(|(index, particle)| {
        if !PARTICLES.contains(&particle.as_str()) {
            return None;
        }
        let on_hold = particle == "on" && rest.get(index + 1).is_some_and(|next| next == "hold");
        let end = if on_hold { vec![stem(particle), stem("hold")] } else { vec![stem(particle)] };
        let phrase = [vec![stem(verb)], end].concat();
        glossary.meaning_of(&phrase).filter(|meaning| !meaning.cues.is_empty()).map(|meaning| meaning.cues.clone())
    })
}

/// Finds the phrases and words of a clause.
fn pieces(words: &[String], names: &[String], glossary: &Glossary, index: &Index) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = words;
    while let Some(word) = rest.first() {
        let (kind, length) = meaning_at(rest, names, glossary, index);
        let raw = rest.get(length - 1).unwrap_or(word).clone();
        pieces.push(Piece { raw, words: length, is_last: length == rest.len(), role: None, kind });
        rest = rest.get(length..).unwrap_or_default();
    }
    pieces
}

/// Returns the meaning of the longest phrase at the start of `words`, and the number of its words.
fn meaning_at(words: &[String], names: &[String], glossary: &Glossary, index: &Index) -> (Reading, usize) {
    let stems = stems(words);
    for length in (1..=stems.len()).rev() {
        let Some(phrase) = stems.get(..length) else { continue };
        if let Some(meaning) = glossary.meaning_of(phrase)
            && !splits_phrase(&stems, length, meaning, glossary)
        {
            return (Reading::Meaning(meaning.clone()), length);
        }
        if let Some(tokens) = index.phrase(&phrase.join(" ")) {
            return (Reading::Token(tokens.to_vec()), length);
        }
    }
    let Some(word) = words.first() else { return (Reading::Unknown, 1) };
    if word.chars().all(|character| character.is_numeric()) || word.len() == 1 {
        return (Reading::Meaning(Meaning::default()), 1);
    }
    if BELONGING.contains(&word.as_str()) || LIMITING.contains(&word.as_str()) || QUESTIONS.contains(&word.as_str()) {
        return (Reading::Meaning(Meaning::default()), 1);
    }
    let stemmed = stem(word);
    if let Some((first, second)) = index.compound(&stemmed) {
        return (Reading::Token(vec![first, second]), 1);
    }
    if let Some(token) = index.token(&stemmed) {
        return (Reading::Token(vec![token]), 1);
    }
    // Two words that the catalogue writes as one.
    if let Some(second) = words.get(1)
        && let Some(token) = index.token(&stem(&format!("{word}{second}")))
    {
        return (Reading::Token(vec![token]), 2);
    }
    if names.contains(word) {
        return (Reading::Meaning(Meaning::default()), 1);
    }
    if let Some(known) = typos::correct(&stemmed, glossary, index) {
        let kind = match (glossary.meaning(&known), index.token(&known)) {
            (Some(meaning), _) => Reading::Meaning(meaning.clone()),
            (None, Some(token)) => Reading::Token(vec![token]),
            (None, None) => Reading::Meaning(Meaning::default()),
        };
        return (kind, 1);
    }
    (Reading::Unknown, 1)
}

/// Returns whether a phrase with a verb would take the first word of another phrase: "add a time" of "a time zone".
fn splits_phrase(stems: &[String], length: usize, meaning: &Meaning, glossary: &Glossary) -> bool {
    let names_something = |meaning: &Meaning| meaning.cues.is_empty() && !meaning.alternatives.is_empty();
    let next = length.checked_sub(1).and_then(|last| stems.get(last..length + 1));
    let asks_for_verb = meaning.cues.iter().any(|cue| matches!(cue, Cue::Verb(_)));
    length > 1 && asks_for_verb && next.is_some_and(|next| glossary.meaning_of(next).is_some_and(names_something))
}

/// Sets the role of each piece that means something.
fn assign_roles(pieces: &mut [Piece], words: &[String], is_main: bool) {
    let mut role = if is_main { Role::Head } else { Role::Limit };
    let mut found_head = false;
    let mut position = 0;
    let mut chunk: Vec<usize> = Vec::new();
    for index in 0..pieces.len() {
        let Some(piece) = pieces.get(index) else { break };
        let word = words.get(position).map_or("", String::as_str);
        position += piece.words;
        let is_belonging = BELONGING.contains(&word) || AUXILIARIES.contains(&word);
        let is_separator = piece.words == 1 && (is_belonging || LIMITING.contains(&word));
        if is_separator && is_main {
            found_head |= close_chunk(pieces, &mut chunk, role);
            role = match (found_head, is_belonging) {
                (false, _) => Role::Head,
                (true, true) => Role::Context,
                (true, false) => Role::Limit,
            };
        } else {
            chunk.push(index);
        }
    }
    close_chunk(pieces, &mut chunk, role);
}

/// Gives the pieces of a phrase their roles. The last thing of the first phrase is the head. Returns whether the phrase
/// names something.
fn close_chunk(pieces: &mut [Piece], chunk: &mut Vec<usize>, role: Role) -> bool {
    let names = |piece: &Piece| match &piece.kind {
        Reading::Meaning(meaning) => !meaning.alternatives.is_empty(),
        Reading::Token(_) => true,
        Reading::Unknown => false,
    };
    let named: Vec<_> = chunk.iter().copied().filter(|&index| pieces.get(index).is_some_and(names)).collect();
    let is_container = |index: &usize| {
        pieces.get(*index).is_some_and(|piece| piece.words == 1 && CONTAINERS.contains(&piece.raw.as_str()))
    };
    let phrase = named.first().copied().filter(|&index| role == Role::Head && says_all(pieces, index));
    let container = named.last().copied().filter(|last| named.len() > 1 && is_container(last));
    let last = phrase.or_else(|| named.iter().copied().rfind(|&index| Some(index) != container));
    for index in chunk.drain(..) {
        if let Some(piece) = pieces.get_mut(index) {
            piece.role = Some(match role {
                Role::Head if phrase.is_some() && Some(index) != phrase => Role::Context,
                Role::Head if Some(index) == container => Role::Limit,
                Role::Head if Some(index) != last => Role::Modifier,
                role => role,
            });
        }
    }
    last.is_some()
}

/// Returns whether a piece is a phrase that asks for a certain collection. What follows is then what it belongs to:
/// "who deleted" and "this ticket".
fn says_all(pieces: &[Piece], index: usize) -> bool {
    pieces.get(index).is_some_and(|piece| match &piece.kind {
        Reading::Meaning(meaning) => {
            let has_path = meaning.alternatives.iter().any(|alternative| matches!(alternative, Alternative::Path(_)));
            piece.words > 1 && has_path && !meaning.cues.is_empty()
        }
        Reading::Token(_) | Reading::Unknown => false,
    })
}

/// Returns what the alternatives mean. The words of a path count too: other collections have them in their names.
fn targets(alternatives: &[Alternative], index: &Index) -> Vec<Target> {
    let mut targets = Vec::new();
    for alternative in alternatives {
        match alternative {
            Alternative::Path(path) => targets.push(Target::Path(path)),
            Alternative::Words(words) => {
                targets.push(Target::Words(words.iter().filter_map(|word| index.token(word)).collect()));
            }
        }
    }
    let of_paths: Vec<_> = alternatives
        .iter()
        .filter_map(|alternative| match alternative {
            Alternative::Path(path) => Some(Target::WordsOfPath(index.names_of(path))),
            Alternative::Words(_) => None,
        })
        .collect();
    targets.extend(of_paths);
    targets
}

fn is_plural(word: &str) -> bool {
    word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us")
}

/// Returns the forms of operations that the words ask for.
fn forms(words: &[String]) -> Vec<Form> {
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(&word.as_str()));
    [
        (Form::Bulk, &["bulk", "several", "mass", "batch"][..]),
        (Form::Info, &["info", "infos", "short", "brief"]),
        (Form::Usages, &["usage", "usages", "used", "uses"]),
        (Form::Default, &["default", "defaults"]),
    ]
    .into_iter()
    .filter(|(_, wanted)| has(wanted))
    .map(|(form, _)| form)
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the verb that a query asks for most.
    fn verb(text: &str) -> Option<Verb> {
        let query = parse(text);
        let strongest = query.verbs.into_iter().fold(None, |best: Option<(Verb, f64)>, verb| match best {
            Some(best) if best.1 >= verb.1 => Some(best),
            _ => Some(verb),
        });
        strongest.map(|(verb, _)| verb)
    }

    fn parse(text: &str) -> Query {
        Query::parse(text, &Glossary::new(), &Index::new())
    }

    #[test]
    fn a_verb_and_its_particle_can_be_apart() {
        assert_eq!(verb("take the person off the list"), Some(Verb::Delete));
        assert_eq!(verb("turn this opportunity into a project"), Some(Verb::Special("convert")));
        assert_eq!(verb("put the ticket on hold"), Some(Verb::Update));
    }

    #[test]
    fn an_amount_is_not_a_count_of_records() {
        assert_eq!(verb("how many hours are left"), Some(Verb::List));
        assert_eq!(verb("how many tickets are open"), Some(Verb::Count));
    }

    #[test]
    fn a_statement_asks_for_a_change_and_a_question_does_not() {
        assert_eq!(verb("the server was moved to the other site"), Some(Verb::Update));
        assert_eq!(verb("which servers were moved"), Some(Verb::List));
    }

    #[test]
    fn the_clause_that_changes_something_is_the_main_one() {
        assert_eq!(verb("my week is over, delete the appointment"), Some(Verb::Delete));
    }

    #[test]
    fn articles_and_numbers_of_phrases_do_not_matter() {
        assert_eq!(verb("order twelve monitors"), Some(Verb::Create));
        assert_eq!(verb("sign off his hours"), Some(Verb::Special("approve")));
    }

    #[test]
    fn a_phrase_does_not_take_the_first_word_of_another() {
        let units = parse("add a time zone").units;
        let alternatives: Vec<_> = units.iter().flat_map(|unit| &unit.alternatives).collect();
        assert!(alternatives.iter().any(|target| matches!(target, Target::Path("/system/timezonesetups"))));
        assert!(!alternatives.iter().any(|target| matches!(target, Target::Path("/time/entries"))));
    }

    #[test]
    fn what_psa_is_not_about_asks_for_nothing() {
        assert!(parse("what will the weather be like at the site").asks_for_nothing);
        assert!(!parse("what do we print on the work order").asks_for_nothing);
    }
}
