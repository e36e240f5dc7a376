//! What fields are for: conditions on the record itself, on the elements of its lists, on its custom fields, or a
//! selection.

use std::marker::PhantomData;

use crate::fields::record::HasFields;

/// What fields are for. A record itself stands for `conditions`, `orderBy` and `fields`; the others are [`ChildRoot`],
/// [`Children`], [`Element`] and [`CustomFields`].
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

// facts: the grammar of both is that of `conditions` without `in`.
impl<T: HasFields> Comparable for Children<T> {
    const HAS_IN: bool = false;
}

impl<T: HasFields> Comparable for CustomFields<T> {
    const HAS_IN: bool = false;
}

impl<T: HasFields> Selecting<T> for T {}

impl<T: HasFields> Selecting<T> for Element<T> {}
