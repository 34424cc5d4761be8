//! Where the layout of messages comes from.

use crate::context::Context;
use anyhow::{Context as _, Result};
use slotcast::TopicName;
use slotcast::dynamic::Layout;
use slotcast::schema::Schema;
use std::path::Path;

/// Reads the layout from a file: a schema as JSON.
pub(super) fn of_file(file: &Path) -> Result<Layout> {
    let name = file.display();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    let schema: Schema = serde_json::from_str(&text).with_context(|| format!("{name} is not a schema in JSON"))?;
    Layout::new(schema).with_context(|| format!("{name} is not a possible schema"))
}

/// Returns the layout of a living endpoint: of a publisher, otherwise of a subscriber.
pub(super) fn of_endpoints(context: &Context, topic: &TopicName) -> Result<Option<Layout>> {
    let Some(observed) = context.observer().topic(topic)? else { return Ok(None) };
    let living = observed.endpoints()?.into_iter().filter(|endpoint| endpoint.alive);
    let Some(peer) = living.filter_map(|endpoint| endpoint.peer.ok()).next() else { return Ok(None) };
    let whose = format!("the schema of the {} ({}) is not possible", peer.role, peer.name);
    Layout::new(peer.schema).context(whose).map(Some)
}
