//! Typed fields: every type of record has a set of them, of which conditions, orders and field lists are made. A wrong name or a wrong kind of value does
//! not compile.

pub(crate) mod field;
pub(crate) mod filter;
pub mod kinds;
pub(crate) mod references;
pub(crate) mod sort_and_select;

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::fields::kinds::{DateTime, Text, Whole};
use crate::{Field, FieldPath, InfoField, Object};

/// A type of record with a set of fields; generated for every object of the API by [`record!`](crate::record!).
pub trait Record: Object {
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
    fn at(place: Place<Self::Scope>) -> Self;

    /// The place.
    fn place(&self) -> &Place<Self::Scope>;
}

/// What fields are for. A record itself stands for `conditions`, `orderBy` and `fields`; the others are [`ChildRoot`], [`Children`], [`Element`] and
/// [`CustomFields`].
pub trait Scope: Sized {
    /// What the fields of the elements of a list are for.
    type Element: Scope;
}

/// The scopes whose fields can be compared.
#[diagnostic::on_unimplemented(
    message = "fields cannot be compared here",
    note = "the fields of the record itself are compared in `filter`, those of the elements of its lists in `filter_children`, its custom fields in `filter_custom_fields`"
)]
pub trait Comparable: Scope {
    /// Whether `in` can be used. Where not, lists of values are written as several comparisons.
    const HAS_IN: bool;
}

/// The scopes whose fields can be listed for `fields` of the record `T`.
#[diagnostic::on_unimplemented(message = "this field cannot be selected here")]
pub trait Selecting<T>: Scope {}

/// The record of `childConditions`: only its lists lead anywhere.
#[derive(Debug)]
pub struct ChildRoot<T>(PhantomData<fn() -> T>);

/// The elements of the lists of `T`, in `childConditions`.
#[derive(Debug)]
pub struct Children<T>(PhantomData<fn() -> T>);

/// The elements of the lists of `T` where they can only be selected.
#[derive(Debug)]
pub struct Element<T>(PhantomData<fn() -> T>);

/// The custom fields of `T`, in `customFieldConditions`.
#[derive(Debug)]
pub struct CustomFields<T>(PhantomData<fn() -> T>);

impl<T: Record> Scope for T {
    type Element = Element<T>;
}

impl<T: Record> Scope for Element<T> {
    type Element = Self;
}

impl<T: Record> Scope for ChildRoot<T> {
    type Element = Children<T>;
}

impl<T: Record> Scope for Children<T> {
    type Element = Element<T>;
}

impl<T: Record> Scope for CustomFields<T> {
    type Element = Element<T>;
}

impl<T: Record> Comparable for T {
    const HAS_IN: bool = true;
}

// facts: the grammar of both is that of `conditions` without `in`.
impl<T: Record> Comparable for Children<T> {
    const HAS_IN: bool = false;
}

impl<T: Record> Comparable for CustomFields<T> {
    const HAS_IN: bool = false;
}

impl<T: Record> Selecting<T> for T {}

impl<T: Record> Selecting<T> for Element<T> {}

/// A place in a record, by its path.
pub struct Place<S> {
    path: FieldPath,
    scope: PhantomData<fn() -> S>,
}

impl<S> Place<S> {
    pub(crate) fn of(path: FieldPath) -> Self {
        Self { path, scope: PhantomData }
    }

    /// The member of this name, when it is a value.
    pub fn value<K>(&self, name: &'static str) -> Field<S, K> {
        Field::of(Self::of(self.path.member(name)))
    }

    /// The member of this name, when it is anything with fields.
    pub fn field<F: FieldSet<Scope = S>>(&self, name: &'static str) -> F {
        F::at(Self::of(self.path.member(name)))
    }

    /// The path from the record; empty for the record itself, which is why it is not public.
    pub(crate) fn path(&self) -> &FieldPath {
        &self.path
    }
}

impl<S> fmt::Debug for Place<S> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.path, to)
    }
}

/// The fields of a record, as `filter`, `sort` and `select` give them to their closures, and as `Ticket::fields()` gives them.
///
/// Beside the record's own there are those of `_info`, which can be filtered on every record: facts: as if they were members of the record itself.
pub struct Fields<T: Record>(T::Fields<T>);

/// The fields of a record as `filter_children` gives them to its closure: its lists lead to the fields of their elements.
pub type ChildFields<T> = <T as Record>::Fields<ChildRoot<T>>;

impl<T: Record> Fields<T> {
    /// The fields of the record.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "there is nothing that a default would differ in")]
    pub fn new() -> Self {
        Self(T::Fields::at(Place::of(FieldPath::root())))
    }

    fn info_member<K>(&self, name: &'static str) -> InfoField<T, K> {
        let root = FieldPath::root();
        let selected = if T::OWN_INFO.contains(&name) { root.member(name) } else { root.member("_info").member(name) };
        InfoField::new(Place::of(root).value(name), selected)
    }

    /// `_info`: who made and changed the record, and when. It can be selected; a selection without it leaves it out.
    pub fn info(&self) -> Field<T, Whole> {
        Place::of(FieldPath::root()).value("_info")
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

impl<T: Record> Deref for Fields<T> {
    type Target = T::Fields<T>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl<T: Record> fmt::Debug for Fields<T> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Fields<{}>", T::NAME)
    }
}

pub(crate) fn child_fields<T: Record>() -> ChildFields<T> {
    T::Fields::at(Place::of(FieldPath::root()))
}

/// Makes a type of record and a struct with its fields belong together: [`Record`], [`FieldSet`] and `fields()`.
///
/// ```
/// use connectwise_psa_core as psa;
/// # use psa::Object as _;
/// # #[derive(Clone, Default, PartialEq)]
/// # pub struct Ticket { pub id: Option<i32>, pub summary: Option<String>, pub board: Option<psa::Reference> }
/// # impl psa::Object for Ticket {
/// #     const NAME: &'static str = "Ticket";
/// #     fn read<'de, A: psa::MapAccess<'de>>(&mut self, name: &str, from: &mut A) -> Result<(), A::Error> { psa::skip(from) }
/// #     fn write<W: psa::Writer>(&self, to: &mut W) -> Result<(), W::Error> { to.member("id", &self.id) }
/// # }
/// # psa::object!(Ticket);
///
/// // What the generator makes of one schema:
/// /// The fields of `Ticket`.
/// pub struct TicketFields<S>(psa::Place<S>);
/// impl<S> TicketFields<S> {
///     /// `id`: whole number
///     pub fn id(&self) -> psa::Field<S, psa::kinds::Integer> { self.0.value("id") }
///     /// `summary`: text of at most 100 characters
///     pub fn summary(&self) -> psa::Field<S, psa::kinds::Text> { self.0.value("summary") }
///     /// `board`: reference
///     pub fn board(&self) -> psa::NamedReference<S> { self.0.field("board") }
/// }
/// psa::record!(Ticket, TicketFields);
///
/// // What a program makes of it:
/// let ticket = Ticket::fields();
/// let hot = ticket.board().name().eq("Integration") & (ticket.id().is_in([1, 2]) | !ticket.summary().contains("down"));
/// assert_eq!(hot.condition()?.to_string(), r#"board/name="Integration" and (id in (1,2) or summary not contains "down")"#);
/// # Ok::<(), psa::Error>(())
/// ```
#[macro_export]
macro_rules! record {
    ($record:ty, $fields:ident $(, own $($own:literal)*)?) => {
        impl<S> $crate::FieldSet for $fields<S> {
            type Scope = S;

            fn at(place: $crate::Place<S>) -> Self {
                Self(place)
            }

            fn place(&self) -> &$crate::Place<S> {
                &self.0
            }
        }

        impl $crate::Record for $record {
            type Fields<S: $crate::Scope> = $fields<S>;

            $(const OWN_INFO: &'static [&'static str] = &[$($own),*];)?
        }

        impl $record {
            /// The fields of these records, for conditions.
            #[must_use]
            pub fn fields() -> $crate::Fields<Self> {
                $crate::Fields::new()
            }
        }
    };
}
