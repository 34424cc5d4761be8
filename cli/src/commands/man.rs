//! `man`: manual pages.

use crate::Arguments;
use crate::exit::Outcome;
use anyhow::{Context as _, Result, bail};
use clap::{Args, CommandFactory};
use clap_mangen::Man as Page;
use std::io::{self, Write};
use std::path::PathBuf;

/// Print a manual page, or write all of them
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    slotcast man | man -l -\n  \
    slotcast man schema | man -l -\n  \
    slotcast man --output ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// The page of this command [default: that of slotcast]
    #[arg(value_name = "COMMAND", conflicts_with = "output")]
    command: Option<String>,
    /// Write the pages of all commands into this directory, which must exist
    #[arg(short, long, value_name = "DIRECTORY")]
    output: Option<PathBuf>,
}

impl Man {
    /// Prints or writes pages.
    pub(crate) fn run(self) -> Result<Outcome> {
        let mut tool = Arguments::command();
        if let Some(directory) = self.output {
            clap_mangen::generate_to(tool, &directory)
                .with_context(|| format!("cannot write manual pages into {}", directory.display()))?;
            return Ok(Outcome::Done);
        }
        tool.build(); // so that commands know the options of all
        let page = match self.command {
            None => Page::new(tool),
            Some(name) => match tool.find_subcommand(&name) {
                Some(command) => Page::new(command.clone()),
                None => bail!("there is no command `{name}`: `slotcast help` lists them"),
            },
        };
        let mut text = Vec::new();
        page.render(&mut text)?;
        io::stdout().lock().write_all(&text)?;
        Ok(Outcome::Done)
    }
}
