//! The arguments of `sort` and `select`: one field, or several as a tuple, an array or a vector.

use std::marker::PhantomData;

use crate::conditions::field_path::FieldPath;
use crate::conditions::field_selection::FieldSelection;
use crate::conditions::order_by::{Direction, OrderBy};
use crate::fields::filter::Problem;
use crate::fields::record::FieldSet;
use crate::fields::record::HasFields;
use crate::fields::scope::Selecting;

/// A field with a direction, from `asc()` or `desc()`.
#[derive(Clone, Debug)]
#[must_use = "an order does nothing until a list takes it"]
pub struct Sorted<T> {
    field: FieldPath,
    direction: Direction,
    record: PhantomData<fn() -> T>,
}

impl<T> Sorted<T> {
    pub(crate) fn new(field: FieldPath, direction: Direction) -> Self {
        Self { field, direction, record: PhantomData }
    }
}

/// A return type for the closure of `sort`: one or more results of `asc()` and `desc()`, the most significant first.
pub trait SortKeys<T> {
    /// Returns the fields and their directions.
    fn keys(self) -> Vec<(FieldPath, Direction)>;
}

impl<T> SortKeys<T> for Sorted<T> {
    fn keys(self) -> Vec<(FieldPath, Direction)> {
        vec![(self.field, self.direction)]
    }
}

impl<T> SortKeys<T> for Vec<Sorted<T>> {
    fn keys(self) -> Vec<(FieldPath, Direction)> {
        self.into_iter().flat_map(Sorted::keys).collect()
    }
}

impl<T, const N: usize> SortKeys<T> for [Sorted<T>; N] {
    fn keys(self) -> Vec<(FieldPath, Direction)> {
        self.into_iter().flat_map(Sorted::keys).collect()
    }
}

/// A return type for the closure of `select`: one or more fields, including whole references, objects and lists.
pub trait Selected<T> {
    /// Returns the paths of the fields.
    fn paths(self) -> Vec<FieldPath>;
}

impl<T: HasFields, F: FieldSet<Scope: Selecting<T>>> Selected<T> for F {
    fn paths(self) -> Vec<FieldPath> {
        vec![self.location().path().clone()]
    }
}

impl<T, F: Selected<T>> Selected<T> for Vec<F> {
    fn paths(self) -> Vec<FieldPath> {
        self.into_iter().flat_map(F::paths).collect()
    }
}

impl<T, F: Selected<T>, const N: usize> Selected<T> for [F; N] {
    fn paths(self) -> Vec<FieldPath> {
        self.into_iter().flat_map(F::paths).collect()
    }
}

macro_rules! tuples {
    ($(($($name:ident)*))*) => {
        $(
            impl<T, $($name: Selected<T>),*> Selected<T> for ($($name,)*) {
                #[allow(non_snake_case, reason = "each value has the name of its type")]
                fn paths(self) -> Vec<FieldPath> {
                    let ($($name,)*) = self;
                    let mut paths = Vec::new();
                    $(paths.extend($name.paths());)*
                    paths
                }
            }

            impl<T, $($name: SortKeys<T>),*> SortKeys<T> for ($($name,)*) {
                #[allow(non_snake_case, reason = "each value has the name of its type")]
                fn keys(self) -> Vec<(FieldPath, Direction)> {
                    let ($($name,)*) = self;
                    let mut keys = Vec::new();
                    $(keys.extend($name.keys());)*
                    keys
                }
            }
        )*
    };
}

tuples! {
    (A) (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H) (A B C D E F G H I) (A B C D E F G H I J)
    (A B C D E F G H I J K) (A B C D E F G H I J K L) (A B C D E F G H I J K L M) (A B C D E F G H I J K L M N)
    (A B C D E F G H I J K L M N O) (A B C D E F G H I J K L M N O P)
}

pub(crate) fn order<T>(keys: impl SortKeys<T>) -> Result<OrderBy, Problem> {
    let keys = keys.keys();
    let names: Vec<String> = keys.iter().map(|(field, _)| field.to_string()).collect();
    OrderBy::new(keys).map_err(|_| Problem {
        name: "sort".to_owned(),
        message: match names.as_slice() {
            [] => "lists no fields".to_owned(),
            names => format!("lists a field twice: {}", names.join(", ")),
        },
    })
}

pub(crate) fn selection<T>(fields: impl Selected<T>) -> Result<FieldSelection, Problem> {
    FieldSelection::new(fields.paths()).map_err(|_| Problem {
        name: "select".to_owned(),
        message: "lists no fields; the server would return all fields".to_owned(),
    })
}
