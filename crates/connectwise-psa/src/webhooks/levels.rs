//! The levels of callbacks: which records of a type a callback is about. Each type has an enum with its levels, so a
//! type cannot be combined with a level of another type.

use std::fmt;

use crate::webhooks::callback_type::CallbackType;

/// The level for every record of a type.
pub(crate) const OWNER: &str = "Owner";

/// The object id of the level [`OWNER`]. Observed on live servers: 0 is stored as 1.
const OWNER_OBJECT: i32 = 1;

/// A level as text and an object id: for types whose levels ConnectWise does not document, and for types and levels
/// that this crate does not know.
///
/// ```
/// use connectwise_psa::webhooks::{NamedLevel, Registration};
///
/// let sites = Registration::sites(NamedLevel::owner(), "https://hooks.example.com/psa");
/// assert_eq!(sites.subscription().level(), "Owner");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NamedLevel {
    /// The name of the level, such as `Company`.
    pub name: String,
    /// The id of the record that the level means, such as the id of the company.
    pub object_id: i32,
}

impl NamedLevel {
    /// Creates a level from its name and the id of the record that it means.
    #[must_use]
    pub fn new(name: impl Into<String>, object_id: i32) -> Self {
        Self { name: name.into(), object_id }
    }

    /// Returns the level for every record of the type.
    #[must_use]
    pub fn owner() -> Self {
        Self::new(OWNER, OWNER_OBJECT)
    }

    pub(crate) fn is_owner(&self) -> bool {
        self.name.trim().eq_ignore_ascii_case(OWNER)
    }
}

/// Writes the enum of a type's levels, with the conversions from and to names and ids.
macro_rules! levels {
    ($($type:ident $enum:ident $article:literal { $($level:ident: $what:literal),* $(,)? })*) => {
        $(
            #[doc = concat!("The levels of the type `", stringify!($type), "`: which ", $article, " a callback is about.")]
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
            #[non_exhaustive]
            pub enum $enum {
                /// Every record of the type.
                Owner,
                $(
                    #[doc = $what]
                    $level(i32),
                )*
            }

            impl $enum {
                /// The names of the levels, as ConnectWise's documentation writes them.
                pub const NAMES: &'static [&'static str] = &[OWNER, $(stringify!($level)),*];

                /// Returns the name of the level.
                #[must_use]
                pub const fn name(self) -> &'static str {
                    match self {
                        Self::Owner => OWNER,
                        $(Self::$level(_) => stringify!($level),)*
                    }
                }

                /// Returns the id of the record that the level means; 1 for `Owner`.
                #[must_use]
                pub const fn object_id(self) -> i32 {
                    match self {
                        Self::Owner => OWNER_OBJECT,
                        $(Self::$level(id) => id,)*
                    }
                }

                /// Returns the level with a name, in any letter case; `None` if the type does not have it.
                #[must_use]
                pub fn from_name(name: &str, object_id: i32) -> Option<Self> {
                    let name = name.trim();
                    if name.eq_ignore_ascii_case(OWNER) {
                        return Some(Self::Owner);
                    }
                    $(
                        if name.eq_ignore_ascii_case(stringify!($level)) {
                            return Some(Self::$level(object_id));
                        }
                    )*
                    let _ = object_id;
                    None
                }
            }

            impl From<$enum> for Subscription {
                fn from(level: $enum) -> Self {
                    Self::$type(level)
                }
            }
        )*

        /// What a callback is about: a type of record, and the level that selects records of that type.
        ///
        /// A level of another type does not compile:
        ///
        /// ```
        /// use connectwise_psa::webhooks::{Subscription, TicketLevel};
        ///
        /// let tickets = Subscription::Ticket(TicketLevel::Board(3));
        /// assert_eq!((tickets.level(), tickets.object_id()), ("Board", 3));
        /// ```
        /// ```compile_fail,E0308
        /// use connectwise_psa::webhooks::{InvoiceLevel, Subscription};
        ///
        /// let tickets = Subscription::Ticket(InvoiceLevel::Owner);
        /// ```
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Subscription {
            $(
                #[doc = concat!("Changes of ", $article, ".")]
                $type($enum),
            )*
            /// Changes of sites of companies. ConnectWise lists the type, but not its levels.
            Site(NamedLevel),
            /// A type or a level that this crate does not know.
            Other(CallbackType, NamedLevel),
        }

        impl Subscription {
            /// Returns the subscription for a type and a level as text, in any letter case. A level that this crate
            /// does not know for the type becomes [`Other`](Self::Other).
            #[must_use]
            pub fn from_text(callback_type: &str, level: &str, object_id: i32) -> Self {
                let named = || NamedLevel::new(level.trim(), object_id);
                let known = match CallbackType::from_text(callback_type) {
                    $(CallbackType::$type => $enum::from_name(level, object_id).map(Self::$type),)*
                    CallbackType::Site => Some(Self::Site(named())),
                    CallbackType::Other(_) => None,
                };
                known.unwrap_or_else(|| Self::Other(CallbackType::from_text(callback_type), named()))
            }

            /// Returns the type of the records.
            #[must_use]
            pub fn callback_type(&self) -> CallbackType {
                match self {
                    $(Self::$type(_) => CallbackType::$type,)*
                    Self::Site(_) => CallbackType::Site,
                    Self::Other(callback_type, _) => callback_type.clone(),
                }
            }

            /// Returns the name of the level.
            #[must_use]
            pub fn level(&self) -> &str {
                match self {
                    $(Self::$type(level) => level.name(),)*
                    Self::Site(level) | Self::Other(_, level) => level.name.trim(),
                }
            }

            /// Returns the id of the record that the level means; 1 for `Owner`, whatever was set.
            #[must_use]
            pub fn object_id(&self) -> i32 {
                match self {
                    $(Self::$type(level) => level.object_id(),)*
                    Self::Site(level) | Self::Other(_, level) => {
                        if level.is_owner() { OWNER_OBJECT } else { level.object_id }
                    }
                }
            }
        }
    };
}

levels! {
    Activity ActivityLevel "activities" {
        Status: "Activities with this status (id).",
        Type: "Activities of this type (id).",
        Company: "Activities of this company (id).",
        Activity: "One activity (id).",
    }
    Agreement AgreementLevel "agreements" {
        Type: "Agreements of this type (id).",
        Company: "Agreements of this company (id).",
        Agreement: "One agreement (id).",
    }
    Company CompanyLevel "companies" {
        Status: "Companies with this status (id).",
        Type: "Companies of this type (id).",
        Territory: "Companies in this territory (id).",
        Company: "One company (id).",
        IntegratorTag: "Companies with this integrator tag (id). What the id names is not documented.",
    }
    Configuration ConfigurationLevel "configurations" {
        Type: "Configurations of this type (id).",
        Status: "Configurations with this status (id).",
        Configuration: "One configuration (id).",
    }
    Contact ContactLevel "contacts" {
        Type: "Contacts of this type (id).",
        Territory: "Contacts in this territory (id).",
        Company: "Contacts of this company (id).",
        Contact: "One contact (id).",
    }
    Expense ExpenseLevel "expense entries" {
        ChargeToType: "Expense entries that are charged to this kind of record (id).",
        Type: "Expense entries of this type (id).",
        Class: "Expense entries of this class (id).",
        Company: "Expense entries of this company (id).",
        Expense: "One expense entry (id).",
    }
    Invoice InvoiceLevel "invoices" {
        Status: "Invoices with this status (id).",
        Company: "Invoices of this company (id).",
        Invoice: "One invoice (id).",
    }
    Member MemberLevel "members" {
        Location: "Members of this location (id).",
        SecurityRole: "Members with this security role (id).",
        Member: "One member (id).",
    }
    Opportunity OpportunityLevel "opportunities" {
        StatusId: "Opportunities with this status (id).",
        Company: "Opportunities of this company (id).",
        Opportunity: "One opportunity (id).",
    }
    ProductCatalog ProductCatalogLevel "items of the product catalog" {}
    Project ProjectLevel "projects" {
        Status: "Projects with this status (id).",
        Board: "Projects on this board (id).",
        Project: "One project (id).",
    }
    PurchaseOrder PurchaseOrderLevel "purchase orders" {
        Status: "Purchase orders with this status (id).",
        Vendor: "Purchase orders to this vendor (id of the company).",
        Company: "Purchase orders of this company (id).",
        PurchaseOrder: "One purchase order (id).",
    }
    Schedule ScheduleLevel "schedule entries" {
        Status: "Schedule entries with this status (id).",
        Type: "Schedule entries of this type (id).",
        Location: "Schedule entries of this location (id).",
        Member: "Schedule entries of this member (id).",
        Schedule: "One schedule entry (id).",
    }
    Ticket TicketLevel "service tickets and project tickets" {
        Board: "Tickets on this board (id).",
        Project: "Tickets of this project (id).",
        Phase: "Tickets of this phase (id).",
        Status: "Tickets with this status (id).",
        Ticket: "One ticket (id).",
        IntegratorTag: "Tickets with this integrator tag (id). What the id names is not documented.",
    }
    Time TimeLevel "time entries" {
        Company: "Time entries of this company (id).",
        Time: "One time entry (id).",
    }
}

/// The type, the level and the object id: `Ticket, level Board 3`.
impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, level {}", self.callback_type(), self.level())?;
        if self.level().eq_ignore_ascii_case(OWNER) { Ok(()) } else { write!(f, " {}", self.object_id()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_level_of_the_documentation_is_known_and_survives_the_conversion_to_text() {
        for (callback_type, levels) in [
            ("Activity", &["Owner", "Status", "Type", "Company", "Activity"][..]),
            ("Agreement", &["Owner", "Type", "Company", "Agreement"]),
            ("Company", &["Owner", "Status", "Type", "Territory", "Company", "IntegratorTag"]),
            ("Configuration", &["Owner", "Type", "Status", "Configuration"]),
            ("Contact", &["Owner", "Type", "Territory", "Company", "Contact"]),
            ("Expense", &["Owner", "ChargeToType", "Type", "Class", "Company", "Expense"]),
            ("Invoice", &["Owner", "Status", "Company", "Invoice"]),
            ("Member", &["Owner", "Location", "SecurityRole", "Member"]),
            ("Opportunity", &["Owner", "StatusId", "Company", "Opportunity"]),
            ("ProductCatalog", &["Owner"]),
            ("Project", &["Owner", "Status", "Board", "Project"]),
            ("PurchaseOrder", &["Owner", "Status", "Vendor", "Company", "PurchaseOrder"]),
            ("Schedule", &["Owner", "Status", "Type", "Location", "Member", "Schedule"]),
            ("Ticket", &["Owner", "Board", "Project", "Phase", "Status", "Ticket", "IntegratorTag"]),
            ("Time", &["Owner", "Company", "Time"]),
        ] {
            for level in levels {
                // Observed on live servers: any letter case is accepted.
                let subscription = Subscription::from_text(&callback_type.to_lowercase(), &level.to_uppercase(), 7);
                assert!(!matches!(subscription, Subscription::Other(..)), "{callback_type} {level}");
                let id = if *level == "Owner" { 1 } else { 7 };
                assert_eq!(
                    (subscription.callback_type().as_str(), subscription.level(), subscription.object_id()),
                    (callback_type, *level, id)
                );
            }
            // A level of another type, or of none, is kept as text.
            let other = Subscription::from_text(callback_type, "Galaxy", 7);
            assert!(matches!(other, Subscription::Other(..)), "{callback_type}");
            assert_eq!((other.level(), other.object_id()), ("Galaxy", 7));
        }
        assert_eq!(TicketLevel::NAMES.len(), 7);
        assert_eq!(Subscription::from_text("site", "owner", 0).object_id(), 1);
        assert!(matches!(Subscription::from_text("Robot", "Owner", 1), Subscription::Other(..)));
    }

    #[test]
    fn subscriptions_are_shown_with_type_level_and_id() {
        assert_eq!(Subscription::from(TicketLevel::Board(3)).to_string(), "Ticket, level Board 3");
        assert_eq!(Subscription::from(ProductCatalogLevel::Owner).to_string(), "ProductCatalog, level Owner");
    }
}
