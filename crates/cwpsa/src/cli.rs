//! The arguments of the program, and the choice of the command.

use std::ffi::OsString;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands;
use crate::context::{Context, GlobalOptions};
use crate::error::{CommandError, Outcome};

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

/// Returns whether the arguments request results for programs. It is for arguments that cannot be parsed.
pub(crate) fn wants_json(arguments: impl IntoIterator<Item = OsString>) -> bool {
    arguments.into_iter().filter_map(|argument| argument.into_string().ok()).any(|argument| {
        let option = argument.split_once('=').map_or(argument.as_str(), |(option, _)| option);
        ["--json", "--jsonl", "--jq"].contains(&option)
    })
}

/// Returns the error of arguments that cannot be parsed, without the usage lines.
pub(crate) fn usage_error(error: &clap::Error) -> CommandError {
    let text = error.render().to_string();
    let ends = ["\n\nUsage:", "\n\nFor more information"];
    let end = ends.iter().filter_map(|end| text.find(end)).min().unwrap_or(text.len());
    let text = text.get(..end).unwrap_or(&text);
    let message = text.strip_prefix("error: ").unwrap_or(text).trim_end();
    CommandError::usage(message).with_next_step("Run the command with --help to see its arguments.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn usage_errors_for_programs_have_no_usage_lines() {
        let arguments = ["cwpsa", "use", "--json"];
        assert!(wants_json(arguments.map(OsString::from)));
        assert!(wants_json(["--jq=.x"].map(OsString::from)));
        assert!(!wants_json(["cwpsa", "call", "json"].map(OsString::from)));
        let error = usage_error(&Cli::try_parse_from(arguments).unwrap_err());
        let message = "the following required arguments were not provided:\n  <NAME>";
        assert_eq!(error.to_json()["error"]["message"], message);
        assert_eq!(error.exit(), crate::exit::Exit::Usage);
        let error = usage_error(&Cli::try_parse_from(["cwpsa", "call", "x", "--limit", "many"]).unwrap_err());
        assert!(!error.to_string().contains("For more information"), "{error}");
    }
}
