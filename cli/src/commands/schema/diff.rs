use crate::context::Context;
use crate::exit::Outcome;
use crate::output::Format;
use crate::schemas::{self, DifferenceLine};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::io::{self, Write};

/// Compare two layouts: exit code 1 if they differ
///
/// Every field that differs is named, with its type and offset on both sides. Documentation and
/// units may differ.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  slotcast schema diff robot/imu imu.json\n  slotcast schema diff left/imu right/imu --format json"
)]
pub(super) struct Diff {
    /// A topic, or a file that `schema --format json` wrote
    #[arg(value_name = "TOPIC|FILE")]
    first: String,
    /// Another one
    #[arg(value_name = "TOPIC|FILE")]
    second: String,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Compared {
    same: bool,
    first: String,
    second: String,
    differences: Vec<DifferenceLine>,
}

impl Diff {
    pub(super) fn run(self, context: &Context) -> Result<Outcome> {
        let (first, second) =
            (schemas::of_argument(context, &self.first)?, schemas::of_argument(context, &self.second)?);
        let sides = [format!("{} has", self.first), format!("{} has", self.second)];
        let differences = schemas::differences(first.schema(), second.schema(), [&sides[0], &sides[1]]);
        let same = differences.is_empty();
        let mut out = io::stdout().lock();
        match self.format {
            Format::Json => {
                let compared = Compared { same, first: self.first, second: self.second, differences };
                writeln!(out, "{}", serde_json::to_string(&compared)?)?;
            }
            Format::Text if same => writeln!(out, "{} and {} have the same layout", self.first, self.second)?,
            Format::Text => differences.iter().try_for_each(|difference| writeln!(out, "{}", difference.text))?,
        }
        Ok(if same { Outcome::Done } else { Outcome::No })
    }
}
