//! A callback to register: what it is about, and where its messages go. Everything that can be checked is checked
//! before a request is sent.

use connectwise_psa_bindings::types::CallbackEntry;
use connectwise_psa_core::error::Error;
use url::Url;

use crate::webhooks::callback_type::CallbackType;
use crate::webhooks::levels::{
    ActivityLevel, AgreementLevel, CompanyLevel, ConfigurationLevel, ContactLevel, ExpenseLevel, InvoiceLevel,
    MemberLevel, NamedLevel, OpportunityLevel, ProductCatalogLevel, ProjectLevel, PurchaseOrderLevel, ScheduleLevel,
    Subscription, TicketLevel, TimeLevel,
};

/// The format of the messages that this crate reads.
const PAYLOAD_VERSION: &str = "3.0.0";

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 100;

/// The query parameter that PSA's id becomes the value of, if the URL does not end with one.
const ID_PARAMETER: &str = "recordId=";

/// A callback to register.
///
/// PSA appends the id of the record to the end of the URL, and then `&action=`. So the URL must end with a query
/// parameter without a value. If it does not, [`url`](Self::url) appends `recordId=`:
///
/// ```
/// use connectwise_psa::webhooks::{Registration, TicketLevel};
///
/// let board = 3;
/// let tickets = Registration::tickets(TicketLevel::Board(board), "https://hooks.example.com/psa?tenant=acme")
///     .description("Ticket synchronization")
///     .suppress_own_changes();
/// assert_eq!(tickets.url(), "https://hooks.example.com/psa?tenant=acme&recordId=");
///
/// let contacts = Registration::contacts(connectwise_psa::webhooks::ContactLevel::Owner, "https://hooks.example.com/?id=");
/// assert_eq!(contacts.url(), "https://hooks.example.com/?id=");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a registration does nothing by itself: pass it to `create` or `reconcile`"]
pub struct Registration {
    subscription: Subscription,
    url: String,
    description: Option<String>,
    is_self_suppressed: bool,
}

macro_rules! constructors {
    ($($name:ident $level:ident $variant:ident $trigger:literal;)*) => {
        $(
            #[doc = concat!("Creates a registration for ", $trigger, ".")]
            pub fn $name(level: $level, url: impl AsRef<str>) -> Self {
                Self::new(Subscription::$variant(level), url)
            }
        )*
    };
}

impl Registration {
    /// Creates a registration from a subscription, or from a level such as `TicketLevel::Board(3)`. Nothing is checked
    /// yet: [`check`](Self::check) and the calls that send the registration return the errors.
    pub fn new(subscription: impl Into<Subscription>, url: impl AsRef<str>) -> Self {
        Self {
            subscription: subscription.into(),
            url: with_id_parameter(url.as_ref().trim()),
            description: None,
            is_self_suppressed: false,
        }
    }

    constructors! {
        activities ActivityLevel Activity "activities of the section `sales`";
        agreements AgreementLevel Agreement "agreements";
        companies CompanyLevel Company "companies";
        configurations ConfigurationLevel Configuration "configurations";
        contacts ContactLevel Contact "contacts";
        expenses ExpenseLevel Expense "expense entries";
        invoices InvoiceLevel Invoice "invoices";
        members MemberLevel Member "members";
        opportunities OpportunityLevel Opportunity "opportunities";
        product_catalog ProductCatalogLevel ProductCatalog "items of the product catalog";
        projects ProjectLevel Project "projects";
        purchase_orders PurchaseOrderLevel PurchaseOrder "purchase orders";
        schedule_entries ScheduleLevel Schedule "schedule entries";
        sites NamedLevel Site "sites of companies, whose levels ConnectWise does not document";
        tickets TicketLevel Ticket "service tickets and project tickets";
        time_entries TimeLevel Time "time entries";
    }

    /// Creates a registration for a type or a level that this crate does not know. The server rejects those that it
    /// does not know either.
    pub fn other(callback_type: &str, level: NamedLevel, url: impl AsRef<str>) -> Self {
        Self::new(Subscription::Other(CallbackType::from_text(callback_type), level), url)
    }

    /// Sets the description, which members see in PSA. At most 100 characters.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = Some(description.into().trim().to_owned());
        self
    }

    /// Leaves out messages about changes that the same API member makes. Use it if the program writes the records that
    /// it is told about.
    pub fn suppress_own_changes(mut self) -> Self {
        self.is_self_suppressed = true;
        self
    }

    /// Returns what the callback is about.
    #[must_use]
    pub fn subscription(&self) -> &Subscription {
        &self.subscription
    }

    /// Returns the URL as it is registered: it ends with a query parameter without a value.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn description_text(&self) -> Option<&str> {
        self.description.as_deref()
    }

    pub(crate) fn is_self_suppressed(&self) -> bool {
        self.is_self_suppressed
    }

    /// Checks the registration as far as that is possible without the server.
    ///
    /// # Errors
    ///
    /// An invalid-input error that names `url`, `description`, `type`, `level` or `objectId`.
    pub fn check(&self) -> Result<(), Error> {
        check_url(&self.url)?;
        let length = self.description.as_deref().map_or(0, |text| text.chars().count());
        if length > MAX_DESCRIPTION {
            let problem = format!("has {length} characters; at most {MAX_DESCRIPTION} are allowed");
            return Err(Error::invalid_input("description", problem));
        }
        let callback_type = self.subscription.callback_type();
        for (name, value) in [("type", callback_type.as_str()), ("level", self.subscription.level())] {
            if value.trim().is_empty() {
                return Err(Error::invalid_input(name, "is empty"));
            }
        }
        match self.subscription.object_id() {
            id if id < 1 => Err(Error::invalid_input("objectId", format!("is {id}, which is not the id of a record"))),
            _ => Ok(()),
        }
    }

    /// Returns the record to send.
    pub(crate) fn entry(&self) -> Result<CallbackEntry, Error> {
        self.check()?;
        Ok(CallbackEntry {
            description: self.description.clone(),
            is_self_suppressed_flag: Some(self.is_self_suppressed),
            payload_version: Some(PAYLOAD_VERSION.to_owned()),
            ..CallbackEntry::new(
                self.url.clone(),
                self.subscription.object_id(),
                self.subscription.callback_type().as_str(),
                self.subscription.level(),
            )
        })
    }
}

/// Returns a URL that ends with a query parameter without a value.
fn with_id_parameter(url: &str) -> String {
    let separator = match url.split_once('?') {
        Some((_, query)) if query.ends_with('=') && !query.ends_with("&=") && query != "=" => return url.to_owned(),
        Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
        Some(_) => "&",
        None => "?",
    };
    format!("{url}{separator}{ID_PARAMETER}")
}

/// Checks that PSA can send messages to a URL.
fn check_url(text: &str) -> Result<(), Error> {
    let invalid = |problem: &str| Err(Error::invalid_input("url", problem));
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return invalid("contains whitespace or control characters");
    }
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => {
            let problem = "is not an absolute URL, such as https://hooks.example.com/psa";
            return Err(Error::invalid_input_from("url", problem, error));
        }
    };
    if !matches!(url.scheme(), "http" | "https") {
        return invalid("is not an http or https URL");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return invalid("does not contain a host");
    }
    if url.fragment().is_some() {
        return invalid(
            "contains a fragment, which would swallow the id that PSA appends: remove `#` and the text after it",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> String {
        Registration::tickets(TicketLevel::Owner, text).url().to_owned()
    }

    #[test]
    fn a_url_ends_with_a_query_parameter_that_takes_the_id() {
        for (given, expected) in [
            ("https://h/x", "https://h/x?recordId="),
            (" https://h ", "https://h?recordId="),
            ("https://h/x?", "https://h/x?recordId="),
            ("https://h/x?a=b", "https://h/x?a=b&recordId="),
            ("https://h/x?a=b&", "https://h/x?a=b&recordId="),
            ("https://h/x?recordId=", "https://h/x?recordId="),
            ("https://h/x?a=b&id=", "https://h/x?a=b&id="),
            // A parameter needs a name.
            ("https://h/x?=", "https://h/x?=&recordId="),
            // A path that ends with `=` does not have a query.
            ("https://h/x=", "https://h/x=?recordId="),
        ] {
            assert_eq!(url(given), expected);
            assert_eq!(url(expected), expected);
        }
    }

    #[test]
    fn invalid_registrations_are_rejected_before_they_are_sent() {
        let valid = || Registration::tickets(TicketLevel::Board(3), "https://h/x");
        valid().check().unwrap();
        valid().description("x".repeat(100)).check().unwrap();
        // The limit counts characters, not bytes.
        valid().description("ü".repeat(100)).check().unwrap();
        Registration::tickets(TicketLevel::Owner, "http://127.0.0.1:8080/x").check().unwrap();
        Registration::other("Robot", NamedLevel::owner(), "https://h/x").check().unwrap();
        for (registration, parameter) in [
            (valid().description("ü".repeat(101)), "description"),
            (Registration::tickets(TicketLevel::Board(0), "https://h/x"), "objectId"),
            (Registration::tickets(TicketLevel::Owner, "/x"), "url"),
            (Registration::tickets(TicketLevel::Owner, "h/x"), "url"),
            (Registration::tickets(TicketLevel::Owner, ""), "url"),
            (Registration::tickets(TicketLevel::Owner, "ftp://h/x"), "url"),
            (Registration::tickets(TicketLevel::Owner, "https://"), "url"),
            (Registration::tickets(TicketLevel::Owner, "https://h/x#top"), "url"),
            (Registration::tickets(TicketLevel::Owner, "https://h/x y"), "url"),
            (Registration::sites(NamedLevel::new(" ", 1), "https://h/x"), "level"),
            (Registration::other(" ", NamedLevel::owner(), "https://h/x"), "type"),
        ] {
            let error = registration.check().unwrap_err();
            assert_eq!(error.parameter(), Some(parameter), "{error}");
            assert_eq!(registration.entry().unwrap_err().parameter(), Some(parameter));
        }
    }

    #[test]
    fn the_record_has_the_names_and_the_object_id_that_the_server_stores() {
        let entry = Registration::tickets(TicketLevel::Board(3), "https://h/x")
            .description(" Tickets ")
            .suppress_own_changes()
            .entry()
            .unwrap();
        let expected = CallbackEntry {
            description: Some("Tickets".into()),
            is_self_suppressed_flag: Some(true),
            payload_version: Some("3.0.0".into()),
            ..CallbackEntry::new("https://h/x?recordId=", 3, "Ticket", "Board")
        };
        assert_eq!(entry, expected);
        let owner = Registration::sites(NamedLevel::new("owner", 0), "https://h/x").entry().unwrap();
        assert_eq!((owner.object_id, owner.type_.as_deref()), (Some(1), Some("Site")));
    }
}
