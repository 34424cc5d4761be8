//! Schemas from their canonical bytes: programs in other languages compute these.

use std::borrow::Cow;

use super::canonical::{
    FORMAT_VERSION, MAX_CANONICAL_BYTES, TAG_ARRAY, TAG_ENUM, TAG_LIST, TAG_PAD, TAG_SLICE, TAG_STR, TAG_STRUCT,
};
use super::descriptor::MAX_DEPTH;
use super::{Field, Kind, Nested, Primitive, Schema, Variant};

/// Bytes that are no canonical bytes of a schema.
///
/// ```
/// use slotcast::schema::Schema;
///
/// let error = Schema::from_canonical_bytes(&[1, 0x0b, 0]).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "these 3 bytes are no canonical bytes of a schema: at byte 2, the schema has ended; the book's \
///      page \"Schemas\" describes the format"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "these {len} bytes are no canonical bytes of a schema: at byte {at}, {problem}; the book's page \"Schemas\" \
     describes the format"
)]
pub struct ParseCanonicalError {
    len: usize,
    at: usize,
    problem: &'static str,
}

impl Schema {
    /// Returns the schema that has these [`canonical_bytes`](Schema::canonical_bytes). It has no
    /// documentation and no units, and fields for the padding of its structs.
    ///
    /// Like any schema of another process it has to be [checked](Schema::check) before it is used.
    ///
    /// ```
    /// use slotcast::ShmMessage;
    /// use slotcast::schema::Schema;
    ///
    /// let bytes = <[f32; 3]>::SCHEMA.canonical_bytes()?;
    /// let schema = Schema::from_canonical_bytes(&bytes)?;
    /// assert!(schema.same_layout(<[f32; 3]>::SCHEMA));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the bytes are not those that `canonical_bytes` returns for any schema.
    pub fn from_canonical_bytes(bytes: &[u8]) -> Result<Self, ParseCanonicalError> {
        let error = |at, problem| ParseCanonicalError { len: bytes.len(), at, problem };
        if bytes.len() > MAX_CANONICAL_BYTES {
            return Err(error(MAX_CANONICAL_BYTES, "there are more bytes than a schema can have"));
        }
        let mut decoder = Decoder { rest: bytes };
        let schema = decoder.message().map_err(|problem| error(bytes.len() - decoder.rest.len(), problem))?;
        // What is read generously is told here: fields that are padding, for example.
        let again = schema.canonical_bytes().unwrap_or_default();
        if again != bytes {
            let at = again.iter().zip(bytes).take_while(|(new, old)| new == old).count();
            return Err(error(at, "the schema is written differently than its canonical form"));
        }
        Ok(schema)
    }

    /// Returns the schema of messages of any number of elements, after a header if there is one; `None`
    /// if it is too large.
    ///
    /// ```
    /// use slotcast::ShmMessage;
    /// use slotcast::schema::Schema;
    ///
    /// let schema = Schema::slice_of(Some(u64::SCHEMA.clone()), u8::SCHEMA.clone()).unwrap();
    /// assert_eq!(schema.elements_at(), 64);
    /// ```
    pub fn slice_of(header: Option<Schema>, element: Schema) -> Option<Self> {
        let header_align = header.as_ref().map_or(1, |header| header.align);
        let (size, align) = (element.size, element.align.max(header_align));
        let header = header.map(Nested::from);
        let mut slice = unnamed(0, align, Kind::Slice { header, element: element.into() });
        // The size with one element.
        slice.size = slice.elements_at().checked_add(size)?;
        Some(slice)
    }
}

const ENDED: &str = "the bytes end before the schema does";
const TOO_LARGE: &str = "a type is larger than 2^64 bytes";

type Part<T> = Result<T, &'static str>;

/// Reads from the start of what is left.
struct Decoder<'a> {
    rest: &'a [u8],
}

impl Decoder<'_> {
    fn message(&mut self) -> Part<Schema> {
        if self.rest.first() != Some(&FORMAT_VERSION) {
            return Err("the version of the format is not 1");
        }
        self.byte()?;
        let schema = self.schema(1)?;
        if self.rest.is_empty() { Ok(schema) } else { Err("the schema has ended") }
    }

    fn byte(&mut self) -> Part<u8> {
        self.array().map(|[byte]| byte)
    }

    fn array<const N: usize>(&mut self) -> Part<[u8; N]> {
        let (first, rest) = self.rest.split_first_chunk().ok_or(ENDED)?;
        self.rest = rest;
        Ok(*first)
    }

    fn u32(&mut self) -> Part<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Part<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn text(&mut self) -> Part<Cow<'static, str>> {
        let len = usize::try_from(self.u32()?).map_err(|_| ENDED)?;
        let (text, rest) = self.rest.split_at_checked(len).ok_or(ENDED)?;
        let text = std::str::from_utf8(text).map_err(|_| "a name is not UTF-8")?;
        self.rest = rest;
        Ok(text.to_owned().into())
    }

    fn schema(&mut self, depth: u32) -> Part<Schema> {
        if depth > MAX_DEPTH {
            return Err("the schema is nested too deeply");
        }
        let before = self.rest;
        let tag = self.byte()?;
        if let Some(primitive) = primitive(tag) {
            let size = primitive.size();
            return Ok(Schema { name: primitive.name().into(), ..unnamed(size, size, Kind::Primitive(primitive)) });
        }
        match tag {
            TAG_STRUCT => self.structure(depth),
            TAG_ENUM => self.enumeration(),
            TAG_ARRAY => {
                let (len, element) = (self.u64()?, self.schema(depth + 1)?);
                let (size, align) = (element.size.checked_mul(len).ok_or(TOO_LARGE)?, element.align);
                Ok(unnamed(size, align, Kind::Array { element: element.into(), len }))
            }
            TAG_STR => self.u64().map(|capacity| unnamed(capacity, 1, Kind::Str { capacity })),
            TAG_PAD => self.u64().map(|bytes| unnamed(bytes, 1, Kind::Pad { bytes })),
            TAG_LIST => {
                let (capacity, element) = (self.u64()?, self.schema(depth + 1)?);
                let size = element.size.checked_mul(capacity).and_then(|size| size.checked_add(8)).ok_or(TOO_LARGE)?;
                let align = element.align;
                Ok(unnamed(size, align, Kind::List { element: element.into(), capacity }))
            }
            TAG_SLICE => {
                let header = if self.byte()? == 0 { None } else { Some(self.schema(depth + 1)?) };
                Schema::slice_of(header, self.schema(depth + 1)?).ok_or(TOO_LARGE)
            }
            _ => {
                self.rest = before;
                Err("there is no kind of type with this number")
            }
        }
    }

    fn structure(&mut self, depth: u32) -> Part<Schema> {
        let (name, version, size, align) = (self.text()?, self.u32()?, self.u64()?, self.u64()?);
        let mut fields = Vec::new();
        let mut end = 0_u64;
        for _ in 0..self.u32()? {
            let (name, offset, schema) = (self.text()?, self.u64()?, self.schema(depth + 1)?);
            pad(&mut fields, end, offset)?;
            end = offset.checked_add(schema.size).ok_or(TOO_LARGE)?;
            fields.push(field(name, offset, schema));
        }
        pad(&mut fields, end, size)?;
        Ok(Schema { name, version, ..unnamed(size, align, Kind::Struct { fields: fields.into() }) })
    }

    fn enumeration(&mut self) -> Part<Schema> {
        let (name, version) = (self.text()?, self.u32()?);
        let repr = primitive(self.byte()?).ok_or("an enum is stored as no primitive type")?;
        let mut variants = Vec::new();
        for _ in 0..self.u32()? {
            let (name, value) = (self.text()?, i128::from_le_bytes(self.array()?));
            variants.push(Variant { name, value, doc: "".into() });
        }
        let size = repr.size();
        Ok(Schema { name, version, ..unnamed(size, size, Kind::Enum { repr, variants: variants.into() }) })
    }
}

/// Adds the padding between the end of the last field and the next one.
fn pad(fields: &mut Vec<Field>, from: u64, to: u64) -> Part<()> {
    let bytes = to.checked_sub(from).ok_or("the fields of a struct overlap, or it ends before they do")?;
    if bytes > 0 {
        let padding = unnamed(bytes, 1, Kind::Pad { bytes });
        fields.push(field(format!("_pad{}", fields.len()).into(), from, padding));
    }
    Ok(())
}

fn field(name: Cow<'static, str>, offset: u64, schema: Schema) -> Field {
    Field { name, offset, schema: schema.into(), doc: "".into(), unit: "".into() }
}

fn unnamed(size: u64, align: u64, kind: Kind) -> Schema {
    Schema { name: "".into(), version: 0, size, align, doc: "".into(), kind }
}

/// Returns the primitive with a tag: they count from 1.
fn primitive(tag: u8) -> Option<Primitive> {
    Primitive::ALL.get(usize::from(tag.checked_sub(1)?)).copied()
}
