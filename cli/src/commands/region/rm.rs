//! `region rm`: removes regions.

use super::opening;
use crate::exit::Outcome;
use crate::output::tell;
use anyhow::{Context as _, Result, bail};
use clap::Args;
use slotcast::region::{Region, RegionError};
use std::fs;
use std::io::{self, Write};
use std::path::Path;

/// Remove regions
///
/// Processes that have one open can still use it; nobody else finds it.
#[derive(Args)]
#[command(after_help = "Examples:\n  slotcast region rm plant\n  slotcast region rm plant mill --dry-run")]
pub(crate) struct Rm {
    /// The regions' names
    #[arg(value_name = "NAME", required = true)]
    names: Vec<String>,
    /// Print what would be removed, and remove nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Also remove files that are not regions
    #[arg(long, short)]
    force: bool,
}

impl Rm {
    /// Removes the regions, and prints their names. One that fails does not keep the others.
    pub(crate) fn run(self) -> Result<Outcome> {
        let mut first = None;
        for name in &self.names {
            match self.remove(name) {
                Ok(()) => writeln!(io::stdout().lock(), "{name}")?,
                Err(error) if first.is_none() => first = Some(error),
                Err(error) => tell!("{error:#}"),
            }
        }
        first.map_or(Ok(Outcome::Done), Err)
    }

    fn remove(&self, name: &str) -> Result<()> {
        let file = name.strip_prefix('/').unwrap_or(name);
        if file.is_empty() || file.contains('/') || file == "." || file == ".." {
            bail!("`{name}` is not the name of a region");
        }
        let path = Path::new("/dev/shm").join(file);
        if fs::symlink_metadata(&path).is_err() {
            return Err(opening::absent(name).into());
        }
        if self.force {
            return if self.dry_run { Ok(()) } else { Ok(fs::remove_file(&path).with_context(|| name.to_owned())?) };
        }
        if self.dry_run {
            if !Region::list()?.iter().any(|region| region == file) {
                bail!("`{name}` is not a region that this user can read: {NOT_A_REGION}");
            }
            return Ok(());
        }
        match Region::remove(name) {
            Ok(true) => Ok(()),
            Ok(false) => Err(opening::absent(name).into()),
            Err(error @ RegionError::NotARegion { .. }) => Err(error).context(NOT_A_REGION),
            Err(error) => Err(error.into()),
        }
    }
}

const NOT_A_REGION: &str = "it is not removed without --force";
