use crate::context::Context;
use crate::exit::Outcome;
use crate::output::Format;
use crate::schema_lock::SchemaLock;
use crate::schemas::{self, DifferenceLine};
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use slotcast::TopicName;
use slotcast::dynamic::Layout;
use std::collections::HashSet;
use std::io::{self, Write};
use std::path::PathBuf;

/// Compare the layouts of topics with a lock file: exit code 1 if one differs
///
/// Every living endpoint of each topic in the file is compared. A topic without one counts as a
/// difference, unless `--allow-absent` is given. Topics that are not in the file are named, and do
/// not count.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  slotcast schema check slotcast.lock\n  slotcast schema check slotcast.lock --format json"
)]
pub(super) struct Check {
    /// The file that `schema lock` wrote
    #[arg(value_name = "FILE", default_value = "slotcast.lock")]
    file: PathBuf,
    /// Do not count topics that have no endpoint now
    #[arg(long)]
    allow_absent: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Checked {
    topic: String,
    state: State,
    /// The endpoint that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<DifferenceLine>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Same,
    Changed,
    Absent,
    New,
}

impl Check {
    pub(super) fn run(self, context: &Context) -> Result<Outcome> {
        let locked = SchemaLock::read(&self.file)?;
        let mut results = Vec::new();
        for (topic, layout) in &locked {
            results.extend(self.check(context, topic, layout)?);
        }
        let known: HashSet<&TopicName> = locked.iter().map(|(topic, _)| topic).collect();
        let new = context.observer().topics()?.into_iter().filter(|topic| !known.contains(topic));
        results.extend(new.map(|topic| Checked {
            topic: topic.to_string(),
            state: State::New,
            endpoint: None,
            differences: Vec::new(),
        }));
        let mut out = io::stdout().lock();
        match self.format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(&results)?)?,
            Format::Text => results.iter().try_for_each(|checked| self.print(&mut out, checked))?,
        }
        let counts = |checked: &Checked| match checked.state {
            State::Changed => true,
            State::Absent => !self.allow_absent,
            State::Same | State::New => false,
        };
        Ok(if results.iter().any(counts) { Outcome::No } else { Outcome::Done })
    }

    /// Compares each living endpoint of a topic with the locked layout. Returns those that differ.
    fn check(&self, context: &Context, topic: &TopicName, locked: &Layout) -> Result<Vec<Checked>> {
        let endpoints = schemas::living(context, topic)?;
        let file = format!("{} has", self.file.display());
        let changed = endpoints.iter().filter(|peer| peer.hash != locked.hash()).map(|peer| Checked {
            topic: topic.to_string(),
            state: State::Changed,
            endpoint: Some(format!("{} {}", peer.role, peer.name)),
            differences: schemas::differences(
                locked.schema(),
                &peer.schema,
                [&file, &format!("the {} has", peer.role)],
            ),
        });
        let changed: Vec<Checked> = changed.collect();
        let state = if endpoints.is_empty() { State::Absent } else { State::Same };
        let unchanged = Checked { topic: topic.to_string(), state, endpoint: None, differences: Vec::new() };
        Ok(if changed.is_empty() { vec![unchanged] } else { changed })
    }

    fn print(&self, out: &mut impl Write, checked: &Checked) -> io::Result<()> {
        let Checked { topic, state, endpoint, differences } = checked;
        match state {
            State::Same => writeln!(out, "{topic}: same"),
            State::Absent => writeln!(out, "{topic}: no living endpoint, not compared"),
            State::New => writeln!(out, "{topic}: not in {}", self.file.display()),
            State::Changed => {
                writeln!(out, "{topic}: changed by the {}", endpoint.as_deref().unwrap_or("endpoint"))?;
                differences.iter().try_for_each(|difference| writeln!(out, "  {}", difference.text))
            }
        }
    }
}
