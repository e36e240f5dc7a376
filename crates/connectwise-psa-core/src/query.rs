//! The parameters every list takes: conditions, order, fields, page.

use crate::Error;

/// The greatest number of records a page can hold.
pub(crate) const LARGEST_PAGE: u32 = 1000;

/// Which records of a list, in which order, with which fields, and which page of them.
///
/// Texts are sent as they are; blank ones are not sent. Setting a parameter again replaces it.
///
/// ```
/// use connectwise_psa_core::ListQuery;
///
/// let query = ListQuery::default().conditions("closedFlag=false").order_by("id desc").page_size(100);
/// assert_eq!(
///     query.pairs(),
///     [("conditions", "closedFlag=false".to_owned()), ("orderBy", "id desc".to_owned()), ("pageSize", "100".to_owned())],
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a query does nothing until a list takes it"]
pub struct ListQuery {
    pub(crate) conditions: Option<String>,
    pub(crate) child_conditions: Option<String>,
    pub(crate) custom_field_conditions: Option<String>,
    pub(crate) order_by: Option<String>,
    pub(crate) fields: Option<String>,
    pub(crate) page: Option<u32>,
    pub(crate) page_size: Option<u32>,
    pub(crate) page_id: Option<i64>,
}

/// The setters that [`ListQuery`] and the builders around it share.
macro_rules! filter_setters {
    ($($at:ident),*) => {
        /// Only records for which this holds, such as `closedFlag=false and board/id=1`.
        pub fn conditions(mut self, conditions: impl Into<String>) -> Self {
            self.$($at.)*conditions = Some(conditions.into());
            self
        }

        /// Only records with a child for which this holds, such as `communicationItems/value="a@example.com"`. facts: without `in`.
        pub fn child_conditions(mut self, conditions: impl Into<String>) -> Self {
            self.$($at.)*child_conditions = Some(conditions.into());
            self
        }

        /// Only records with a custom field for which this holds, such as `caption="Region" and value="North"`. facts: without `in`.
        pub fn custom_field_conditions(mut self, conditions: impl Into<String>) -> Self {
            self.$($at.)*custom_field_conditions = Some(conditions.into());
            self
        }
    };
}

/// The setters of lists.
macro_rules! list_setters {
    ($($at:ident),*) => {
        /// The order, such as `company/id asc,summary desc`. Not together with [`page_id`](Self::page_id).
        pub fn order_by(mut self, order: impl Into<String>) -> Self {
            self.$($at.)*order_by = Some(order.into());
            self
        }

        /// Only these members, by comma: `id,summary,status/name`. All others are `None` in what is read.
        pub fn fields(mut self, fields: impl Into<String>) -> Self {
            self.$($at.)*fields = Some(fields.into());
            self
        }

        /// The page to read, or to begin with, counted from 1.
        pub fn page(mut self, page: u32) -> Self {
            self.$($at.)*page = Some(page);
            self
        }

        /// How many records a page holds: 1 to 1000. facts: the server's own choice is 25.
        pub fn page_size(mut self, records: u32) -> Self {
            self.$($at.)*page_size = Some(records);
            self
        }

        /// Reads forward only, by ascending id, beginning after this one; 0 begins at the start. Not together with [`page`](Self::page) or
        /// [`order_by`](Self::order_by). Faster than page numbers on long lists.
        ///
        /// An endpoint that does not know this way of reading answers with its first page; the list then goes on by page numbers, from its very
        /// beginning whatever the id.
        pub fn page_id(mut self, after: i64) -> Self {
            self.$($at.)*page_id = Some(after);
            self
        }
    };
}

pub(crate) use {filter_setters, list_setters};

impl ListQuery {
    /// Nothing asked for: the server's order and page size, all fields.
    pub fn new() -> Self {
        Self::default()
    }

    filter_setters!();
    list_setters!();

    /// The parameters that are set, by their names on the wire.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let texts = [
            ("conditions", &self.conditions),
            ("childConditions", &self.child_conditions),
            ("customFieldConditions", &self.custom_field_conditions),
            ("orderBy", &self.order_by),
            ("fields", &self.fields),
        ];
        let numbers = [("page", self.page.map(i64::from)), ("pageSize", self.page_size.map(i64::from)), ("pageId", self.page_id)];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text.as_ref().filter(|text| !text.trim().is_empty())?.clone())));
        texts.chain(numbers.into_iter().filter_map(|(name, number)| Some((name, number?.to_string())))).collect()
    }

    /// Checks what the server would refuse or misread.
    ///
    /// # Errors
    ///
    /// An invalid-input error that names the parameter: a page of 0, a page size outside 1 to 1000, a negative page id, and an order or a page
    /// number together with a page id.
    pub fn check(&self) -> Result<(), Error> {
        if self.page == Some(0) {
            return Err(Error::invalid_input("page", "is 0; pages are counted from 1"));
        }
        if let Some(size) = self.page_size.filter(|size| !(1..=LARGEST_PAGE).contains(size)) {
            return Err(Error::invalid_input("page_size", format!("is {size}; a page holds 1 to {LARGEST_PAGE} records")));
        }
        let Some(page_id) = self.page_id else { return Ok(()) };
        if page_id < 0 {
            return Err(Error::invalid_input("page_id", format!("is {page_id}; ids are not negative")));
        }
        if self.page.is_some() {
            return Err(Error::invalid_input("page", "cannot be used together with page_id, which reads forward only"));
        }
        if self.order_by.as_ref().is_some_and(|order| !order.trim().is_empty()) {
            return Err(Error::invalid_input("order_by", "cannot be used together with page_id, which reads by ascending id"));
        }
        Ok(())
    }
}
