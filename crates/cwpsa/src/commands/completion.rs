//! `cwpsa completion`: prints the script that adds completion to a shell.

use std::io::{self, Write as _};

use clap::{Args, ValueEnum};
use clap_complete::env::Shells;

use crate::completion::VARIABLE;
use crate::context::Context;
use crate::error::{CommandError, Outcome};
use crate::exit::Exit;

/// The script calls this program for each completion, so it stays valid when the program changes.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// The shells with completion.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Shell {
    /// Add to ~/.bashrc: source <(cwpsa completion bash)
    Bash,
    /// Add to ~/.zshrc: source <(cwpsa completion zsh)
    Zsh,
    /// Run: cwpsa completion fish > ~/.config/fish/completions/cwpsa.fish
    Fish,
    /// Add to $PROFILE: cwpsa completion powershell | Out-String | Invoke-Expression
    Powershell,
    /// Add to ~/.config/elvish/rc.elv: eval (cwpsa completion elvish | slurp)
    Elvish,
}

impl Arguments {
    pub(crate) fn run(&self, _context: &Context) -> Outcome {
        let name = match self.shell {
            Shell::Bash => "bash",
            Shell::Zsh => "zsh",
            Shell::Fish => "fish",
            Shell::Powershell => "powershell",
            Shell::Elvish => "elvish",
        };
        let shells = Shells::builtins();
        let completer = shells
            .completer(name)
            .ok_or_else(|| CommandError::failure(format!("there is no completion for {name}")))?;
        let mut script = Vec::new();
        // The shell finds the program in its path, so the script does not contain the path of this one.
        completer
            .write_registration(VARIABLE, "cwpsa", "cwpsa", "cwpsa", &mut script)
            .map_err(|error| CommandError::failure(error.to_string()))?;
        io::stdout().lock().write_all(&script).map_err(CommandError::stdout)?;
        Ok(Exit::Success)
    }
}
