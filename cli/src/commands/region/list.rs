//! `region list`: which regions there are.

use crate::exit::Outcome;
use crate::output::{self, FAINT, Format, HEADING, PROBLEM, tell};
use crate::rates::units;
use anyhow::{Context as _, Result};
use clap::Args;
use globset::{Glob, GlobSet, GlobSetBuilder};
use serde::Serialize;
use slotcast::region::Region;
use std::fs;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// List the regions of this machine
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    slotcast region list\n  \
    slotcast region list 'plant*'\n  \
    slotcast region list --format json\n\n\
    The exit code is 1 if there is no such region.")]
pub(crate) struct List {
    /// Only regions whose names match one of these patterns
    #[arg(value_name = "PATTERN")]
    patterns: Vec<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Row {
    region: String,
    owner: Option<u32>,
    size_bytes: Option<u64>,
    free_bytes: Option<u64>,
    structures: Option<usize>,
    version: Option<u32>,
    recorded: Option<bool>,
    error: Option<String>,
}

impl List {
    /// Prints the regions.
    pub(crate) fn run(self) -> Result<Outcome> {
        let patterns = globs(&self.patterns)?;
        let names = Region::list()?.into_iter().filter(|name| self.patterns.is_empty() || patterns.is_match(name));
        let rows: Vec<Row> = names.map(row).collect();
        let mut out = output::stdout();
        match self.format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(&rows)?)?,
            Format::Text if rows.is_empty() => tell!("there is no such region in /dev/shm"),
            Format::Text => print(&mut out, &rows)?,
        }
        Ok(if rows.is_empty() { Outcome::No } else { Outcome::Done })
    }
}

fn globs(patterns: &[String]) -> Result<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        set.add(Glob::new(pattern).with_context(|| format!("`{pattern}` is not a pattern"))?);
    }
    Ok(set.build()?)
}

fn row(name: String) -> Row {
    let file = fs::metadata(Path::new("/dev/shm").join(&name)).ok();
    let (owner, size_bytes) = (file.as_ref().map(MetadataExt::uid), file.as_ref().map(MetadataExt::size));
    let none = Row {
        region: name,
        owner,
        size_bytes,
        free_bytes: None,
        structures: None,
        version: None,
        recorded: None,
        error: None,
    };
    let opened = Region::open(&none.region).and_then(|region| Ok((region.free()?, region.entries()?.len(), region)));
    match opened {
        Ok((free, structures, region)) => Row {
            free_bytes: Some(free),
            structures: Some(structures),
            version: Some(region.version()),
            recorded: Some(region.is_recorded()),
            ..none
        },
        Err(error) => Row { error: Some(error.to_string()), ..none },
    }
}

fn print(out: &mut impl Write, rows: &[Row]) -> Result<()> {
    let width = rows.iter().map(|row| row.region.chars().count()).max().unwrap_or(0).max(6);
    let head = format!("{:width$}  {:>10}  {:>10}  STRUCTURES  VERSION  OWNER", "REGION", "SIZE", "USED");
    writeln!(out, "{HEADING}{head}{HEADING:#}")?;
    for row in rows {
        let used = row.size_bytes.zip(row.free_bytes).map(|(size, free)| size.saturating_sub(free));
        let bytes = |number: Option<u64>| number.map(units::bytes).unwrap_or_default();
        let structures = row.structures.map(|count| count.to_string()).unwrap_or_default();
        let version = row.version.map(|version| version.to_string()).unwrap_or_default();
        let owner = row.owner.map(|owner| owner.to_string()).unwrap_or_default();
        let name = &row.region;
        let (size, used) = (bytes(row.size_bytes), bytes(used));
        write!(out, "{name:width$}  {size:>10}  {used:>10}  {structures:>10}  {version:>7}  {owner:>5}")?;
        if let Some(error) = &row.error {
            write!(out, "  {PROBLEM}{error}{PROBLEM:#}")?;
        } else if row.recorded == Some(false) {
            write!(out, "  {FAINT}without records of types{FAINT:#}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
