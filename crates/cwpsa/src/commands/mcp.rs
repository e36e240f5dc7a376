//! `cwpsa mcp`: serves agents.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, ValueEnum};
use connectwise_psa::catalogue;

use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;
use crate::mcp::budget::MINIMUM;
use crate::mcp::handler::Handler;
use crate::mcp::policy::{Policy, Switch, Verb};
use crate::mcp::state::{AgentServer, Settings};
use crate::mcp::transport::{bind, serve_http, serve_stdio};

/// The environment variable with the token of HTTP clients. It is not an option, because other users of the machine can see
/// the options of a process.
const TOKEN_VARIABLE: &str = "CWPSA_MCP_TOKEN";

/// How changes are confirmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Confirm {
    /// The client asks the user, if it can; otherwise a plan comes first
    #[default]
    Auto,
    /// A plan always comes first, and the agent sends it with a handle
    Plan,
}

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Serve HTTP at http://127.0.0.1:PORT/mcp instead of standard input and output. Clients must send the token in
    /// CWPSA_MCP_TOKEN; without that variable, a random token is printed
    #[arg(long, value_name = "PORT", num_args = 0..=1, default_missing_value = "8808")]
    http: Option<u16>,
    /// Let agents change records of these sections
    #[arg(long, value_name = "SECTION", value_delimiter = ',')]
    allow: Vec<String>,
    /// The kinds of changes that agents may make
    #[arg(long, value_name = "VERB", value_delimiter = ',', requires = "allow")]
    allow_verbs: Vec<Verb>,
    /// Let agents delete records of the allowed sections
    #[arg(long, requires = "allow")]
    allow_deletes: bool,
    /// Let agents change members
    #[arg(long, requires = "allow")]
    allow_members: bool,
    /// Let agents change roles, logins, single sign-on and other security settings
    #[arg(long, requires = "allow")]
    allow_security: bool,
    /// Let agents change callbacks, which send records to other servers
    #[arg(long, requires = "allow")]
    allow_callbacks: bool,
    /// The maximum number of changes per minute
    #[arg(long, value_name = "N", default_value_t = 30)]
    writes_per_minute: usize,
    /// About how many tokens a result may need
    #[arg(long, value_name = "TOKENS", default_value_t = 6_000, value_parser = parse_budget)]
    budget: usize,
    /// How changes are confirmed
    #[arg(long, value_name = "WAY", default_value = "auto")]
    confirm: Confirm,
}

fn parse_budget(text: &str) -> Result<usize, String> {
    let budget: usize = text.parse().map_err(|_| "is not a whole number".to_owned())?;
    if budget < MINIMUM { Err(format!("must be at least {MINIMUM}")) } else { Ok(budget) }
}

impl Arguments {
    pub(crate) fn run(&self, context: &Context) -> Outcome {
        let settings = self.settings()?;
        context.block_on(self.serve(context, settings))?
    }

    async fn serve(&self, context: &Context, settings: Settings) -> Outcome {
        let psa = context.psa().await?.clone();
        let policy = settings.policy.to_string();
        let handler = Handler::new(Arc::new(AgentServer::new(psa, settings)?));
        let output = context.output();
        let Some(port) = self.http else {
            if !context.global.quiet {
                output.note(&format!("serving agents on standard input and output: {policy}"));
            }
            serve_stdio(handler).await?;
            return Ok(Exit::Success);
        };
        let listener = bind(port).await?;
        let address = listener.local_addr().map_err(|error| CommandError::failure(format!("HTTP: {error}")))?;
        output.note(&format!("serving agents at http://{address}/mcp: {policy}"));
        let token = match std::env::var(TOKEN_VARIABLE) {
            Ok(token) if !token.trim().is_empty() => token.trim().to_owned(),
            _ => {
                let token = random_token()?;
                output.note(&format!("clients must send the header Authorization: Bearer {token}"));
                token
            }
        };
        serve_http(handler, listener, &token).await?;
        Ok(Exit::Success)
    }

    fn settings(&self) -> Result<Settings, CommandError> {
        let sections: BTreeSet<&str> = catalogue::all().map(|operation| operation.section).collect();
        if let Some(unknown) = self.allow.iter().find(|section| !sections.contains(section.as_str())) {
            let known: Vec<&str> = sections.into_iter().collect();
            return Err(CommandError::usage(format!("there is no section {unknown:?}"))
                .with_next_step(format!("The sections are {}.", known.join(", "))));
        }
        if !self.allow.is_empty() && self.allow_verbs.is_empty() && !self.allow_deletes {
            return Err(CommandError::usage("--allow also needs --allow-verbs or --allow-deletes")
                .with_next_step("For example: --allow service,time --allow-verbs create,update"));
        }
        let switches = [
            (self.allow_members, Switch::Members),
            (self.allow_security, Switch::Security),
            (self.allow_callbacks, Switch::Callbacks),
        ];
        let policy = Policy {
            sections: self.allow.iter().cloned().collect(),
            verbs: self.allow_verbs.iter().copied().collect(),
            switches: switches.into_iter().filter(|(is_set, _)| *is_set).map(|(_, switch)| switch).collect(),
            deletes: self.allow_deletes,
        };
        Ok(Settings {
            policy,
            budget: self.budget,
            writes_per_minute: self.writes_per_minute,
            always_plan: self.confirm == Confirm::Plan,
        })
    }
}

fn random_token() -> Result<String, CommandError> {
    let mut random = [0; 24];
    getrandom::fill(&mut random)
        .map_err(|error| CommandError::failure(format!("the operating system has no random numbers: {error}")))?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}
