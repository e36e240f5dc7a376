//! Contract tests across the crates: see `tests/contract` and `tests/conditions`. The library holds nothing but documents whose code is compiled and run
//! as documentation tests, and what must not compile.

#[doc = include_str!("../../README.md")]
#[cfg(doctest)]
pub struct Readme;

#[doc = include_str!("../../crates/connectwise-psa/README.md")]
#[cfg(doctest)]
pub struct ClientReadme;

#[doc = include_str!("../../crates/connectwise-psa-sim/README.md")]
#[cfg(doctest)]
pub struct SimulatorReadme;

#[doc = include_str!("../../docs/conditions.md")]
#[cfg(doctest)]
pub struct Conditions;

/// What must not compile, each beside its nearest relative that does, so that nothing else is the reason.
///
/// A misspelt field:
///
/// ```
/// connectwise_psa_bindings::types::Ticket::fields().summary().eq("x");
/// ```
/// ```compile_fail,E0599
/// connectwise_psa_bindings::types::Ticket::fields().sumary().eq("x");
/// ```
///
/// A value of another kind:
///
/// ```
/// connectwise_psa_bindings::types::Ticket::fields().closed_flag().eq(false);
/// ```
/// ```compile_fail,E0277
/// connectwise_psa_bindings::types::Ticket::fields().closed_flag().eq("false");
/// ```
/// ```compile_fail,E0277
/// connectwise_psa_bindings::types::Ticket::fields().id().eq(1.5);
/// ```
/// ```compile_fail,E0277
/// connectwise_psa_bindings::types::TimeEntry::fields().time_start().ge("2025-01-01");
/// ```
///
/// A text where an enum has its own type:
///
/// ```
/// use connectwise_psa_bindings::types::{BillableOption, Board};
/// Board::fields().bill_time().eq(BillableOption::Billable);
/// ```
/// ```compile_fail,E0277
/// use connectwise_psa_bindings::types::{BillableOption, Board};
/// Board::fields().bill_time().eq("Billable");
/// ```
///
/// An order of text, a part of a number:
///
/// ```
/// connectwise_psa_bindings::types::Ticket::fields().id().gt(5);
/// ```
/// ```compile_fail,E0277
/// connectwise_psa_bindings::types::Ticket::fields().summary().gt("a");
/// ```
/// ```compile_fail,E0277
/// connectwise_psa_bindings::types::Ticket::fields().id().contains("5");
/// ```
///
/// A reference as a whole, and a member that it does not have:
///
/// ```
/// connectwise_psa_bindings::types::Ticket::fields().board().name().eq("x");
/// ```
/// ```compile_fail,E0599
/// connectwise_psa_bindings::types::Ticket::fields().board().eq("x");
/// ```
/// ```compile_fail,E0599
/// connectwise_psa_bindings::types::Ticket::fields().board().identifier().eq("x");
/// ```
///
/// A list outside of `filter_children`, and a single value inside:
///
/// ```
/// # use connectwise_psa_bindings::{company::Client, psa::Connection};
/// fn list(client: Client) { let _ = client.list_contacts().filter_children(|contact| contact.types().id().is_in([4, 5])); }
/// ```
/// ```compile_fail,E0277
/// # use connectwise_psa_bindings::{company::Client, psa::Connection};
/// fn list(client: Client) { let _ = client.list_contacts().filter(|contact| contact.types().id().is_in([4, 5])); }
/// ```
/// ```compile_fail,E0277
/// # use connectwise_psa_bindings::{company::Client, psa::Connection};
/// fn list(client: Client) { let _ = client.list_contacts().filter_children(|contact| contact.company().id().is_in([4, 5])); }
/// ```
///
/// The opposite of "one of the elements is":
///
/// ```
/// let _ = !connectwise_psa_bindings::types::Contact::fields().id().eq(4);
/// ```
/// ```compile_fail,E0277
/// # use connectwise_psa_bindings::{company::Client, psa::Connection};
/// fn list(client: Client) { let _ = client.list_contacts().filter_children(|contact| !contact.types().id().eq(4)); }
/// ```
///
/// An order against text, where the description has a date as text:
///
/// ```
/// connectwise_psa_bindings::types::Ticket::fields().closed_date().gt(connectwise_psa_core::json::Date::MIN);
/// ```
/// ```compile_fail,E0277
/// connectwise_psa_bindings::types::Ticket::fields().closed_date().gt("2025-01-01");
/// ```
///
/// Custom fields outside of `filter_custom_fields`:
///
/// ```
/// # use connectwise_psa_bindings::{company::Client, psa::Connection};
/// fn list(client: Client) { let _ = client.list_contacts().filter_custom_fields(|field| field.caption().eq("x")); }
/// ```
/// ```compile_fail,E0599
/// # use connectwise_psa_bindings::{company::Client, psa::Connection};
/// fn list(client: Client) { let _ = client.list_contacts().filter(|contact| contact.custom_fields().caption().eq("x")); }
/// ```
///
/// A condition on another type of record:
///
/// ```
/// # use connectwise_psa_bindings::{company::Client, types::{Company, Contact}};
/// fn list(client: Client) { let _ = client.list_contacts().filter(|_| Contact::fields().id().eq(1)); }
/// ```
/// ```compile_fail,E0277
/// # use connectwise_psa_bindings::{company::Client, types::{Company, Contact}};
/// fn list(client: Client) { let _ = client.list_contacts().filter(|_| Company::fields().id().eq(1)); }
/// ```
///
/// An order by a whole reference:
///
/// ```
/// # use connectwise_psa_bindings::company::Client;
/// fn list(client: Client) { let _ = client.list_contacts().sort(|contact| contact.company().name().asc()); }
/// ```
/// ```compile_fail,E0599
/// # use connectwise_psa_bindings::company::Client;
/// fn list(client: Client) { let _ = client.list_contacts().sort(|contact| contact.company().asc()); }
/// ```
#[cfg(doctest)]
pub struct MustNotCompile;
