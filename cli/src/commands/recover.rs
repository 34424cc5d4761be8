//! `recover`: what is whole in a file that was cut off.

use crate::exit::Outcome;
use crate::output::{self, tell};
use anyhow::{Result, bail};
use clap::Args;
use std::io::Write;
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  slotcast recover run.mcap.active           writes run.mcap
  slotcast recover damaged.mcap -o whole.mcap

Code 0 says that the file was finished and whole already, code 1 that something was missing.";

/// Bring back what is whole in a file that was cut off or damaged
///
/// All chunks that are whole are written to another file, which has an index and can be read by
/// everything that reads MCAP files. The first file is not changed.
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Recover {
    /// The file that was cut off or damaged
    file: PathBuf,
    /// The file to write; it must not exist [default: without `.active`]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Recover {
    /// Writes the other file.
    pub(crate) fn run(self) -> Result<Outcome> {
        let is_active = self.file.extension().is_some_and(|extension| extension == "active");
        let output = match self.output {
            Some(output) => output,
            None if is_active => self.file.with_extension(""),
            None => bail!("give the file to write with -o: the name {} does not end with .active", self.file.display()),
        };
        let recovered = slotcast_record::recover(&self.file, &output)?;
        recovered.damage.iter().for_each(|damage| tell!("{}: {damage}", self.file.display()));
        if recovered.attachments > 0 {
            let attachments = output::count_u64(recovered.attachments, "attachment");
            tell!("{}: {attachments} left out: slotcast writes none", self.file.display());
        }
        let state = match (recovered.was_finished, recovered.damage.is_empty()) {
            (true, true) => "it was whole",
            (false, true) => "it was not finished; no whole chunk is missing",
            _ => "parts of it were lost",
        };
        let messages = output::count_u64(recovered.messages, "message");
        let chunks = output::count_u64(recovered.chunks, "chunk");
        writeln!(output::stdout(), "{}: {messages} in {chunks}; {state}", output.display())?;
        Ok(if recovered.was_whole() { Outcome::Done } else { Outcome::No })
    }
}
