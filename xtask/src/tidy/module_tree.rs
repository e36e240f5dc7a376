//! The module tree of one crate: the file, items and imports of each module, and the resolution of paths.

use std::collections::{BTreeMap, BTreeSet};

use syn::{Item, ItemMod};

use crate::tidy::files::{Files, folder_of, is_generated, join};
use crate::tidy::packages::{Package, Target, TargetKind};
use crate::tidy::problem::Problem;
use crate::tidy::references::{self, Import, Reference, name_of};

/// The maximum number of imports to follow from a name to its definition. Longer chains occur only in import cycles.
const LONGEST_CHAIN: usize = 16;

/// The modules of one crate.
#[derive(Debug)]
pub(crate) struct ModuleTree {
    /// The name of the package.
    pub(crate) package: String,
    /// The kind of target.
    pub(crate) kind: TargetKind,
    /// The modules. The first one is the crate root.
    pub(crate) modules: Vec<Module>,
    /// The problems of declared modules whose file is missing.
    pub(crate) missing: Vec<Problem>,
}

/// One module.
#[derive(Debug, Default)]
pub(crate) struct Module {
    /// The path below the crate root. Empty for the root itself.
    pub(crate) path: Vec<String>,
    /// The file that contains the module.
    pub(crate) file: String,
    /// Whether the module is compiled only for tests.
    pub(crate) test: bool,
    /// Whether the module is generated.
    pub(crate) generated: bool,
    /// Whether the module belongs to the crate root: the root itself, and inline modules of the root that contain only
    /// imports.
    pub(crate) of_root: bool,
    /// The paths in the module's code.
    pub(crate) references: Vec<Reference>,
    parent: usize,
    children: BTreeMap<String, usize>,
    items: BTreeSet<String>,
    imports: Vec<Import>,
}

impl Module {
    /// Returns the path as in Rust code: `crate::a::b`.
    pub(crate) fn full_path(&self) -> String {
        std::iter::once("crate").chain(self.path.iter().map(String::as_str)).collect::<Vec<_>>().join("::")
    }
}

/// The result of resolving a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The definition that the path leads to.
    pub(crate) target: Definition,
    /// The indices of the modules that the path names, and of those that its imports lead through.
    pub(crate) through: Vec<usize>,
    /// Whether the path goes through an import of another module.
    pub(crate) imported: bool,
}

/// The definition that a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Definition {
    /// A module of the crate.
    Module(usize),
    /// An item and the module that defines it.
    Item(usize, String),
    /// A path in another crate.
    External(String),
    /// A name in a module that comes from a macro or from a glob import of another crate.
    Unknown(usize),
}

impl Definition {
    /// Returns the module that contains the definition, or the module itself.
    pub(crate) fn module(&self) -> Option<usize> {
        match self {
            Self::Module(module) | Self::Item(module, _) | Self::Unknown(module) => Some(*module),
            Self::External(_) => None,
        }
    }
}

impl ModuleTree {
    /// Reads the modules of a target.
    pub(crate) fn read(files: &Files, package: &Package, target: &Target) -> Self {
        let mut tree =
            Self { package: package.name.clone(), kind: target.kind, modules: Vec::new(), missing: Vec::new() };
        let root = Module {
            file: target.root.clone(),
            test: target.kind == TargetKind::Test,
            of_root: true,
            ..Module::default()
        };
        tree.modules.push(root);
        let folder = folder_of(&target.root).to_owned();
        tree.read_file(files, 0, &folder);
        tree
    }

    /// Returns a module by index.
    pub(crate) fn module(&self, index: usize) -> Option<&Module> {
        self.modules.get(index)
    }

    /// Returns the name of the top-level module that contains a module. Returns `None` for the crate root.
    pub(crate) fn top_of(&self, index: usize) -> Option<&str> {
        self.module(index).filter(|module| !module.of_root).and_then(|module| module.path.first()).map(String::as_str)
    }

    /// Reads the file of a module. `folder` contains the files of its child modules.
    fn read_file(&mut self, files: &Files, index: usize, folder: &str) {
        let Some(module) = self.modules.get_mut(index) else { return };
        let file = module.file.clone();
        let text = files.text(&file).unwrap_or_default();
        module.generated = is_generated(text);
        match files.parsed(&file) {
            Some(parsed) => {
                module.test |= references::is_test(&parsed.syntax.attrs);
                self.read_items(files, index, &parsed.syntax.items, folder, folder_of(&file));
            }
            None if module.generated => module.references = paths_in_text(text),
            None => {}
        }
    }

    /// Adds the items of a module. A `#[path]` among them is relative to `path_folder`.
    fn read_items(&mut self, files: &Files, index: usize, items: &[Item], folder: &str, path_folder: &str) {
        for item in items {
            match item {
                Item::Mod(declared) => self.read_child(files, index, declared, folder, path_folder),
                item => self.define(index, item),
            }
        }
        if let Some(module) = self.modules.get_mut(index) {
            let mut collected = references::collect(items, module.test);
            module.references.append(&mut collected.references);
            module.imports.append(&mut collected.imports);
        }
    }

    /// Adds the name of an item to its module. An exported macro is also an item of the crate root.
    fn define(&mut self, index: usize, item: &Item) {
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::TraitAlias(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Union(item) => &item.ident,
            Item::Macro(item) => match &item.ident {
                Some(name) => name,
                None => return,
            },
            _ => return,
        };
        let exported = matches!(item, Item::Macro(item) if item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")));
        for index in if exported { vec![index, 0] } else { vec![index] } {
            if let Some(module) = self.modules.get_mut(index) {
                module.items.insert(name_of(name));
            }
        }
    }

    fn read_child(&mut self, files: &Files, parent: usize, declared: &ItemMod, folder: &str, path_folder: &str) {
        let Some(outer) = self.modules.get(parent) else { return };
        let name = name_of(&declared.ident);
        let mut path = outer.path.clone();
        path.push(name.clone());
        let mut module = Module {
            path,
            file: outer.file.clone(),
            test: outer.test || references::is_test(&declared.attrs),
            generated: outer.generated,
            parent,
            ..Module::default()
        };
        let given = path_attribute(declared);
        let index = self.modules.len();
        if let Some((_, items)) = &declared.content {
            module.of_root = outer.of_root && items.iter().all(|item| matches!(item, Item::Use(_)));
            self.add_child(parent, name.clone(), module);
            let inner =
                given.and_then(|given| join(path_folder, &given)).or_else(|| join(folder, &name)).unwrap_or_default();
            self.read_items(files, index, items, &inner, &inner);
            return;
        }
        let candidates = match &given {
            Some(given) => vec![join(path_folder, given).unwrap_or_default()],
            None => vec![format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")],
        };
        let Some(file) = candidates.iter().find(|candidate| files.text(candidate).is_some()) else {
            self.missing.push(Problem {
                file: module.file,
                line: declared.ident.span().start().line,
                rule: "syntax",
                message: format!("the file of the module `{name}` is missing: {}", candidates.join(" or ")),
                fix: "add the file or remove the declaration".to_owned(),
            });
            return;
        };
        let children = if given.is_some() || file.ends_with("/mod.rs") {
            folder_of(file).to_owned()
        } else {
            format!("{folder}/{name}")
        };
        module.file.clone_from(file);
        self.add_child(parent, name, module);
        self.read_file(files, index, &children);
    }

    fn add_child(&mut self, parent: usize, name: String, module: Module) {
        let index = self.modules.len();
        self.modules.push(module);
        if let Some(parent) = self.modules.get_mut(parent) {
            parent.children.entry(name).or_insert(index);
        }
    }

    /// Resolves a path in a module. Returns `None` if the path does not lead into this crate or through its imports.
    pub(crate) fn resolve(&self, from: usize, segments: &[String]) -> Option<Resolved> {
        self.resolve_within(from, segments, LONGEST_CHAIN)
    }

    fn resolve_within(&self, from: usize, segments: &[String], chain: usize) -> Option<Resolved> {
        let chain = chain.checked_sub(1)?;
        let (first, rest) = segments.split_first()?;
        let module = self.module(from)?;
        match first.as_str() {
            "crate" => self.walk(0, rest, chain),
            "self" => self.walk(from, rest, chain),
            "super" => {
                let ups = segments.iter().take_while(|segment| *segment == "super").count();
                let mut start = from;
                for _ in 0..ups {
                    start = self.module(start).filter(|module| !module.path.is_empty())?.parent;
                }
                self.walk(start, segments.get(ups..)?, chain)
            }
            "Self" => None,
            name if module.children.contains_key(name) || module.items.contains(name) => {
                self.walk(from, segments, chain)
            }
            // The module itself imports the name. The import is checked at its own line, so only the rest of the path
            // counts here.
            name => {
                let import = module
                    .imports
                    .iter()
                    .find(|import| import.name.as_deref() == Some(name) && import.path.first() != Some(first))?;
                let mut start = self.resolve_within(from, &import.path, chain)?;
                start.imported = false;
                self.continue_at(start, rest, chain)
            }
        }
    }

    /// Follows a path from a module.
    fn walk(&self, start: usize, segments: &[String], chain: usize) -> Option<Resolved> {
        self.continue_at(
            Resolved { target: Definition::Module(start), through: vec![start], imported: false },
            segments,
            chain,
        )
    }

    fn continue_at(&self, mut at: Resolved, segments: &[String], chain: usize) -> Option<Resolved> {
        for (position, segment) in segments.iter().enumerate() {
            let index = match &mut at.target {
                // The segments after an item are associated items: a variant, a function, a constant.
                Definition::Item(..) | Definition::Unknown(_) => return Some(at),
                Definition::External(path) => {
                    path.push_str("::");
                    path.push_str(segment);
                    continue;
                }
                Definition::Module(index) => *index,
            };
            let module = self.module(index)?;
            if segment == "*" {
                return Some(at);
            }
            if let Some(child) = module.children.get(segment) {
                at.target = Definition::Module(*child);
                at.through.push(*child);
            } else if module.items.contains(segment) {
                at.target = Definition::Item(index, segment.clone());
            } else if let Some(found) = self.imported(index, segment, chain) {
                at.through.extend(found.through);
                at.target = found.target;
                at.imported = true;
                return self.continue_at(at, segments.get(position + 1..)?, chain);
            } else {
                at.target = Definition::Unknown(index);
            }
        }
        Some(at)
    }

    /// Resolves a name that a module imports.
    fn imported(&self, index: usize, name: &str, chain: usize) -> Option<Resolved> {
        let chain = chain.checked_sub(1)?;
        let module = self.module(index)?;
        if let Some(import) = module.imports.iter().find(|import| import.name.as_deref() == Some(name)) {
            let external = || Resolved {
                target: Definition::External(import.path.join("::")),
                through: Vec::new(),
                imported: true,
            };
            return Some(self.resolve_within(index, &import.path, chain).unwrap_or_else(external));
        }
        let globs = module.imports.iter().filter(|import| import.name.is_none());
        globs.filter_map(|import| self.resolve_within(index, &import.path, chain)).find_map(|glob| match glob.target {
            Definition::Module(target) if target != index => {
                let found = self.walk(target, &[name.to_owned()], chain)?;
                (!matches!(found.target, Definition::Unknown(_))).then_some(found)
            }
            _ => None,
        })
    }
}

/// Returns the value of `#[path = "…"]`.
fn path_attribute(declared: &ItemMod) -> Option<String> {
    declared.attrs.iter().filter(|attribute| attribute.path().is_ident("path")).find_map(|attribute| {
        match &attribute.meta {
            syn::Meta::NameValue(syn::MetaNameValue {
                value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }),
                ..
            }) => Some(text.value()),
            _ => None,
        }
    })
}

/// Returns the paths that start with `crate::` in a large generated file. Searches it line by line.
fn paths_in_text(text: &str) -> Vec<Reference> {
    const ROOT: &str = "crate::";
    let mut references = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        if text.trim_start().starts_with("//") {
            continue;
        }
        for (at, _) in text.match_indices(ROOT) {
            let (before, after) = (text.get(..at).unwrap_or_default(), text.get(at..).unwrap_or_default());
            if before.ends_with(|character: char| character.is_alphanumeric() || character == '_') {
                continue;
            }
            let path = after
                .split(|character: char| !(character.is_alphanumeric() || matches!(character, '_' | ':')))
                .next()
                .unwrap_or_default();
            let segments = path.split("::").filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
            references.push(Reference { segments, line, test: false });
        }
    }
    references
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Returns the module tree of a library with these files, given by path below `src`.
    pub(crate) fn library(sources: &[(&str, &str)]) -> ModuleTree {
        let texts = sources.iter().map(|(path, text)| (format!("lib/src/{path}"), (*text).to_owned())).collect();
        let package = Package {
            name: "lib".to_owned(),
            folder: "lib".to_owned(),
            manifest: toml::Table::new(),
            dependencies: Vec::new(),
            targets: Vec::new(),
        };
        let target = Target { root: "lib/src/lib.rs".to_owned(), kind: TargetKind::Main };
        ModuleTree::read(&Files::from_texts(texts), &package, &target)
    }

    fn resolve(tree: &ModuleTree, from: &str, path: &str) -> Option<(String, bool)> {
        let from = tree.modules.iter().position(|module| module.full_path() == from).unwrap();
        let segments: Vec<String> = path.split("::").map(str::to_owned).collect();
        let resolved = tree.resolve(from, &segments)?;
        let definition = match &resolved.target {
            Definition::Module(module) => tree.modules[*module].full_path(),
            Definition::Item(module, name) => format!("{}::{name}", tree.modules[*module].full_path()),
            Definition::External(path) => path.clone(),
            Definition::Unknown(module) => format!("{}::?", tree.modules[*module].full_path()),
        };
        Some((definition, resolved.imported))
    }

    #[test]
    fn module_files_inline_modules_and_path_attributes_are_found() {
        let tree = library(&[
            (
                "lib.rs",
                "mod a;\nmod b { pub mod c; }\n#[path = \"elsewhere/x.rs\"]\nmod d;\n#[cfg(test)]\nmod t;\nmod gone;",
            ),
            ("a/mod.rs", "mod inner;"),
            ("a/inner.rs", "mod deep;"),
            ("a/inner/deep.rs", ""),
            ("b/c.rs", ""),
            ("elsewhere/x.rs", "mod y;"),
            ("elsewhere/y.rs", ""),
            ("t.rs", ""),
        ]);
        let modules: Vec<_> = tree
            .modules
            .iter()
            .map(|module| (module.full_path(), module.file.trim_start_matches("lib/src/").to_owned(), module.test))
            .collect();
        let expected = [
            ("crate", "lib.rs", false),
            ("crate::a", "a/mod.rs", false),
            ("crate::a::inner", "a/inner.rs", false),
            ("crate::a::inner::deep", "a/inner/deep.rs", false),
            ("crate::b", "lib.rs", false),
            ("crate::b::c", "b/c.rs", false),
            ("crate::d", "elsewhere/x.rs", false),
            ("crate::d::y", "elsewhere/y.rs", false),
            ("crate::t", "t.rs", true),
        ];
        assert_eq!(modules, expected.map(|(path, file, test)| (path.to_owned(), file.to_owned(), test)));
        assert_eq!(tree.missing.len(), 1);
        assert!(tree.missing[0].message.contains("`gone`"), "{}", tree.missing[0]);
    }

    #[test]
    fn paths_are_resolved_to_their_definitions() {
        let tree = library(&[
            ("lib.rs", "mod a;\nmod b;\npub use a::A;\npub use b::*;\npub use serde::Value;"),
            (
                "a.rs",
                "use crate::b;\nuse crate::b::B as Renamed;\nmod inner;\npub struct A;\n\
                    #[macro_export] macro_rules! shout { () => {} }",
            ),
            ("a/inner.rs", ""),
            ("b.rs", "mod parts;\npub use parts::Part;\npub struct B;\npub enum Code { One }"),
            ("b/parts.rs", "pub struct Part;"),
        ]);
        let at = |path: &str, imported: bool| Some((path.to_owned(), imported));
        assert_eq!(resolve(&tree, "crate::b", "crate::a::A::new"), at("crate::a::A", false));
        assert_eq!(resolve(&tree, "crate::b", "crate::A"), at("crate::a::A", true));
        assert_eq!(resolve(&tree, "crate::b", "super::a::A"), at("crate::a::A", false));
        assert_eq!(resolve(&tree, "crate::a", "crate::Code::One"), at("crate::b::Code", true));
        assert_eq!(resolve(&tree, "crate::a", "crate::Part"), at("crate::b::parts::Part", true));
        assert_eq!(resolve(&tree, "crate::a", "crate::Value::Null"), at("serde::Value::Null", true));
        assert_eq!(resolve(&tree, "crate::a", "b::Part"), at("crate::b::parts::Part", true));
        assert_eq!(resolve(&tree, "crate::a", "Renamed::new"), at("crate::b::B", false));
        assert_eq!(resolve(&tree, "crate::a", "inner::x"), at("crate::a::inner::?", false));
        assert_eq!(resolve(&tree, "crate::b", "crate::shout"), at("crate::shout", false));
        assert_eq!(resolve(&tree, "crate::b", "serde::Value"), None);
        assert_eq!(resolve(&tree, "crate::b", "super::super::x"), None);
    }

    #[test]
    fn import_cycles_terminate() {
        let tree = library(&[
            ("lib.rs", "mod a;\nmod b;"),
            ("a.rs", "pub use crate::b::X;\npub use crate::b::*;"),
            ("b.rs", "pub use crate::a::X;\npub use crate::a::*;"),
        ]);
        let _ = resolve(&tree, "crate::a", "crate::b::X");
        let _ = resolve(&tree, "crate::a", "crate::b::Y");
    }

    #[test]
    fn a_large_generated_file_is_searched_as_text() {
        let references =
            paths_in_text("use crate::types::A;\n// crate::comment\nfn f() -> crate::b::B { my_crate::c() }\n");
        let found: Vec<_> =
            references.iter().map(|reference| (reference.segments.join("::"), reference.line)).collect();
        assert_eq!(found, [("crate::types::A".to_owned(), 1), ("crate::b::B".to_owned(), 3)]);
    }
}
