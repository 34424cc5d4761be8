//! `doctor`: what is wrong with the machine and the domain.

use crate::context::Context;
use crate::doctor::{self, Check, Severity};
use crate::exit::Outcome;
use crate::output::{self, Format};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use std::io::{self, Write};

/// Check the machine and the domain
///
/// Each finding has a meaning and a remedy. The exit code is 1 if there is a warning or an error;
/// notes do not count. It only looks: nothing of the domain changes.
#[derive(Args)]
#[command(after_help = "Examples:\n  slotcast doctor\n  slotcast doctor --all\n  \
    slotcast doctor --format json | jq '.checks[] | select(.severity != \"ok\")'")]
pub(crate) struct Doctor {
    /// Also print the checks that found nothing
    #[arg(short, long)]
    all: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Examined<'a> {
    /// Whether there is no warning and no error.
    ok: bool,
    checks: &'a [Check],
}

impl Doctor {
    /// Prints the findings.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let checks = doctor::examine(context);
        let ok = checks.iter().all(|check| check.severity < Severity::Warning);
        let mut out = io::stdout().lock();
        match self.format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(&Examined { ok, checks: &checks })?)?,
            Format::Text => {
                let shown = checks.iter().filter(|check| self.all || check.severity != Severity::Ok);
                shown.into_iter().try_for_each(|check| print(&mut out, check))?;
                let count = |severity| checks.iter().filter(|check| check.severity == severity).count();
                let [fine, notes, warnings, errors] =
                    [Severity::Ok, Severity::Note, Severity::Warning, Severity::Error].map(count);
                let [errors, warnings, notes] = [(errors, "error"), (warnings, "warning"), (notes, "note")]
                    .map(|(number, what)| output::count(number, what));
                let hidden = if self.all || fine == 0 { "" } else { ": `--all` shows them" };
                writeln!(out, "{errors}, {warnings}, {notes}; {fine} checks found nothing{hidden}")?;
            }
        }
        Ok(if ok { Outcome::Done } else { Outcome::No })
    }
}

fn print(out: &mut impl Write, check: &Check) -> io::Result<()> {
    let severity = match check.severity {
        Severity::Ok => "ok",
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    writeln!(out, "{severity}: {}", check.text)?;
    if check.severity != Severity::Ok {
        writeln!(out, "  meaning: {}\n  remedy:  {}", check.meaning, check.remedy)?;
    }
    Ok(())
}
