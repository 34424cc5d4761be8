//! The messages of a service as bytes: its own header, and behind that requests or items.

use crate::dynamic::{EncodeError, Layout, Value};
use crate::endpoint::CreateError;
use crate::record::bytes_of;
use crate::registry::TopicName;
use crate::schema::{InvalidValue, Kind, Schema, ShmMessage, Str};
use crate::service::{RequestHeader, RequestKind, ResponseHeader, ResponseKind};
use std::mem::offset_of;

/// The messages of one of a service's two topics.
#[derive(Clone)]
pub(super) struct Frame {
    /// What is in the topic: the service's header, and elements.
    pub(super) whole: Layout,
    /// An element.
    one: Layout,
    /// A slice of elements.
    many: Layout,
    /// Whether requests or items are slices; `None` if nobody has said, and the number of elements tells.
    is_slice: Option<bool>,
    /// The size of an element.
    pub(super) element: usize,
    /// Where the elements begin.
    pub(super) at: usize,
    /// The header that the service's types have before their elements.
    pub(super) header: Option<OwnHeader>,
}

/// A header of a service's own, behind what the service itself writes.
#[derive(Clone)]
pub(super) struct OwnHeader {
    pub(super) layout: Layout,
    /// Where it is in a message.
    pub(super) at: usize,
}

impl Frame {
    /// Returns the messages that carry `payload` behind a header.
    pub(super) fn of(topic: &TopicName, header: &Schema, payload: &Layout) -> Result<Self, CreateError> {
        let problem = |reason: String| CreateError::Setting { topic: topic.clone(), reason };
        let (element, is_slice) = match &payload.schema().kind {
            Kind::Slice { header: Some(_), .. } => {
                let name = payload.schema().type_name();
                return Err(problem(format!("it cannot carry {name}: of a slice with a header this needs a type")));
            }
            Kind::Slice { header: None, element } => (element.get(), true),
            _ => (payload.schema(), false),
        };
        let too_large = || problem(format!("a message with {} is too large", payload.schema().type_name()));
        let schema = Schema::slice_of(Some(header.clone()), element.clone()).ok_or_else(too_large)?;
        let layout = Layout::new(schema).map_err(|error| problem(error.to_string()))?;
        Self::new(layout, Some(is_slice)).ok_or_else(too_large)
    }

    /// Returns the messages of a topic of which the layout is known, if it has this header, and perhaps one of
    /// the service's own behind it.
    pub(super) fn found(layout: Layout, header: &Schema) -> Option<Self> {
        let Kind::Slice { header: Some(found), .. } = &layout.schema().kind else { return None };
        let found = found.get();
        if found.same_layout(header) {
            return Self::new(layout, None);
        }
        let Kind::Struct { fields } = &found.kind else { return None };
        let field = |name: &str| fields.iter().find(|field| field.name == name);
        let (envelope, own) = (field("envelope")?, field("header")?);
        if envelope.offset != 0 || !envelope.schema.get().same_layout(header) {
            return None;
        }
        let (own, at) = (Layout::new(own.schema.get().clone()).ok()?, usize::try_from(own.offset).ok()?);
        Some(Self { header: Some(OwnHeader { layout: own, at }), ..Self::new(layout, Some(true))? })
    }

    fn new(whole: Layout, is_slice: Option<bool>) -> Option<Self> {
        let Kind::Slice { element, .. } = &whole.schema().kind else { return None };
        let one = Layout::new(element.get().clone()).ok()?;
        let many = Layout::new(Schema::slice_of(None, element.get().clone())?).ok()?;
        let at = usize::try_from(whole.schema().elements_at()).ok()?;
        Some(Self { element: one.size(), whole, one, many, is_slice, at, header: None })
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
    /// only an element can be it. With a header it is a struct of that and the elements.
    pub(super) fn encode(&self, value: &Value) -> Result<Vec<u8>, EncodeError> {
        if let Some(own) = &self.header {
            let part = |name| value.get(name).cloned();
            let header = part("header").unwrap_or(Value::Struct(Vec::new()));
            let mut encoded = own.layout.encode(&header).map_err(|error| error.within("header"))?;
            let elements = part("elements").unwrap_or(Value::List(Vec::new()));
            encoded.extend(self.many.encode(&elements).map_err(|error| error.within("elements"))?);
            return Ok(encoded);
        }
        match self.is_slice {
            Some(true) => self.many.encode(value),
            Some(false) => self.one.encode(value),
            None if matches!(value, Value::List(_) | Value::Bytes(_)) => {
                self.many.encode(value).or_else(|error| self.one.encode(value).map_err(|_| error))
            }
            None => self.one.encode(value),
        }
    }

    /// Returns whether a message may have this many bytes of elements.
    pub(super) fn fits(&self, bytes: usize) -> bool {
        if self.is_slice == Some(false) { bytes == self.element } else { bytes.is_multiple_of(self.element) }
    }

    /// Returns the size of the header before the elements.
    fn header_size(&self) -> usize {
        self.header.as_ref().map_or(0, |own| own.layout.size())
    }

    /// Checks a request or an item: elements, behind their header if they have one.
    pub(super) fn validate(&self, body: &[u8]) -> Result<(), InvalidValue> {
        let (header, elements) = body.split_at(self.header_size().min(body.len()));
        if let Some(own) = &self.header {
            own.layout.validate(header).map_err(|error| error.in_field("header"))?;
        }
        self.payload(elements.len()).validate(elements)
    }

    /// Writes a message of what the service itself writes, and of elements behind their header. Without a
    /// body the header is zero.
    pub(super) fn write<E: ShmMessage>(&self, message: &mut Vec<u8>, envelope: &E, body: &[u8]) {
        let (header, elements) = body.split_at(self.header_size().min(body.len()));
        message.clear();
        message.extend_from_slice(bytes_of(envelope));
        if let Some(own) = &self.header {
            message.resize(own.at, 0);
            message.extend_from_slice(header);
        }
        message.resize(self.at, 0);
        message.extend_from_slice(elements);
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
