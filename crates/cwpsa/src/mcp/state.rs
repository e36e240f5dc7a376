//! What all calls of one agent server share: the client, the settings, and the open plans.

use connectwise_psa::Psa;

use crate::error::CommandError;
use crate::mcp::budget::Budget;
use crate::mcp::plans::Plans;
use crate::mcp::policy::Policy;
use crate::mcp::seal::Seal;
use crate::mcp::write_limit::WriteLimit;

/// The settings of an agent server.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) policy: Policy,
    /// The tokens that a result may need.
    pub(crate) budget: usize,
    pub(crate) writes_per_minute: usize,
    /// Whether changes are always planned first, even if the client can ask the user.
    pub(crate) always_plan: bool,
}

/// One agent server: one connection, and one policy.
pub(crate) struct AgentServer {
    pub(crate) psa: Psa,
    pub(crate) policy: Policy,
    pub(crate) budget: Budget,
    pub(crate) always_plan: bool,
    pub(crate) seal: Seal,
    pub(crate) plans: Plans,
    pub(crate) write_limit: WriteLimit,
}

impl AgentServer {
    pub(crate) fn new(psa: Psa, settings: Settings) -> Result<Self, CommandError> {
        let seal = Seal::new()
            .map_err(|error| CommandError::failure(format!("the operating system has no random numbers: {error}")))?;
        Ok(Self {
            psa,
            policy: settings.policy,
            budget: Budget::new(settings.budget),
            always_plan: settings.always_plan,
            seal,
            plans: Plans::default(),
            write_limit: WriteLimit::new(settings.writes_per_minute),
        })
    }
}
