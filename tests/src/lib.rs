//! Tests across the crates: see `tests/contract`, `tests/conditions`, `tests/end_to_end`, `tests/faults`,
//! `tests/file_memory` and `tests/guides`. The library itself contains only documentation tests: the examples of the Markdown pages, and code
//! that must or must not compile.

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

#[doc = include_str!("../../docs/patches.md")]
#[cfg(doctest)]
pub struct Patches;

#[doc = include_str!("../../docs/custom-fields.md")]
#[cfg(doctest)]
pub struct CustomFields;

#[doc = include_str!("../../docs/tickets-and-contacts.md")]
#[cfg(doctest)]
pub struct TicketsAndContacts;

#[doc = include_str!("../../docs/lists.md")]
#[cfg(doctest)]
pub struct Lists;

#[doc = include_str!("../../docs/files.md")]
#[cfg(doctest)]
pub struct Files;

#[doc = include_str!("../../docs/reports.md")]
#[cfg(doctest)]
pub struct Reports;

#[doc = include_str!("../../docs/bulk.md")]
#[cfg(doctest)]
pub struct Bulk;

#[doc = include_str!("../../docs/amounts-and-dates.md")]
#[cfg(doctest)]
pub struct AmountsAndDates;

#[doc = include_str!("../../docs/testing.md")]
#[cfg(doctest)]
pub struct Testing;

#[doc = include_str!("../../docs/setup.md")]
#[cfg(doctest)]
pub struct Setup;

#[doc = include_str!("../../docs/errors.md")]
#[cfg(doctest)]
pub struct Errors;

#[doc = include_str!("../../docs/webhooks.md")]
#[cfg(doctest)]
pub struct Webhooks;

#[doc = include_str!("../../docs/webhooks-registration.md")]
#[cfg(doctest)]
pub struct WebhooksRegistration;

#[doc = include_str!("../../docs/hosted-pages.md")]
#[cfg(doctest)]
pub struct HostedPages;

/// Code that must not compile. Each group of examples starts with a similar one that compiles, which shows that the
/// failures have no other cause.
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
/// A value of another type:
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
/// A string for a field that has an enum type:
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
/// Greater-than on a string, and `contains` on a number:
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
/// A comparison with a whole reference, and a field that the reference does not have:
///
/// ```
/// connectwise_psa_bindings::types::Ticket::fields().board().name().eq("x");
/// ```
/// ```compile_fail,E0277
/// connectwise_psa_bindings::types::Ticket::fields().board().eq("x");
/// ```
/// ```compile_fail,E0277
/// connectwise_psa_bindings::types::Ticket::fields().status().is_in([1, 2]);
/// ```
/// ```compile_fail,E0599
/// connectwise_psa_bindings::types::Ticket::fields().board().identifier().eq("x");
/// ```
///
/// A reference that is set like a plain value, and a plain value that is set like a reference:
///
/// ```
/// use connectwise_psa_bindings::types::{ServiceStatusReference, Ticket};
/// use connectwise_psa_core::{json::Reference, patch::Patch};
/// let patch = Patch::new().set(Ticket::fields().summary(), "x");
/// let patch = patch.set_object(Ticket::fields().company(), Reference::from(5));
/// let _ = patch.set_object(Ticket::fields().status(), ServiceStatusReference::by_name("Closed"));
/// ```
/// ```compile_fail,E0277
/// use connectwise_psa_bindings::types::Ticket;
/// use connectwise_psa_core::{json::Reference, patch::Patch};
/// let _ = Patch::new().set(Ticket::fields().company(), Reference::from(5));
/// ```
/// ```compile_fail,E0277
/// use connectwise_psa_bindings::types::Ticket;
/// use connectwise_psa_core::patch::Patch;
/// let _ = Patch::new().set_object(Ticket::fields().status(), "Closed");
/// ```
///
/// The id of a type that has no id:
///
/// ```
/// use connectwise_psa_core::json::Record as _;
/// let _ = connectwise_psa_bindings::types::Ticket::default().id();
/// ```
/// ```compile_fail,E0599
/// use connectwise_psa_core::json::Record as _;
/// let _ = connectwise_psa_bindings::types::Report::default().id();
/// ```
///
/// A field of an array outside of `filter_children`, and a field of a single record inside of it:
///
/// ```
/// # use connectwise_psa_bindings::company::Client;
/// fn list(client: Client) {
///     let _ = client.list_contacts().filter_children(|contact| contact.types().id().is_in([4, 5]));
/// }
/// ```
/// ```compile_fail,E0277
/// # use connectwise_psa_bindings::company::Client;
/// fn list(client: Client) { let _ = client.list_contacts().filter(|contact| contact.types().id().is_in([4, 5])); }
/// ```
/// ```compile_fail,E0277
/// # use connectwise_psa_bindings::company::Client;
/// fn list(client: Client) {
///     let _ = client.list_contacts().filter_children(|contact| contact.company().id().is_in([4, 5]));
/// }
/// ```
///
/// The negation of a condition on array elements:
///
/// ```
/// let _ = !connectwise_psa_bindings::types::Contact::fields().id().eq(4);
/// ```
/// ```compile_fail,E0600
/// # use connectwise_psa_bindings::company::Client;
/// fn list(client: Client) { let _ = client.list_contacts().filter_children(|contact| !contact.types().id().eq(4)); }
/// ```
///
/// Greater-than with a string, on a date that the OpenAPI document declares as a string:
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
/// # use connectwise_psa_bindings::company::Client;
/// fn list(client: Client) { let _ = client.list_contacts().filter_custom_fields(|field| field.caption().eq("x")); }
/// ```
/// ```compile_fail,E0599
/// # use connectwise_psa_bindings::company::Client;
/// fn list(client: Client) {
///     let _ = client.list_contacts().filter(|contact| contact.custom_fields().caption().eq("x"));
/// }
/// ```
///
/// A condition on another record type:
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
/// Sorting by a whole reference:
///
/// ```
/// # use connectwise_psa_bindings::company::Client;
/// fn list(client: Client) { let _ = client.list_contacts().sort(|contact| contact.company().name().asc()); }
/// ```
/// ```compile_fail,E0599
/// # use connectwise_psa_bindings::company::Client;
/// fn list(client: Client) { let _ = client.list_contacts().sort(|contact| contact.company().asc()); }
/// ```
///
/// Awaiting a list: one page must not be mistaken for the whole list.
///
/// ```
/// # use connectwise_psa::{Error, Psa, types::Ticket};
/// async fn tickets(psa: Psa) -> Result<Vec<Ticket>, Error> { psa.service().list_tickets().all().await }
/// ```
/// ```compile_fail,E0277
/// # use connectwise_psa::{Error, Psa, types::Ticket};
/// async fn tickets(psa: Psa) -> Result<Vec<Ticket>, Error> { psa.service().list_tickets().await }
/// ```
///
/// Calling `blocking` on a list:
///
/// ```
/// # use connectwise_psa::{Psa, blocking::Blocking as _};
/// fn tickets(psa: Psa) { let _ = psa.service().list_tickets().all().blocking(); }
/// ```
/// ```compile_fail,E0599
/// # use connectwise_psa::{Psa, blocking::Blocking as _};
/// fn tickets(psa: Psa) { let _ = psa.service().list_tickets().blocking(); }
/// ```
#[cfg(doctest)]
pub struct MustNotCompile;

/// Calls own the data that they send. They do not borrow from the client or from the arguments.
///
/// A call can be stored and awaited later:
///
/// ```
/// # use connectwise_psa::{Error, Patch, Psa};
/// async fn update(psa: Psa) -> Result<(), Error> {
///     let patch = Patch::new().replace("summary", "x");
///     let call = psa.service().update_ticket(42, &patch);
///     drop((psa, patch));
///     let ticket = call.await?;
/// #   drop(ticket);
///     Ok(())
/// }
/// ```
///
/// Calls of every type can be moved to other threads:
///
/// ```
/// # use connectwise_psa::{Call, Count, Get, List, Psa, raw::RawRequest, types::Ticket};
/// fn is_owned<T: Send + 'static>() {}
/// is_owned::<(Call<Ticket>, Count<Ticket>, Get<Ticket>, List<Ticket>, RawRequest)>();
///
/// fn spawn(psa: Psa) {
///     tokio::spawn(psa.service().list_tickets().all());
///     tokio::spawn(psa.service().get_ticket(42).into_future());
///     tokio::spawn(psa.service().delete_ticket(42).into_future());
/// }
/// ```
///
/// Optional parameters are set by name. Adding a parameter therefore does not break users' code:
///
/// ```
/// # use connectwise_psa::{Psa, company::ListConfigurationsParameters};
/// fn configurations(psa: Psa) {
///     let _ = psa.company().list_configurations();
///     let _ = psa.company().list_configurations_with(&ListConfigurationsParameters::new().managed_identifier("x"));
/// }
/// ```
/// ```compile_fail,E0061
/// # use connectwise_psa::Psa;
/// fn configurations(psa: Psa) { let _ = psa.company().list_configurations(None); }
/// ```
/// ```compile_fail,E0451
/// # use connectwise_psa::company::ListConfigurationsParameters;
/// let _ = ListConfigurationsParameters { managed_identifier: None };
/// ```
#[cfg(doctest)]
pub struct CallsAreValues;
