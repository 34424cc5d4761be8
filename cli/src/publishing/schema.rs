//! Where the layout of messages comes from.

use anyhow::{Context as _, Result};
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
