//! `region info`: what is in a region.

use super::kind;
use super::opening::RegionName;
use crate::exit::Outcome;
use crate::output::{self, FAINT, Format, HEADING, count};
use crate::rates::units;
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use slotcast::region::{Entry, Region};
use std::io::Write;

/// Print the structures of a region
#[derive(Args)]
#[command(after_help = "Examples:\n  slotcast region info plant\n  slotcast region info plant --format json")]
pub(crate) struct Info {
    #[command(flatten)]
    region: RegionName,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Described {
    region: String,
    version: u32,
    recorded: bool,
    size_bytes: u64,
    free_bytes: u64,
    max_entries: u32,
    structures: Vec<Structure>,
}

#[derive(Serialize)]
struct Structure {
    name: String,
    kind: Option<&'static str>,
    offset: u64,
    size_bytes: u64,
    /// How many elements it has room for.
    capacity: Option<u64>,
    element_bytes: Option<u32>,
    types: Vec<String>,
    verified: bool,
}

impl Info {
    /// Prints the region.
    pub(crate) fn run(self) -> Result<Outcome> {
        let region = self.region.open_to_read()?;
        let structures = region.entries()?.into_iter().map(|entry| describe(&region, entry));
        let described = Described {
            region: region.name().to_owned(),
            version: region.version(),
            recorded: region.is_recorded(),
            size_bytes: region.size(),
            free_bytes: region.free()?,
            max_entries: region.max_entries(),
            structures: structures.collect::<Result<_>>()?,
        };
        let mut out = output::stdout();
        match self.format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(&described)?)?,
            Format::Text => print(&mut out, &described)?,
        }
        Ok(Outcome::Done)
    }
}

fn describe(region: &Region, entry: Entry) -> Result<Structure> {
    let recorded = region.kind(&entry.name)?;
    let schemas = region.schemas(&entry.name)?;
    Ok(Structure {
        kind: recorded.map(|(kind, _)| kind::name(kind)),
        offset: entry.offset,
        size_bytes: entry.size,
        capacity: region.capacity(&entry.name)?,
        element_bytes: recorded.map(|(_, bytes)| bytes).filter(|&bytes| bytes != 0),
        types: schemas.iter().map(|schema| schema.type_name().to_string()).collect(),
        verified: recorded.is_some(),
        name: entry.name,
    })
}

fn print(out: &mut impl Write, described: &Described) -> Result<()> {
    let Described { region, version, size_bytes, free_bytes, max_entries, structures, .. } = described;
    let (size, free) = (units::bytes(*size_bytes), units::bytes(*free_bytes));
    let found = count(structures.len(), "structure");
    writeln!(
        out,
        "{HEADING}{region}{HEADING:#}: version {version}, {size}, {free} free, {found} (at most {max_entries} entries)"
    )?;
    if structures.is_empty() {
        return Ok(());
    }
    let width = structures.iter().map(|structure| structure.name.chars().count()).max().unwrap_or(0).max(9);
    let head = format!(
        "{:width$}  {:26}  {:>10}  {:>10}  {:>10}  {:>7}  TYPE",
        "STRUCTURE", "KIND", "OFFSET", "SIZE", "CAPACITY", "ELEMENT"
    );
    writeln!(out, "{HEADING}{head}{HEADING:#}")?;
    for structure in structures {
        let Structure { name, kind, offset, size_bytes, capacity, element_bytes, types, .. } = structure;
        let size = units::bytes(*size_bytes);
        let capacity = capacity.map_or_else(|| "-".to_owned(), |capacity| capacity.to_string());
        let element = element_bytes.map_or_else(|| "-".to_owned(), |bytes| units::bytes(bytes.into()));
        write!(out, "{name:width$}  {:26}  {offset:>10}  {size:>10}  ", kind.unwrap_or("?"))?;
        write!(out, "{capacity:>10}  {element:>7}  ")?;
        match kind {
            Some(_) => writeln!(out, "{}", types.join(", "))?,
            None => writeln!(out, "{FAINT}not verified: nothing is recorded{FAINT:#}")?,
        }
    }
    Ok(())
}
