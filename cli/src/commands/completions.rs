//! `completions`: for shells.

use crate::Arguments;
use crate::exit::Outcome;
use anyhow::Result;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::io::{self, Write};

/// Print the completions for a shell
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    slotcast completions bash > ~/.local/share/bash-completion/completions/slotcast\n  \
    slotcast completions zsh > ~/.zfunc/_slotcast\n  \
    slotcast completions fish > ~/.config/fish/completions/slotcast.fish")]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints the script.
    pub(crate) fn run(self) -> Result<Outcome> {
        let mut text = Vec::new(); // the generator panics where its output cannot be written
        clap_complete::generate(self.shell, &mut Arguments::command(), "slotcast", &mut text);
        io::stdout().lock().write_all(&text)?;
        Ok(Outcome::Done)
    }
}
