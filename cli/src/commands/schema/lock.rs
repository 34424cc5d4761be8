use crate::context::Context;
use crate::exit::{NotFound, Outcome};
use crate::schema_lock::SchemaLock;
use crate::schemas;
use crate::topics::TopicFilter;
use anyhow::{Context as _, Result};
use clap::Args;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

/// Write the layouts of topics into a file, for `check`
///
/// The file is JSON with every field, so a change shows in version control. The topics need an
/// endpoint: start the project's processes first.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  slotcast schema lock -o slotcast.lock\n  slotcast schema lock 'robot/**' -o robot.lock"
)]
pub(super) struct Lock {
    #[command(flatten)]
    topics: TopicFilter,
    /// The file; `-` for the standard output
    #[arg(short, long, value_name = "FILE", default_value = "slotcast.lock")]
    output: PathBuf,
}

impl Lock {
    pub(super) fn run(self, context: &Context) -> Result<Outcome> {
        let mut locked = Vec::new();
        for topic in self.topics.select(context)? {
            if let Some(layout) = schemas::of_topic(context, &topic)? {
                locked.push((topic, layout));
            }
        }
        if locked.is_empty() {
            let domain = context.domain.path().display();
            return Err(
                NotFound(format!("no such topic in {domain} has an endpoint, so there is nothing to lock")).into()
            );
        }
        let count = locked.len();
        let text = SchemaLock::of(locked).to_text()?;
        if self.output.as_os_str() == "-" {
            io::stdout().lock().write_all(text.as_bytes())?;
        } else {
            fs::write(&self.output, text).with_context(|| format!("cannot write {}", self.output.display()))?;
            let s = if count == 1 { "" } else { "s" };
            writeln!(io::stdout().lock(), "{}: {count} topic{s}", self.output.display())?;
        }
        Ok(Outcome::Done)
    }
}
