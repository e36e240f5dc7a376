//! The fields of references. The type of a reference determines which of id, name and identifier it has.

use crate::fields::field::Field;
use crate::fields::field_types::{Integer, Text};
use crate::fields::filter::Filter;
use crate::fields::record::FieldLocation;
use crate::fields::scope::Scope;
use crate::json::reference::Reference;

/// No type implements this trait. Its purpose is the compiler error for the comparison of a whole reference.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a reference cannot be compared as a whole",
    label = "this is a reference, not a value",
    note = "compare one of its fields: `.id()`, or `.name()` or `.identifier()` if it has one, \
            as in `ticket.status().name().eq(\"New\")`"
)]
pub trait WholeComparison<S> {
    /// Never called.
    fn compared(&self) -> Filter<S>;
}

macro_rules! references {
    ($($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $field_type:ident,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Debug)]
            pub struct $name<S>(FieldLocation<S>);

            impl<S> $name<S> {
                $($(#[$field_meta])*
                pub fn $field(&self) -> Field<S, $field_type> {
                    self.0.value(stringify!($field))
                })*
            }

            crate::whole_comparison!($name);

            impl<S> crate::fields::record::FieldSet for $name<S> {
                type Scope = S;

                fn from_location(location: FieldLocation<S>) -> Self {
                    Self(location)
                }

                fn location(&self) -> &FieldLocation<S> {
                    &self.0
                }
            }
        )*
    };
}

references! {
    /// A reference with only an id.
    IdReference {
        /// `id`: the id of the record.
        id: Integer,
    }

    /// A reference with an id and a name.
    NamedReference {
        /// `id`: the id of the record.
        id: Integer,
        /// `name`: the name of the record.
        name: Text,
    }

    /// A reference with an id and an identifier.
    IdentifiedReference {
        /// `id`: the id of the record.
        id: Integer,
        /// `identifier`: the short text id of the record.
        identifier: Text,
    }

    /// A reference with an id, a name and an identifier.
    FullReference {
        /// `id`: the id of the record.
        id: Integer,
        /// `name`: the name of the record.
        name: Text,
        /// `identifier`: the short text id of the record.
        identifier: Text,
    }
}

impl crate::fields::record::HasFields for Reference {
    type Fields<S: Scope> = FullReference<S>;
}
