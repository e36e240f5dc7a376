//! Finds the structs and methods in progenitor's output.

use std::collections::BTreeMap;

use syn::{ImplItem, Item, ItemStruct, Type};

/// The parts of progenitor's output that later steps use.
#[derive(Debug, Default)]
pub struct Tree {
    /// Structs of `mod types` by name.
    pub structs: BTreeMap<String, ItemStruct>,
    /// Signatures of the client's methods by name.
    pub methods: BTreeMap<String, syn::Signature>,
}

/// Finds the types and methods in progenitor's output.
#[must_use]
pub fn parse_output(file: syn::File) -> Tree {
    let mut tree = Tree::default();
    for item in file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => {
                for item in module.content.into_iter().flat_map(|(_, items)| items) {
                    if let Item::Struct(item) = item {
                        tree.structs.insert(item.ident.to_string(), item);
                    }
                }
            }
            Item::Impl(item) if item.trait_.is_none() && is_client(&item.self_ty) => {
                for item in item.items {
                    if let ImplItem::Fn(method) = item {
                        tree.methods.insert(method.sig.ident.to_string(), method.sig);
                    }
                }
            }
            _ => {}
        }
    }
    tree
}

/// Returns whether an impl is for progenitor's client.
fn is_client(written: &Type) -> bool {
    matches!(written, Type::Path(path) if path.path.is_ident("Client"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_methods_are_found() {
        let tree = parse_output(syn::parse_quote! {
            pub mod types { pub struct A { pub b: i32 } pub enum E { X } impl A {} }
            pub struct Client;
            impl Client { pub async fn a_list(&self) {} }
            impl Other for Client { fn no() {} }
        });
        assert_eq!(tree.structs.len(), 1);
        assert_eq!(tree.methods.keys().collect::<Vec<_>>(), ["a_list"]);
    }
}
