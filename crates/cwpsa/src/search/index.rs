//! The collections of the catalogue with the words that name them, and for each word the collections that have it.

use std::collections::{BTreeMap, HashMap};

use connectwise_psa::catalogue::{self, Operation, ResponseKind};

use crate::search::fields;
use crate::search::verb::Verb;
use crate::search::words::{split, stem};

/// A word of the catalogue.
pub(crate) type Token = u32;

/// A collection, a collection below records, or an action: what a query is ranked against.
#[derive(Debug)]
pub(crate) struct Node {
    /// The path in small letters, without parameters and without words that belong to the verb: `/service/tickets/notes`.
    pub(crate) path: String,
    /// The words of the last segment.
    pub(crate) leaf: Vec<Token>,
    /// The words of the segments above, without the section.
    pub(crate) parents: Vec<Token>,
    /// The word of the section.
    pub(crate) section: Token,
    /// Other words of the ids, tags and types of the operations.
    pub(crate) others: Vec<Token>,
    /// The words of the fields of the records.
    pub(crate) fields: Vec<Token>,
    /// The number of segments below the section.
    pub(crate) depth: usize,
    pub(crate) operations: Vec<Entry>,
}

impl Node {
    /// Returns whether this is an action with words of its own, such as to convert an opportunity to a project.
    pub(crate) fn is_action(&self) -> bool {
        self.operations.iter().all(|entry| matches!(entry.verb, Verb::Special(_)))
    }
}

/// An operation of a collection.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) operation: &'static Operation,
    pub(crate) verb: Verb,
    pub(crate) form: Form,
}

/// What distinguishes operations of a collection that have the same verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Usual,
    /// Many records with one request.
    Bulk,
    /// The short form of records (`/info`).
    Info,
    /// Where a record is used (`/usages`).
    Usages,
    /// A record with default values, which is not stored.
    Default,
}

/// The collections, and where each word occurs.
pub(crate) struct Index {
    tokens: HashMap<String, Token>,
    pub(crate) nodes: Vec<Node>,
    /// For each word, the numbers of the collections that have it, ascending.
    postings: Vec<Vec<u16>>,
    /// For each word, how rare it is. At least 1.
    rarity: Vec<f64>,
    /// For each word, whether it names collections, not only fields of records.
    naming: Vec<bool>,
    /// Pairs of words that occur one after the other, written as one word: "timesheet".
    compounds: HashMap<String, (Token, Token)>,
    /// Names of collections that have several words, as stems with a space between.
    phrases: HashMap<String, Vec<Token>>,
}

impl Index {
    /// Indexes the catalogue.
    pub(crate) fn new() -> Self {
        let mut builder = Builder::default();
        for operation in catalogue::all() {
            builder.learn_segments(operation);
        }
        builder.learn_fields();
        for operation in catalogue::all() {
            builder.add(operation);
        }
        builder.finish()
    }

    /// Returns a word of the catalogue by its stem.
    pub(crate) fn token(&self, stem: &str) -> Option<Token> {
        self.tokens.get(stem).copied()
    }

    /// Returns all words of the catalogue as stems, and whether each names collections.
    pub(crate) fn words(&self) -> impl Iterator<Item = (&str, bool)> {
        self.tokens.iter().map(|(word, &token)| (word.as_str(), self.names_collections(token)))
    }

    /// Returns the two words of a word such as "timesheet".
    pub(crate) fn compound(&self, word: &str) -> Option<(Token, Token)> {
        self.compounds.get(word).copied()
    }

    /// Returns the words of a collection's name that has several words, by the stems with a space between.
    pub(crate) fn phrase(&self, stems: &str) -> Option<&[Token]> {
        self.phrases.get(stems).map(Vec::as_slice)
    }

    /// Returns the words that name the collection with a path: its own and those above it, and the section if another
    /// section has a collection of the same name.
    pub(crate) fn names_of(&self, path: &str) -> Vec<Token> {
        let Some(node) = self.nodes.iter().find(|node| node.path == path) else { return Vec::new() };
        let has_this_name = |other: &&Node| other.depth == 1 && other.leaf == node.leaf;
        let is_ambiguous = node.depth == 1 && self.nodes.iter().filter(has_this_name).count() > 1;
        let section = is_ambiguous.then_some(node.section);
        section.into_iter().chain(node.parents.iter().copied()).chain(node.leaf.iter().copied()).collect()
    }

    /// Returns the collections that have a word.
    pub(crate) fn nodes_with(&self, token: Token) -> &[u16] {
        self.postings.get(token as usize).map_or(&[], Vec::as_slice)
    }

    /// Returns how rare a word is, as the logarithm that BM25 uses, rounded so that it is the same on all systems.
    pub(crate) fn rarity(&self, token: Token) -> f64 {
        self.rarity.get(token as usize).copied().unwrap_or(1.0)
    }

    /// Returns whether a word names collections, not only fields of records.
    pub(crate) fn names_collections(&self, token: Token) -> bool {
        self.naming.get(token as usize).copied().unwrap_or(false)
    }

    /// Returns whether a collection has this path.
    #[cfg(test)]
    pub(crate) fn has_path(&self, path: &str) -> bool {
        self.nodes.iter().any(|node| node.path == path)
    }

    /// Returns the memory of the index in bytes, about.
    pub(crate) fn size(&self) -> usize {
        let words = |tokens: &HashMap<String, Token>| tokens.keys().map(|word| word.len() + 40).sum::<usize>();
        let nodes = self.nodes.iter().map(|node| {
            size_of::<Node>()
                + node.path.len()
                + size_of::<Token>() * (node.leaf.len() + node.parents.len() + node.others.len() + node.fields.len())
                + size_of::<Entry>() * node.operations.len()
        });
        words(&self.tokens)
            + nodes.sum::<usize>()
            + self.postings.iter().map(|list| list.len() * size_of::<u16>() + size_of::<Vec<u16>>()).sum::<usize>()
            + self.rarity.len() * size_of::<f64>()
            + self.compounds.keys().map(|word| word.len() + 48).sum::<usize>()
    }
}

#[derive(Default)]
struct Builder {
    tokens: HashMap<String, Token>,
    /// The words of each segment of a path.
    segments: HashMap<&'static str, Vec<String>>,
    nodes: BTreeMap<String, Node>,
    /// The words of the fields of each type.
    fields: HashMap<&'static str, Vec<Token>>,
    compounds: HashMap<String, (Token, Token)>,
    phrases: HashMap<String, Vec<Token>>,
}

impl Builder {
    /// Splits the segments of an operation's path. Some are written without capitals (`lineitems`): the words of the id
    /// show where such a segment is split.
    fn learn_segments(&mut self, operation: &'static Operation) {
        let id_words: Vec<_> = operation.id.split('_').collect();
        for segment in static_segments(operation.path) {
            let known = self.segments.get(segment).map_or(0, Vec::len);
            if known > 1 {
                continue;
            }
            let words = split(segment);
            let words = match words.as_slice() {
                [word] => split_like(word, &id_words).unwrap_or(words),
                _ => words,
            };
            if words.len() > known {
                self.segments.insert(segment, words);
            }
        }
    }

    fn learn_fields(&mut self) {
        for (name, words) in fields::types() {
            let tokens = words.map(|word| self.token(word)).collect();
            self.fields.insert(name, tokens);
        }
    }

    fn add(&mut self, operation: &'static Operation) {
        let verb = Verb::of(operation);
        let (segments, form) = self.name(operation, verb);
        let path = format!("/{}", segments.iter().map(|(segment, _)| *segment).collect::<Vec<_>>().join("/"));
        let tokens: Vec<Vec<Token>> =
            segments.iter().map(|(_, words)| words.iter().map(|word| self.token(&stem(word))).collect()).collect();
        self.learn_compounds(&segments);
        self.learn_phrase(&segments, &tokens);
        let others = self.other_words(operation);
        let node = self.nodes.entry(path.to_lowercase()).or_insert_with(|| {
            let section = tokens.first().and_then(|words| words.first()).copied().unwrap_or(0);
            let below = tokens.get(1..).unwrap_or_default();
            let (leaf, parents) = below.split_last().map_or((Vec::new(), Vec::new()), |(leaf, parents)| {
                (leaf.clone(), parents.iter().flatten().copied().collect())
            });
            Node {
                path: path.to_lowercase(),
                leaf,
                parents,
                section,
                others: Vec::new(),
                fields: Vec::new(),
                depth: below.len(),
                operations: Vec::new(),
            }
        });
        for token in others {
            let named = node.leaf.contains(&token) || node.parents.contains(&token) || node.section == token;
            if !named && !node.others.contains(&token) {
                node.others.push(token);
            }
        }
        if node.fields.is_empty()
            && let Some(fields) = record_type(operation).and_then(|name| self.fields.get(name))
        {
            node.fields.clone_from(fields);
        }
        node.operations.push(Entry { operation, verb, form });
    }

    /// Returns the segments of the collection that an operation acts on with their words, and the form of the operation.
    fn name(&self, operation: &'static Operation, verb: Verb) -> (Vec<(&'static str, Vec<String>)>, Form) {
        let mut form = if operation.id.starts_with("bulk_") { Form::Bulk } else { Form::Usual };
        let mut named = Vec::new();
        for segment in static_segments(operation.path) {
            let lower = segment.to_lowercase();
            match lower.as_str() {
                "count" | "bulk" => continue,
                "search" if verb == Verb::Special("search") => continue,
                "info" => {
                    form = Form::Info;
                    continue;
                }
                "usages" => form = Form::Usages,
                "default" | "defaults" => form = Form::Default,
                "list" if form == Form::Usages => {}
                _ => {
                    let words = self.segments.get(segment).cloned().unwrap_or_default();
                    named.push((segment, without_verb(words, verb)));
                }
            }
        }
        named.retain(|(_, words)| !words.is_empty());
        (named, form)
    }

    /// Learns the name of a collection, if it has several words.
    fn learn_phrase(&mut self, segments: &[(&'static str, Vec<String>)], tokens: &[Vec<Token>]) {
        if let (Some((_, words)), Some(tokens)) = (segments.last(), tokens.last())
            && words.len() > 1
        {
            let phrase = words.iter().map(|word| stem(word)).collect::<Vec<_>>().join(" ");
            self.phrases.insert(phrase, tokens.clone());
        }
    }

    /// Learns the words that are written as one word in queries: two of a segment, or the section and a collection.
    fn learn_compounds(&mut self, segments: &[(&'static str, Vec<String>)]) {
        let section = segments.iter().take(2).filter_map(|(_, words)| words.first()).collect::<Vec<_>>();
        let inside =
            segments.iter().flat_map(|(_, words)| words.windows(2).map(|pair| pair.iter().collect::<Vec<_>>()));
        for pair in inside.chain([section]) {
            if let &[first, second] = pair.as_slice() {
                let tokens = (self.token(&stem(first)), self.token(&stem(second)));
                self.compounds.insert(stem(&format!("{first}{second}")), tokens);
            }
        }
    }

    /// Returns the words of the id, the tag and the type of the response.
    fn other_words(&mut self, operation: &'static Operation) -> Vec<Token> {
        let type_name = record_type(operation).unwrap_or("");
        let id = operation.id.strip_prefix("bulk_").unwrap_or(operation.id).split('_').skip(1).map(str::to_owned);
        let mut words: Vec<_> = id.collect();
        words.extend(split(operation.tag));
        words.extend(split(type_name));
        words.retain(|word| !matches!(word.as_str(), "of" | "to" | "from" | "the" | "info" | "infos" | "a" | "for"));
        words.iter().map(|word| self.token(&stem(word))).collect()
    }

    fn token(&mut self, stem: &str) -> Token {
        if let Some(&token) = self.tokens.get(stem) {
            return token;
        }
        let token = Token::try_from(self.tokens.len()).unwrap_or(Token::MAX);
        self.tokens.insert(stem.to_owned(), token);
        token
    }

    fn finish(self) -> Index {
        let nodes: Vec<_> = self.nodes.into_values().collect();
        let naming = postings(self.tokens.len(), &nodes, |node| {
            let words = node.leaf.iter().chain(&node.parents).chain(&node.others).chain([&node.section]);
            words.copied().collect()
        });
        let in_fields = postings(self.tokens.len(), &nodes, |node| node.fields.clone());
        // A word that names collections is as rare as its collections, however many records have a field with it.
        let rarity = naming.iter().zip(&in_fields).map(|(naming, in_fields)| {
            let count = if naming.is_empty() { in_fields.len() } else { naming.len() };
            rarity(count, nodes.len())
        });
        let rarity = rarity.collect();
        let is_naming = naming.iter().map(|list| !list.is_empty()).collect();
        let postings = naming.into_iter().zip(in_fields).map(|(mut naming, in_fields)| {
            naming.extend(in_fields);
            naming.sort_unstable();
            naming.dedup();
            naming
        });
        let postings = postings.collect();
        Index {
            tokens: self.tokens,
            nodes,
            postings,
            rarity,
            naming: is_naming,
            compounds: self.compounds,
            phrases: self.phrases,
        }
    }
}

/// Returns the type of the records that an operation returns.
pub(crate) fn record_type(operation: &'static Operation) -> Option<&'static str> {
    match operation.response {
        ResponseKind::One(name) | ResponseKind::Many(name) if name != "Count" => Some(name),
        _ => None,
    }
}

/// Returns for each word the numbers of the collections that have it, ascending.
fn postings(tokens: usize, nodes: &[Node], words: impl Fn(&Node) -> Vec<Token>) -> Vec<Vec<u16>> {
    let mut postings: Vec<Vec<u16>> = vec![Vec::new(); tokens];
    for (number, node) in (0..).zip(nodes) {
        for token in words(node) {
            if let Some(list) = postings.get_mut(token as usize)
                && list.last() != Some(&number)
            {
                list.push(number);
            }
        }
    }
    postings
}

/// Returns the segments of a path that are not parameters.
fn static_segments(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').filter(|segment| !segment.is_empty() && !segment.starts_with('{'))
}

/// Splits a word into words of an id that follow each other: `lineitems` is `line_items`.
fn split_like(word: &str, id_words: &[&str]) -> Option<Vec<String>> {
    let word = stem(word);
    (0..id_words.len()).find_map(|start| {
        (start + 2..=id_words.len()).find_map(|end| {
            let words = id_words.get(start..end)?;
            (stem(&words.concat()) == word).then(|| words.iter().map(|&word| word.to_owned()).collect())
        })
    })
}

/// Removes the words of an action's segment that belong to its verb: `convertToProject` acts on projects.
fn without_verb(words: Vec<String>, verb: Verb) -> Vec<String> {
    let Verb::Special(name) = verb else { return words };
    if words.first().is_none_or(|word| stem(word) != stem(name)) {
        return words;
    }
    words.into_iter().skip(1).filter(|word| !matches!(word.as_str(), "to" | "from" | "as")).collect()
}

/// Returns the weight of BM25 for a word that `count` of `all` collections have.
#[expect(clippy::cast_precision_loss, reason = "there are fewer than a thousand collections")]
fn rarity(count: usize, all: usize) -> f64 {
    let (count, all) = (count as f64, all as f64);
    let exact = (1.0 + (all - count + 0.5) / (count + 0.5)).ln();
    (exact * 64.0).round() / 64.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_operation_is_in_one_collection() {
        let index = Index::new();
        let indexed: usize = index.nodes.iter().map(|node| node.operations.len()).sum();
        assert_eq!(indexed, catalogue::all().count());
        // Only `/system/info` has no name below its section.
        assert!(index.nodes.iter().all(|node| !node.leaf.is_empty() || node.path == "/system"));
    }

    #[test]
    fn collections_have_the_words_of_their_path() {
        let index = Index::new();
        let node = index.nodes.iter().find(|node| node.path == "/sales/orders/lineitems").expect("a collection");
        let tokens =
            |words: &[&str]| words.iter().map(|word| index.token(&stem(word)).expect(word)).collect::<Vec<_>>();
        assert_eq!((node.leaf.clone(), node.parents.clone()), (tokens(&["line", "items"]), tokens(&["orders"])));
        assert_eq!(node.section, tokens(&["sales"])[0]);
        assert_eq!(index.compound("timesheet"), Some((tokens(&["time"])[0], tokens(&["sheet"])[0])));
    }

    #[test]
    fn actions_short_forms_and_counts_belong_to_the_collection() {
        let index = Index::new();
        let tickets = index.nodes.iter().find(|node| node.path == "/service/tickets").expect("a collection");
        let has = |verb, form| tickets.operations.iter().any(|entry| (entry.verb, entry.form) == (verb, form));
        for verb in [Verb::List, Verb::Count, Verb::Special("merge"), Verb::Special("copy"), Verb::Special("search")] {
            assert!(has(verb, Form::Usual), "{verb:?}");
        }
        assert!(has(Verb::List, Form::Info));
    }
}
