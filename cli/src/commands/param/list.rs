use super::{endpoints, names};
use crate::context::Context;
use crate::exit::Outcome;
use crate::output::{self, FAINT, Format};
use crate::topics::TopicPattern;
use anyhow::Result;
use clap::Args;
use serde::Serialize;
use slotcast::registry::Part;
use std::io::Write;

/// List the values
///
/// The exit code is 1 if there is none.
#[derive(Args)]
pub(crate) struct List {
    /// Only these: names, or patterns such as 'robot/**' [default: all]
    #[arg(value_name = "NAME")]
    patterns: Vec<TopicPattern>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Row {
    name: String,
    /// `None` if neither a writer nor a value is there.
    #[serde(rename = "type")]
    type_name: Option<String>,
    /// The writer that lives.
    writer: Option<String>,
    readers: usize,
    /// Whether the value is that of a writer that has ended.
    orphaned: bool,
}

impl List {
    /// Prints the names.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let mut rows = Vec::new();
        for name in names(context, &self.patterns)? {
            let Some(topic) = context.observer().topic(name.part(Part::Value))? else { continue };
            let (writer, readers) = endpoints(&topic)?;
            let kept = topic.kept();
            let peer = writer.as_ref().or(kept.as_ref());
            rows.push(Row {
                name: name.to_string(),
                type_name: peer.map(|peer| peer.schema.type_name().to_string()),
                writer: writer.as_ref().map(|writer| writer.name.to_string()),
                readers: readers.len(),
                orphaned: kept.is_some_and(|kept| writer.is_none_or(|writer| writer.id != kept.id)),
            });
        }
        let mut out = output::stdout();
        match self.format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(&rows)?)?,
            Format::Text => rows.iter().try_for_each(|row| print(&mut out, row))?,
        }
        Ok(if rows.is_empty() { Outcome::No } else { Outcome::Done })
    }
}

fn print(out: &mut impl Write, row: &Row) -> Result<()> {
    let Row { name, type_name, writer, readers, orphaned } = row;
    write!(out, "{name}")?;
    if let Some(of) = type_name {
        write!(out, " [{of}]")?;
    }
    let writer = match writer {
        Some(writer) => format!("set by {writer}"),
        None => "no writer".into(),
    };
    let readers = output::count(*readers, "reader");
    let orphaned = if *orphaned { ", orphaned" } else { "" };
    writeln!(out, "{FAINT}  {writer}, {readers}{orphaned}{FAINT:#}")?;
    Ok(())
}
