//! The parameters of every list: conditions, order, fields, page.

use crate::conditions::Condition;
use crate::conditions::comparison::{Comparison, Operator};
use crate::conditions::contradiction::{CONTRADICTION_HINT, contradiction};
use crate::conditions::field_selection::FieldSelection;
use crate::conditions::order_by::OrderBy;
use crate::error::Error;
use crate::fields::filter::Problem;
use crate::query::filters::Filters;
use crate::query::setters::page_setters;
use crate::query::text_or::{TextOr, Verbatim};

/// The maximum number of records per page.
pub(crate) const LARGEST_PAGE: u32 = 1000;

/// The query of a list: which records to read, in which order, with which fields, and which page.
///
/// Conditions, order and fields are values ([`Condition`], [`OrderBy`], [`FieldSelection`]) or text. Text is parsed and
/// sent in the notation that the server is known to accept. Text with a syntax error is rejected before anything is
/// sent. Whitespace-only text is not sent. Setting a parameter again replaces it.
///
/// The setters have the names of the query parameters, except [`from_page`](Self::from_page), which sets `page`.
///
/// ```
/// use connectwise_psa_core::query::ListQuery;
///
/// let query = ListQuery::default().conditions("closedFlag = False").order_by("id DESC").page_size(100);
/// assert_eq!(
///     query.pairs(),
///     [("conditions", "closedFlag=false".to_owned()), ("orderBy", "id desc".to_owned()), ("pageSize", "100".to_owned())],
/// );
/// assert!(ListQuery::default().conditions("closedFlag == false").check().is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a query does nothing until a list takes it"]
pub struct ListQuery {
    pub(crate) conditions: TextOr<Condition>,
    pub(crate) child_conditions: TextOr<Condition>,
    pub(crate) custom_field_conditions: TextOr<Condition>,
    pub(crate) order_by: TextOr<OrderBy>,
    pub(crate) fields: TextOr<FieldSelection>,
    pub(crate) page: Option<u32>,
    pub(crate) page_size: Option<u32>,
    pub(crate) page_id: Option<i64>,
}

impl ListQuery {
    /// Creates a query without parameters: all records and fields, in the server's order. A list that uses it reads
    /// pages of 1,000 records, or fewer if `take` limits the list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Keeps only records that match: text such as `closedFlag=false and board/id=1`, or a
    /// [`Condition`](crate::conditions::Condition).
    pub fn conditions(mut self, conditions: impl Into<TextOr<Condition>>) -> Self {
        self.conditions = conditions.into();
        self
    }

    /// Keeps only records with a list element that matches, such as `communicationItems/value="a@example.com"`.
    /// Observed on live servers: `in` is not supported here.
    pub fn child_conditions(mut self, conditions: impl Into<TextOr<Condition>>) -> Self {
        self.child_conditions = conditions.into();
        self
    }

    /// Keeps only records with a custom field that matches, such as `caption="Region" and value="North"`. Observed on
    /// live servers: `in` is not supported here.
    pub fn custom_field_conditions(mut self, conditions: impl Into<TextOr<Condition>>) -> Self {
        self.custom_field_conditions = conditions.into();
        self
    }

    /// Sets the order: text such as `company/id asc,summary desc`, or an
    /// [`OrderBy`](crate::conditions::order_by::OrderBy). Cannot be combined with [`page_id`](Self::page_id).
    pub fn order_by(mut self, order: impl Into<TextOr<OrderBy>>) -> Self {
        self.order_by = order.into();
        self
    }

    /// Sets the fields to read: text such as `id,summary,status/name`, or a
    /// [`FieldSelection`](crate::conditions::field_selection::FieldSelection). All other fields of the records are
    /// `None`.
    pub fn fields(mut self, fields: impl Into<TextOr<FieldSelection>>) -> Self {
        self.fields = fields.into();
        self
    }

    page_setters!();

    /// Adds the id to the selected fields. Returns the previous selection; `None` if all fields are read, the id is
    /// selected, or verbatim text is not a list of fields.
    pub(crate) fn select_id(&mut self) -> Option<TextOr<FieldSelection>> {
        let text = self.fields.text()?;
        let selection: FieldSelection = text.parse().ok()?;
        if selection.fields().iter().any(|field| field.as_str().eq_ignore_ascii_case("id")) {
            return None;
        }
        let text = format!("{text},id");
        let fields = if self.fields.value().is_some() { text.into() } else { Verbatim::new(text).into() };
        Some(std::mem::replace(&mut self.fields, fields))
    }

    /// Returns the part of the query that a count takes: the conditions.
    pub(crate) fn counted(&self) -> Self {
        let (conditions, child_conditions) = (self.conditions.clone(), self.child_conditions.clone());
        Self {
            conditions,
            child_conditions,
            custom_field_conditions: self.custom_field_conditions.clone(),
            ..Self::default()
        }
    }

    /// Adds the filters of a builder to the conditions.
    pub(crate) fn narrowed(mut self, filters: Filters) -> Self {
        self.conditions.narrow("conditions", filters.conditions);
        self.child_conditions.narrow("childConditions", filters.child_conditions);
        self.custom_field_conditions.narrow("customFieldConditions", filters.custom_field_conditions);
        self
    }

    /// Returns the parameters that are set, with their names in the URL. Omits invalid conditions, orders and fields,
    /// which [`check`](Self::check) rejects.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let texts = [
            ("conditions", self.conditions.text()),
            ("childConditions", self.child_conditions.text()),
            ("customFieldConditions", self.custom_field_conditions.text()),
            ("orderBy", self.order_by.text()),
            ("fields", self.fields.text()),
        ];
        let numbers =
            [("page", self.page.map(i64::from)), ("pageSize", self.page_size.map(i64::from)), ("pageId", self.page_id)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text?)));
        texts.chain(numbers.into_iter().filter_map(|(name, number)| Some((name, number?.to_string())))).collect()
    }

    /// Checks for parameters that the server would reject or misread.
    ///
    /// # Errors
    ///
    /// Returns an invalid-input error that names the parameter, for
    ///
    /// - text with a syntax error;
    /// - a typed filter, order or selection that cannot be built, and a typed filter that matches no record because of an
    ///   empty list;
    /// - `in` in child conditions or custom field conditions;
    /// - child conditions or custom field conditions that no element can satisfy, such as two captions joined with
    ///   `and`. The server evaluates them for one element at a time, and would return an empty list;
    /// - page 0, a page size outside 1 to 1000, or a negative page id;
    /// - an order or a page number together with a page id.
    pub fn check(&self) -> Result<(), Error> {
        self.conditions.check("conditions")?;
        self.child_conditions.check("childConditions")?;
        self.custom_field_conditions.check("customFieldConditions")?;
        self.order_by.check("orderBy")?;
        self.fields.check("fields")?;
        for (name, conditions) in
            [("childConditions", &self.child_conditions), ("customFieldConditions", &self.custom_field_conditions)]
        {
            if let Some(comparison) = conditions.value().and_then(comparison_with_list) {
                let (field, operator) = (comparison.field(), comparison.operator());
                let instead = match operator {
                    Operator::In => format!("{field}=… or {field}=…"),
                    _ => format!("{field}!=… and {field}!=…"),
                };
                let message = format!("cannot contain `{operator}`, which works only in `conditions`; write {instead}");
                return Err(Problem { name: name.to_owned(), message }.error());
            }
        }
        for (name, element, conditions) in [
            ("childConditions", "list element", &self.child_conditions),
            ("customFieldConditions", "custom field", &self.custom_field_conditions),
        ] {
            if let Some(found) = conditions.value().and_then(contradiction) {
                let message = format!("matches no record: {}; {CONTRADICTION_HINT}", found.message(element));
                return Err(Problem { name: name.to_owned(), message }.error());
            }
        }
        if self.page == Some(0) {
            return Err(Error::invalid_input("page", "is 0; page numbers start at 1"));
        }
        if let Some(size) = self.page_size.filter(|size| !(1..=LARGEST_PAGE).contains(size)) {
            return Err(Error::invalid_input(
                "page_size",
                format!("is {size}; a page holds 1 to {LARGEST_PAGE} records"),
            ));
        }
        let Some(page_id) = self.page_id else { return Ok(()) };
        if page_id < 0 {
            return Err(Error::invalid_input("page_id", format!("is {page_id}; ids are not negative")));
        }
        if self.page.is_some() {
            return Err(Error::invalid_input(
                "page",
                "cannot be used together with page_id, which selects forward-only paging",
            ));
        }
        if self.order_by.is_set() {
            return Err(Error::invalid_input(
                "order_by",
                "cannot be used together with page_id, which reads by ascending id",
            ));
        }
        Ok(())
    }
}

/// Returns the first comparison with a list of values.
fn comparison_with_list(condition: &Condition) -> Option<&Comparison> {
    condition.comparisons().into_iter().find(|comparison| comparison.operator().takes_list())
}
