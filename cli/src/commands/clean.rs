//! `clean`: removes what dead processes have left.

use crate::context::Context;
use crate::exit::Outcome;
use crate::output::{Format, tell};
use anyhow::Result;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde::Serialize;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// What takes no longer needs no progress bar.
const SHORT: Duration = Duration::from_millis(500);

/// Remove what dead processes have left in the domain
///
/// Nothing that belongs to a living process is touched. Endpoints do the same little by little, so
/// this is rarely needed.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  slotcast clean --dry-run\n  slotcast clean\n  slotcast clean --domain /dev/shm/robot"
)]
pub(crate) struct Clean {
    /// List what would be removed, and remove nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Cleaned {
    removed: bool,
    paths: Vec<PathBuf>,
}

impl Clean {
    /// Removes the files, and prints their paths.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let mut paths = context.domain.leftovers_of_the_dead()?;
        if !self.dry_run {
            remove(context)?;
            // What an endpoint has created anew meanwhile is not there because of the dead.
            paths.retain(|path| !path.exists());
        }
        let mut out = io::stdout().lock();
        match self.format {
            Format::Json => {
                let cleaned = Cleaned { removed: !self.dry_run, paths };
                writeln!(out, "{}", serde_json::to_string(&cleaned)?)?;
            }
            Format::Text if paths.is_empty() => {
                tell!("dead processes have left nothing in {}", context.domain.path().display());
            }
            Format::Text => paths.iter().try_for_each(|path| writeln!(out, "{}", path.display()))?,
        }
        Ok(Outcome::Done)
    }
}

/// Cleans each topic. Shows how far it is on a terminal, if that takes long.
fn remove(context: &Context) -> Result<()> {
    let (topics, begin) = (context.domain.topics()?, Instant::now());
    let progress = ProgressBar::with_draw_target(Some(topics.len() as u64), ProgressDrawTarget::hidden());
    for topic in &topics {
        if progress.is_hidden() && begin.elapsed() > SHORT {
            progress.set_draw_target(ProgressDrawTarget::stderr()); // which is hidden off terminals
        }
        context.domain.clean_topic(topic)?;
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(())
}
