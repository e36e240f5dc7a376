//! What every command has: the global options, the connection, and the runtime of asynchronous calls.

use clap::Args;
use connectwise_psa::Psa;
use connectwise_psa_sim::Sim;
use tokio::sync::OnceCell;

use crate::connection;
use crate::error::CommandError;
use crate::output::{Format, Output, parse_filter};

/// The options that every command accepts.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct GlobalOptions {
    /// Use this connection instead of the default one
    #[arg(
        long,
        short = 'c',
        global = true,
        value_name = "NAME",
        env = "CWPSA_CONNECTION",
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
}

impl Context {
    pub(crate) fn new(global: GlobalOptions) -> Self {
        Self { global, sim: OnceCell::new(), psa: OnceCell::new() }
    }

    /// Runs an asynchronous command. Commands without network calls do not need a runtime, which takes time to start.
    pub(crate) fn block_on<F: Future>(&self, future: F) -> Result<F::Output, CommandError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .map_err(|error| CommandError::failure(format!("cannot start threads: {error}")))?;
        Ok(runtime.block_on(future))
    }

    /// Returns the client of the chosen connection; the first use creates it.
    pub(crate) async fn psa(&self) -> Result<&Psa, CommandError> {
        self.psa
            .get_or_try_init(|| async {
                if self.global.sim {
                    return Ok(self.sim().await?.psa());
                }
                let builder = connection::builder(self.global.connection.as_deref())?;
                Ok(builder.build()?)
            })
            .await
    }

    /// Returns a client for dry runs, which never connects. With `--sim`, the simulator is not started.
    pub(crate) fn offline_psa(&self) -> Result<Psa, CommandError> {
        if self.global.sim {
            let builder = Psa::builder().host("localhost").company("demo").keys("public", "private");
            return Ok(builder.build()?);
        }
        Ok(connection::builder(self.global.connection.as_deref())?.build()?)
    }

    /// Returns the simulator of `--sim`; the first use starts it.
    pub(crate) async fn sim(&self) -> Result<&Sim, CommandError> {
        self.sim.get_or_try_init(|| async { Ok(Sim::builder().start().await?) }).await
    }

    /// Returns where the result goes.
    pub(crate) fn output(&self) -> Output {
        Output::new(self.global.format(), self.global.jq.clone(), self.global.quiet)
    }
}
