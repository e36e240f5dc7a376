//! Scopes of fields: conditions on the record itself, on the elements of its lists, on its custom fields, or a
//! selection.

use std::marker::PhantomData;

use crate::fields::record::HasFields;

/// The scope in which fields can be used. A record type is the scope of `conditions`, `orderBy` and `fields`. The other
/// scopes are [`ChildRoot`], [`Children`], [`Element`] and [`CustomFields`].
pub trait Scope: Sized {
    /// The scope of the fields of list elements.
    type Element: Scope;
}

/// A scope whose fields can be compared.
#[diagnostic::on_unimplemented(
    message = "fields cannot be compared here",
    note = "compare the fields of the record in `filter`, the fields of its list elements in `filter_children`, and \
            its custom fields in `filter_custom_fields`"
)]
pub trait Comparable: Scope {
    /// Whether `in` is supported. If not, a list of values becomes one comparison per value.
    const HAS_IN: bool;
}

/// A scope whose fields can be listed in `fields` of the record `T`.
#[diagnostic::on_unimplemented(message = "this field cannot be selected here")]
pub trait Selecting<T>: Scope {}

/// The scope of the record in `childConditions`. Only its lists can be used.
#[derive(Debug)]
pub struct ChildRoot<T>(PhantomData<fn() -> T>);

/// The scope of the elements of the lists of `T` in `childConditions`.
#[derive(Debug)]
pub struct Children<T>(PhantomData<fn() -> T>);

/// The scope of the elements of the lists of `T`, for selection only.
#[derive(Debug)]
pub struct Element<T>(PhantomData<fn() -> T>);

/// The scope of the custom fields of `T` in `customFieldConditions`.
#[derive(Debug)]
pub struct CustomFields<T>(PhantomData<fn() -> T>);

impl<T: HasFields> Scope for T {
    type Element = Element<T>;
}

impl<T: HasFields> Scope for Element<T> {
    type Element = Self;
}

impl<T: HasFields> Scope for ChildRoot<T> {
    type Element = Children<T>;
}

impl<T: HasFields> Scope for Children<T> {
    type Element = Element<T>;
}

impl<T: HasFields> Scope for CustomFields<T> {
    type Element = Element<T>;
}

impl<T: HasFields> Comparable for T {
    const HAS_IN: bool = true;
}

// Observed on live servers: the grammar of both parameters is that of `conditions` without `in`.
impl<T: HasFields> Comparable for Children<T> {
    const HAS_IN: bool = false;
}

impl<T: HasFields> Comparable for CustomFields<T> {
    const HAS_IN: bool = false;
}

impl<T: HasFields> Selecting<T> for T {}

impl<T: HasFields> Selecting<T> for Element<T> {}
