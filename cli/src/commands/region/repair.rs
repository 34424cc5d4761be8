//! `region repair`: makes a region consistent again.

use super::check;
use super::opening::RegionName;
use crate::exit::Outcome;
use crate::output::{Format, tell};
use anyhow::Result;
use clap::Args;

/// Free what dead processes hold in a region, and make its structures consistent
///
/// It prints what was wrong. Elements that were being written or read when a process died are
/// dropped. No other process may use the region: those of Slotcast are noticed, and others are not.
#[derive(Args)]
#[command(after_help = "Example:\n  slotcast region repair plant")]
pub(crate) struct Repair {
    #[command(flatten)]
    region: RegionName,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Repair {
    /// Repairs the region, and prints what was wrong.
    pub(crate) fn run(self) -> Result<Outcome> {
        let region = self.region.open()?;
        let repaired = region.repair()?;
        check::print(&repaired, self.format)?;
        if repaired.is_empty() && self.format == Format::Text {
            tell!("nothing was to be repaired in region `{}`", region.name());
        }
        let left = region.check()?;
        for problem in &left {
            tell!("this cannot be repaired: {problem}");
        }
        Ok(if left.is_empty() { Outcome::Done } else { Outcome::No })
    }
}
