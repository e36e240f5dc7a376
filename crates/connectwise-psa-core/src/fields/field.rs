//! The typed field: what can be said of it depends on its kind and on what it is for.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::conditions::Condition;
use crate::conditions::comparison::{Comparison, Operator};
use crate::conditions::field_path::FieldPath;
use crate::conditions::like::LikePattern;
use crate::conditions::literal::Literal;
use crate::conditions::order_by::Direction;
use crate::fields::field_types::{ComparableTo, Dynamic, FieldType, Ordered, Text, TextLike, ValueOf};
use crate::fields::filter::Filter;
use crate::fields::filter::Problem;
use crate::fields::record::FieldSet;
use crate::fields::record::{FieldLocation, HasFields};
use crate::fields::scope::{Comparable, CustomFields, Scope};
use crate::fields::sort_and_select::{Selected, Sorted};

/// A field of the kind `K`, for the scope `S`.
///
/// Comparing gives a [`Filter`]; what a value has to be follows from the kind: see [`field_types`](crate::fields::field_types).
pub struct Field<S, K> {
    location: FieldLocation<S>,
    kind: PhantomData<fn() -> K>,
}

impl<S, K> FieldSet for Field<S, K> {
    type Scope = S;

    fn from_location(location: FieldLocation<S>) -> Self {
        Self::new(location)
    }

    fn location(&self) -> &FieldLocation<S> {
        &self.location
    }
}

impl<S, K> fmt::Debug for Field<S, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.location, f)
    }
}

impl<S, K> Field<S, K> {
    pub(crate) fn new(location: FieldLocation<S>) -> Self {
        Self { location, kind: PhantomData }
    }

    /// The path of the field: `board/name`.
    #[must_use]
    pub fn path(&self) -> &FieldPath {
        self.location.path()
    }
}

// The bounds stand at the methods, so that the compiler says which one is missing and why.
impl<S, K> Field<S, K> {
    /// `=`: the value is this one. Text is compared without letter case.
    pub fn eq(&self, value: impl ValueOf<K>) -> Filter<S>
    where
        S: Comparable,
        K: FieldType,
    {
        self.compare(Operator::Equal, [value])
    }

    /// `!=`: there is a value, and it is another one.
    pub fn ne(&self, value: impl ValueOf<K>) -> Filter<S>
    where
        S: Comparable,
        K: FieldType,
    {
        self.compare(Operator::NotEqual, [value])
    }

    /// `in`: the value is one of these. An empty list makes the call fail: it fits nothing.
    pub fn is_in<V: ValueOf<K>>(&self, values: impl IntoIterator<Item = V>) -> Filter<S>
    where
        S: Comparable,
        K: FieldType,
    {
        self.one_of(Operator::In, values)
    }

    /// `not in`: there is a value, and it is none of these. An empty list makes the call fail.
    pub fn not_in<V: ValueOf<K>>(&self, values: impl IntoIterator<Item = V>) -> Filter<S>
    where
        S: Comparable,
        K: FieldType,
    {
        self.one_of(Operator::NotIn, values)
    }

    /// `= null`: there is no value.
    pub fn is_null(&self) -> Filter<S>
    where
        S: Comparable,
        K: FieldType,
    {
        self.null(Operator::Equal)
    }

    /// `!= null`: there is a value.
    pub fn is_not_null(&self) -> Filter<S>
    where
        S: Comparable,
        K: FieldType,
    {
        self.null(Operator::NotEqual)
    }

    /// `<`: less, or before. Moments are compared to the whole second, upper bounds rounded up and lower ones down, so
    /// that no record is lost: facts: some endpoints refuse fractions.
    pub fn lt(&self, value: impl ComparableTo<K>) -> Filter<S>
    where
        S: Comparable,
        K: Ordered,
    {
        self.bounded(Operator::Less, value)
    }

    /// `<=`: less or equal, or not after. Moments are rounded up to the whole second.
    pub fn le(&self, value: impl ComparableTo<K>) -> Filter<S>
    where
        S: Comparable,
        K: Ordered,
    {
        self.bounded(Operator::LessOrEqual, value)
    }

    /// `>`: greater, or after. Moments are rounded down to the whole second.
    pub fn gt(&self, value: impl ComparableTo<K>) -> Filter<S>
    where
        S: Comparable,
        K: Ordered,
    {
        self.bounded(Operator::Greater, value)
    }

    /// `>=`: greater or equal, or not before. Moments are rounded down to the whole second.
    pub fn ge(&self, value: impl ComparableTo<K>) -> Filter<S>
    where
        S: Comparable,
        K: Ordered,
    {
        self.bounded(Operator::GreaterOrEqual, value)
    }

    /// `contains`: the text is somewhere inside.
    pub fn contains(&self, text: impl Into<String>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.text(Operator::Contains, text.into())
    }

    /// `not contains`: there is a text, and this is nowhere inside.
    pub fn not_contains(&self, text: impl Into<String>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.text(Operator::NotContains, text.into())
    }

    /// `like`: the whole text fits a pattern with wildcards; see [`LikePattern`] for what they are.
    pub fn like(&self, pattern: impl Into<String>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.text(Operator::Like, pattern.into())
    }

    /// `not like`: there is a text, and it does not fit the pattern.
    pub fn not_like(&self, pattern: impl Into<String>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.text(Operator::NotLike, pattern.into())
    }

    /// `like "text%"`: the text begins with this; wildcards in it are taken literally.
    pub fn starts_with(&self, text: impl AsRef<str>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.like(format!("{}%", LikePattern::escape(text.as_ref())))
    }

    /// `like "%text"`: the text ends with this; wildcards in it are taken literally.
    pub fn ends_with(&self, text: impl AsRef<str>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.like(format!("%{}", LikePattern::escape(text.as_ref())))
    }

    /// `like "%text%"`: `contains` as a pattern, with wildcards in the text taken literally.
    pub fn contains_pattern(&self, text: impl AsRef<str>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.like(format!("%{}%", LikePattern::escape(text.as_ref())))
    }

    /// Least first, or first in time.
    pub fn asc(&self) -> Sorted<S>
    where
        S: HasFields,
        K: FieldType,
    {
        Sorted::new(self.path().clone(), Direction::Ascending)
    }

    /// Greatest first, or last in time.
    pub fn desc(&self) -> Sorted<S>
    where
        S: HasFields,
        K: FieldType,
    {
        Sorted::new(self.path().clone(), Direction::Descending)
    }
}

impl<S: Comparable, K: FieldType> Field<S, K> {
    fn compare<V: ValueOf<K>>(&self, operator: Operator, values: impl IntoIterator<Item = V>) -> Filter<S> {
        Filter::from_result(compare(self.path(), operator, values.into_iter().map(V::literal)))
    }

    fn null(&self, operator: Operator) -> Filter<S> {
        Filter::from_result(compare(self.path(), operator, [Ok(Literal::NULL)]))
    }

    fn one_of<V: ValueOf<K>>(&self, operator: Operator, values: impl IntoIterator<Item = V>) -> Filter<S> {
        if S::HAS_IN {
            return self.compare(operator, values);
        }
        let each = values.into_iter();
        let filter = match operator {
            Operator::In => Filter::any(each.map(|value| self.eq(value))),
            _ => Filter::all(each.map(|value| self.ne(value))),
        };
        // With no value at all, the error of the list.
        filter.unwrap_or_else(|| self.compare::<V>(operator, []))
    }

    fn bounded(&self, operator: Operator, value: impl ComparableTo<K>) -> Filter<S> {
        Filter::from_result(compare(self.path(), operator, [value.literal().map(|value| K::bound(operator, value))]))
    }

    fn text(&self, operator: Operator, text: String) -> Filter<S> {
        Filter::from_result(compare(self.path(), operator, [<String as ValueOf<Text>>::literal(text)]))
    }
}

fn compare(
    field: &FieldPath,
    operator: Operator,
    values: impl IntoIterator<Item = Result<Literal, crate::fields::field_types::InvalidLiteral>>,
) -> Result<Condition, Problem> {
    let problem = |message: String| Problem { name: field.as_str().to_owned(), message };
    let values: Vec<Literal> = values
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(|why| problem(format!("cannot be compared with {why}")))?;
    Comparison::try_new(field.clone(), operator, values).map(Condition::from).map_err(problem)
}

/// A member of `_info`. facts: it is compared and ordered by as if it were a member of the record itself; it is
/// selected where it stands.
pub struct InfoField<T, K> {
    compared: Field<T, K>,
    selected: FieldPath,
}

impl<T, K> InfoField<T, K> {
    pub(crate) fn new(compared: Field<T, K>, selected: FieldPath) -> Self {
        Self { compared, selected }
    }
}

impl<T, K> Deref for InfoField<T, K> {
    type Target = Field<T, K>;

    fn deref(&self) -> &Field<T, K> {
        &self.compared
    }
}

impl<T: HasFields, K> Selected<T> for InfoField<T, K> {
    fn paths(self) -> Vec<FieldPath> {
        vec![self.selected]
    }
}

impl<T, K> fmt::Debug for InfoField<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.compared, f)
    }
}

/// A list of records inside a record. Its elements are compared in `filter_children`, where it gives their fields.
pub struct ListField<S, F> {
    location: FieldLocation<S>,
    elements: F,
}

impl<S: Scope, F: FieldSet<Scope = S::Element>> FieldSet for ListField<S, F> {
    type Scope = S;

    fn from_location(location: FieldLocation<S>) -> Self {
        let elements = F::from_location(FieldLocation::new(location.path().clone()));
        Self { location, elements }
    }

    fn location(&self) -> &FieldLocation<S> {
        &self.location
    }
}

impl<S, F> Deref for ListField<S, F> {
    type Target = F;

    fn deref(&self) -> &F {
        &self.elements
    }
}

impl<S, F> fmt::Debug for ListField<S, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.location, f)
    }
}

/// The fields of a custom field, as `filter_custom_fields` gives them to its closure. facts: a custom field is found by
/// its caption.
pub struct CustomFieldFields<T>(FieldLocation<CustomFields<T>>);

impl<T: HasFields> CustomFieldFields<T> {
    pub(crate) fn new() -> Self {
        Self(FieldLocation::new(FieldPath::root()))
    }

    /// `caption`: what the custom field is called.
    pub fn caption(&self) -> Field<CustomFields<T>, Text> {
        self.0.field("caption")
    }

    /// `value`: what it holds: text, a number, a flag or a date, by the type of the custom field.
    pub fn value(&self) -> Field<CustomFields<T>, Dynamic> {
        self.0.field("value")
    }
}

impl<T> fmt::Debug for CustomFieldFields<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomFieldFields")
    }
}
