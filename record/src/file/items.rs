//! The records inside a chunk, one after the other.

use mcap::records::{Channel, MessageHeader, Record, SchemaHeader};
use std::ops::Range;

/// A record of a chunk.
pub(crate) enum Item {
    /// A schema, and where its text is in the chunk.
    Schema(SchemaHeader, Range<usize>),
    Channel(Channel),
    /// A message, and where its content is in the chunk.
    Message(MessageHeader, Range<usize>),
    Other,
    /// There is no whole one.
    Unreadable,
}

/// Returns the next record of a chunk, and moves `at` behind it.
pub(crate) fn next_item(chunk: &[u8], at: &mut usize) -> Item {
    match record_at(chunk, at) {
        None => Item::Unreadable,
        Some(Record::Schema { header, data }) => Item::Schema(header, *at - data.len()..*at),
        Some(Record::Channel(channel)) => Item::Channel(channel),
        Some(Record::Message { header, data }) => Item::Message(header, *at - data.len()..*at),
        Some(_) => Item::Other,
    }
}

fn record_at<'a>(chunk: &'a [u8], at: &mut usize) -> Option<Record<'a>> {
    let head = chunk.get(*at..*at + 9)?;
    let length = u64::from_le_bytes(head[1..].try_into().ok()?);
    let end = usize::try_from(length).ok()?.checked_add(*at + 9)?;
    let body = chunk.get(*at + 9..end)?;
    *at = end;
    mcap::parse_record(head[0], body).ok()
}
