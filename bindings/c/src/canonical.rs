//! Schemas from their canonical bytes, which the book specifies.

use slotcast::schema::{Field, Kind, MAX_DEPTH, Nested, Primitive, Schema, Variant};
use std::borrow::Cow;

/// Returns the schema, or `None` if the bytes are no canonical form. What padding a struct has
/// follows from the offsets.
pub(crate) fn decode(bytes: &[u8]) -> Option<Schema> {
    let mut rest = Rest(bytes);
    (rest.byte()? == 1).then_some(())?;
    let schema = rest.schema(1)?;
    rest.0.is_empty().then_some(schema)
}

struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Option<Cow<'static, str>> {
        let len = usize::try_from(self.u32()?).ok()?;
        let (text, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(std::str::from_utf8(text).ok()?.to_owned().into())
    }

    fn schema(&mut self, depth: u32) -> Option<Schema> {
        (depth <= MAX_DEPTH).then_some(())?;
        let tag = self.byte()?;
        if let Some(primitive) = primitive(tag) {
            let size = primitive.size();
            return Some(schema(primitive.name().into(), 0, size, size, Kind::Primitive(primitive)));
        }
        match tag {
            0x20 => self.structure(depth),
            0x21 => self.enumeration(),
            0x22 => {
                let len = self.u64()?;
                let element = self.schema(depth + 1)?;
                let (size, align) = (element.size.checked_mul(len)?, element.align);
                Some(schema("".into(), 0, size, align, Kind::Array { element: element.into(), len }))
            }
            0x23 => {
                let capacity = self.u64()?;
                Some(schema("".into(), 0, capacity, 1, Kind::Str { capacity }))
            }
            0x24 => {
                let capacity = self.u64()?;
                let element = self.schema(depth + 1)?;
                let size = element.size.checked_mul(capacity)?.checked_add(8)?;
                let align = element.align;
                Some(schema("".into(), 0, size, align, Kind::List { element: element.into(), capacity }))
            }
            0x25 => {
                let header = match self.byte()? {
                    0 => None,
                    _ => Some(self.schema(depth + 1)?),
                };
                let element = self.schema(depth + 1)?;
                slice(header, element)
            }
            0x26 => {
                let bytes = self.u64()?;
                Some(schema("".into(), 0, bytes, 1, Kind::Pad { bytes }))
            }
            _ => None,
        }
    }

    fn structure(&mut self, depth: u32) -> Option<Schema> {
        let (name, version, size, align) = (self.text()?, self.u32()?, self.u64()?, self.u64()?);
        let mut fields = Vec::new();
        let mut end = 0_u64;
        for _ in 0..self.u32()? {
            let (name, offset, of) = (self.text()?, self.u64()?, self.schema(depth + 1)?);
            pad(&mut fields, end, offset)?;
            end = offset.checked_add(of.size)?;
            fields.push(field(name, offset, of));
        }
        pad(&mut fields, end, size)?;
        Some(schema(name, version, size, align, Kind::Struct { fields: fields.into() }))
    }

    fn enumeration(&mut self) -> Option<Schema> {
        let (name, version, repr) = (self.text()?, self.u32()?, primitive(self.byte()?)?);
        let mut variants = Vec::new();
        for _ in 0..self.u32()? {
            let (name, value) = (self.text()?, i128::from_le_bytes(self.array()?));
            variants.push(Variant { name, value, doc: "".into() });
        }
        let size = repr.size();
        Some(schema(name, version, size, size, Kind::Enum { repr, variants: variants.into() }))
    }
}

/// Adds the padding between the end of the last field and the next one.
fn pad(fields: &mut Vec<Field>, from: u64, to: u64) -> Option<()> {
    let bytes = to.checked_sub(from)?;
    if bytes > 0 {
        let padding = schema("".into(), 0, bytes, 1, Kind::Pad { bytes });
        fields.push(field(format!("_pad{}", fields.len()).into(), from, padding));
    }
    Some(())
}

pub(crate) fn field(name: Cow<'static, str>, offset: u64, of: Schema) -> Field {
    Field { name, offset, schema: of.into(), doc: "".into(), unit: "".into() }
}

pub(crate) fn schema(name: Cow<'static, str>, version: u32, size: u64, align: u64, kind: Kind) -> Schema {
    Schema { name, version, size, align, doc: "".into(), kind }
}

pub(crate) fn primitive(tag: u8) -> Option<Primitive> {
    Primitive::ALL.get(usize::from(tag.checked_sub(1)?)).copied()
}

/// Returns the schema of messages of any number of elements; `None` if it is too large.
pub(crate) fn slice(header: Option<Schema>, element: Schema) -> Option<Schema> {
    let header_align = header.as_ref().map_or(1, |header| header.align);
    let (size, align) = (element.size, element.align.max(header_align));
    let header = header.map(Nested::from);
    let mut slice = schema("".into(), 0, size, align, Kind::Slice { header, element: element.into() });
    // The size with one element.
    slice.size = slice.elements_at().checked_add(size)?;
    Some(slice)
}
