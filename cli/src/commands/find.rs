//! `find`: topics of a type.

use crate::context::Context;
use crate::exit::{NotFound, Outcome};
use crate::near;
use crate::output::{self, Format};
use crate::overview;
use anyhow::Result;
use clap::Args;
use globset::{GlobBuilder, GlobMatcher};
use std::collections::BTreeSet;
use std::io::Write;

const EXAMPLES: &str = "\
Examples:
  slotcast find Imu
  slotcast find '*State'            types whose names end with State
  slotcast find Pose --inside       also messages that contain a Pose

The exit code is 1 if there is no such topic.";

/// Find the topics that carry a type
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Find {
    /// The type's name, such as Imu or [u8], or a pattern of names; case does not matter
    #[arg(value_name = "TYPE")]
    name: String,
    /// Also find topics whose messages contain this type
    #[arg(long)]
    inside: bool,
    /// Print only how many there are
    #[arg(long, short, conflicts_with = "format")]
    count_topics: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Find {
    /// Prints the names of the topics.
    pub(crate) fn run(self, context: &Context) -> Result<Outcome> {
        let pattern = self.pattern();
        let (mut found, mut types) = (Vec::new(), BTreeSet::new());
        for topic in context.observer().topics()? {
            let Some(layout) = overview::layout(context, &topic)? else { continue };
            let mut names = vec![layout.schema().type_name().to_string()];
            if self.inside {
                overview::collect_type_names(layout.schema(), &mut names);
            }
            if names.iter().any(|name| self.matches(name, pattern.as_ref())) {
                found.push(topic.to_string());
            }
            types.extend(names);
        }
        let mut out = output::stdout();
        match self.format {
            Format::Json => writeln!(out, "{}", serde_json::to_string(&found)?)?,
            Format::Text if self.count_topics => writeln!(out, "{}", found.len())?,
            Format::Text => found.iter().try_for_each(|topic| writeln!(out, "{topic}"))?,
        }
        if !found.is_empty() {
            return Ok(Outcome::Done);
        }
        let text = format!("no topic carries a type \"{}\"", self.name);
        Err(NotFound(match near::nearest(&self.name, types.iter().map(String::as_str)).as_slice() {
            [] => text,
            nearest => format!("{text}: did you mean {}?", near::alternatives(nearest)),
        })
        .into())
    }

    /// Returns the pattern, if it is one. A name such as `[u8]` is not.
    fn pattern(&self) -> Option<GlobMatcher> {
        let glob = self.name.contains(['*', '?']).then(|| GlobBuilder::new(&self.name).case_insensitive(true).build());
        glob?.ok().map(|glob| glob.compile_matcher())
    }

    fn matches(&self, name: &str, pattern: Option<&GlobMatcher>) -> bool {
        name.eq_ignore_ascii_case(&self.name) || pattern.is_some_and(|pattern| pattern.is_match(name))
    }
}
