//! `region check`: what is wrong in a region.

use super::opening::RegionName;
use crate::exit::Outcome;
use crate::output::{self, Format, PROBLEM};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use slotcast::region::Problem;
use std::io::Write;

/// Look for what is wrong in a region; changes nothing
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    slotcast region check plant\n  \
    slotcast region check plant || slotcast region repair plant\n\n\
    The exit code is 1 if something is wrong. What others do meanwhile can look wrong: check again.")]
pub(crate) struct Check {
    #[command(flatten)]
    region: RegionName,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Finding {
    structure: String,
    text: String,
}

impl Check {
    /// Prints the findings.
    pub(crate) fn run(self) -> Result<Outcome> {
        let problems = self.region.open_to_read()?.check()?;
        print(&problems, self.format)?;
        Ok(if problems.is_empty() { Outcome::Done } else { Outcome::No })
    }
}

/// Prints problems, a line each.
pub(crate) fn print(problems: &[Problem], format: Format) -> Result<()> {
    let mut out = output::stdout();
    if format == Format::Json {
        let finding = |problem: &Problem| Finding { structure: problem.structure.clone(), text: problem.text.clone() };
        let findings: Vec<_> = problems.iter().map(finding).collect();
        writeln!(out, "{}", serde_json::to_string(&findings)?)?;
    } else {
        for problem in problems {
            writeln!(out, "{PROBLEM}{problem}{PROBLEM:#}")?;
        }
    }
    Ok(())
}
