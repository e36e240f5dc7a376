//! Collects the paths in Rust code: in `use` trees, in types, expressions, patterns and visibilities, and in the tokens
//! of macros and attributes.

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, ItemUse, Meta, UseTree};

/// A path in the source code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The segments. The last segment of a glob import is `*`.
    pub(crate) segments: Vec<String>,
    /// The line.
    pub(crate) line: usize,
    /// Whether the code with the path is compiled only for tests.
    pub(crate) test: bool,
}

/// A name that a `use` item brings into its module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// The name in the module. `None` for a glob.
    pub(crate) name: Option<String>,
    /// The imported path, without the `*` of a glob.
    pub(crate) path: Vec<String>,
}

/// The paths and imports of a module's items, without those of its child modules.
#[derive(Debug, Default)]
pub(crate) struct Collected {
    /// All paths.
    pub(crate) references: Vec<Reference>,
    /// The `use` items at the top level of the module.
    pub(crate) imports: Vec<Import>,
}

/// Collects the paths and imports of one module.
pub(crate) fn collect(items: &[Item], test: bool) -> Collected {
    let mut collector = Collector { test, collected: Collected::default() };
    for item in items {
        if let Item::Use(item) = item {
            for (name, path, _) in leaves(item) {
                collector.collected.imports.push(Import { name, path });
            }
        }
        collector.visit_item(item);
    }
    collector.collected
}

/// Returns whether the attributes of an item restrict it to tests: `#[cfg(test)]`, `#[cfg(all(test, …))]`, `#[test]`,
/// `#[tokio::test]`, `#[bench]`.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let path = attribute.path();
        if path.is_ident("cfg") {
            return attribute.parse_args::<Meta>().is_ok_and(|condition| requires_test(&condition));
        }
        path.segments.last().is_some_and(|last| last.ident == "test" || last.ident == "bench")
    })
}

fn requires_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => list
            .parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated)
            .is_ok_and(|conditions| conditions.iter().any(requires_test)),
        _ => false,
    }
}

/// Returns the attributes of an item.
pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Returns an identifier without `r#`.
pub(crate) fn name_of(ident: &proc_macro2::Ident) -> String {
    let name = ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

/// Returns the leaves of a `use` item: the imported name, the path and the line of each. Skips paths that begin with
/// `::`, because they belong to other crates.
fn leaves(item: &ItemUse) -> Vec<(Option<String>, Vec<String>, usize)> {
    let mut leaves = Vec::new();
    if item.leading_colon.is_none() {
        collect_leaves(&item.tree, &mut Vec::new(), &mut leaves);
    }
    leaves
}

fn collect_leaves(tree: &UseTree, prefix: &mut Vec<String>, leaves: &mut Vec<(Option<String>, Vec<String>, usize)>) {
    match tree {
        UseTree::Path(path) => {
            prefix.push(name_of(&path.ident));
            collect_leaves(&path.tree, prefix, leaves);
            prefix.pop();
        }
        UseTree::Name(name) => {
            let (line, name) = (name.ident.span().start().line, name_of(&name.ident));
            let path = leaf_path(prefix, &name);
            leaves.push((path.last().cloned(), path, line));
        }
        UseTree::Rename(rename) => {
            let path = leaf_path(prefix, &name_of(&rename.ident));
            leaves.push((Some(name_of(&rename.rename)), path, rename.ident.span().start().line));
        }
        UseTree::Glob(glob) => {
            leaves.push((None, prefix.clone(), glob.star_token.spans.first().map_or(1, |span| span.start().line)))
        }
        UseTree::Group(group) => {
            for tree in &group.items {
                collect_leaves(tree, prefix, leaves);
            }
        }
    }
}

/// Returns the path of a leaf. `self` in a group stands for the path before the group.
fn leaf_path(prefix: &[String], name: &str) -> Vec<String> {
    let mut path = prefix.to_vec();
    if name != "self" || prefix.is_empty() {
        path.push(name.to_owned());
    }
    path
}

struct Collector {
    test: bool,
    collected: Collected,
}

impl Collector {
    fn add(&mut self, segments: Vec<String>, line: usize) {
        self.collected.references.push(Reference { segments, line, test: self.test });
    }

    /// Visits code inside the current code. `test` says whether its attributes restrict it to tests.
    fn within(&mut self, test: bool, visit: impl FnOnce(&mut Self)) {
        let outer = self.test;
        self.test |= test;
        visit(self);
        self.test = outer;
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast Item) {
        self.within(is_test(attributes(item)), |collector| visit::visit_item(collector, item));
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let test = match item {
            ImplItem::Const(item) => is_test(&item.attrs),
            ImplItem::Fn(item) => is_test(&item.attrs),
            ImplItem::Type(item) => is_test(&item.attrs),
            ImplItem::Macro(item) => is_test(&item.attrs),
            _ => false,
        };
        self.within(test, |collector| visit::visit_impl_item(collector, item));
    }

    /// Skips modules: each module is collected separately.
    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {}

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        for (name, mut path, line) in leaves(item) {
            if name.is_none() {
                path.push("*".to_owned());
            }
            self.add(path, line);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none()
            && let Some(first) = path.segments.first()
        {
            let line = first.ident.span().start().line;
            self.add(path.segments.iter().map(|segment| name_of(&segment.ident)).collect(), line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        self.visit_path(&invocation.path);
        self.scan(&invocation.tokens, 0);
    }

    fn visit_meta_list(&mut self, list: &'ast syn::MetaList) {
        self.scan(&list.tokens, 0);
        self.scan_literals(&list.tokens);
    }
}

impl Collector {
    /// Finds paths in tokens that are not parsed as syntax. `modules` is the number of enclosing `mod` blocks in the
    /// same tokens: a path with at most that many `super` does not leave the tokens.
    fn scan(&mut self, tokens: &TokenStream, modules: usize) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            match token {
                TokenTree::Ident(first) if !follows_a_separator(&tokens, at) => {
                    let (mut segments, line) = (vec![name_of(first)], first.span().start().line);
                    at += 1;
                    while is_separator(&tokens, at)
                        && let Some(TokenTree::Ident(next)) = tokens.get(at + 2)
                    {
                        segments.push(name_of(next));
                        at += 3;
                    }
                    if is_separator(&tokens, at) {
                        self.scan_end(&segments, tokens.get(at + 2), line, modules);
                    } else if segments.len() > 1 {
                        self.add_scanned(segments, line, modules);
                    }
                }
                TokenTree::Group(group) => {
                    let module = group.delimiter() == Delimiter::Brace && is_module(&tokens, at);
                    self.scan(&group.stream(), modules + usize::from(module));
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    /// Adds a path whose last `::` is followed by the group of a `use` tree, a glob, or generic arguments.
    fn scan_end(&mut self, prefix: &[String], end: Option<&TokenTree>, line: usize, modules: usize) {
        let mut path = prefix.to_vec();
        match end {
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                let tree: syn::Result<UseTree> = syn::parse2(TokenStream::from(TokenTree::Group(group.clone())));
                let mut leaves = Vec::new();
                if let Ok(tree) = tree {
                    collect_leaves(&tree, &mut path, &mut leaves);
                }
                for (name, mut path, line) in leaves {
                    if name.is_none() {
                        path.push("*".to_owned());
                    }
                    self.add_scanned(path, line, modules);
                }
            }
            Some(TokenTree::Punct(punct)) if punct.as_char() == '*' => {
                path.push("*".to_owned());
                self.add_scanned(path, line, modules);
            }
            _ => self.add_scanned(path, line, modules),
        }
    }

    fn add_scanned(&mut self, mut segments: Vec<String>, line: usize, modules: usize) {
        let ups = segments.iter().take_while(|segment| *segment == "super").count();
        if modules > 0 && segments.first().is_some_and(|first| first != "crate") {
            if ups <= modules {
                return;
            }
            segments.drain(..modules);
        }
        self.add(segments, line);
    }

    /// Finds paths in the string literals of an attribute, such as `#[serde(with = "crate::dates")]`.
    fn scan_literals(&mut self, tokens: &TokenStream) {
        for token in tokens.clone() {
            match token {
                TokenTree::Group(group) => self.scan_literals(&group.stream()),
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    let path = text.trim_matches('"');
                    let segments: Vec<String> = path.split("::").map(str::to_owned).collect();
                    let is_path = segments.len() > 1
                        && segments.iter().all(|segment| syn::parse_str::<syn::PathSegment>(segment).is_ok());
                    if is_path
                        && segments.first().is_some_and(|first| matches!(first.as_str(), "crate" | "super" | "self"))
                    {
                        self.add(segments, literal.span().start().line);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Returns whether `::` begins at this position.
fn is_separator(tokens: &[TokenTree], at: usize) -> bool {
    let colon = |at: usize| match tokens.get(at) {
        Some(TokenTree::Punct(punct)) if punct.as_char() == ':' => Some(punct.spacing()),
        _ => None,
    };
    colon(at) == Some(Spacing::Joint) && colon(at + 1).is_some()
}

/// Returns whether `::` precedes this token: the token then continues a path.
fn follows_a_separator(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2 && is_separator(tokens, at - 2)
}

/// Returns whether `mod name` precedes this token.
fn is_module(tokens: &[TokenTree], at: usize) -> bool {
    at >= 2
        && matches!((tokens.get(at - 2), tokens.get(at - 1)), (Some(TokenTree::Ident(keyword)), Some(TokenTree::Ident(_))) if keyword == "mod")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(text: &str) -> Vec<String> {
        let file = syn::parse_file(text).unwrap();
        collect(&file.items, false)
            .references
            .iter()
            .map(|reference| reference.segments.join("::"))
            .filter(|path| path.contains("::"))
            .collect()
    }

    #[test]
    fn use_trees_yield_one_path_per_leaf() {
        assert_eq!(
            paths("use crate::{a::{self, B as C}, d::*};\npub use super::e::F;"),
            ["crate::a", "crate::a::B", "crate::d::*", "super::e::F"]
        );
    }

    #[test]
    fn inline_paths_are_found() {
        let text = "pub(in crate::a) fn f(x: crate::b::B<crate::c::C>) -> impl crate::d::D {\n\
            match x { crate::e::E::F => crate::g::G::new(), _ => <x::Y as crate::h::H>::i() }\n}";
        let found = paths(text);
        for expected in [
            "crate::a",
            "crate::b::B",
            "crate::c::C",
            "crate::d::D",
            "crate::e::E::F",
            "crate::g::G::new",
            "crate::h::H::i",
        ] {
            assert!(found.iter().any(|path| path == expected), "{expected} in {found:?}");
        }
    }

    #[test]
    fn macro_bodies_and_attributes_are_searched() {
        let text = "macro_rules! m { ($x:expr) => { $crate::a::B::new($x); use crate::c::{D, e::*};\n\
            mod inner { use super::F; use super::super::g::G; } } }\n\
            fn f() { vec![crate::h::H::<crate::i::I>::new()] }\n#[derive(crate::j::J)]\n\
            #[serde(with = \"crate::k\")]\nstruct S;";
        let found = paths(text);
        for expected in [
            "crate::a::B::new",
            "crate::c::D",
            "crate::c::e::*",
            "super::g::G",
            "crate::h::H",
            "crate::i::I",
            "crate::j::J",
            "crate::k",
        ] {
            assert!(found.iter().any(|path| path == expected), "{expected} in {found:?}");
        }
        assert!(!found.iter().any(|path| path.contains("F")), "a `super` within the macro's own modules: {found:?}");
    }

    #[test]
    fn test_code_is_marked() {
        let file = syn::parse_file(
            "#[cfg(test)] use a::A;\n#[cfg(all(test, unix))] fn f() { b::b() }\nimpl S { #[test] fn g() { c::c() } }\n\
                #[cfg(not(test))] use d::D;",
        )
        .unwrap();
        let references: Vec<_> = collect(&file.items, false)
            .references
            .into_iter()
            .filter(|reference| reference.segments.len() > 1)
            .collect();
        let marked: Vec<_> =
            references.iter().map(|reference| (reference.segments[0].as_str(), reference.test)).collect();
        assert_eq!(marked, [("a", true), ("b", true), ("c", true), ("d", false)]);
    }
}
