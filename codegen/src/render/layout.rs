//! Formats code with prettyplease, empty lines between items, and one line for each entry of a macro call.
//!
//! Prettyplease writes no empty lines between items. This module adds one after each item of several lines, and before
//! most items that begin with documentation or attributes.

use syn::{
    Attribute, File, ImplItem, Item, ItemConst, ItemEnum, ItemFn, ItemImpl, ItemMacro, ItemMod, ItemStatic, ItemStruct,
    ItemTrait, ItemType, ItemUse, MacroDelimiter, Visibility,
};

use crate::render::macro_calls;

/// Returns a file as text.
#[must_use]
pub fn file(file: File) -> String {
    let has_documentation = !file.attrs.is_empty();
    let mut text = prettyplease::unparse(&File { items: Vec::new(), ..file.clone() });
    let mut before: Option<&Item> = None;
    for item in &file.items {
        if before.map_or(has_documentation, |before| needs_empty_line(before, item)) {
            text.push('\n');
        }
        text.push_str(&item_text(item));
        before = Some(item);
    }
    text
}

/// Returns whether an empty line separates two items.
fn needs_empty_line(before: &Item, item: &Item) -> bool {
    spans_lines(before) || (has_visible_start(item) && !suppresses_empty_line(before, item))
}

/// Returns whether an item takes several lines, without its attributes.
fn spans_lines(item: &Item) -> bool {
    let mut bare = item.clone();
    if let Some(attributes) = attributes_mut(&mut bare) {
        attributes.clear();
    }
    item_text(&bare).lines().nth(1).is_some()
}

/// Returns whether an item begins with documentation, attributes, `impl<…>` or a macro call in braces.
fn has_visible_start(item: &Item) -> bool {
    let has_attributes = attributes_mut(&mut item.clone()).is_some_and(|attributes| !attributes.is_empty());
    let by_syntax = match item {
        Item::Impl(item) => !item.generics.params.is_empty(),
        Item::Macro(item) => matches!(item.mac.delimiter, MacroDelimiter::Brace(_)),
        _ => false,
    };
    has_attributes || by_syntax
}

/// Returns whether the next item follows without an empty line even if it has documentation or attributes: an import or
/// module after a re-export or a private module, and every item after an empty `impl`, each on one line.
fn suppresses_empty_line(before: &Item, item: &Item) -> bool {
    let is_import_or_module = matches!(item, Item::Use(_) | Item::Mod(_));
    match before {
        Item::Use(before) => is_import_or_module && matches!(before.vis, Visibility::Public(_)),
        Item::Mod(before) => {
            is_import_or_module && before.content.is_none() && matches!(before.vis, Visibility::Inherited)
        }
        Item::Impl(before) => before.items.is_empty(),
        _ => false,
    }
}

/// Returns the attributes of an item, for the items that are generated.
fn attributes_mut(item: &mut Item) -> Option<&mut Vec<Attribute>> {
    match item {
        Item::Const(ItemConst { attrs, .. })
        | Item::Enum(ItemEnum { attrs, .. })
        | Item::Fn(ItemFn { attrs, .. })
        | Item::Impl(ItemImpl { attrs, .. })
        | Item::Macro(ItemMacro { attrs, .. })
        | Item::Mod(ItemMod { attrs, .. })
        | Item::Static(ItemStatic { attrs, .. })
        | Item::Struct(ItemStruct { attrs, .. })
        | Item::Trait(ItemTrait { attrs, .. })
        | Item::Type(ItemType { attrs, .. })
        | Item::Use(ItemUse { attrs, .. }) => Some(attrs),
        _ => None,
    }
}

/// Returns one item as text.
fn item_text(item: &Item) -> String {
    match item {
        Item::Macro(call) => match macro_calls::layout(call) {
            Some(text) => format!("{text}\n"),
            None => unparse(item.clone()),
        },
        Item::Impl(block) => impl_text(block.clone()),
        _ => unparse(item.clone()),
    }
}

/// Returns an `impl` as text, with an empty line after each method whose body is not empty, except the last item.
fn impl_text(mut block: ItemImpl) -> String {
    // Prettyplease does not support empty lines. A constant marks each of them.
    const EMPTY_LINE: &str = "const __EMPTY_LINE: () = ();";
    let placeholder: ImplItem = syn::parse_quote!(
        const __EMPTY_LINE: () = ();
    );
    let count = block.items.len();
    let items = std::mem::take(&mut block.items);
    for (index, item) in items.into_iter().enumerate() {
        let has_statements = matches!(&item, ImplItem::Fn(method) if !method.block.stmts.is_empty());
        block.items.push(item);
        if has_statements && index + 1 < count {
            block.items.push(placeholder.clone());
        }
    }
    unparse(Item::Impl(block))
        .lines()
        .map(|line| if line.trim_start() == EMPTY_LINE { "\n".to_owned() } else { format!("{line}\n") })
        .collect()
}

fn unparse(item: Item) -> String {
    prettyplease::unparse(&File { shebang: None, frontmatter: None, attrs: Vec::new(), items: vec![item] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_separate_items() {
        let parsed = syn::parse_str(
            "//! A file.\nuse a;\n/// A.\npub struct A { a: i32 }\nimpl A { fn a() { b(); } fn b() {} }",
        )
        .unwrap();
        assert_eq!(
            file(parsed),
            "//! A file.\n\nuse a;\n\n/// A.\npub struct A {\n    a: i32,\n}\n\nimpl A {\n    fn a() {\n        b();\n    }\n\n    fn b() {}\n}\n"
        );
    }

    #[test]
    fn only_some_items_need_an_empty_line() {
        for (before, item, expected) in [
            ("use a;", "use b;", false),
            ("use a;", "#[cfg(a)] use b;", true),
            ("pub use a;", "#[cfg(a)] mod b;", false),
            ("mod a;", "#[cfg(a)] pub use a::*;", false),
            ("pub mod a;", "#[cfg(a)] pub mod b;", true),
            ("mod a;", "/// A.\npub struct A;", true),
            ("pub struct A<S>(S);", "impl<S> A<S> {}", true),
            ("impl<S> A<S> {}", "impl<S: psa::Scope> A<S> {}", false),
            ("pub struct A;", "impl A {}", false),
            ("#[derive(Clone)] pub struct A;", "impl A {}", false),
            ("use a;", "psa::open_enum! { pub enum A { B => \"b\" } }", true),
            ("psa::open_enum! { pub enum A { B => \"b\" } }", "psa::object!(A);", true),
            ("fn a() { b(); }", "fn b() {}", true),
        ] {
            let (before_item, item) = (syn::parse_str(before).unwrap(), syn::parse_str(item).unwrap());
            assert_eq!(needs_empty_line(&before_item, &item), expected, "{before}");
        }
    }
}
