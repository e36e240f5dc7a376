//! Types of records with their sets of fields, and the location of a field in its record.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::conditions::field_path::FieldPath;
use crate::fields::field::{Field, InfoField};
use crate::fields::field_types::{DateTime, Opaque, Text};
use crate::fields::scope::{ChildRoot, Scope};
use crate::json::object::Object;

/// A type of record with a set of fields. [`record!`](crate::record!) implements it for every object of the API.
pub trait HasFields: Object {
    /// The set of its fields.
    type Fields<S: Scope>: FieldSet<Scope = S>;

    /// The fields of the record itself that have the name of a field of `_info`, such as the `dateEntered` of a time
    /// entry.
    const OWN_INFO: &'static [&'static str] = &[];
}

/// A field, or the set of fields of a record or reference, at a location in a record.
pub trait FieldSet: Sized {
    /// The [`Scope`] in which the fields can be used.
    type Scope;

    /// Creates the fields at a location.
    fn from_location(location: FieldLocation<Self::Scope>) -> Self;

    /// Returns the location.
    fn location(&self) -> &FieldLocation<Self::Scope>;
}

/// The location of a field in a record: its path.
pub struct FieldLocation<S> {
    path: FieldPath,
    scope: PhantomData<fn() -> S>,
}

impl<S> FieldLocation<S> {
    pub(crate) fn new(path: FieldPath) -> Self {
        Self { path, scope: PhantomData }
    }

    /// Returns a field with a single value.
    pub fn value<K>(&self, name: &'static str) -> Field<S, K> {
        Field::new(Self::new(self.path.child(name)))
    }

    /// Returns a field, or the fields of a reference or another object.
    pub fn field<F: FieldSet<Scope = S>>(&self, name: &'static str) -> F {
        F::from_location(Self::new(self.path.child(name)))
    }

    /// Returns the path. It is empty for the record itself, so this method is not public.
    pub(crate) fn path(&self) -> &FieldPath {
        &self.path
    }
}

impl<S> fmt::Debug for FieldLocation<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.path, f)
    }
}

/// The fields of a record, as passed to the closures of `filter`, `sort` and `select`, and as returned by
/// `Ticket::fields()`.
///
/// They include the fields of `_info`. Observed on live servers: every record can be filtered by these as if they were
/// its own.
pub struct Fields<T: HasFields>(T::Fields<T>);

/// The fields of a record, as passed to the closure of `filter_children`. Its lists have the fields of their elements.
pub type ChildFields<T> = <T as HasFields>::Fields<ChildRoot<T>>;

impl<T: HasFields> Fields<T> {
    /// Creates the fields of the record.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "a default would be the same")]
    pub fn new() -> Self {
        Self(T::Fields::from_location(FieldLocation::new(FieldPath::root())))
    }

    fn info_field<K>(&self, name: &'static str) -> InfoField<T, K> {
        let root = FieldPath::root();
        let selected = if T::OWN_INFO.contains(&name) { root.child(name) } else { root.child("_info").child(name) };
        InfoField::new(FieldLocation::new(root).value(name), selected)
    }

    /// `_info`: who created and updated the record, and when. It can only be selected. If a selection does not list it,
    /// the server omits it.
    pub fn info(&self) -> Field<T, Opaque> {
        FieldLocation::new(FieldPath::root()).value("_info")
    }

    /// `lastUpdated`: when the record was last updated.
    pub fn last_updated(&self) -> InfoField<T, DateTime> {
        self.info_field("lastUpdated")
    }

    /// `updatedBy`: the identifier of the member who last updated the record.
    pub fn updated_by(&self) -> InfoField<T, Text> {
        self.info_field("updatedBy")
    }

    /// `dateEntered`: when the record was created.
    pub fn date_entered(&self) -> InfoField<T, DateTime> {
        self.info_field("dateEntered")
    }

    /// `enteredBy`: the identifier of the member who created the record.
    pub fn entered_by(&self) -> InfoField<T, Text> {
        self.info_field("enteredBy")
    }
}

impl<T: HasFields> Deref for Fields<T> {
    type Target = T::Fields<T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: HasFields> fmt::Debug for Fields<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fields<{}>", T::NAME)
    }
}

pub(crate) fn child_fields<T: HasFields>() -> ChildFields<T> {
    T::Fields::from_location(FieldLocation::new(FieldPath::root()))
}
