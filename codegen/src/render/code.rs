//! Generated code with references to the generated types and typed fields that it uses. The imports of a file follow
//! from them.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::quote;

use crate::render::rust_type::RustType;

/// Items, with the generated types and typed fields that they refer to.
#[derive(Clone, Debug, Default)]
pub struct Code {
    /// The items.
    pub items: TokenStream,
    /// The generated types and typed fields that the items refer to.
    pub references: References,
}

impl Code {
    /// Adds the items and references of other code.
    pub fn extend(&mut self, other: Self) {
        self.items.extend(other.items);
        self.references.extend(other.references);
    }
}

/// The generated types and typed fields that code refers to, by schema. They may be in the same file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    types: BTreeSet<String>,
    fields: BTreeSet<String>,
}

impl References {
    /// Adds the generated type of a schema.
    pub fn add_type(&mut self, schema: &str) {
        self.types.insert(schema.to_owned());
    }

    /// Adds the typed fields of a generated type.
    pub fn add_fields(&mut self, schema: &str) {
        self.fields.insert(schema.to_owned());
    }

    /// Adds a Rust type, if it is or contains a generated type.
    pub fn add_rust_type(&mut self, rust_type: &RustType) {
        if let Some(schema) = rust_type.generated_type() {
            self.add_type(schema);
        }
    }

    /// Adds the references of other code.
    pub fn extend(&mut self, other: Self) {
        self.types.extend(other.types);
        self.fields.extend(other.fields);
    }

    /// Returns the imports that a file with the code needs.
    #[must_use]
    pub fn imports(&self) -> TokenStream {
        let mut imports = TokenStream::new();
        if !self.fields.is_empty() {
            imports.extend(quote!(
                use crate::fields;
            ));
        }
        if !self.types.is_empty() {
            imports.extend(quote!(
                use crate::types;
            ));
        }
        imports
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_follow_from_the_references() {
        let mut references = References::default();
        references.add_rust_type(&RustType::List(Box::new(RustType::Reference("BoardReference".into()))));
        assert_eq!(references.imports().to_string(), "");
        references.add_rust_type(&RustType::List(Box::new(RustType::Object("Ticket".into()))));
        assert_eq!(references.imports().to_string(), "use crate :: types ;");
        references.add_fields("Ticket");
        assert_eq!(references.imports().to_string(), "use crate :: fields ; use crate :: types ;");
    }

    #[test]
    fn code_is_extended() {
        let mut code = Code::default();
        let mut other = Code {
            items: quote!(
                struct A;
            ),
            ..Code::default()
        };
        other.references.add_type("A");
        code.extend(other.clone());
        code.extend(other);
        assert_eq!(
            (code.items.to_string().as_str(), code.references.imports().to_string().as_str()),
            ("struct A ; struct A ;", "use crate :: types ;")
        );
    }
}
