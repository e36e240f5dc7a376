//! The client: one connection to one server, cheap to clone, with a client for each section of the API.

use std::fmt;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::Connection;

use crate::discovery::company_info::CompanyInfo;
use crate::transport::pipeline::Pipeline;
use connectwise_psa_core::transport::CallOptions;

/// A client of one company's PSA.
///
/// Cheap to clone; all clones share one pool of connections, one set of limits and one budget of retries. Several
/// clients of different companies stand side by side without touching each other.
///
/// ```
/// use connectwise_psa::{Psa, Region};
///
/// let psa = Psa::builder()
///     .region(Region::Na)
///     .company("acme")
///     .keys("publicKey", "privateKey")
///     .client_id("00000000-0000-0000-0000-000000000000")
///     .build()?;
/// # Ok::<(), connectwise_psa::Error>(())
/// ```
#[derive(Clone)]
pub struct Psa {
    pipeline: Pipeline,
    connection: Connection,
}

impl Psa {
    pub(crate) fn from_pipeline(pipeline: Pipeline) -> Self {
        Self { connection: Connection::new(pipeline.clone()), pipeline }
    }

    pub(crate) fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The connection under it, for clients of sections and for
    /// [`RequestBuilder`](connectwise_psa_core::calls::RequestBuilder)s.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// The same client with other settings for the calls made through it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use connectwise_psa::{CallOptions, Psa};
    ///
    /// fn quick(psa: &Psa) -> Psa {
    ///     psa.with(CallOptions::new().timeout(Duration::from_secs(5)).without_version())
    /// }
    /// ```
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Self {
        Self::from_pipeline(Pipeline { options: options.or(&self.pipeline.options), ..self.pipeline.clone() })
    }

    /// The same client as a member, by the name it logs in with: `psa.as_member("jdoe")`.
    ///
    /// Keys are minted for the member before the first call, renewed before they expire and when the server refuses
    /// them, and shared by everybody who calls as that member through a clone of this client. facts: that needs an
    /// integrator login with the right to impersonate members.
    #[must_use]
    pub fn as_member(&self, identifier: &str) -> Self {
        Self::from_pipeline(Pipeline {
            member: Some(self.pipeline.shared.member(identifier.trim())),
            ..self.pipeline.clone()
        })
    }

    /// The same client as its own login, whoever it called as.
    pub(crate) fn as_itself(&self) -> Self {
        Self::from_pipeline(Pipeline { member: None, ..self.pipeline.clone() })
    }

    /// The base URL that requests go to. On the cloud it is discovered if it is not known yet.
    ///
    /// # Errors
    ///
    /// When discovery fails, takes longer than a call may, or the company is unknown there. It is tried once.
    pub async fn base_url(&self) -> Result<String, Error> {
        self.pipeline.base_url().await.map(|base| base.to_string())
    }

    /// What the server tells about the company before anybody logs in: release, code base, host of the API.
    ///
    /// # Errors
    ///
    /// When it cannot be asked, or does not know the company. It is tried once.
    pub async fn company_info(&self) -> Result<CompanyInfo, Error> {
        self.pipeline.company_info().await
    }
}

macro_rules! sections {
    ($($feature:literal $section:ident $disabled:ident: $about:literal;)*) => {
        /// The sections of the API.
        impl Psa {
            $(
                #[doc = $about]
                #[cfg(feature = $feature)]
                #[must_use]
                pub fn $section(&self) -> connectwise_psa_bindings::$section::Client {
                    connectwise_psa_bindings::$section::Client::new(&self.connection)
                }

                #[cfg(not(feature = $feature))]
                #[doc(hidden)]
                pub fn $section(&self) -> disabled::$disabled {
                    disabled::$disabled
                }
            )*
        }

        /// What a section gives whose feature is off: a type without operations, whose name tells the compiler's reader
        /// what to do.
        mod disabled {
            $(
                /// Stands for a section whose feature is off.
                #[cfg(not(feature = $feature))]
                #[derive(Debug)]
                #[non_exhaustive]
                pub struct $disabled;
            )*
        }
    };
}

sections! {
    "company" company EnableFeatureCompany: "Companies, contacts, configurations, management integrations.";
    "configurations" configurations EnableFeatureConfigurations: "Bulk operations on configuration types.";
    "expense" expense EnableFeatureExpense: "Expense entries, reports and types.";
    "finance" finance EnableFeatureFinance: "Agreements, invoices, billing, taxes, accounting.";
    "marketing" marketing EnableFeatureMarketing: "Campaigns and groups.";
    "procurement" procurement EnableFeatureProcurement: "Catalog, products, purchase orders, warehouses, RMA.";
    "project" project EnableFeatureProject: "Projects, phases, project tickets, templates.";
    "sales" sales EnableFeatureSales: "Opportunities, activities, orders, quotas.";
    "schedule" schedule EnableFeatureSchedule: "Calendars, schedule entries, holidays.";
    "service" service EnableFeatureService: "Service tickets, boards, SLAs, surveys, knowledge base.";
    "system" system EnableFeatureSystem: "Members, callbacks, documents, reports, security roles, workflows.";
    "time" time EnableFeatureTime: "Time entries, sheets, periods, work types and roles.";
}

/// Shows no keys.
impl fmt::Debug for Psa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shared = &self.pipeline.shared;
        let member = self.pipeline.member.as_ref().map(|member| member.identifier.as_str());
        f.debug_struct("Psa")
            .field("base_url", &shared.endpoint.known().as_str())
            .field("company", &shared.company)
            .field("member", &member)
            .finish_non_exhaustive()
    }
}
