//! The typed field. Its methods depend on its field type and its [scope](crate::fields::scope).

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use crate::conditions::comparison::{Comparison, Operator};
use crate::conditions::field_path::FieldPath;
use crate::conditions::like::LikePattern;
use crate::conditions::literal::Literal;
use crate::conditions::order_by::Direction;
use crate::fields::field_types::{ComparableTo, Dynamic, FieldType, Ordered, Text, TextLike, ValueOf};
use crate::fields::filter::{Filter, Matching, Problem};
use crate::fields::record::FieldSet;
use crate::fields::record::{FieldLocation, HasFields};
use crate::fields::scope::{Comparable, CustomFields, Scope};
use crate::fields::sort_and_select::{Selected, Sorted};

/// A typed field. `K` is its [field type](crate::fields::field_types), which determines the values that it can be
/// compared with. `S` is its [scope](crate::fields::scope), which determines where it can be used: for a field of the
/// record itself, `S` is the type of the record.
///
/// A comparison returns a [`Filter`].
pub struct Field<S, K> {
    location: FieldLocation<S>,
    field_type: PhantomData<fn() -> K>,
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
        Self { location, field_type: PhantomData }
    }

    /// Returns the path of the field: `board/name`.
    #[must_use]
    pub fn path(&self) -> &FieldPath {
        self.location.path()
    }
}

// The bounds are on the methods, so the compiler reports which one is missing and why.
impl<S, K> Field<S, K> {
    /// `=`: the field has this value. Letter case of text is ignored.
    pub fn eq(&self, value: impl ValueOf<K>) -> Filter<S>
    where
        S: Comparable,
        K: FieldType,
    {
        self.compare(Operator::Equal, [value])
    }

    /// `!=`: the field has another value, and is not null.
    pub fn ne(&self, value: impl ValueOf<K>) -> Filter<S>
    where
        S: Comparable,
        K: FieldType,
    {
        self.compare(Operator::NotEqual, [value])
    }

    /// `in`: the field has one of these values.
    ///
    /// An empty list matches no record. A call with such a filter fails, so check for an empty list and do not send the
    /// request.
    pub fn is_in<V: ValueOf<K>>(&self, values: impl IntoIterator<Item = V>) -> Filter<S>
    where
        S: Comparable,
        K: FieldType,
    {
        self.one_of(Operator::In, values)
    }

    /// `not in`: the field has none of these values, and is not null.
    ///
    /// An empty list excludes no record: the filter matches every record, also those without a value, and nothing is sent
    /// for it.
    pub fn not_in<V: ValueOf<K>>(&self, values: impl IntoIterator<Item = V>) -> Filter<S>
    where
        S: Comparable,
        K: FieldType,
    {
        self.one_of(Operator::NotIn, values)
    }

    /// `= null`: the field has no value.
    pub fn is_null(&self) -> Filter<S>
    where
        S: Comparable,
        K: FieldType,
    {
        self.compare_null(Operator::Equal)
    }

    /// `!= null`: the field has a value.
    pub fn is_not_null(&self) -> Filter<S>
    where
        S: Comparable,
        K: FieldType,
    {
        self.compare_null(Operator::NotEqual)
    }

    /// `<`: the field is less than the value, or earlier.
    ///
    /// Timestamps are rounded up to whole seconds, because some endpoints reject fractions. So the filter misses no
    /// record, but it can match records that are up to a second later than the value. The other bounds are rounded
    /// outwards too.
    pub fn lt(&self, value: impl ComparableTo<K>) -> Filter<S>
    where
        S: Comparable,
        K: Ordered,
    {
        self.compare_bound(Operator::Less, value)
    }

    /// `<=`: the field is less than or equal to the value, or not later. Timestamps are rounded up to whole seconds.
    pub fn le(&self, value: impl ComparableTo<K>) -> Filter<S>
    where
        S: Comparable,
        K: Ordered,
    {
        self.compare_bound(Operator::LessOrEqual, value)
    }

    /// `>`: the field is greater than the value, or later. Timestamps are rounded down to whole seconds.
    pub fn gt(&self, value: impl ComparableTo<K>) -> Filter<S>
    where
        S: Comparable,
        K: Ordered,
    {
        self.compare_bound(Operator::Greater, value)
    }

    /// `>=`: the field is greater than or equal to the value, or not earlier. Timestamps are rounded down to whole
    /// seconds.
    pub fn ge(&self, value: impl ComparableTo<K>) -> Filter<S>
    where
        S: Comparable,
        K: Ordered,
    {
        self.compare_bound(Operator::GreaterOrEqual, value)
    }

    /// `contains`: the value of the field contains the text.
    pub fn contains(&self, text: impl Into<String>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.compare_text(Operator::Contains, text.into())
    }

    /// `not contains`: the value of the field does not contain the text, and is not null.
    pub fn not_contains(&self, text: impl Into<String>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.compare_text(Operator::NotContains, text.into())
    }

    /// `like`: the whole value of the field matches a pattern. [`LikePattern`] describes the wildcards.
    pub fn like(&self, pattern: impl Into<String>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.compare_text(Operator::Like, pattern.into())
    }

    /// `not like`: the whole value of the field does not match the pattern, and is not null.
    pub fn not_like(&self, pattern: impl Into<String>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.compare_text(Operator::NotLike, pattern.into())
    }

    /// `like "text%"`: the field starts with the text. Wildcards in the text are escaped.
    pub fn starts_with(&self, text: impl AsRef<str>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.like(format!("{}%", LikePattern::escape(text.as_ref())))
    }

    /// `like "%text"`: the field ends with the text. Wildcards in the text are escaped.
    pub fn ends_with(&self, text: impl AsRef<str>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.like(format!("%{}", LikePattern::escape(text.as_ref())))
    }

    /// `like "%text%"`: the same search as [`contains`](Self::contains), with wildcards in the text escaped.
    /// ConnectWise does not document whether `contains` takes `%`, `_` and `[` literally; this method does not depend
    /// on it.
    pub fn contains_pattern(&self, text: impl AsRef<str>) -> Filter<S>
    where
        S: Comparable,
        K: TextLike,
    {
        self.like(format!("%{}%", LikePattern::escape(text.as_ref())))
    }

    /// Sorts in ascending order: smallest or earliest first.
    pub fn asc(&self) -> Sorted<S>
    where
        S: HasFields,
        K: FieldType,
    {
        Sorted::new(self.path().clone(), Direction::Ascending)
    }

    /// Sorts in descending order: largest or latest first.
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

    fn compare_null(&self, operator: Operator) -> Filter<S> {
        Filter::from_result(compare(self.path(), operator, [Ok(Literal::NULL)]))
    }

    fn one_of<V: ValueOf<K>>(&self, operator: Operator, values: impl IntoIterator<Item = V>) -> Filter<S> {
        let mut values = values.into_iter().peekable();
        if values.peek().is_none() {
            let name = self.path().as_str().to_owned();
            return Filter::from_result(Ok(match operator {
                Operator::In => Matching::None(name),
                _ => Matching::All(name),
            }));
        }
        if S::HAS_IN {
            return self.compare(operator, values);
        }
        let filter = match operator {
            Operator::In => Filter::any(values.map(|value| self.eq(value))),
            _ => Filter::all(values.map(|value| self.ne(value))),
        };
        // There is at least one value.
        filter.unwrap_or_else(|| self.compare::<V>(operator, []))
    }

    fn compare_bound(&self, operator: Operator, value: impl ComparableTo<K>) -> Filter<S> {
        Filter::from_result(compare(self.path(), operator, [value.literal().map(|value| K::bound(operator, value))]))
    }

    fn compare_text(&self, operator: Operator, text: String) -> Filter<S> {
        Filter::from_result(compare(self.path(), operator, [<String as ValueOf<Text>>::literal(text)]))
    }
}

fn compare(
    field: &FieldPath,
    operator: Operator,
    values: impl IntoIterator<Item = Result<Literal, crate::fields::field_types::InvalidLiteral>>,
) -> Result<Matching, Problem> {
    let problem = |message: String| Problem { name: field.as_str().to_owned(), message };
    let values: Vec<Literal> = values
        .into_iter()
        .collect::<Result<_, _>>()
        .map_err(|reason| problem(format!("cannot be compared with {reason}")))?;
    Comparison::try_new(field.clone(), operator, values)
        .map(|comparison| Matching::Condition(comparison.into()))
        .map_err(problem)
}

/// A field of `_info`, such as `lastUpdated`. Observed on live servers: conditions and orders must name it as if it
/// were a field of the record (`lastUpdated`), selections by its path (`_info/lastUpdated`). This type uses the
/// right one of the two names for each.
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

/// A list of records inside a record, such as the `types` of a contact. It has the fields of its elements:
/// `filter_children` compares them, and `select` reads them.
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

/// The fields of a custom field, as passed to the closure of `filter_custom_fields`. Observed on live servers: a
/// condition names the custom field by its caption.
pub struct CustomFieldFields<T>(FieldLocation<CustomFields<T>>);

impl<T: HasFields> CustomFieldFields<T> {
    pub(crate) fn new() -> Self {
        Self(FieldLocation::new(FieldPath::root()))
    }

    /// `caption`: the name of the custom field.
    pub fn caption(&self) -> Field<CustomFields<T>, Text> {
        self.0.field("caption")
    }

    /// `value`: text, a number, a boolean or a date, depending on the type of the custom field.
    pub fn value(&self) -> Field<CustomFields<T>, Dynamic> {
        self.0.field("value")
    }
}

impl<T> fmt::Debug for CustomFieldFields<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomFieldFields")
    }
}
