//! The client of one company's PSA. It is cheap to clone and returns a client for each section of the API.

use std::fmt;

use connectwise_psa_core::error::Error;
use connectwise_psa_core::transport::Connection;

use crate::discovery::company_info::CompanyInfo;
use crate::transport::pipeline::Pipeline;
use connectwise_psa_core::transport::CallOptions;

/// A client of one company's PSA.
///
/// It is cheap to clone. All clones share the connection pool, the limits on concurrent requests and on requests per
/// minute, and the retry budget. Clients that are built separately, for example for different companies, share nothing.
///
/// Calls need a running Tokio runtime with time and I/O (`#[tokio::main]`, or `enable_all` of `tokio::runtime::Builder`).
/// Without a runtime, they fail with an error; in a runtime without one of the two, Tokio panics.
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

    /// Returns the underlying connection, which section clients and
    /// [`RequestBuilder`](connectwise_psa_core::calls::RequestBuilder)s send their requests with.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Returns a copy of this client with other options for its calls. Options that `options` does not set keep their
    /// values.
    ///
    /// ```
    /// use std::time::Duration;
    /// use connectwise_psa::{CallOptions, Psa};
    ///
    /// fn quick(psa: &Psa) -> Psa {
    ///     psa.with(CallOptions::new().timeout(Duration::from_secs(5)))
    /// }
    /// ```
    #[must_use]
    pub fn with(&self, options: CallOptions) -> Self {
        Self::from_pipeline(Pipeline { options: options.or(&self.pipeline.options), ..self.pipeline.clone() })
    }

    /// Returns a copy of this client that makes its calls as a member. `identifier` is the name the member logs in
    /// with: `psa.as_member("jdoe")`.
    ///
    /// The client mints keys for the member before the first call: it has the server create a temporary pair of API
    /// keys. It mints new ones before these expire and when the server rejects them. This client and all its
    /// copies use the same keys for the same member.
    ///
    /// Observed on live servers: the credentials must be an integrator login with the right to impersonate members.
    #[must_use]
    pub fn as_member(&self, identifier: &str) -> Self {
        Self::from_pipeline(Pipeline {
            member: Some(self.pipeline.shared.member(identifier.trim())),
            ..self.pipeline.clone()
        })
    }

    /// Returns a copy of this client without the condition of
    /// [`PsaBuilder::company_condition`](crate::PsaBuilder::company_condition).
    #[must_use]
    pub fn without_company_condition(&self) -> Self {
        Self::from_pipeline(Pipeline { company_condition: None, ..self.pipeline.clone() })
    }

    /// Returns a copy of this client that makes its calls with its own credentials instead of a member's keys.
    pub(crate) fn without_member(&self) -> Self {
        Self::from_pipeline(Pipeline { member: None, ..self.pipeline.clone() })
    }

    /// Returns the base URL that requests are sent to. If it must be discovered, as on the cloud, and no call has done
    /// so yet, this method discovers it, without retries.
    ///
    /// # Errors
    ///
    /// Fails if discovery fails or takes longer than the timeout of a call, or if the server does not know the company.
    pub async fn base_url(&self) -> Result<String, Error> {
        self.pipeline.base_url().await.map(|base| base.to_string())
    }

    /// Returns public information about the company: release, code base and host of the API. Sends the request without
    /// credentials and without retries. On the cloud it goes to the login host (`na.myconnectwise.net`) and, if that
    /// request fails, to the API host (`api-na.myconnectwise.net`); elsewhere it goes to the configured host.
    ///
    /// # Errors
    ///
    /// Fails if the request fails or the server does not know the company.
    pub async fn company_info(&self) -> Result<CompanyInfo, Error> {
        self.pipeline.company_info().await
    }
}

macro_rules! sections {
    ($($feature:literal $section:ident $disabled:ident: $doc:literal;)*) => {
        /// The sections of the API.
        impl Psa {
            $(
                #[doc = $doc]
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

        /// Placeholders that the section methods return if a section's feature is off. They have no methods, so a call
        /// does not compile, and the placeholder's name in the compiler's message says which feature to enable.
        mod disabled {
            $(
                /// The placeholder for a section whose feature is off.
                #[cfg(not(feature = $feature))]
                #[derive(Debug)]
                #[non_exhaustive]
                pub struct $disabled;
            )*
        }
    };
}

sections! {
    "company" company EnableFeatureCompany:
        "Companies, contacts, configurations (assets) and their bulk operations, portal settings, tracks, management \
         integrations.";
    "configurations" configurations EnableFeatureConfigurations:
        "Read-only `/info` operations of configuration types, their questions and values; configurations are in \
         `company`.";
    "expense" expense EnableFeatureExpense: "Expense entries, reports, types, classifications, payment types.";
    "finance" finance EnableFeatureFinance: "Agreements, invoices, billing, taxes, currencies, accounting.";
    "marketing" marketing EnableFeatureMarketing: "Campaigns and groups.";
    "procurement" procurement EnableFeatureProcurement:
        "Product catalog, products, pricing, purchase orders, inventory adjustments, warehouses, RMA.";
    "project" project EnableFeatureProject: "Projects, phases, project tickets, project boards, templates.";
    "sales" sales EnableFeatureSales: "Opportunities, activities, sales orders, commissions, quotas.";
    "schedule" schedule EnableFeatureSchedule: "Schedule entries, calendars, holiday lists.";
    "service" service EnableFeatureService: "Service tickets, boards, SLAs, surveys, knowledge base.";
    "system" system EnableFeatureSystem:
        "Members, callbacks, documents, reports, security roles, user-defined fields, workflows, system settings.";
    "time" time EnableFeatureTime:
        "Time entries, time sheets, time periods, charge codes, work types and roles, stopwatches.";
}

/// Omits the keys.
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
