//! The descriptor: one type for what the derive knows and what another process says.

use std::borrow::Cow;
use std::cell::Cell;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::canonical::MAX_DEPTH;

/// The layout of one message type, in full: every nested type is spelled out.
///
/// A schema made by `#[derive(ShmMessage)]` is a constant and true. One that was read from
/// another process is only what that process says, and is checked before it is used.
///
/// `==` compares everything, including documentation. Whether two sides can talk to each other is
/// [`same_layout`](Schema::same_layout).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// The type's name: the struct's own or that of `#[shm(name = "…")]`; `f32` and its like for
    /// primitives; empty for arrays, strings and lists.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub name: Cow<'static, str>,
    /// What `#[shm(version = N)]` says, else 0. Types of different versions do not match.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u32,
    /// Size in bytes, more than 0. Of a slice: with one element.
    pub size: u64,
    /// Alignment in bytes, a power of two.
    pub align: u64,
    /// The type's doc comment, possibly empty. Not part of the hash.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub doc: Cow<'static, str>,
    /// What is inside.
    pub kind: Kind,
}

/// What a type consists of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A number, `bool` or `char`.
    Primitive(Primitive),
    /// Fields one after the other, without gaps.
    Struct {
        /// In the order of their offsets.
        fields: Cow<'static, [Field]>,
    },
    /// One of a fixed set of integers.
    Enum {
        /// The integer in memory: `u8` to `u64` or `i8` to `i64`.
        repr: Primitive,
        /// In the order of their declaration.
        variants: Cow<'static, [Variant]>,
    },
    /// `[T; N]`.
    Array {
        /// The type of the elements.
        element: Nested,
        /// How many, at least 1.
        len: u64,
    },
    /// `Str<N>`: UTF-8 up to the first NUL byte or the end.
    Str {
        /// How many bytes, at least 1.
        capacity: u64,
    },
    /// `Pad<N>`: bytes without meaning. A field of this kind does not count when layouts are compared.
    Pad {
        /// How many bytes, at least 1.
        bytes: u64,
    },
    /// `FixedVec<T, N>`: a little-endian 64-bit length, then the elements' places.
    List {
        /// The type of the elements.
        element: Nested,
        /// How many elements there is room for, at least 1.
        capacity: u64,
    },
    /// `[T]`, with or without a header before it: a message of variable size. It is never inside another type.
    Slice {
        /// The type of the header, if there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<Nested>,
        /// The type of the elements, which begin at [`elements_at`](Schema::elements_at).
        element: Nested,
    },
}

impl Schema {
    /// Where the elements begin of a message of variable size, in bytes: at its start, or after its header at the next
    /// multiple of 64. 0 for other messages.
    pub const fn elements_at(&self) -> u64 {
        match &self.kind {
            Kind::Slice { header: Some(header), .. } => match header.get().size.checked_next_multiple_of(64) {
                Some(at) => at,
                None => u64::MAX,
            },
            _ => 0,
        }
    }
}

impl Schema {
    /// Whether this is nothing but bytes without meaning: a `Pad<N>`, or an array of such.
    pub const fn is_padding(&self) -> bool {
        match &self.kind {
            Kind::Pad { .. } => true,
            Kind::Array { element, .. } => element.get().is_padding(),
            _ => false,
        }
    }
}

/// One field of a struct.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The field's name; `0`, `1`, … in a tuple struct.
    pub name: Cow<'static, str>,
    /// Bytes from the start of the struct.
    pub offset: u64,
    /// The field's type.
    pub schema: Nested,
    /// The field's doc comment, possibly empty. Not part of the hash.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub doc: Cow<'static, str>,
    /// What `#[shm(unit = "…")]` says, possibly empty. Not part of the hash.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub unit: Cow<'static, str>,
}

/// One variant of a field-less enum.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// The variant's name.
    pub name: Cow<'static, str>,
    /// Its value in memory.
    pub value: i128,
    /// The variant's doc comment, possibly empty. Not part of the hash.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub doc: Cow<'static, str>,
}

/// A type that consists of nothing smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is the Rust type of the same name")]
pub enum Primitive {
    U8,
    U16,
    U32,
    U64,
    U128,
    I8,
    I16,
    I32,
    I64,
    I128,
    F32,
    F64,
    Bool,
    Char,
}

impl Primitive {
    /// All of them.
    pub const ALL: [Primitive; 14] = [
        Primitive::U8,
        Primitive::U16,
        Primitive::U32,
        Primitive::U64,
        Primitive::U128,
        Primitive::I8,
        Primitive::I16,
        Primitive::I32,
        Primitive::I64,
        Primitive::I128,
        Primitive::F32,
        Primitive::F64,
        Primitive::Bool,
        Primitive::Char,
    ];

    /// The Rust name: `u8`, `f32`, `bool`.
    pub const fn name(self) -> &'static str {
        match self {
            Primitive::U8 => "u8",
            Primitive::U16 => "u16",
            Primitive::U32 => "u32",
            Primitive::U64 => "u64",
            Primitive::U128 => "u128",
            Primitive::I8 => "i8",
            Primitive::I16 => "i16",
            Primitive::I32 => "i32",
            Primitive::I64 => "i64",
            Primitive::I128 => "i128",
            Primitive::F32 => "f32",
            Primitive::F64 => "f64",
            Primitive::Bool => "bool",
            Primitive::Char => "char",
        }
    }

    /// Size in bytes, which is the alignment too: 1, 2, 4, 8 or 16.
    pub const fn size(self) -> u64 {
        match self {
            Primitive::U8 | Primitive::I8 | Primitive::Bool => 1,
            Primitive::U16 | Primitive::I16 => 2,
            Primitive::U32 | Primitive::I32 | Primitive::F32 | Primitive::Char => 4,
            Primitive::U64 | Primitive::I64 | Primitive::F64 => 8,
            Primitive::U128 | Primitive::I128 => 16,
        }
    }

    /// The values that an integer type can hold; `None` for what cannot stand behind an enum.
    pub const fn enum_range(self) -> Option<(i128, i128)> {
        match self {
            Primitive::U8 => Some((0, u8::MAX as i128)),
            Primitive::U16 => Some((0, u16::MAX as i128)),
            Primitive::U32 => Some((0, u32::MAX as i128)),
            Primitive::U64 => Some((0, u64::MAX as i128)),
            Primitive::I8 => Some((i8::MIN as i128, i8::MAX as i128)),
            Primitive::I16 => Some((i16::MIN as i128, i16::MAX as i128)),
            Primitive::I32 => Some((i32::MIN as i128, i32::MAX as i128)),
            Primitive::I64 => Some((i64::MIN as i128, i64::MAX as i128)),
            _ => None,
        }
    }
}

/// A schema inside a schema: borrowed when made by the derive, owned when read from elsewhere.
///
/// Compares, prints and serializes as the schema itself.
#[derive(Clone)]
pub enum Nested {
    /// A constant.
    Static(&'static Schema),
    /// Read from another process, or made at run time.
    Owned(Box<Schema>),
}

impl Nested {
    /// The schema.
    pub const fn get(&self) -> &Schema {
        match self {
            Nested::Static(schema) => schema,
            Nested::Owned(schema) => schema,
        }
    }
}

impl PartialEq for Nested {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Eq for Nested {}

impl std::fmt::Debug for Nested {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.get().fmt(f)
    }
}

impl From<Schema> for Nested {
    fn from(schema: Schema) -> Self {
        Nested::Owned(Box::new(schema))
    }
}

impl Serialize for Nested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Nested {
    /// Fails at more than [`MAX_DEPTH`] schemas within one another, whatever the format: input
    /// from another process cannot exhaust the stack.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let _level = Level::enter()
            .ok_or_else(|| D::Error::custom(format_args!("schemas nested more than {MAX_DEPTH} deep")))?;
        Ok(Nested::from(Schema::deserialize(deserializer)?))
    }
}

/// One level of a deserialization in progress on this thread; leaves it when dropped.
struct Level;

impl Level {
    fn enter() -> Option<Level> {
        DEPTH.with(|depth| {
            // The outermost schema is not in a `Nested` and is level 1.
            let below = depth.get() + 1;
            (below < MAX_DEPTH).then(|| {
                depth.set(below);
                Level
            })
        })
    }
}

impl Drop for Level {
    fn drop(&mut self) {
        DEPTH.with(|depth| depth.set(depth.get() - 1));
    }
}

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(version: &u32) -> bool {
    *version == 0
}
