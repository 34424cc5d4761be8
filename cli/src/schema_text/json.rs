//! JSON: the schema as the SDK serializes it, and its hash, which readers may ignore.

use anyhow::Result;
use serde::Serialize;
use slotcast::dynamic::Layout;
use slotcast::schema::{Schema, SchemaHash};

#[derive(Serialize)]
struct Described<'a> {
    hash: SchemaHash,
    #[serde(flatten)]
    schema: &'a Schema,
}

pub(super) fn render(layout: &Layout) -> Result<String> {
    let described = Described { hash: layout.hash(), schema: layout.schema() };
    Ok(serde_json::to_string_pretty(&described)? + "\n")
}
