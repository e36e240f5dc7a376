//! The scopes of typed fields. A field can be used in `filter`, `sort` and `select`; or in `filter_children`; or in
//! `filter_custom_fields`; or only in `select`. A field in the wrong place does not compile.

use std::marker::PhantomData;

use crate::fields::record::HasFields;

/// Where a field can be used. The record type itself, such as `Ticket`, is the scope of its fields in `filter`, `sort`
/// and `select`. The other scopes are [`ChildRoot`], [`Children`], [`Element`] and [`CustomFields`].
pub trait Scope: Sized {
    /// The scope of the fields of the elements of a list in this scope.
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

/// A scope whose fields can be selected when records `T` are read.
#[diagnostic::on_unimplemented(message = "this field cannot be selected here")]
pub trait Selecting<T>: Scope {}

/// The scope of the record's own fields in `filter_children`. They cannot be compared; the record's lists lead to the
/// fields of their elements, which have the scope [`Children`].
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

// Observed on live servers: the grammar of `childConditions` and `customFieldConditions` is that of `conditions`
// without `in`.
impl<T: HasFields> Comparable for Children<T> {
    const HAS_IN: bool = false;
}

impl<T: HasFields> Comparable for CustomFields<T> {
    const HAS_IN: bool = false;
}

impl<T: HasFields> Selecting<T> for T {}

impl<T: HasFields> Selecting<T> for Element<T> {}
