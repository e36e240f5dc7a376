//! The arguments of the commands of records, completed with the ids and names of records.

use clap::{Arg, Command};
use clap_complete::{ArgValueCandidates, ArgValueCompleter};

use crate::completion::lists::List;
use crate::completion::{candidates, lists};

/// Adds candidates to the commands of records, such as `tickets`: ids to the positional argument `id`, names to options
/// such as `--board`, and both to `--set`.
pub(crate) fn with_names(program: Command) -> Command {
    program.mut_subcommands(|command| match lists::of_command(command.get_name()) {
        Some(list) => command.mut_subcommands(|action| action.mut_args(|argument| with_candidates(argument, list))),
        None => command,
    })
}

fn with_candidates(argument: Arg, list: &'static List) -> Arg {
    match argument.get_id().as_str() {
        "id" | "ids" if argument.is_positional() => {
            argument.add(ArgValueCandidates::new(move || candidates::ids(list)))
        }
        "set" => argument.add(ArgValueCompleter::new(candidates::assignments)),
        field => match lists::of_field(field) {
            Some(list) => argument.add(ArgValueCandidates::new(move || candidates::names(list))),
            None => argument,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_names_and_assignments_have_candidates_and_other_arguments_do_not() {
        let update = Command::new("update")
            .arg(Arg::new("id"))
            .arg(Arg::new("set").long("set"))
            .arg(Arg::new("board").long("board"))
            .arg(Arg::new("limit").long("limit"));
        let tickets = Command::new("tickets").subcommand(update.clone());
        let program = Command::new("cwpsa").subcommand(tickets).subcommand(Command::new("ops").subcommand(update));
        let program = with_names(program);
        let is_completed = |command: &str, argument: &str| {
            let action = program.find_subcommand(command).unwrap().find_subcommand("update").unwrap();
            let argument = action.get_arguments().find(|known| known.get_id() == argument).unwrap();
            argument.get::<ArgValueCandidates>().is_some() || argument.get::<ArgValueCompleter>().is_some()
        };
        for argument in ["id", "set", "board"] {
            assert!(is_completed("tickets", argument) && !is_completed("ops", argument), "{argument}");
        }
        assert!(!is_completed("tickets", "limit"));
    }
}
