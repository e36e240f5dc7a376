//! Ranks the operations for a query: first the collections by the things that the query names, then their operations by
//! its verb.

use std::cmp::Ordering;

use connectwise_psa::catalogue::Operation;

use crate::search::index::{Entry, Form, Index, Node, Token};
use crate::search::query::{Query, Role, Target, Unit};
use crate::search::verb::Verb;

/// An operation with its score.
pub(crate) struct Ranked {
    pub(crate) operation: &'static Operation,
    /// From 0 to about 1.
    pub(crate) score: f64,
    /// The share of the query that the collection covers, from 0 to 1.
    pub(crate) coverage: f64,
    /// How well the operation's verb fits, from 0 to 1.
    pub(crate) verb_fit: f64,
}

/// The saturation of BM25: a smaller number makes a word in the main field count more.
const K1: f64 = 0.9;

/// What counts against a fit that ignores how the things of a query relate.
const ALIKE: f64 = 0.9;

/// What counts against the words of a path that is meant, in other collections.
const WORDS_OF_PATH: f64 = 0.75;

/// The weight of a word that only fields of records have, as a part of the weight of one that names collections.
const ONLY_IN_FIELDS: f64 = 0.4;

/// What counts against a fit in which the head is a field of the records.
const AS_FIELD: f64 = 0.95;

/// The weight of a word that means nothing.
const UNKNOWN: f64 = 2.0;

/// Where a word of a collection is.
#[derive(Clone, Copy)]
enum Field {
    Leaf,
    Parents,
    Section,
    Others,
    Fields,
}

/// Collections that most queries are about; on ties they come first. The twenty popular actions act on them.
const POPULAR: &[&str] = &[
    "/service/tickets",
    "/company/companies",
    "/company/contacts",
    "/company/configurations",
    "/time/entries",
    "/project/projects",
    "/sales/opportunities",
    "/sales/activities",
    "/finance/invoices",
    "/finance/agreements",
    "/procurement/products",
    "/procurement/catalog",
    "/procurement/purchaseorders",
    "/expense/entries",
    "/schedule/entries",
    "/system/members",
    "/service/boards",
    "/system/documents",
    "/service/tickets/notes",
    "/company/companies/sites",
    "/company/companies/notes",
    "/time/sheets",
    "/expense/reports",
    "/sales/orders",
];

/// Ranks all operations that fit at all, the best first; of equal ones, the first by id.
pub(crate) fn rank(query: &Query, index: &Index) -> Vec<Ranked> {
    let mut ranked = Vec::new();
    for number in candidates(query, index) {
        let Some(node) = index.nodes.get(usize::from(number)) else { continue };
        let fit = node_fit(query, node, index);
        for entry in &node.operations {
            let verb_fit = verb_fit(query, entry);
            let score = fit.score * (0.2 + 0.8 * verb_fit) * form_fit(query, entry.form);
            // Rounded, so that the order does not depend on the last bits.
            let score = (score * 1e6).round() / 1e6;
            ranked.push(Ranked { operation: entry.operation, score, coverage: fit.coverage, verb_fit });
        }
    }
    ranked.sort_by(|a, b| {
        b.score.partial_cmp(&a.score).unwrap_or(Ordering::Equal).then_with(|| key(a.operation).cmp(&key(b.operation)))
    });
    ranked
}

fn key(operation: &Operation) -> (&str, &str) {
    (operation.section, operation.id)
}

/// Returns the numbers of the collections that have a word of the query, ascending.
fn candidates(query: &Query, index: &Index) -> Vec<u16> {
    let mut numbers = Vec::new();
    for target in query.units.iter().flat_map(|unit| &unit.alternatives) {
        match target {
            Target::Words(tokens) | Target::WordsOfPath(tokens) => {
                tokens.iter().for_each(|&token| numbers.extend(index.nodes_with(token)))
            }
            Target::Path(path) => {
                let named = (0..).zip(&index.nodes).filter(|(_, node)| is_at_or_below(&node.path, path));
                numbers.extend(named.map(|(number, _): (u16, _)| number));
            }
        }
    }
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

fn is_at_or_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

struct NodeFit {
    score: f64,
    coverage: f64,
}

/// Returns how well a collection fits the things that a query names: by what each is in the sentence, or less, if that is
/// misleading, by all things alike.
fn node_fit(query: &Query, node: &Node, index: &Index) -> NodeFit {
    let as_said = view_fit(query, node, index, |role| role);
    let alike = view_fit(query, node, index, |role| if role == Role::Limit { role } else { Role::Modifier });
    let mut best = better(as_said, scaled(alike, ALIKE));
    if query.changes() && head_is_field(query, node) {
        let as_field = view_fit(query, node, index, |role| match role {
            Role::Modifier | Role::Context => Role::Head,
            Role::Head | Role::Limit => Role::Limit,
        });
        best = better(best, scaled(as_field, AS_FIELD));
    }
    best
}

/// Returns whether the head of a query can be a field of the collection's records: "change the priority of a ticket".
fn head_is_field(query: &Query, node: &Node) -> bool {
    let are_fields = |tokens: &[Token]| !tokens.is_empty() && tokens.iter().all(|token| node.fields.contains(token));
    // "Move the ticket to another board": records of these collections are things, and not fields of others.
    let is_thing = |unit: &&Unit| {
        unit.alternatives.iter().any(|target| matches!(target, Target::Path(path) if POPULAR.contains(path)))
    };
    let heads = query.units.iter().filter(|unit| unit.role == Role::Head && !is_thing(unit));
    heads.flat_map(|unit| &unit.alternatives).any(|target| match target {
        Target::Words(tokens) | Target::WordsOfPath(tokens) => are_fields(tokens),
        Target::Path(_) => false,
    })
}

fn better(a: NodeFit, b: NodeFit) -> NodeFit {
    NodeFit { score: f64::max(a.score, b.score), coverage: f64::max(a.coverage, b.coverage) }
}

fn scaled(fit: NodeFit, factor: f64) -> NodeFit {
    NodeFit { score: fit.score * factor, coverage: fit.coverage * factor }
}

fn view_fit(query: &Query, node: &Node, index: &Index, view: impl Fn(Role) -> Role) -> NodeFit {
    let mut covered = Covered { leaf: vec![false; node.leaf.len()], parents: vec![false; node.parents.len()] };
    let (mut got, mut wanted) = (0.0, 0.0);
    for unit in &query.units {
        let role = view(unit.role);
        let weight = importance(unit, role, index);
        wanted += weight;
        got += weight * unit_fit(unit, role, node, index, &mut covered);
    }
    let unknown = query.unknown * UNKNOWN;
    let share = if wanted > 0.0 { got / wanted } else { 0.0 };
    let coverage = if wanted + unknown > 0.0 { got / (wanted + unknown) } else { 0.0 };
    let leaf = covered_share(&node.leaf, &covered.leaf, index);
    let parents = covered_share(&node.parents, &covered.parents, index);
    let prior = if POPULAR.contains(&node.path.as_str()) { 0.03 } else { 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "a path has few segments")]
    let depth = node.depth as f64 * 0.008;
    NodeFit { score: share * (0.62 + 0.28 * leaf + 0.10 * parents) + prior - depth, coverage }
}

/// Which words of a collection the query has.
struct Covered {
    leaf: Vec<bool>,
    parents: Vec<bool>,
}

fn covered_share(words: &[Token], covered: &[bool], index: &Index) -> f64 {
    let total: f64 = words.iter().map(|&word| index.rarity(word)).sum();
    let got: f64 =
        words.iter().zip(covered).filter(|(_, covered)| **covered).map(|(&word, _)| index.rarity(word)).sum();
    if total > 0.0 { got / total } else { 1.0 }
}

/// Returns the weight of a unit: rare words and the head of the query count more.
fn importance(unit: &Unit, role: Role, index: &Index) -> f64 {
    let rarity = |target: &Target| match target {
        Target::Words(tokens) => tokens.iter().map(|&token| index.rarity(token)).fold(1.0, f64::max),
        Target::Path(_) | Target::WordsOfPath(_) => 4.0,
    };
    let rarity = unit.alternatives.iter().map(rarity).fold(1.0, f64::max);
    let role = match role {
        Role::Head => 1.5,
        Role::Modifier => 1.0,
        Role::Context => 0.8,
        Role::Limit => 0.3,
    };
    let names_collections = unit.alternatives.iter().any(|target| match target {
        Target::Words(tokens) => tokens.iter().any(|&token| index.names_collections(token)),
        Target::Path(_) | Target::WordsOfPath(_) => true,
    });
    let kind = if names_collections { 1.0 } else { ONLY_IN_FIELDS };
    kind * role * (1.0 + rarity / 4.0)
}

/// Returns how well a collection fits one unit, from 0 to 1, by its best alternative. Notes which words were found.
fn unit_fit(unit: &Unit, role: Role, node: &Node, index: &Index, covered: &mut Covered) -> f64 {
    let mut best = 0.0;
    let mut best_target = None;
    let mut likelihood = 1.0;
    for target in &unit.alternatives {
        let likelihood_of_target = if matches!(target, Target::WordsOfPath(_)) { WORDS_OF_PATH } else { likelihood };
        let fit = likelihood_of_target * target_fit(role, target, node, index);
        if fit > best {
            (best, best_target) = (fit, Some(target));
        }
        likelihood = f64::max(likelihood - 0.07, 0.7);
    }
    match best_target {
        Some(Target::Words(tokens) | Target::WordsOfPath(tokens)) => {
            for (word, covered) in
                node.leaf.iter().zip(&mut covered.leaf).chain(node.parents.iter().zip(&mut covered.parents))
            {
                *covered |= tokens.contains(word);
            }
        }
        Some(Target::Path(path)) if node.path == *path => {
            covered.leaf.fill(true);
            covered.parents.fill(true);
        }
        Some(Target::Path(_)) => covered.parents.fill(true),
        None => {}
    }
    best
}

fn target_fit(role: Role, target: &Target, node: &Node, index: &Index) -> f64 {
    match target {
        Target::Path(path) if node.path == *path => field_weight(role, Field::Leaf).max(0.9),
        Target::Path(path) if is_at_or_below(&node.path, path) => saturated(node_weight(role, Field::Parents, node)),
        Target::Path(_) => 0.0,
        Target::Words(tokens) | Target::WordsOfPath(tokens) => {
            let total: f64 = tokens.iter().map(|&token| index.rarity(token)).sum();
            let got: f64 = tokens.iter().map(|&token| index.rarity(token) * token_fit(role, token, node)).sum();
            if total > 0.0 { got / total } else { 0.0 }
        }
    }
}

fn token_fit(role: Role, token: Token, node: &Node) -> f64 {
    let fields = [
        (Field::Leaf, node.leaf.contains(&token)),
        (Field::Parents, node.parents.contains(&token)),
        (Field::Section, node.section == token),
        (Field::Others, node.others.contains(&token)),
        (Field::Fields, node.fields.contains(&token)),
    ];
    // The fields of BM25 add up before the saturation: a word in two of them counts little more than in one.
    let weight =
        fields.iter().filter(|(_, has)| *has).map(|&(field, _)| node_weight(role, field, node)).fold(0.0, f64::max);
    saturated(weight)
}

/// The weight of a word in a field of a collection.
fn node_weight(role: Role, field: Field, node: &Node) -> f64 {
    match field {
        // "Convert an order to a project", "link a user to a member": either can be the head.
        Field::Leaf | Field::Parents if role != Role::Limit && node.is_action() => 1.0,
        field => field_weight(role, field),
    }
}

/// The saturation of BM25 for one occurrence, scaled so that the full weight of a field is 1.
fn saturated(weight: f64) -> f64 {
    weight * (K1 + 1.0) / (K1 + weight)
}

/// The weight of a word by what it is in the query and where it is in the collection.
const fn field_weight(role: Role, field: Field) -> f64 {
    match (role, field) {
        (Role::Head | Role::Modifier, Field::Leaf) | (Role::Modifier | Role::Context, Field::Parents) => 1.0,
        (Role::Head, Field::Parents) => 0.35,
        (Role::Head, Field::Section) => 0.3,
        (Role::Modifier | Role::Context, Field::Section) => 0.8,
        (Role::Context, Field::Leaf) => 0.4,
        (Role::Limit, Field::Leaf | Field::Parents) => 0.7,
        (Role::Limit, Field::Section) => 0.4,
        (_, Field::Others) => 0.3,
        (Role::Limit, Field::Fields) => 0.6,
        (_, Field::Fields) => 0.15,
    }
}

/// Returns how well an operation's verb fits a query. A query without a verb wants to read.
fn verb_fit(query: &Query, entry: &Entry) -> f64 {
    let offered = entry.verb;
    let named = query.verbs.iter().map(|&(verb, weight)| weight * verb.fits(offered)).fold(0.0, f64::max);
    let strongest = query.verbs.iter().map(|&(_, weight)| weight).fold(0.0, f64::max);
    let assumed = Verb::List.fits(offered) * f64::max(0.0, 0.9 - strongest);
    let fit = f64::max(named, assumed);
    let wants_one = query.is_singular && query.verbs.iter().any(|&(verb, weight)| verb == Verb::Get && weight > 0.9);
    match offered {
        Verb::List if wants_one => fit * 0.93,
        Verb::Get if query.verbs.iter().any(|&(verb, _)| verb == Verb::Get) && !query.is_singular => fit * 0.87,
        _ => fit,
    }
}

/// Returns how well the form of an operation fits a query.
fn form_fit(query: &Query, form: Form) -> f64 {
    match (form, query.forms.contains(&form)) {
        (Form::Usual, _) if query.forms.contains(&Form::Bulk) => 0.8,
        (Form::Usual, _) if !query.forms.is_empty() => 0.97,
        (Form::Usual, _) | (_, true) => 1.0,
        (Form::Info, false) => 0.93,
        (Form::Bulk | Form::Default, false) => 0.85,
        (Form::Usages, false) => 0.75,
    }
}
