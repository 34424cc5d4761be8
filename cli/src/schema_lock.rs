//! The lock file of a project's schemas: the layout of each topic, as JSON that people can read and
//! version control can compare.

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use slotcast::TopicName;
use slotcast::dynamic::Layout;
use slotcast::schema::{Schema, SchemaHash};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The version of the file's form.
const VERSION: u32 = 1;

/// A lock file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SchemaLock {
    version: u32,
    /// By the names of the topics.
    topics: BTreeMap<String, Locked>,
}

/// The layout of one topic.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Locked {
    hash: SchemaHash,
    schema: Schema,
}

impl SchemaLock {
    /// Creates one of these topics.
    pub(crate) fn of(topics: impl IntoIterator<Item = (TopicName, Layout)>) -> Self {
        let locked = |layout: Layout| Locked { hash: layout.hash(), schema: layout.schema().clone() };
        let topics = topics.into_iter().map(|(name, layout)| (name.to_string(), locked(layout))).collect();
        Self { version: VERSION, topics }
    }

    /// Reads a file, and checks everything in it.
    pub(crate) fn read(path: &Path) -> Result<Vec<(TopicName, Layout)>> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| match path.exists() {
            true => format!("cannot read {name}"),
            false => format!("there is no lock file {name}: `slotcast schema lock` writes one"),
        })?;
        let lock: Self = serde_json::from_str(&text)
            .with_context(|| format!("{name} is no lock file as `slotcast schema lock` writes it"))?;
        if lock.version != VERSION {
            bail!("{name} has version {}, but this tool knows version {VERSION}: lock the schemas again", lock.version);
        }
        let topics = lock.topics.into_iter().map(|(topic, Locked { hash, schema })| {
            let layout = Layout::new(schema).with_context(|| format!("{name}: topic \"{topic}\""))?;
            if layout.hash() != hash {
                bail!(
                    "{name}: topic \"{topic}\": the schema has the hash {}, but the file says {hash}: it was edited by hand; \
                     lock the schemas again",
                    layout.hash()
                );
            }
            Ok((TopicName::with_part(&topic).with_context(|| name.to_string())?, layout))
        });
        topics.collect()
    }

    /// Returns the text of the file.
    pub(crate) fn to_text(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}
