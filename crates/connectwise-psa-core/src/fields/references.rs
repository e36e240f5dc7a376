//! The fields of plain references: which of id, name and identifier a reference has differs by its type.

use crate::fields::field::Field;
use crate::fields::field_types::{Integer, Text};
use crate::fields::filter::Filter;
use crate::fields::record::FieldLocation;
use crate::fields::scope::Scope;
use crate::json::reference::Reference;

/// Nothing implements it: it carries what the compiler says where a reference is compared as a whole.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a reference cannot be compared as a whole",
    label = "this is a reference, not a value",
    note = "compare one of its fields: `.id()`, or `.name()` or `.identifier()` where it has one, as in `ticket.status().name().eq(\"New\")`"
)]
pub trait WholeComparison<S> {
    /// Never called.
    fn compared(&self) -> Filter<S>;
}

macro_rules! references {
    ($($(#[$meta:meta])* $name:ident { $($(#[$member_meta:meta])* $member:ident: $kind:ident,)* })*) => {
        $(
            $(#[$meta])*
            #[derive(Debug)]
            pub struct $name<S>(FieldLocation<S>);

            impl<S> $name<S> {
                $($(#[$member_meta])*
                pub fn $member(&self) -> Field<S, $kind> {
                    self.0.value(stringify!($member))
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
    /// A reference with nothing but an id.
    IdReference {
        /// `id`: the record's id.
        id: Integer,
    }

    /// A reference to records with a name.
    NamedReference {
        /// `id`: the record's id.
        id: Integer,
        /// `name`: the record's name.
        name: Text,
    }

    /// A reference to records with an identifier.
    IdentifiedReference {
        /// `id`: the record's id.
        id: Integer,
        /// `identifier`: the record's short text id.
        identifier: Text,
    }

    /// A reference to records with a name and an identifier.
    FullReference {
        /// `id`: the record's id.
        id: Integer,
        /// `name`: the record's name.
        name: Text,
        /// `identifier`: the record's short text id.
        identifier: Text,
    }
}

impl crate::fields::record::HasFields for Reference {
    type Fields<S: Scope> = FullReference<S>;
}
