//! `clean`: removes what dead processes have left.

use crate::context::Context;
use crate::exit::Outcome;
use crate::output::{Format, tell};
use anyhow::Result;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde::Serialize;
use slotcast::registry::Role;
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
    after_help = "Examples:\n  slotcast clean --dry-run\n  slotcast clean\n  slotcast clean --values\n  slotcast clean --domain /dev/shm/robot"
)]
pub(crate) struct Clean {
    /// List what would be removed, and remove nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Also remove values that survive their writers and have no writer now
    #[arg(long)]
    values: bool,
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
        if self.values {
            paths.extend(orphans(context)?);
            paths.sort();
        }
        if !self.dry_run {
            remove(context, self.values)?;
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
fn remove(context: &Context, values: bool) -> Result<()> {
    let (topics, begin) = (context.domain.topics()?, Instant::now());
    let progress = ProgressBar::with_draw_target(Some(topics.len() as u64), ProgressDrawTarget::hidden());
    for topic in &topics {
        if progress.is_hidden() && begin.elapsed() > SHORT {
            progress.set_draw_target(ProgressDrawTarget::stderr()); // which is hidden off terminals
        }
        context.domain.clean_topic(topic)?;
        if values {
            context.domain.forget_value(topic)?;
        }
        progress.inc(1);
    }
    progress.finish_and_clear();
    Ok(())
}

/// Returns the files of values that have no writer.
fn orphans(context: &Context) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for name in context.domain.topics()? {
        let Some(topic) = context.observer().topic(&name)? else { continue };
        let is_written = topic
            .endpoints()?
            .iter()
            .any(|endpoint| endpoint.alive && endpoint.peer.as_ref().is_ok_and(|peer| peer.role == Role::Publisher));
        if !is_written {
            found.extend(topic.kept_path());
        }
    }
    Ok(found)
}
