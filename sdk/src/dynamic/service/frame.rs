//! The messages of a service as bytes: its own header, and behind that requests or items.

use crate::dynamic::{EncodeError, Layout, Value};
use crate::endpoint::CreateError;
use crate::record::bytes_of;
use crate::registry::TopicName;
use crate::schema::{Kind, Nested, Pad, Schema, ShmMessage, Str};
use crate::service::{Headed, RequestHeader, RequestKind, ResponseHeader, ResponseKind};
use std::mem::offset_of;

/// The messages of one of a service's two topics.
#[derive(Clone)]
pub(super) struct Frame {
    /// What is in the topic: the service's header, and what follows it.
    pub(super) whole: Layout,
    /// An element.
    one: Layout,
    /// A slice of elements, with a header of its own if it has one.
    many: Layout,
    /// Whether requests or items are slices; `None` if nobody has said, and the number of elements tells.
    is_slice: Option<bool>,
    /// The size of an element.
    element: usize,
    /// Where in a request or an item the elements begin.
    elements_at: usize,
    /// Where requests or items begin.
    pub(super) at: usize,
}

impl Frame {
    /// Returns the messages that carry `payload` behind the service's header, which `header` knows.
    pub(super) fn of(topic: &TopicName, header: &Header, payload: &Layout) -> Result<Self, CreateError> {
        let name = payload.schema().type_name();
        let problem = |reason: String| CreateError::Setting { topic: topic.clone(), reason };
        let (own, element, is_slice) = match &payload.schema().kind {
            Kind::Slice { header, element } => (header.as_ref().map(Nested::get), element.get(), true),
            _ => (None, payload.schema(), false),
        };
        let before = match own {
            None => header.alone.clone(),
            Some(own) => header.with(own).ok_or_else(|| {
                let (size, align) = (own.size, own.align);
                problem(format!(
                    "it cannot carry {name}: a header has a multiple of 8 bytes and is aligned to at most 16, not \
                     {size} and {align}"
                ))
            })?,
        };
        let too_large = || problem(format!("a message with {name} is too large"));
        let schema = Schema::slice_of(Some(before), element.clone()).ok_or_else(too_large)?;
        let layout = Layout::new(schema).map_err(|error| problem(error.to_string()))?;
        if let Some(own) = own
            && let Err(invalid) = zeros_of(own)
        {
            // What has no content, such as the end of a response, has a header of zeros.
            return Err(problem(format!("it cannot carry {name}: zeros are no value of its header: {invalid}")));
        }
        Self::new(layout, own, Some(is_slice)).ok_or_else(too_large)
    }

    /// Returns the messages of a topic of which the layout is known, if it has this header.
    pub(super) fn found(layout: Layout, header: &Header) -> Option<Self> {
        let Kind::Slice { header: Some(found), .. } = &layout.schema().kind else { return None };
        if found.get().same_layout(&header.alone) {
            return Self::new(layout, None, None);
        }
        let Kind::Struct { fields } = &found.get().kind else { return None };
        let own = fields.last()?.schema.get().clone();
        let is_ours = header.with(&own).is_some_and(|schema| found.get().same_layout(&schema));
        if is_ours { Self::new(layout, Some(&own), Some(true)) } else { None }
    }

    fn new(whole: Layout, own: Option<&Schema>, is_slice: Option<bool>) -> Option<Self> {
        let Kind::Slice { element, .. } = &whole.schema().kind else { return None };
        let one = Layout::new(element.get().clone()).ok()?;
        let many = Layout::new(Schema::slice_of(own.cloned(), element.get().clone())?).ok()?;
        let elements_at = usize::try_from(many.schema().elements_at()).ok()?;
        // From the header on, or from the elements, it is laid out as a message of its own.
        let at = usize::try_from(whole.schema().elements_at()).ok()?.checked_sub(elements_at)?;
        Some(Self { element: one.size(), whole, one, many, is_slice, elements_at, at })
    }

    /// Returns the layout of requests or items of this many bytes.
    pub(super) fn payload(&self, bytes: usize) -> &Layout {
        self.layout(bytes != self.element)
    }

    /// Returns the layout of requests or items: if nobody has said whether they are slices, the one that is
    /// wanted.
    pub(super) fn layout(&self, is_slice: bool) -> &Layout {
        if self.is_slice.unwrap_or(is_slice) { &self.many } else { &self.one }
    }

    /// Encodes a request or an item. If nobody has said whether they are slices, a list is one, unless
    /// only an element can be it.
    pub(super) fn encode(&self, value: &Value) -> Result<Vec<u8>, EncodeError> {
        match self.is_slice {
            Some(true) => self.many.encode(value),
            Some(false) => self.one.encode(value),
            None if matches!(value, Value::List(_) | Value::Bytes(_)) => {
                self.many.encode(value).or_else(|error| self.one.encode(value).map_err(|_| error))
            }
            None => self.one.encode(value),
        }
    }

    /// Returns whether a request or an item may have this many bytes.
    pub(super) fn fits(&self, bytes: usize) -> bool {
        match self.is_slice {
            Some(false) => bytes == self.element,
            _ => bytes.checked_sub(self.elements_at).is_some_and(|bytes| bytes.is_multiple_of(self.element)),
        }
    }

    /// Returns how many elements a request or an item of this many bytes has.
    pub(super) fn elements(&self, bytes: usize) -> usize {
        bytes.saturating_sub(self.elements_at) / self.element
    }

    /// Writes a message of the service's header, and of this payload. One without a payload is zero after
    /// the header.
    pub(super) fn write<H: ShmMessage>(&self, message: &mut [u8], header: &H, payload: &[u8]) {
        let (before, after) = message.split_at_mut(self.at);
        let (head, gap) = before.split_at_mut(size_of::<H>());
        head.copy_from_slice(bytes_of(header));
        gap.fill(0);
        let (payload_at, rest) = after.split_at_mut(payload.len());
        payload_at.copy_from_slice(payload);
        rest.fill(0);
    }
}

/// Checks that zeros are a value of a header.
fn zeros_of(header: &Schema) -> Result<(), String> {
    let layout = Layout::new(header.clone()).map_err(|error| error.to_string())?;
    layout.validate(&vec![0; layout.size()]).map_err(|invalid| invalid.to_string())
}

/// What the service writes before each message of a topic.
pub(super) struct Header {
    alone: Schema,
    /// The same before a header of a request or an item, which is the last of its fields.
    with_a_header: Schema,
}

impl Header {
    /// That of clients.
    pub(super) fn of_requests() -> Self {
        let with_a_header = Headed::<RequestHeader, Pad<16>, u64>::SCHEMA.clone();
        Self { alone: RequestHeader::SCHEMA.clone(), with_a_header }
    }

    /// That of servers.
    pub(super) fn of_responses() -> Self {
        let with_a_header = Headed::<ResponseHeader, Pad<24>, u64>::SCHEMA.clone();
        Self { alone: ResponseHeader::SCHEMA.clone(), with_a_header }
    }

    /// Returns what stands before the elements of a slice with this header. Returns `None` if services
    /// cannot have it.
    fn with(&self, own: &Schema) -> Option<Schema> {
        if !own.size.is_multiple_of(8) || own.align > 16 {
            return None;
        }
        let mut schema = self.with_a_header.clone();
        let Kind::Struct { fields } = &mut schema.kind else { return None };
        let last = fields.to_mut().last_mut()?;
        last.schema = own.clone().into();
        (schema.size, schema.align) = (last.offset.checked_add(own.size)?, schema.align.max(own.align));
        Some(schema)
    }
}

/// Returns the header of a message that was found valid.
pub(super) fn request_header(message: &[u8]) -> RequestHeader {
    let word = |at| u64_at(message, at);
    let server = offset_of!(RequestHeader, server);
    let kind = match u32_at(message, offset_of!(RequestHeader, kind)) {
        kind if kind == RequestKind::Request as u32 => RequestKind::Request,
        kind if kind == RequestKind::Acknowledge as u32 => RequestKind::Acknowledge,
        kind if kind == RequestKind::Repeat as u32 => RequestKind::Repeat,
        _ => RequestKind::Cancel,
    };
    RequestHeader {
        server: [word(server), word(server + 8)],
        call: word(offset_of!(RequestHeader, call)),
        deadline_ns: word(offset_of!(RequestHeader, deadline_ns)),
        item: word(offset_of!(RequestHeader, item)),
        window: u32_at(message, offset_of!(RequestHeader, window)),
        kind,
    }
}

/// Returns the header of a message that was found valid.
pub(super) fn response_header(message: &[u8]) -> ResponseHeader {
    let word = |at| u64_at(message, at);
    let (client, text) = (offset_of!(ResponseHeader, client), offset_of!(ResponseHeader, text));
    let kind = match u32_at(message, offset_of!(ResponseHeader, kind)) {
        kind if kind == ResponseKind::Item as u32 => ResponseKind::Item,
        kind if kind == ResponseKind::Last as u32 => ResponseKind::Last,
        kind if kind == ResponseKind::End as u32 => ResponseKind::End,
        kind if kind == ResponseKind::Refused as u32 => ResponseKind::Refused,
        _ => ResponseKind::Expired,
    };
    let text = message[text..text + size_of::<Str<64>>()].split(|byte| *byte == 0).next().unwrap_or_default();
    ResponseHeader {
        client: [word(client), word(client + 8)],
        call: word(offset_of!(ResponseHeader, call)),
        item: word(offset_of!(ResponseHeader, item)),
        kind,
        code: u32_at(message, offset_of!(ResponseHeader, code)),
        text: std::str::from_utf8(text).ok().and_then(|text| Str::try_from(text).ok()).unwrap_or_default(),
    }
}

fn u64_at(message: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(message[at..at + 8].try_into().expect("it has 8 bytes"))
}

fn u32_at(message: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(message[at..at + 4].try_into().expect("it has 4 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_as_they_were_written() {
        for kind in [RequestKind::Request, RequestKind::Acknowledge, RequestKind::Repeat, RequestKind::Cancel] {
            let header = RequestHeader { server: [1, 2], call: 3, deadline_ns: 4, item: 5, window: 6, kind };
            assert_eq!(format!("{:?}", request_header(bytes_of(&header))), format!("{header:?}"));
        }
        let kinds = [ResponseKind::Item, ResponseKind::Last, ResponseKind::End];
        for kind in kinds.into_iter().chain([ResponseKind::Refused, ResponseKind::Expired]) {
            let text = Str::try_from("no real root").unwrap();
            let header = ResponseHeader { client: [1, 2], call: 3, item: 4, kind, code: 5, text };
            assert_eq!(format!("{:?}", response_header(bytes_of(&header))), format!("{header:?}"));
        }
    }
}
