//! The arguments of the program, and the choice of the command.

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands;
use crate::context::{Context, GlobalOptions};
use crate::error::Outcome;

/// ConnectWise PSA on the command line: find and call any operation, and serve agents
#[derive(Debug, Parser)]
#[command(name = "cwpsa", version, propagate_version = true, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Store the credentials of a connection
    Login(commands::login::Arguments),
    /// List, choose and remove connections
    Connections(commands::connections::Arguments),
    /// Choose the connection that commands use by default
    Use(commands::connections::Use),
    /// Test a connection: server, credentials and rights
    Check(commands::check::Arguments),
    /// Find operations, and show what they need
    #[command(subcommand)]
    Ops(commands::ops::Command),
    /// Call any operation
    Call(commands::call::Arguments),
    #[command(flatten)]
    Records(commands::records::Command),
    /// Show what a file would change
    Diff(commands::changes::Diff),
    /// Change records to what a file says
    Apply(commands::changes::Apply),
    /// Receive webhooks, verify them, and forward them to a local program
    Listen(commands::listen::Arguments),
    /// Send a signed webhook of the simulator to a local program
    Trigger(commands::trigger::Arguments),
    /// Check, explain and format conditions
    #[command(subcommand)]
    Conditions(commands::conditions::Command),
    /// Run the simulator
    Sim(commands::sim::Arguments),
    /// Serve agents with the Model Context Protocol
    Mcp(commands::mcp::Arguments),
    /// Print the script that adds completion to a shell
    Completion(commands::completion::Arguments),
    /// Print the manual page
    Man(commands::man::Arguments),
}

impl Cli {
    /// Runs the command.
    pub(crate) fn run(self) -> Outcome {
        let context = Context::new(self.global);
        match self.command {
            Command::Login(arguments) => arguments.run(&context),
            Command::Connections(arguments) => arguments.run(&context),
            Command::Use(arguments) => arguments.run(&context),
            Command::Check(arguments) => arguments.run(&context),
            Command::Ops(command) => command.run(&context),
            Command::Call(arguments) => arguments.run(&context),
            Command::Records(command) => command.run(&context),
            Command::Diff(arguments) => arguments.run(&context),
            Command::Apply(arguments) => arguments.run(&context),
            Command::Listen(arguments) => arguments.run(&context),
            Command::Trigger(arguments) => arguments.run(&context),
            Command::Conditions(command) => command.run(&context),
            Command::Sim(arguments) => arguments.run(&context),
            Command::Mcp(arguments) => arguments.run(&context),
            Command::Completion(arguments) => arguments.run(&context),
            Command::Man(arguments) => arguments.run(&context, Self::command()),
        }
    }
}
