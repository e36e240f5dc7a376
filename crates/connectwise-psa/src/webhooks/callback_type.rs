//! The types of callbacks: which records a callback is about.

use std::fmt;

/// The type of a callback: the kind of record whose changes it reports.
///
/// The text is compared in any letter case: ConnectWise's documentation writes `PurchaseOrder`, messages contain
/// `purchaseorder`.
///
/// ```
/// use connectwise_psa::webhooks::CallbackType;
///
/// assert_eq!(CallbackType::from_text("purchaseorder"), CallbackType::PurchaseOrder);
/// assert_eq!(CallbackType::PurchaseOrder.as_str(), "PurchaseOrder");
/// assert_eq!(CallbackType::from_text("Robot"), CallbackType::Other("Robot".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CallbackType {
    /// Activities of the section `sales`.
    Activity,
    /// Agreements.
    Agreement,
    /// Companies.
    Company,
    /// Configurations.
    Configuration,
    /// Contacts.
    Contact,
    /// Expense entries.
    Expense,
    /// Invoices.
    Invoice,
    /// Members.
    Member,
    /// Opportunities.
    Opportunity,
    /// Items of the product catalog.
    ProductCatalog,
    /// Projects.
    Project,
    /// Purchase orders.
    PurchaseOrder,
    /// Schedule entries.
    Schedule,
    /// Sites of companies.
    Site,
    /// Service tickets and project tickets.
    Ticket,
    /// Time entries.
    Time,
    /// A type that this version of the crate does not know, as the server writes it.
    Other(String),
}

impl CallbackType {
    /// The types that this crate knows, in alphabetical order.
    pub const KNOWN: [Self; 16] = [
        Self::Activity,
        Self::Agreement,
        Self::Company,
        Self::Configuration,
        Self::Contact,
        Self::Expense,
        Self::Invoice,
        Self::Member,
        Self::Opportunity,
        Self::ProductCatalog,
        Self::Project,
        Self::PurchaseOrder,
        Self::Schedule,
        Self::Site,
        Self::Ticket,
        Self::Time,
    ];

    /// Returns the type with this name, in any letter case.
    #[must_use]
    pub fn from_text(text: &str) -> Self {
        let text = text.trim();
        Self::KNOWN
            .into_iter()
            .find(|known| known.as_str().eq_ignore_ascii_case(text))
            .unwrap_or_else(|| Self::Other(text.to_owned()))
    }

    /// Returns the name of the type, as ConnectWise's documentation writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Activity => "Activity",
            Self::Agreement => "Agreement",
            Self::Company => "Company",
            Self::Configuration => "Configuration",
            Self::Contact => "Contact",
            Self::Expense => "Expense",
            Self::Invoice => "Invoice",
            Self::Member => "Member",
            Self::Opportunity => "Opportunity",
            Self::ProductCatalog => "ProductCatalog",
            Self::Project => "Project",
            Self::PurchaseOrder => "PurchaseOrder",
            Self::Schedule => "Schedule",
            Self::Site => "Site",
            Self::Ticket => "Ticket",
            Self::Time => "Time",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for CallbackType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
