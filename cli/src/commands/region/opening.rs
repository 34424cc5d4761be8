//! Opening a region that is named on the command line.

use crate::exit::NotFound;
use crate::near;
use anyhow::Result;
use clap::Args;
use slotcast::region::{Region, RegionBuilder, RegionError};

/// Which region.
#[derive(Args)]
pub(crate) struct RegionName {
    /// The region's name
    #[arg(value_name = "NAME")]
    name: String,
    /// Also open a region of another user, who could end this command by truncating it
    #[arg(long)]
    allow_other_users: bool,
}

impl RegionName {
    /// Opens the region to change it. The error names regions with similar names.
    pub(crate) fn open(&self) -> Result<Region> {
        self.open_by(Region::builder(&self.name))
    }

    /// Opens the region to read it, which its file's mode allows more often.
    pub(crate) fn open_to_read(&self) -> Result<Region> {
        self.open_by(Region::builder(&self.name).read_only())
    }

    fn open_by(&self, builder: RegionBuilder) -> Result<Region> {
        let builder = if self.allow_other_users { builder.allow_other_users() } else { builder };
        match builder.open() {
            Err(RegionError::NoRegion { region }) => Err(absent(&region).into()),
            Err(error @ RegionError::Owner { .. }) if !self.allow_other_users => {
                Err(anyhow::Error::from(error).context("give --allow-other-users, or be that user"))
            }
            other => Ok(other?),
        }
    }
}

/// Returns the error that there is no such region.
pub(crate) fn absent(name: &str) -> NotFound {
    let names = Region::list().unwrap_or_default();
    with_near(format!("there is no region `{name}`"), name, names.iter().map(String::as_str))
}

/// Returns the error that a region has no such structure.
pub(crate) fn no_structure(region: &Region, name: &str) -> Result<NotFound> {
    let entries = region.entries()?;
    let text = format!("region `{}` has no structure `{name}`", region.name());
    Ok(with_near(text, name, entries.iter().map(|entry| entry.name.as_str())))
}

fn with_near<'a>(text: String, name: &str, names: impl Iterator<Item = &'a str>) -> NotFound {
    NotFound(match near::nearest(name, names).as_slice() {
        [] => text,
        nearest => format!("{text}: did you mean {}?", near::alternatives(nearest)),
    })
}
