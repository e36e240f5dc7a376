//! The setters that `ListQuery` and the builders share.

/// The filter methods of builders that take text or values. All filters must hold, including the typed ones.
macro_rules! text_filters {
    () => {
        /// Keeps only records that match: text such as `closedFlag=false and board/id=1`, or a
        /// [`Condition`](crate::conditions::Condition).
        ///
        /// A further filter does not replace an earlier one: all filters must hold, typed or as text.
        pub fn filter_text(
            mut self,
            conditions: impl Into<$crate::query::text_or::TextOr<$crate::conditions::Condition>>,
        ) -> Self {
            self.query.conditions.narrow("conditions", conditions.into());
            self
        }

        /// Keeps only records with a list element that matches, such as `communicationItems/value="a@example.com"`.
        /// Observed on live servers: `in` is not supported here.
        ///
        /// The condition, together with all other child filters, must be true for one element of a list. If no element
        /// can satisfy it, as with two ids of one list, the call fails.
        pub fn filter_children_text(
            mut self,
            conditions: impl Into<$crate::query::text_or::TextOr<$crate::conditions::Condition>>,
        ) -> Self {
            self.query.child_conditions.narrow("childConditions", conditions.into());
            self
        }

        /// Keeps only records with a custom field that matches, such as `caption="Region" and value="North"`. Observed
        /// on live servers: `in` is not supported here.
        ///
        /// The condition, together with all other custom field filters, must be true for one custom field. If none can
        /// satisfy it, as with two captions, the call fails.
        pub fn filter_custom_fields_text(
            mut self,
            conditions: impl Into<$crate::query::text_or::TextOr<$crate::conditions::Condition>>,
        ) -> Self {
            self.query.custom_field_conditions.narrow("customFieldConditions", conditions.into());
            self
        }
    };
}

/// The typed filter methods of builders for one type of record. All filters must hold, including the conditions of the
/// query.
macro_rules! typed_filters {
    ($record:ident) => {
        /// Keeps only records that match a condition built from the fields of the record, such as
        /// `|ticket| ticket.board().name().eq("Integration") & ticket.closed_flag().eq(false)`. Pass an existing filter
        /// as `|_| filter`. An `Option` of a filter is accepted too; `None` keeps every record.
        /// [`filter_text`](Self::filter_text) takes text.
        ///
        /// A further filter does not replace an earlier one: all filters must hold, typed or as text.
        #[doc(alias = "conditions")]
        pub fn filter<F: $crate::fields::filter::IntoFilter<$record>>(
            mut self,
            filter: impl FnOnce($crate::fields::record::Fields<$record>) -> F,
        ) -> Self {
            self.filters.conditions.narrow(
                "conditions",
                $crate::query::filters::to_parameter(filter($crate::fields::record::Fields::new())),
            );
            self
        }

        /// Keeps only records with list elements that match, such as `|contact| contact.types().id().eq(4)`.
        /// Comparisons of one list that are joined with `&` must match the same element. `ne(4)` means "has an element
        /// other than 4", not "does not have 4".
        ///
        /// All filters of the elements of one list must be true for the same element. So the call fails if two of them
        /// ask for different ids: no element has both. Put one of them into the request, and check the other in your
        /// program.
        pub fn filter_children<F: $crate::fields::filter::IntoFilter<$crate::fields::scope::Children<$record>>>(
            mut self,
            filter: impl FnOnce($crate::fields::record::ChildFields<$record>) -> F,
        ) -> Self {
            let filter = filter($crate::fields::record::child_fields::<$record>());
            self.filters.child_conditions.narrow("childConditions", $crate::query::filters::to_parameter(filter));
            self
        }

        /// Keeps only records with a custom field that matches, such as
        /// `|field| field.caption().eq("Region") & field.value().eq("North")`.
        ///
        /// All filters on custom fields must be true for the same custom field. So the call fails if two of them name
        /// different captions. Put one of them into the request, and check the other in your program.
        pub fn filter_custom_fields<
            F: $crate::fields::filter::IntoFilter<$crate::fields::scope::CustomFields<$record>>,
        >(
            mut self,
            filter: impl FnOnce($crate::fields::field::CustomFieldFields<$record>) -> F,
        ) -> Self {
            let filter = filter($crate::fields::field::CustomFieldFields::new());
            self.filters
                .custom_field_conditions
                .narrow("customFieldConditions", $crate::query::filters::to_parameter(filter));
            self
        }
    };
}

/// The setters of the paging parameters.
macro_rules! page_setters {
    ($($at:ident),*) => {
        /// Sets the number of the first page to read, counted from 1.
        pub fn from_page(mut self, page: u32) -> Self {
            self.$($at.)*page = Some(page);
            self
        }

        /// Sets the number of records per page: 1 to 1000.
        pub fn page_size(mut self, records: u32) -> Self {
            self.$($at.)*page_size = Some(records);
            self
        }

        /// Selects forward-only paging: reads by ascending id, starting after this id; 0 starts at the first record.
        /// Cannot be combined with [`from_page`](Self::from_page) or an order. Faster than page numbers on long lists.
        ///
        /// An endpoint without forward-only paging returns its first page. With 0, the list then continues by page
        /// numbers. With any other id the call fails, because the page contains records before that id.
        pub fn page_id(mut self, after: i64) -> Self {
            self.$($at.)*page_id = Some(after);
            self
        }
    };
}

pub(crate) use {page_setters, text_filters, typed_filters};
