//! The rules `module-layers` and `module-cycles`: a top-level module of a crate imports only modules of lower layers,
//! and top-level modules do not import each other in a cycle.
//!
//! Test code may import any module.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::tidy::configuration::{CONFIGURATION_FILE, Configuration};
use crate::tidy::module_tree::ModuleTree;
use crate::tidy::packages::TargetKind;
use crate::tidy::problem::Problem;

const LAYERS: &str = "module-layers";
const CYCLES: &str = "module-cycles";

/// An import or an inline path from one module to another.
#[derive(Clone, Debug)]
struct Edge {
    /// The index of the module with the path.
    from: usize,
    /// The index of a module that the path leads to or through.
    to: usize,
    /// The line of the path.
    line: usize,
    /// The path in the source code.
    written: String,
}

/// Checks one crate. Tests, benchmarks and examples are not checked. The layers apply to the library, or to the main
/// binary of a package without a library.
pub(crate) fn check(tree: &ModuleTree, configuration: &Configuration) -> Vec<Problem> {
    if tree.kind == TargetKind::Test {
        return Vec::new();
    }
    let layers = configuration.crates.get(&tree.package).map(|rules| rules.layers.as_slice()).unwrap_or_default();
    let edges = edges(tree);
    let mut problems = Vec::new();
    let mut reported = BTreeSet::new();
    if tree.kind == TargetKind::Main && !layers.is_empty() {
        problems.extend(unlisted_modules(tree, layers, configuration));
        problems.extend(wrong_layers(tree, layers, &edges, &mut reported));
    }
    problems.extend(cycles(tree, &edges, &reported));
    problems
}

/// Returns hints about sibling modules below a top-level module that import each other. This can be justified, so it is
/// not a problem.
pub(crate) fn pairs(tree: &ModuleTree) -> Vec<String> {
    if tree.kind == TargetKind::Test {
        return Vec::new();
    }
    let mut siblings = BTreeSet::new();
    for edge in edges(tree) {
        let (Some(from), Some(to)) = (tree.module(edge.from), tree.module(edge.to)) else { continue };
        let shared = from.path.iter().zip(&to.path).take_while(|(from, to)| from == to).count();
        if shared > 0
            && let (Some(one), Some(other)) = (from.path.get(shared), to.path.get(shared))
            && !from.generated
        {
            let parent = from.path.get(..shared).map(|path| path.join("::")).unwrap_or_default();
            siblings.insert((parent, one.clone(), other.clone()));
        }
    }
    let mutual = |(parent, one, other): &&(String, String, String)| {
        one < other && siblings.contains(&(parent.clone(), other.clone(), one.clone()))
    };
    siblings
        .iter()
        .filter(mutual)
        .map(|(parent, one, other)| format!("{}: `{one}` and `{other}` in `{parent}` import each other", tree.package))
        .collect()
}

/// Returns the layers that follow from a crate's current imports, in the format of the configuration file. Modules in a
/// cycle, and modules that import these, have no layer; a comment at the end lists them.
pub(crate) fn current_layers(tree: &ModuleTree) -> String {
    let edges = edges(tree);
    let tops = top_edges(tree, &edges);
    let mut remaining = top_modules(tree);
    let mut lines = "layers = [\n".to_owned();
    loop {
        let is_blocked = |module: &str| tops.keys().any(|(from, to, _)| *from == module && remaining.contains(to));
        let ready: Vec<&str> = remaining.iter().copied().filter(|module| !is_blocked(module)).collect();
        if ready.is_empty() {
            break;
        }
        let quoted: Vec<String> = ready.iter().map(|module| format!("{module:?}")).collect();
        lines.push_str(&format!("    [{}],\n", quoted.join(", ")));
        remaining.retain(|module| !ready.contains(module));
    }
    lines.push_str("]\n");
    if !remaining.is_empty() {
        let remaining: Vec<&str> = remaining.into_iter().collect();
        lines.push_str(&format!("# in a cycle, or importing one: {}\n", remaining.join(", ")));
    }
    lines
}

fn edges(tree: &ModuleTree) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (from, module) in tree.modules.iter().enumerate().filter(|(_, module)| !module.test && !module.of_root) {
        for reference in module.references.iter().filter(|reference| !reference.test) {
            let Some(resolved) = tree.resolve(from, &reference.segments) else { continue };
            let mut reached: BTreeSet<usize> = resolved.through.iter().copied().collect();
            reached.extend(resolved.target.module());
            for to in reached {
                if to != from && tree.module(to).is_some_and(|module| !module.test) {
                    edges.push(Edge { from, to, line: reference.line, written: reference.segments.join("::") });
                }
            }
        }
    }
    edges
}

/// Returns the edges between different top-level modules: for each pair of modules, the first edge of each file.
fn top_edges<'a>(tree: &'a ModuleTree, edges: &'a [Edge]) -> BTreeMap<(&'a str, &'a str, &'a str), &'a Edge> {
    let mut tops = BTreeMap::new();
    for edge in edges {
        if let (Some(from), Some(to), Some(module)) =
            (tree.top_of(edge.from), tree.top_of(edge.to), tree.module(edge.from))
            && from != to
        {
            tops.entry((from, to, module.file.as_str())).or_insert(edge);
        }
    }
    tops
}

fn top_modules(tree: &ModuleTree) -> BTreeSet<&str> {
    (0..tree.modules.len())
        .filter(|index| tree.module(*index).is_some_and(|module| !module.test))
        .filter_map(|index| tree.top_of(index))
        .collect()
}

/// Returns the problems of modules without a layer, and of listed modules that do not exist.
fn unlisted_modules(tree: &ModuleTree, layers: &[Vec<String>], configuration: &Configuration) -> Vec<Problem> {
    let modules = top_modules(tree);
    let listed: BTreeSet<&str> = layers.iter().flatten().map(String::as_str).collect();
    let root = tree.module(0).map(|module| module.file.clone()).unwrap_or_default();
    let without_layer = modules.difference(&listed).map(|module| Problem {
        file: root.clone(),
        line: 1,
        rule: LAYERS,
        message: format!("the module `{module}` has no layer"),
        fix: format!("add `{module}` to the layers of `[crates.{}]` in {CONFIGURATION_FILE}", tree.package),
    });
    let without_module = listed.difference(&modules).map(|module| Problem {
        file: CONFIGURATION_FILE.to_owned(),
        line: configuration.line_of(&format!("crates.{}", tree.package), module),
        rule: LAYERS,
        message: format!("the crate `{}` has no module `{module}`", tree.package),
        fix: format!("remove `{module}` from the layers of `[crates.{}]`", tree.package),
    });
    without_layer.chain(without_module).collect()
}

/// Returns the problems of imports from the same or from a higher layer. Adds the reported pairs to `reported`.
fn wrong_layers<'a>(
    tree: &'a ModuleTree,
    layers: &[Vec<String>],
    edges: &'a [Edge],
    reported: &mut BTreeSet<(&'a str, &'a str)>,
) -> Vec<Problem> {
    let layer_of = |module: &str| layers.iter().position(|layer| layer.iter().any(|listed| listed == module));
    let mut problems = Vec::new();
    for ((from, to, file), edge) in top_edges(tree, edges) {
        let (Some(own), Some(other)) = (layer_of(from), layer_of(to)) else { continue };
        if other < own {
            continue;
        }
        reported.insert((from, to));
        let relation = if own == other { "is in the same layer" } else { "is in a higher layer" };
        problems.push(Problem {
            file: file.to_owned(),
            line: edge.line,
            rule: LAYERS,
            message: format!("`{from}` must not import `{to}`, which {relation}: `{}`", edge.written),
            fix: format!(
                "move the imported item into a layer below `{from}`, or the code that uses it into a higher layer; the \
                 layers are in `[crates.{}]` of {CONFIGURATION_FILE}",
                tree.package
            ),
        });
    }
    problems
}

/// Returns the problems of top-level modules that import each other, directly or through others. Ignores the edges that
/// are already reported.
fn cycles(tree: &ModuleTree, edges: &[Edge], reported: &BTreeSet<(&str, &str)>) -> Vec<Problem> {
    let tops = top_edges(tree, edges);
    let mut graph: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, to, _) in tops.keys().filter(|(from, to, _)| !reported.contains(&(*from, *to))) {
        graph.entry(from).or_default().insert(to);
    }
    let location = |from: &str, to: &str| {
        tops.iter()
            .find(|((edge_from, edge_to, _), _)| *edge_from == from && *edge_to == to)
            .map(|((_, _, file), edge)| (*file, edge.line, edge.written.as_str()))
    };
    let mut problems = Vec::new();
    let mut known: BTreeSet<BTreeSet<&str>> = BTreeSet::new();
    for start in graph.keys() {
        let Some(cycle) = shortest_cycle(&graph, start) else { continue };
        if !known.insert(cycle.iter().copied().collect()) {
            continue;
        }
        let steps: Vec<(&str, &str)> = cycle.iter().copied().zip(cycle.iter().copied().cycle().skip(1)).collect();
        let locations: Vec<String> = steps
            .iter()
            .filter_map(|(from, to)| {
                location(from, to)
                    .map(|(file, line, written)| format!("`{from}` imports `{to}` ({file}:{line}: `{written}`)"))
            })
            .collect();
        let (file, line) = steps
            .first()
            .and_then(|(from, to)| location(from, to))
            .map(|(file, line, _)| (file.to_owned(), line))
            .unwrap_or_default();
        problems.push(Problem {
            file,
            line,
            rule: CYCLES,
            message: format!("top-level modules of `{}` import each other: {}", tree.package, locations.join(", ")),
            fix: "break the cycle: move the code that both need into another module, or pass it as a parameter"
                .to_owned(),
        });
    }
    problems
}

/// Returns the shortest cycle through a module.
fn shortest_cycle<'a>(graph: &BTreeMap<&'a str, BTreeSet<&'a str>>, start: &&'a str) -> Option<Vec<&'a str>> {
    let start = *start;
    let mut predecessors: BTreeMap<&str, &str> = BTreeMap::new();
    let mut pending = VecDeque::from([start]);
    while let Some(module) = pending.pop_front() {
        for next in graph.get(module).into_iter().flatten() {
            if *next == start {
                let mut cycle = vec![module];
                while let Some(previous) =
                    cycle.last().filter(|last| **last != start).and_then(|last| predecessors.get(last))
                {
                    cycle.push(previous);
                }
                cycle.reverse();
                return Some(cycle);
            }
            if !predecessors.contains_key(next) {
                predecessors.insert(next, module);
                pending.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::configuration;
    use crate::tidy::module_tree::tests::library;

    const TWO_LAYERS: &[&[&str]] = &[&["low"], &["high"]];

    fn layers(layers: &[&[&str]]) -> Configuration {
        configuration::read(&format!("[crates.lib]\nlayers = {layers:?}\n")).unwrap()
    }

    /// Returns the problems of a module `low` with this text, below a module `high`.
    fn found_in_low(low: &str) -> Vec<String> {
        let tree = library(&[
            ("lib.rs", "mod low;\nmod high;\npub use high::High;"),
            ("low.rs", low),
            ("low/inner.rs", "pub struct Inner;"),
            (
                "high.rs",
                "use crate::low::Low;\npub struct High;\n#[macro_export] macro_rules! shout { () => {} }\n\
                    macro_rules! whisper { () => {} }\npub(crate) use whisper;",
            ),
        ]);
        check(&tree, &layers(TWO_LAYERS)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn imports_of_lower_layers_pass() {
        assert_eq!(found_in_low("mod inner;\nuse inner::Inner;\npub struct Low;"), Vec::<String>::new());
    }

    #[test]
    fn wrong_imports_are_found_in_every_syntax() {
        for text in [
            "use crate::high::High;",
            "use crate::{high::{self, High as Other}};",
            "pub use crate::high::*;",
            "fn f() { crate::high::High::new() }",
            "fn f(x: Vec<crate::high::High>) {}",
            "fn f() { match 1 { crate::high::ONE => {} _ => {} } }",
            "use super::high::High;",
            "mod inside { use super::super::high::High; }",
            "fn f() { println!(\"{}\", crate::high::name()) }",
            "macro_rules! m { () => { $crate::high::High } }",
            "#[derive(crate::high::Derive)]\nstruct S;",
            "use crate::High;",
            "fn f() { crate::High::new() }",
            "fn f() { crate::high::whisper!() }",
        ] {
            let found = found_in_low(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(
                found[0].starts_with("lib/src/low.rs:1: [module-layers] `low` must not import `high`"),
                "{text}: {}",
                found[0]
            );
        }
    }

    #[test]
    fn test_code_and_the_crate_root_may_import_any_module() {
        for text in [
            "#[cfg(test)]\nmod tests { use crate::high::High; }",
            "#[cfg(test)]\nuse crate::high::High;",
            "#[test]\nfn f() { crate::high::f() }",
        ] {
            assert_eq!(found_in_low(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn a_module_of_the_same_layer_is_reported() {
        let tree = library(&[
            ("lib.rs", "mod one;\nmod other;"),
            ("one.rs", "use crate::other::X;"),
            ("other.rs", "pub struct X;"),
        ]);
        let found = check(&tree, &layers(&[&["one", "other"]]));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].message.contains("same layer"), "{}", found[0]);
    }

    #[test]
    fn a_module_without_a_layer_and_a_layer_without_its_module_are_reported() {
        let tree = library(&[
            ("lib.rs", "mod low;\nmod new;\npub mod facade { pub use crate::low::X; }"),
            ("low.rs", "pub struct X;"),
            ("new.rs", ""),
        ]);
        let found: Vec<_> =
            check(&tree, &layers(&[&["low"], &["gone"]])).into_iter().map(|problem| problem.message).collect();
        assert_eq!(found, ["the module `new` has no layer", "the crate `lib` has no module `gone`"]);
    }

    #[test]
    fn cycles_are_found_without_layers() {
        let tree = library(&[
            ("lib.rs", "mod a;\nmod b;\nmod c;\nmod d;\npub use a::A;"),
            ("a.rs", "use crate::b::B;\npub struct A;"),
            ("b.rs", "pub struct B;\nfn f() -> crate::c::C { loop {} }"),
            ("c.rs", "pub struct C(super::A);"),
            ("d.rs", "use crate::a::A;"),
        ]);
        let found = check(&tree, &Configuration::default());
        assert_eq!(found.len(), 1, "{found:?}");
        for part in [
            "`a` imports `b` (lib/src/a.rs:1: `crate::b::B`)",
            "`b` imports `c` (lib/src/b.rs:2:",
            "`c` imports `a` (lib/src/c.rs:1: `super::A`)",
        ] {
            assert!(found[0].message.contains(part), "{part} in {}", found[0]);
        }
    }

    #[test]
    fn current_layers_follow_from_the_imports() {
        let tree = library(&[
            ("lib.rs", "mod a;\nmod b;\nmod c;\nmod d;\nmod e;"),
            ("a.rs", "use crate::b::B;"),
            ("b.rs", "pub struct B;"),
            ("c.rs", "use crate::a::A; use crate::b::B;"),
            ("d.rs", "use crate::e::E;"),
            ("e.rs", "use crate::d::D;"),
        ]);
        assert_eq!(
            current_layers(&tree),
            "layers = [\n    [\"b\"],\n    [\"a\"],\n    [\"c\"],\n]\n# in a cycle, or importing one: d, e\n"
        );
    }

    #[test]
    fn siblings_that_import_each_other_are_a_hint() {
        let tree = library(&[
            ("lib.rs", "mod a;"),
            ("a.rs", "mod one;\nmod other;\nmod third;"),
            ("a/one.rs", "use super::other::X;\npub struct Y;"),
            ("a/other.rs", "use crate::a::one::Y;\npub struct X;"),
            ("a/third.rs", "use super::one::Y;"),
        ]);
        assert!(check(&tree, &Configuration::default()).is_empty());
        assert_eq!(pairs(&tree), ["lib: `one` and `other` in `a` import each other"]);
    }
}
