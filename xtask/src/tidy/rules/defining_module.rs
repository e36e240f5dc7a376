//! The rule `defining-module`: an item is imported from the module that defines it, not from a re-export in the crate
//! root or in another module.
//!
//! The layers of a crate can be checked only if its imports name the defining modules.

use std::collections::BTreeSet;

use crate::tidy::module_tree::{Definition, ModuleTree};
use crate::tidy::problem::Problem;

const RULE: &str = "defining-module";

/// Checks all modules of a crate except the crate root and generated modules.
///
/// `macro_modules` are the top-level modules with macros for other crates. These macros expand in other crates, which
/// can use only public paths. Inside of such a module, a path may therefore go through the module's own imports.
pub(crate) fn check(tree: &ModuleTree, macro_modules: &[String]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut known = BTreeSet::new();
    for (from, module) in tree.modules.iter().enumerate().filter(|(_, module)| !module.of_root && !module.generated) {
        for reference in &module.references {
            if in_macro_module(&module.path, &reference.segments, macro_modules) {
                continue;
            }
            let Some(resolved) = tree.resolve(from, &reference.segments) else { continue };
            let written = reference.segments.join("::");
            if !known.insert((module.file.clone(), reference.line, written.clone())) {
                continue;
            }
            let of_root =
                reference.segments.last().is_some_and(|last| last == "*") && resolved.target == Definition::Module(0);
            let (message, fix) = if of_root {
                (
                    format!("`{written}` imports everything from the crate root"),
                    "import each item from the module that defines it".to_owned(),
                )
            } else if resolved.imported && !in_generated(tree, &resolved.target) {
                let definition = definition(tree, &resolved.target);
                (
                    format!("`{written}` is a re-export; the definition is `{definition}`"),
                    format!("write `{definition}`"),
                )
            } else {
                continue;
            };
            problems.push(Problem { file: module.file.clone(), line: reference.line, rule: RULE, message, fix });
        }
    }
    problems
}

/// Returns whether a reference in a macro module goes through the module itself.
fn in_macro_module(module: &[String], reference: &[String], macro_modules: &[String]) -> bool {
    let (Some(own), [root, through, ..]) = (module.first(), reference) else { return false };
    root == "crate" && through == own && macro_modules.contains(own)
}

/// Returns whether a definition is in generated code. The defining module of a generated item depends on the OpenAPI
/// document, so other code imports it from the module that re-exports all generated items.
fn in_generated(tree: &ModuleTree, target: &Definition) -> bool {
    target.module().and_then(|index| tree.module(index)).is_some_and(|module| module.generated)
}

/// Returns the path of a definition.
fn definition(tree: &ModuleTree, target: &Definition) -> String {
    let module = |index: usize| tree.module(index).map(|module| module.full_path()).unwrap_or_default();
    match target {
        Definition::Module(index) => module(*index),
        Definition::Item(index, name) => format!("{}::{name}", module(*index)),
        Definition::Unknown(index) => format!("{}::…", module(*index)),
        Definition::External(path) => path.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::module_tree::tests::library;

    /// Returns the messages and fixes for a module `user` with this text.
    fn found(user: &str) -> Vec<(String, String)> {
        let tree = library(&[
            (
                "lib.rs",
                "mod error;\nmod user;\npub use error::Error;\npub use serde_json::Value;\npub fn at_the_root() {}",
            ),
            ("error.rs", "mod code;\npub use code::Code;\npub struct Error;"),
            ("error/code.rs", "pub enum Code { One }"),
            ("user.rs", user),
        ]);
        check(&tree, &["for_macros".to_owned()]).into_iter().map(|problem| (problem.message, problem.fix)).collect()
    }

    #[test]
    fn only_a_macro_module_may_use_its_own_imports() {
        let found = |module: &str| {
            let file = format!("{module}.rs");
            let text = format!(
                "pub use crate::error::Error;\n#[macro_export]\n\
                    macro_rules! m {{ () => {{ $crate::{module}::Error::new() }} }}"
            );
            let root = format!("mod error;\npub mod {module};");
            let tree = library(&[
                ("lib.rs", root.as_str()),
                ("error.rs", "pub struct Error;"),
                (file.as_str(), text.as_str()),
            ]);
            check(&tree, &["for_macros".to_owned()]).len()
        };
        assert_eq!((found("for_macros"), found("others")), (0, 1));
    }

    #[test]
    fn imports_from_the_defining_module_pass() {
        let text = "use crate::error::Error;\nuse crate::error::code::Code::{self, One};\nuse crate::error;\n\
            fn f(_: error::Error) { crate::at_the_root(); Error::new(); Code::One; }\nuse super::error::Error as E;";
        assert_eq!(found(text), []);
    }

    #[test]
    fn an_import_through_a_re_export_is_reported_with_the_definition() {
        for (text, definition) in [
            ("use crate::Error;", "crate::error::Error"),
            ("use crate::{Error as E};", "crate::error::Error"),
            ("use super::Error;", "crate::error::Error"),
            ("pub use crate::error::Code;", "crate::error::code::Code"),
            ("fn f() -> crate::Error { todo() }", "crate::error::Error"),
            ("fn f() { vec![crate::error::Code::One] }", "crate::error::code::Code"),
            ("use crate::error;\nfn f(_: error::Code) {}", "crate::error::code::Code"),
            ("use crate::Value;", "serde_json::Value"),
            ("#[cfg(test)]\nmod tests { use crate::Error; }", "crate::error::Error"),
        ] {
            let found = found(text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert_eq!(found[0].1, format!("write `{definition}`"), "{text}");
        }
    }

    #[test]
    fn a_glob_import_of_the_root_is_reported() {
        assert_eq!(found("use crate::*;").len(), 1);
        assert_eq!(found("mod inner { use super::*; }"), []);
    }

    #[test]
    fn generated_modules_are_exempt() {
        assert_eq!(found("// @generated\nuse crate::Error;"), []);
        let tree = library(&[
            ("lib.rs", "mod bindings;\nmod user;\npub use bindings::*;"),
            ("bindings.rs", "// @generated\npub mod types { pub use super::section::*; }\nmod section;"),
            ("bindings/section.rs", "// @generated\npub struct Ticket;"),
            ("user.rs", "use crate::types::Ticket;"),
        ]);
        assert_eq!(check(&tree, &[]), []);
    }
}
