//! Records in messages, as the type of their callback.

use connectwise_psa_core::serde_json::{self, Value};
use connectwise_psa_core::text::field_ignoring_case;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::webhooks::callback_type::CallbackType;

macro_rules! entities {
    ($($feature:literal $name:ident($record:ty) $doc:literal;)*) => {
        /// A record in a message, as the type that the operations of its section return. A variant exists if the feature
        /// of its section is on.
        ///
        /// ```
        /// use connectwise_psa::Value;
        /// use connectwise_psa::webhooks::{CallbackType, Entity};
        ///
        /// let record: Value = serde_json::from_str(r#"{"id": 5, "identifier": "jdoe"}"#)?;
        /// match Entity::new(&CallbackType::Member, record) {
        ///     Entity::Member(member) => assert_eq!(member.identifier.as_deref(), Some("jdoe")),
        ///     other => panic!("unexpected: {other:?}"),
        /// }
        /// # Ok::<(), serde_json::Error>(())
        /// ```
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Entity {
            $(
                #[doc = $doc]
                #[cfg(feature = $feature)]
                $name(Box<$record>),
            )*
            /// A record of an unknown type, of a section whose feature is off, or with unexpected values, as JSON. A text
            /// is a record that the message did not contain as JSON.
            Other(Value),
        }

        impl Entity {
            /// Returns the record as JSON. A record of one of the types has the fields that the type has;
            /// [`Message::record`](crate::webhooks::Message::record) returns all fields.
            #[must_use]
            pub fn to_json(&self) -> Value {
                match self {
                    $(
                        #[cfg(feature = $feature)]
                        Self::$name(record) => json_of(&**record),
                    )*
                    Self::Other(record) => record.clone(),
                }
            }
        }
    };
}

entities! {
    "sales" Activity(connectwise_psa_bindings::types::Activity) "An activity.";
    "finance" Agreement(connectwise_psa_bindings::types::Agreement) "An agreement.";
    "company" Company(connectwise_psa_bindings::types::Company) "A company.";
    "company" Configuration(connectwise_psa_bindings::types::CompanyConfiguration) "A configuration.";
    "company" Contact(connectwise_psa_bindings::types::Contact) "A contact.";
    "expense" Expense(connectwise_psa_bindings::types::ExpenseEntry) "An expense entry.";
    "finance" Invoice(connectwise_psa_bindings::types::Invoice) "An invoice.";
    "system" Member(connectwise_psa_bindings::types::Member) "A member.";
    "sales" Opportunity(connectwise_psa_bindings::types::Opportunity) "An opportunity.";
    "procurement" ProductCatalog(connectwise_psa_bindings::types::CatalogItem) "An item of the product catalog.";
    "project" Project(connectwise_psa_bindings::types::Project) "A project.";
    "project" ProjectTicket(connectwise_psa_bindings::types::ProjectTicket) "A project ticket or an issue of a project.";
    "procurement" PurchaseOrder(connectwise_psa_bindings::types::PurchaseOrder) "A purchase order.";
    "schedule" Schedule(connectwise_psa_bindings::types::ScheduleEntry) "A schedule entry.";
    "company" Site(connectwise_psa_bindings::types::CompanySite) "A site of a company.";
    "service" Ticket(connectwise_psa_bindings::types::Ticket) "A service ticket.";
    "time" Time(connectwise_psa_bindings::types::TimeEntry) "A time entry.";
}

impl Entity {
    /// Reads a record of a type. Every record that has no type of its own here is [`Entity::Other`]; nothing is lost.
    ///
    /// A record of [`CallbackType::Ticket`] is a project ticket if its `recordType` is `ProjectTicket` or `ProjectIssue`.
    /// It is a service ticket if its `recordType` is `ServiceTicket`, missing or null.
    #[must_use]
    pub fn new(callback_type: &CallbackType, record: Value) -> Self {
        match read(callback_type, &record) {
            Some(entity) => entity,
            None => Self::Other(record),
        }
    }
}

/// Returns a record as its type. `None` if it has none here, or if it cannot be read.
fn read(callback_type: &CallbackType, record: &Value) -> Option<Entity> {
    match callback_type {
        #[cfg(feature = "sales")]
        CallbackType::Activity => decode(record).map(Entity::Activity),
        #[cfg(feature = "finance")]
        CallbackType::Agreement => decode(record).map(Entity::Agreement),
        #[cfg(feature = "company")]
        CallbackType::Company => decode(record).map(Entity::Company),
        #[cfg(feature = "company")]
        CallbackType::Configuration => decode(record).map(Entity::Configuration),
        #[cfg(feature = "company")]
        CallbackType::Contact => decode(record).map(Entity::Contact),
        #[cfg(feature = "expense")]
        CallbackType::Expense => decode(record).map(Entity::Expense),
        #[cfg(feature = "finance")]
        CallbackType::Invoice => decode(record).map(Entity::Invoice),
        CallbackType::Member => decode(record).map(Entity::Member),
        #[cfg(feature = "sales")]
        CallbackType::Opportunity => decode(record).map(Entity::Opportunity),
        #[cfg(feature = "procurement")]
        CallbackType::ProductCatalog => decode(record).map(Entity::ProductCatalog),
        #[cfg(feature = "project")]
        CallbackType::Project => decode(record).map(Entity::Project),
        #[cfg(feature = "procurement")]
        CallbackType::PurchaseOrder => decode(record).map(Entity::PurchaseOrder),
        #[cfg(feature = "schedule")]
        CallbackType::Schedule => decode(record).map(Entity::Schedule),
        #[cfg(feature = "company")]
        CallbackType::Site => decode(record).map(Entity::Site),
        CallbackType::Ticket => read_ticket(record),
        #[cfg(feature = "time")]
        CallbackType::Time => decode(record).map(Entity::Time),
        _ => None,
    }
}

/// Returns a service ticket or a project ticket. Observed on live servers: both have the type `ticket`, and `recordType`
/// is `ServiceTicket`, `ProjectTicket` or `ProjectIssue`.
fn read_ticket(record: &Value) -> Option<Entity> {
    match field_ignoring_case(record.as_object()?, "recordType") {
        #[cfg(feature = "service")]
        None | Some(Value::Null) => decode(record).map(Entity::Ticket),
        #[cfg(feature = "service")]
        Some(Value::String(name)) if name.eq_ignore_ascii_case("ServiceTicket") => decode(record).map(Entity::Ticket),
        #[cfg(feature = "project")]
        Some(Value::String(name))
            if ["ProjectTicket", "ProjectIssue"].iter().any(|project| name.eq_ignore_ascii_case(project)) =>
        {
            decode(record).map(Entity::ProjectTicket)
        }
        _ => None,
    }
}

fn decode<T: DeserializeOwned>(record: &Value) -> Option<Box<T>> {
    T::deserialize(record).ok().map(Box::new)
}

/// Returns a record as JSON. A generated type always has a form as JSON.
fn json_of(record: &impl Serialize) -> Value {
    serde_json::to_value(record).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use connectwise_psa_core::serde_json::json;

    use super::*;

    /// Returns the name of the variant.
    fn variant(callback_type: &CallbackType, record: &Value) -> String {
        let text = format!("{:?}", Entity::new(callback_type, record.clone()));
        text.split(['(', ' ']).next().unwrap_or_default().to_owned()
    }

    #[test]
    fn every_known_type_has_a_variant_if_its_section_is_on() {
        let on = [
            (CallbackType::Activity, cfg!(feature = "sales")),
            (CallbackType::Agreement, cfg!(feature = "finance")),
            (CallbackType::Company, cfg!(feature = "company")),
            (CallbackType::Configuration, cfg!(feature = "company")),
            (CallbackType::Contact, cfg!(feature = "company")),
            (CallbackType::Expense, cfg!(feature = "expense")),
            (CallbackType::Invoice, cfg!(feature = "finance")),
            (CallbackType::Member, true),
            (CallbackType::Opportunity, cfg!(feature = "sales")),
            (CallbackType::ProductCatalog, cfg!(feature = "procurement")),
            (CallbackType::Project, cfg!(feature = "project")),
            (CallbackType::PurchaseOrder, cfg!(feature = "procurement")),
            (CallbackType::Schedule, cfg!(feature = "schedule")),
            (CallbackType::Site, cfg!(feature = "company")),
            (CallbackType::Ticket, cfg!(feature = "service")),
            (CallbackType::Time, cfg!(feature = "time")),
        ];
        assert_eq!(on.each_ref().map(|(known, _)| known.clone()), CallbackType::KNOWN);
        let record = json!({"id": 5});
        for (callback_type, is_on) in on {
            let expected = if is_on { callback_type.as_str() } else { "Other" };
            assert_eq!(variant(&callback_type, &record), expected);
            assert_eq!(Entity::new(&callback_type, record.clone()).to_json(), record, "{callback_type}");
        }
    }

    #[test]
    fn project_tickets_are_told_from_service_tickets() {
        let (service, project) = (
            if cfg!(feature = "service") { "Ticket" } else { "Other" },
            if cfg!(feature = "project") { "ProjectTicket" } else { "Other" },
        );
        for (record, expected) in [
            (json!({"id": 5}), service),
            (json!({"id": 5, "recordType": null}), service),
            (json!({"id": 5, "recordType": "ServiceTicket"}), service),
            (json!({"id": 5, "RecordType": "serviceticket"}), service),
            (json!({"id": 5, "recordType": "ProjectTicket"}), project),
            (json!({"id": 5, "recordType": "ProjectIssue"}), project),
            (json!({"id": 5, "recordType": "Robot"}), "Other"),
            (json!({"id": 5, "recordType": 7}), "Other"),
        ] {
            assert_eq!(variant(&CallbackType::Ticket, &record), expected, "{record}");
        }
    }

    #[test]
    fn a_record_that_cannot_be_read_stays_json() {
        for (callback_type, record) in [
            (CallbackType::Other("Robot".to_owned()), json!({"id": 5})),
            (CallbackType::Member, json!({"id": {"x": 1}})),
            (CallbackType::Member, json!([{"id": 5}])),
            (CallbackType::Member, json!("{\"id\":5")),
            (CallbackType::Ticket, json!(5)),
            (CallbackType::Ticket, json!({"id": {"x": 1}})),
        ] {
            assert_eq!(Entity::new(&callback_type, record.clone()), Entity::Other(record));
        }
    }
}
