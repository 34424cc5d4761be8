//! Messages as lines of CSV, one column for each field.

use crate::fields::{self, Field};
use anyhow::Result;
use csv::{ByteRecord, Writer, WriterBuilder};
use slotcast::dynamic::{Layout, Value};
use std::io::Write;

/// The columns of a table of messages.
pub(crate) struct Columns {
    fields: Vec<(String, Field)>,
    record: ByteRecord,
}

impl Columns {
    /// Returns the columns of the fields that these paths lead to; of all fields if there are none.
    /// Lists, whose length differs from message to message, and long arrays are one column each.
    ///
    /// # Errors
    /// When a path leads nowhere.
    pub(crate) fn new(layout: &Layout, paths: &[String]) -> Result<Self> {
        let all = [String::new()];
        let mut found = Vec::new();
        for path in if paths.is_empty() { &all } else { paths } {
            for field in fields::below(layout.schema(), path) {
                let found_field = Field::new(layout, &field)?;
                found.push((if field.is_empty() { "value".to_owned() } else { field }, found_field));
            }
        }
        Ok(Self { fields: found, record: ByteRecord::new() })
    }

    /// Writes the names of the columns.
    pub(crate) fn write_header(&self, out: &mut impl Write) -> Result<()> {
        Ok(writer(out).write_record(self.fields.iter().map(|field| &field.0))?)
    }

    /// Writes a message. An element that a list does not have is empty.
    ///
    /// # Errors
    /// When a field is not valid, or writing fails.
    pub(crate) fn write(&mut self, out: &mut impl Write, message: &[u8]) -> Result<()> {
        self.record.clear();
        for (_, field) in &self.fields {
            let text = field.read(message)?.map_or(Ok(String::new()), |value| cell(&value))?;
            self.record.push_field(text.as_bytes());
        }
        Ok(writer(out).write_byte_record(&self.record)?)
    }
}

/// Returns a writer of one line: `out` is memory, so there is nothing to buffer.
fn writer<W: Write>(out: W) -> Writer<W> {
    WriterBuilder::new().buffer_capacity(256).from_writer(out)
}

/// Returns a value as it is in a cell: text as it is, what has parts as JSON.
fn cell(value: &Value) -> Result<String> {
    Ok(match value {
        Value::Str(text) => text.clone(),
        Value::Char(value) => value.to_string(),
        // Not as text of JSON, in which it is quoted.
        Value::Enum { name, .. } => name.to_string(),
        value => serde_json::to_string(value)?.trim_matches('"').to_owned(),
    })
}
