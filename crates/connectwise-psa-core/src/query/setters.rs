//! The setters that queries and the builders around them share, so that each is written and documented once.

/// The filters of builders that are given as text or as values. All of them have to hold, together with the typed ones.
macro_rules! text_filters {
    () => {
        /// Only records for which this holds: text such as `closedFlag=false and board/id=1`, or a
        /// [`Condition`](crate::conditions::Condition).
        ///
        /// All filters have to hold, however they were given; none replaces another.
        pub fn filter_text(
            mut self,
            conditions: impl Into<$crate::query::text_or::TextOr<$crate::conditions::Condition>>,
        ) -> Self {
            self.query.conditions.narrow("conditions", conditions.into());
            self
        }

        /// Only records with a child for which this holds, such as `communicationItems/value="a@example.com"`. Observed
        /// on live servers: `in` is not possible here.
        pub fn filter_children_text(
            mut self,
            conditions: impl Into<$crate::query::text_or::TextOr<$crate::conditions::Condition>>,
        ) -> Self {
            self.query.child_conditions.narrow("childConditions", conditions.into());
            self
        }

        /// Only records with a custom field for which this holds, such as `caption="Region" and value="North"`.
        /// Observed on live servers: `in` is not possible here.
        pub fn filter_custom_fields_text(
            mut self,
            conditions: impl Into<$crate::query::text_or::TextOr<$crate::conditions::Condition>>,
        ) -> Self {
            self.query.custom_field_conditions.narrow("customFieldConditions", conditions.into());
            self
        }
    };
}

/// The typed filters of builders that know what records they are about. All of them have to hold, together with the
/// conditions of the query.
macro_rules! typed_filters {
    ($record:ident) => {
        /// Only records for which this holds; [`filter_text`](Self::filter_text) takes text. It is a condition made of
        /// the record's fields, such as
        /// `|ticket| ticket.board().name().eq("Integration") & ticket.closed_flag().eq(false)`. A ready filter is given
        /// as `|_| filter`, and an `Option` of one that is `None` keeps every record.
        ///
        /// All filters have to hold, however they were given; none replaces another. [`filter_text`](Self::filter_text)
        /// takes text.
        #[doc(alias = "conditions")]
        pub fn filter<F: $crate::fields::filter::IntoFilter<$record>>(
            mut self,
            filter: impl FnOnce($crate::fields::record::Fields<$record>) -> F,
        ) -> Self {
            self.filters
                .conditions
                .narrow("conditions", $crate::query::filters::given(filter($crate::fields::record::Fields::new())));
            self
        }

        /// Only records with elements of their lists for which this holds, such as
        /// `|contact| contact.types().id().eq(4)`. What is said of one list has to be true of one and the same element,
        /// so `ne(4)` is "has another one too", not "has none".
        pub fn filter_children<F: $crate::fields::filter::IntoFilter<$crate::fields::scope::Children<$record>>>(
            mut self,
            filter: impl FnOnce($crate::fields::record::ChildFields<$record>) -> F,
        ) -> Self {
            let filter = filter($crate::fields::record::child_fields::<$record>());
            self.filters.child_conditions.narrow("childConditions", $crate::query::filters::given(filter));
            self
        }

        /// Only records with a custom field for which this holds, such as
        /// `|field| field.caption().eq("Region") & field.value().eq("North")`.
        pub fn filter_custom_fields<
            F: $crate::fields::filter::IntoFilter<$crate::fields::scope::CustomFields<$record>>,
        >(
            mut self,
            filter: impl FnOnce($crate::fields::field::CustomFieldFields<$record>) -> F,
        ) -> Self {
            let filter = filter($crate::fields::field::CustomFieldFields::new());
            self.filters.custom_field_conditions.narrow("customFieldConditions", $crate::query::filters::given(filter));
            self
        }
    };
}

/// The setters of pages.
macro_rules! page_setters {
    ($($at:ident),*) => {
        /// The page to begin with, counted from 1.
        pub fn from_page(mut self, page: u32) -> Self {
            self.$($at.)*page = Some(page);
            self
        }

        /// How many records a page holds: 1 to 1000.
        pub fn page_size(mut self, records: u32) -> Self {
            self.$($at.)*page_size = Some(records);
            self
        }

        /// Reads forward only, by ascending id, beginning after this one; 0 begins at the start. Not together with
        /// [`from_page`](Self::from_page) or an order. Faster than page numbers on long lists.
        ///
        /// An endpoint that does not know this way of reading answers with its first page. With 0 the list then goes on
        /// by page numbers; with any other id it is an error, since records in front of it would come.
        pub fn page_id(mut self, after: i64) -> Self {
            self.$($at.)*page_id = Some(after);
            self
        }
    };
}

pub(crate) use {page_setters, text_filters, typed_filters};
