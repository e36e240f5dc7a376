//! Types of records, the sets of their fields, and the place of a field in its record.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::conditions::field_path::FieldPath;
use crate::fields::field::{Field, InfoField};
use crate::fields::field_types::{DateTime, Opaque, Text};
use crate::fields::scope::{ChildRoot, Scope};
use crate::json::object::Object;

/// A type of record with a set of fields; generated for every object of the API by [`record!`](crate::record!).
pub trait HasFields: Object {
    /// Its fields.
    type Fields<S: Scope>: FieldSet<Scope = S>;

    /// Members of its own that are called like members of `_info`, such as the `dateEntered` of a time entry.
    const OWN_INFO: &'static [&'static str] = &[];
}

/// A place in a record with something to build conditions of: a field, or the fields of a record or reference.
pub trait FieldSet: Sized {
    /// What they are for: a [`Scope`].
    type Scope;

    /// The fields at a place.
    fn from_location(location: FieldLocation<Self::Scope>) -> Self;

    /// The place.
    fn location(&self) -> &FieldLocation<Self::Scope>;
}

/// A place in a record, by its path.
pub struct FieldLocation<S> {
    path: FieldPath,
    scope: PhantomData<fn() -> S>,
}

impl<S> FieldLocation<S> {
    pub(crate) fn new(path: FieldPath) -> Self {
        Self { path, scope: PhantomData }
    }

    /// The member of this name, when it is a value.
    pub fn value<K>(&self, name: &'static str) -> Field<S, K> {
        Field::new(Self::new(self.path.member(name)))
    }

    /// The member of this name, when it is anything with fields.
    pub fn field<F: FieldSet<Scope = S>>(&self, name: &'static str) -> F {
        F::from_location(Self::new(self.path.member(name)))
    }

    /// The path from the record; empty for the record itself, which is why it is not public.
    pub(crate) fn path(&self) -> &FieldPath {
        &self.path
    }
}

impl<S> fmt::Debug for FieldLocation<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.path, f)
    }
}

/// The fields of a record, as `filter`, `sort` and `select` give them to their closures, and as `Ticket::fields()`
/// gives them.
///
/// Beside the record's own there are those of `_info`, which can be filtered on every record: facts: as if they were
/// members of the record itself.
pub struct Fields<T: HasFields>(T::Fields<T>);

/// The fields of a record as `filter_children` gives them to its closure: its lists lead to the fields of their
/// elements.
pub type ChildFields<T> = <T as HasFields>::Fields<ChildRoot<T>>;

impl<T: HasFields> Fields<T> {
    /// The fields of the record.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "there is nothing that a default would differ in")]
    pub fn new() -> Self {
        Self(T::Fields::from_location(FieldLocation::new(FieldPath::root())))
    }

    fn info_member<K>(&self, name: &'static str) -> InfoField<T, K> {
        let root = FieldPath::root();
        let selected = if T::OWN_INFO.contains(&name) { root.member(name) } else { root.member("_info").member(name) };
        InfoField::new(FieldLocation::new(root).value(name), selected)
    }

    /// `_info`: who made and changed the record, and when. It can be selected; a selection without it leaves it out.
    pub fn info(&self) -> Field<T, Opaque> {
        FieldLocation::new(FieldPath::root()).value("_info")
    }

    /// `lastUpdated`: when the record was changed last.
    pub fn last_updated(&self) -> InfoField<T, DateTime> {
        self.info_member("lastUpdated")
    }

    /// `updatedBy`: the identifier of the member who changed the record last.
    pub fn updated_by(&self) -> InfoField<T, Text> {
        self.info_member("updatedBy")
    }

    /// `dateEntered`: when the record was made.
    pub fn date_entered(&self) -> InfoField<T, DateTime> {
        self.info_member("dateEntered")
    }

    /// `enteredBy`: the identifier of the member who made the record.
    pub fn entered_by(&self) -> InfoField<T, Text> {
        self.info_member("enteredBy")
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
