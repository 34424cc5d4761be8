//! Values as lines of JSON.

use anyhow::Result;
use serde::Serialize;
use std::io::Write;

/// Writes a value as one line.
pub(crate) fn write_line(out: &mut impl Write, value: &impl Serialize) -> Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    Ok(out.write_all(b"\n")?)
}
