//! What every command has: the global options, the connection, and the runtime of asynchronous calls.

use std::sync::OnceLock;

use clap::Args;
use clap_complete::ArgValueCandidates;
use connectwise_psa::Psa;
use connectwise_psa_sim::Sim;
use tokio::runtime::Runtime;
use tokio::sync::OnceCell;

use crate::completion::candidates;
use crate::connection;
use crate::connection::choice::Choice;
use crate::error::CommandError;
use crate::output::jq::parse_filter;
use crate::output::{Format, Output};

/// The options that every command accepts.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct GlobalOptions {
    /// Use this connection instead of the default one [env: CWPSA_CONNECTION]
    // Not an `env` of clap: `--sim` would conflict with the variable.
    #[arg(
        long,
        short = 'c',
        global = true,
        value_name = "NAME",
        add = ArgValueCandidates::new(candidates::connections),
        help_heading = "Global options"
    )]
    pub(crate) connection: Option<String>,
    /// Use a simulator with demo data, which starts with the command and ends with it
    #[arg(long, global = true, conflicts_with = "connection", help_heading = "Global options")]
    pub(crate) sim: bool,
    /// Print one JSON document
    #[arg(long, global = true, help_heading = "Global options")]
    json: bool,
    /// Print one JSON record on each line
    #[arg(long, global = true, conflicts_with_all = ["json", "csv"], help_heading = "Global options")]
    jsonl: bool,
    /// Print CSV
    #[arg(long, global = true, conflicts_with = "json", help_heading = "Global options")]
    csv: bool,
    /// Filter the whole result with a jq program
    #[arg(long, global = true, value_name = "FILTER", value_parser = parse_filter, conflicts_with = "csv", help_heading = "Global options")]
    pub(crate) jq: Option<String>,
    /// With --jq: print texts without quotes
    #[arg(long, short = 'r', global = true, requires = "jq", help_heading = "Global options")]
    raw: bool,
    /// Do what needs a confirmation, without a prompt
    #[arg(long, short = 'y', global = true, help_heading = "Global options")]
    pub(crate) yes: bool,
    /// Print no progress
    #[arg(long, short = 'q', global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
}

impl GlobalOptions {
    /// Returns the format of the result.
    pub(crate) fn format(&self) -> Format {
        if self.jsonl {
            Format::JsonLines
        } else if self.csv {
            Format::Csv
        } else if self.json || self.jq.is_some() {
            Format::Json
        } else {
            Format::Table
        }
    }

    /// Returns whether results are for people.
    pub(crate) fn is_table(&self) -> bool {
        self.format() == Format::Table && self.jq.is_none()
    }

    /// Returns whether results and errors are for programs.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.format(), Format::Json | Format::JsonLines)
    }
}

/// What every command has.
pub(crate) struct Context {
    pub(crate) global: GlobalOptions,
    /// Keeps the simulator of `--sim` running.
    sim: OnceCell<Sim>,
    psa: OnceCell<Psa>,
    /// The threads of asynchronous calls. The simulator and the client's connections use them as long as the program
    /// runs.
    runtime: OnceLock<Runtime>,
}

impl Context {
    pub(crate) fn new(global: GlobalOptions) -> Self {
        Self { global, sim: OnceCell::new(), psa: OnceCell::new(), runtime: OnceLock::new() }
    }

    /// Runs an asynchronous command. Commands without network calls do not need a runtime, which takes time to start.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> Result<F::Output, CommandError> {
        Ok(self.runtime()?.block_on(future))
    }

    fn runtime(&self) -> Result<&Runtime, CommandError> {
        if let Some(runtime) = self.runtime.get() {
            return Ok(runtime);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| CommandError::failure(format!("cannot start threads: {error}")))?;
        Ok(self.runtime.get_or_init(|| runtime))
    }

    /// Returns the client of the chosen connection; the first use creates it.
    pub(crate) async fn psa(&self) -> Result<&Psa, CommandError> {
        self.psa
            .get_or_try_init(|| async {
                match self.connection()? {
                    Choice::Sim => Ok(self.sim().await?.psa()),
                    choice => Ok(connection::builder(&choice)?.build()?),
                }
            })
            .await
    }

    /// Returns a client for dry runs, which never connects. With `--sim`, the simulator is not started.
    pub(crate) fn offline_psa(&self) -> Result<Psa, CommandError> {
        let builder = match self.connection()? {
            Choice::Sim => Psa::builder().host("localhost").company("demo").keys("public", "private"),
            choice => connection::builder(&choice)?,
        };
        Ok(builder.build()?)
    }

    /// Returns the simulator of `--sim`; the first use starts it.
    pub(crate) async fn sim(&self) -> Result<&Sim, CommandError> {
        self.sim.get_or_try_init(|| async { Ok(Sim::builder().start().await?) }).await
    }

    /// Returns which connection the command uses. It reads settings only: neither the network nor a secret.
    pub(crate) fn connection(&self) -> Result<Choice, CommandError> {
        if self.global.sim { Ok(Choice::Sim) } else { connection::choose(self.global.connection.as_deref()) }
    }

    /// Returns where the result goes.
    pub(crate) fn output(&self) -> Output {
        Output::new(self.global.format(), self.global.jq.clone(), self.global.raw, self.global.quiet)
    }
}

impl Drop for Context {
    /// Ends the threads without waiting for a read of standard input, which may never end.
    fn drop(&mut self) {
        // They use the threads.
        drop((self.psa.take(), self.sim.take()));
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
