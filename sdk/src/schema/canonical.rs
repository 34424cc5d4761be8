//! Canonical bytes: the parts of a schema that count when two sides compare, in exactly one
//! encoding.
//!
//! The book specifies the format for other languages ("Schemas"). In short: integers are
//! little-endian, and a text is its length as `u32`, then UTF-8.
//!
//! ```text
//! canonical := 0x01 (format version)  type
//! type      := primitive tag
//!            | 0x20  name:text  version:u32  size:u64  align:u64  count:u32  field*
//!            | 0x21  name:text  version:u32  primitive tag           count:u32  variant*
//!            | 0x22  len:u64  type
//!            | 0x23  capacity:u64
//!            | 0x26  bytes:u64 (padding)
//!            | 0x24  capacity:u64  type
//!            | 0x25  headers:u8 (0 or 1)  type* (the header's)  type
//! field     := name:text  offset:u64  type     (fields that are padding are left out, and not counted)
//! variant   := name:text  value:i128
//! ```

use super::descriptor::MAX_DEPTH;
use super::walk::{fields_of, str_of, variants_of};
use super::{Field, Kind, Primitive, Schema, SchemaHash};

/// The largest canonical form of a schema, in bytes: 64 KiB, about a thousand fields.
pub const MAX_CANONICAL_BYTES: usize = 64 * 1024;

pub(super) const FORMAT_VERSION: u8 = 1;
pub(super) const TAG_STRUCT: u8 = 0x20;
pub(super) const TAG_ENUM: u8 = 0x21;
pub(super) const TAG_ARRAY: u8 = 0x22;
pub(super) const TAG_STR: u8 = 0x23;
pub(super) const TAG_LIST: u8 = 0x24;
pub(super) const TAG_SLICE: u8 = 0x25;
pub(super) const TAG_PAD: u8 = 0x26;

/// A schema that is too large, or nested too deeply, to have canonical bytes.
///
/// ```
/// use slotcast::ShmMessage;
/// use slotcast::schema::{Kind, MAX_DEPTH, Nested, NotCanonical, Schema};
///
/// let mut schema = u8::SCHEMA.clone();
/// for _ in 0..MAX_DEPTH {
///     let kind = Kind::Array { element: Nested::from(schema.clone()), len: 1 };
///     schema = Schema { name: "".into(), kind, ..schema };
/// }
/// assert_eq!(schema.try_hash(), Err(NotCanonical::TooDeep));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotCanonical {
    /// More than [`MAX_CANONICAL_BYTES`].
    #[error(
        "the schema is too large: with all nested types spelled out it takes more than \
         {MAX_CANONICAL_BYTES} bytes; split the message, or nest fewer different types"
    )]
    TooLarge,
    /// More than [`MAX_DEPTH`] levels.
    #[error("the schema is nested more than {MAX_DEPTH} levels deep; flatten the message")]
    TooDeep,
}

impl Schema {
    /// Returns the canonical bytes, at most [`MAX_CANONICAL_BYTES`]. Two sides match if theirs are
    /// equal. Allocates.
    ///
    /// They contain name, version and layout of this and all nested types, but no documentation, no
    /// units, and no crate or module paths.
    ///
    /// ```
    /// use slotcast::ShmMessage;
    ///
    /// // Format version 1, then the tag of `f32`.
    /// assert_eq!(f32::SCHEMA.canonical_bytes()?, [1, 0x0b]);
    /// # Ok::<(), slotcast::schema::NotCanonical>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotCanonical`] if the schema is too large or too deep. A schema of a type that was
    /// compiled and used, or that was [checked](Schema::check), never is.
    pub fn canonical_bytes(&self) -> Result<Vec<u8>, NotCanonical> {
        let mut few = [0; FEW];
        if let Ok(len) = encode(self, &mut few) {
            return Ok(few[..len].to_vec());
        }
        let mut bytes = vec![0; MAX_CANONICAL_BYTES];
        let len = encode(self, &mut bytes)?;
        bytes.truncate(len);
        Ok(bytes)
    }

    /// Returns whether a side with this schema and one with `other` can exchange messages: their
    /// canonical bytes are equal. A schema that has none matches nothing. Allocates.
    ///
    /// ```
    /// use slotcast::ShmMessage;
    ///
    /// assert!(u32::SCHEMA.same_layout(u32::SCHEMA));
    /// assert!(!u32::SCHEMA.same_layout(f32::SCHEMA));
    /// ```
    pub fn same_layout(&self, other: &Schema) -> bool {
        match (self.canonical_bytes(), other.canonical_bytes()) {
            (Ok(mine), Ok(theirs)) => mine == theirs,
            _ => false,
        }
    }

    /// Returns the hash of the canonical bytes, by which two sides recognise each other.
    ///
    /// # Panics
    ///
    /// If the schema is too large or too deep. At compile time that is a compiler error. For
    /// schemas from another process use [`try_hash`](Schema::try_hash).
    pub const fn hash(&self) -> SchemaHash {
        match self.try_hash() {
            Ok(hash) => hash,
            Err(NotCanonical::TooLarge) => panic!(
                "this message is too large to describe: with all nested types spelled out, its \
                 schema takes more than 64 KiB; split the message, or nest fewer different types"
            ),
            Err(NotCanonical::TooDeep) => panic!(
                "this message is nested too deeply: it may have at most 20 levels of structs \
                 and arrays; flatten it"
            ),
        }
    }

    /// Returns the hash of the canonical bytes, for schemas that were not checked yet. Uses up to
    /// 64 KiB of the stack.
    ///
    /// # Errors
    ///
    /// [`NotCanonical`] if the schema is too large or too deep.
    pub const fn try_hash(&self) -> Result<SchemaHash, NotCanonical> {
        let mut few = [0; FEW];
        match encode(self, &mut few) {
            Ok(len) => Ok(SchemaHash::of(few.split_at(len).0)),
            Err(_) => self.try_hash_of_many(),
        }
    }

    #[inline(never)]
    const fn try_hash_of_many(&self) -> Result<SchemaHash, NotCanonical> {
        let mut bytes = [0; MAX_CANONICAL_BYTES];
        match encode(self, &mut bytes) {
            Ok(len) => Ok(SchemaHash::of(bytes.split_at(len).0)),
            Err(error) => Err(error),
        }
    }
}

/// As many bytes are tried first: nearly all schemas fit, and touching more memory takes longer
/// than all the rest.
const FEW: usize = 2048;

/// Writes the canonical bytes to the start of `out`. Returns how many there are.
const fn encode(schema: &Schema, out: &mut [u8]) -> Result<usize, NotCanonical> {
    let mut encoder = Encoder { rest: out, written: 0, error: None };
    encoder.bytes(&[FORMAT_VERSION]);
    encoder.schema(schema, 1);
    match encoder.error {
        None => Ok(encoder.written),
        Some(error) => Err(error),
    }
}

struct Encoder<'a> {
    rest: &'a mut [u8],
    written: usize,
    error: Option<NotCanonical>,
}

impl Encoder<'_> {
    const fn schema(&mut self, schema: &Schema, depth: u32) {
        if depth > MAX_DEPTH {
            self.error = Some(NotCanonical::TooDeep);
            return;
        }
        match &schema.kind {
            Kind::Primitive(primitive) => self.bytes(&[tag(*primitive)]),
            Kind::Struct { fields } => {
                let fields = fields_of(fields);
                self.bytes(&[TAG_STRUCT]);
                self.text(str_of(&schema.name));
                self.bytes(&schema.version.to_le_bytes());
                self.bytes(&schema.size.to_le_bytes());
                self.bytes(&schema.align.to_le_bytes());
                self.count(without_padding(fields));
                let mut i = 0;
                while i < fields.len() && self.error.is_none() {
                    if !fields[i].schema.get().is_padding() {
                        self.text(str_of(&fields[i].name));
                        self.bytes(&fields[i].offset.to_le_bytes());
                        self.schema(fields[i].schema.get(), depth + 1);
                    }
                    i += 1;
                }
            }
            Kind::Enum { repr, variants } => {
                let variants = variants_of(variants);
                self.bytes(&[TAG_ENUM]);
                self.text(str_of(&schema.name));
                self.bytes(&schema.version.to_le_bytes());
                self.bytes(&[tag(*repr)]);
                self.count(variants.len());
                let mut i = 0;
                while i < variants.len() && self.error.is_none() {
                    self.text(str_of(&variants[i].name));
                    self.bytes(&variants[i].value.to_le_bytes());
                    i += 1;
                }
            }
            Kind::Array { element, len } => {
                self.bytes(&[TAG_ARRAY]);
                self.bytes(&len.to_le_bytes());
                self.schema(element.get(), depth + 1);
            }
            Kind::Str { capacity } => {
                self.bytes(&[TAG_STR]);
                self.bytes(&capacity.to_le_bytes());
            }
            Kind::Pad { bytes } => {
                self.bytes(&[TAG_PAD]);
                self.bytes(&bytes.to_le_bytes());
            }
            Kind::List { element, capacity } => {
                self.bytes(&[TAG_LIST]);
                self.bytes(&capacity.to_le_bytes());
                self.schema(element.get(), depth + 1);
            }
            Kind::Slice { header, element } => {
                self.bytes(&[TAG_SLICE, header.is_some() as u8]);
                if let Some(header) = header {
                    self.schema(header.get(), depth + 1);
                }
                self.schema(element.get(), depth + 1);
            }
        }
    }

    const fn text(&mut self, text: &str) {
        self.count(text.len());
        self.bytes(text.as_bytes());
    }

    #[allow(clippy::cast_possible_truncation, reason = "checked on the line before")]
    const fn count(&mut self, count: usize) {
        if count > u32::MAX as usize {
            self.error = Some(NotCanonical::TooLarge);
            return;
        }
        self.bytes(&(count as u32).to_le_bytes());
    }

    const fn bytes(&mut self, bytes: &[u8]) {
        if bytes.len() > self.rest.len() {
            self.error = Some(NotCanonical::TooLarge);
            return;
        }
        #[allow(clippy::mem_replace_with_default, reason = "`take` is not const")]
        let rest = std::mem::replace(&mut self.rest, &mut []);
        let (place, rest) = rest.split_at_mut(bytes.len());
        place.copy_from_slice(bytes);
        self.rest = rest;
        self.written += bytes.len();
    }
}

/// How many of the fields are no padding.
const fn without_padding(fields: &[Field]) -> usize {
    let mut count = 0;
    let mut i = 0;
    while i < fields.len() {
        if !fields[i].schema.get().is_padding() {
            count += 1;
        }
        i += 1;
    }
    count
}

const fn tag(primitive: Primitive) -> u8 {
    match primitive {
        Primitive::U8 => 0x01,
        Primitive::U16 => 0x02,
        Primitive::U32 => 0x03,
        Primitive::U64 => 0x04,
        Primitive::U128 => 0x05,
        Primitive::I8 => 0x06,
        Primitive::I16 => 0x07,
        Primitive::I32 => 0x08,
        Primitive::I64 => 0x09,
        Primitive::I128 => 0x0a,
        Primitive::F32 => 0x0b,
        Primitive::F64 => 0x0c,
        Primitive::Bool => 0x0d,
        Primitive::Char => 0x0e,
    }
}
