//! `record!`: connects a generated struct with the struct of its typed fields.

/// Connects a type of record with the struct of its typed fields: implements `HasFields` and `FieldSet`, and adds
/// `fields()`.
///
/// `own` lists the fields of the record whose names are also names of fields of `_info`. `reference` is for the fields of
/// references: a comparison of a whole reference does not compile, and the compiler's message says what to compare
/// instead.
///
/// ```
/// use connectwise_psa_core as psa;
/// # use psa::json::Object as _;
/// # #[derive(Clone, Default, PartialEq)]
/// # pub struct Ticket { pub id: Option<i32>, pub summary: Option<String>, pub board: Option<psa::json::Reference> }
/// # impl psa::json::Object for Ticket {
/// #     const NAME: &'static str = "Ticket";
/// #     fn read<R: psa::json::Reader>(&mut self, name: &str, from: &mut R) { psa::generated::read_other_case(self, name, from) }
/// #     fn write<W: psa::json::Writer>(&self, to: &mut W) { to.field("id", &self.id); }
/// # }
/// # psa::object!(Ticket);
///
/// // The code generated for one schema:
/// /// The fields of `Ticket`.
/// pub struct TicketFields<S>(psa::fields::FieldLocation<S>);
/// impl<S> TicketFields<S> {
///     /// `id`: integer
///     pub fn id(&self) -> psa::fields::Field<S, psa::fields::field_types::Integer> { self.0.value("id") }
///     /// `summary`: string, at most 100 characters
///     pub fn summary(&self) -> psa::fields::Field<S, psa::fields::field_types::Text> { self.0.value("summary") }
///     /// `board`: reference
///     pub fn board(&self) -> psa::fields::NamedReference<S> { self.0.field("board") }
/// }
/// psa::record!(Ticket, TicketFields);
///
/// // How a program uses it:
/// let ticket = Ticket::fields();
/// let hot = ticket.board().name().eq("Integration") & (ticket.id().is_in([1, 2]) | !ticket.summary().contains("down"));
/// let condition = hot.condition()?.expect("the filter has comparisons");
/// assert_eq!(condition.to_string(), r#"board/name="Integration" and (id in (1,2) or summary not contains "down")"#);
/// # Ok::<(), psa::error::Error>(())
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! record {
    ($record:ty, $fields:ident $(, own $($own:literal)*)?, reference) => {
        $crate::record!($record, $fields $(, own $($own)*)?);
        $crate::whole_comparison!($fields);
    };
    ($record:ty, $fields:ident $(, own $($own:literal)*)?) => {
        impl<S> $crate::generated::FieldSet for $fields<S> {
            type Scope = S;

            fn from_location(location: $crate::generated::FieldLocation<S>) -> Self {
                Self(location)
            }

            fn location(&self) -> &$crate::generated::FieldLocation<S> {
                &self.0
            }
        }

        impl $crate::generated::HasFields for $record {
            type Fields<S: $crate::generated::Scope> = $fields<S>;

            $(const OWN_INFO: &'static [&'static str] = &[$($own),*];)?
        }

        impl $record {
            /// Returns the fields of these records, for conditions.
            #[must_use]
            pub fn fields() -> $crate::generated::Fields<Self> {
                $crate::generated::Fields::new()
            }
        }
    };
}

/// Adds the usual comparisons to the fields of a reference, so that the compiler can say what to compare instead. None
/// of them can be called.
#[doc(hidden)]
#[macro_export]
macro_rules! whole_comparison {
    ($fields:ident) => {
        #[allow(
            dead_code,
            unreachable_pub,
            clippy::should_implement_trait,
            reason = "they exist only for the compiler's message"
        )]
        impl<S> $fields<S> {
            #[doc(hidden)]
            pub fn eq<V>(&self, _: V) -> $crate::generated::Filter<S>
            where
                Self: $crate::generated::WholeComparison<S>,
            {
                $crate::generated::WholeComparison::compared(self)
            }

            #[doc(hidden)]
            pub fn ne<V>(&self, _: V) -> $crate::generated::Filter<S>
            where
                Self: $crate::generated::WholeComparison<S>,
            {
                $crate::generated::WholeComparison::compared(self)
            }

            #[doc(hidden)]
            pub fn is_in<V>(&self, _: V) -> $crate::generated::Filter<S>
            where
                Self: $crate::generated::WholeComparison<S>,
            {
                $crate::generated::WholeComparison::compared(self)
            }
        }
    };
}
