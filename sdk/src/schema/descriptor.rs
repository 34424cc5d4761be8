//! The description of a layout: one type for what the derive creates and what another process
//! sends.

use std::borrow::Cow;
use std::cell::Cell;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The deepest nesting of schemas: a struct in an array in a struct is three levels.
pub const MAX_DEPTH: u32 = 20;

/// The complete layout of one message type, with every nested type spelled out.
///
/// ```
/// use slotcast::ShmMessage;
///
/// #[derive(ShmMessage)]
/// #[repr(C)]
/// struct Imu {
///     stamp_ns: u64,
///     accel: [f32; 2],
/// }
///
/// let schema = Imu::SCHEMA;
/// assert_eq!((&*schema.name, schema.size, schema.align), ("Imu", 16, 8));
/// ```
///
/// A schema created by `#[derive(ShmMessage)]` is a constant and true. One that was read from
/// another process is only a claim: [`check`](Schema::check) it before use.
///
/// `==` compares everything, including documentation. [`same_layout`](Schema::same_layout) decides
/// whether two sides can exchange messages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// The type's name: the struct's own, or that of `#[shm(name = "…")]`; `f32` and the like for
    /// primitives; empty for arrays, strings, lists and slices.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub name: Cow<'static, str>,
    /// The version set by `#[shm(version = N)]`, otherwise 0. Types of different versions do not
    /// match.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub version: u32,
    /// Size in bytes, more than 0. For a slice, the size with one element.
    pub size: u64,
    /// Alignment in bytes, a power of two.
    pub align: u64,
    /// The type's doc comment, possibly empty. Not part of the hash.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub doc: Cow<'static, str>,
    /// What the type consists of.
    pub kind: Kind,
}

/// What a type consists of.
///
/// ```
/// use slotcast::schema::{Kind, Primitive};
/// use slotcast::{ShmMessage, Str};
///
/// assert_eq!(f32::SCHEMA.kind, Kind::Primitive(Primitive::F32));
/// assert_eq!(Str::<16>::SCHEMA.kind, Kind::Str { capacity: 16 });
/// assert!(matches!(<[u8; 4]>::SCHEMA.kind, Kind::Array { len: 4, .. }));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A number, `bool` or `char`.
    Primitive(Primitive),
    /// Fields one after another, without gaps.
    Struct {
        /// The fields, in the order of their offsets.
        fields: Cow<'static, [Field]>,
    },
    /// One of a fixed set of integers: an enum without fields.
    Enum {
        /// The integer type in memory: `u8` to `u64` or `i8` to `i64`.
        repr: Primitive,
        /// The variants, in the order of declaration.
        variants: Cow<'static, [Variant]>,
    },
    /// `[T; N]`.
    Array {
        /// The type of the elements.
        element: Nested,
        /// The number of elements, at least 1.
        len: u64,
    },
    /// `Str<N>`: UTF-8 up to the first NUL byte or the end.
    Str {
        /// The number of bytes, at least 1.
        capacity: u64,
    },
    /// `Pad<N>`: bytes without meaning. Such a field is ignored when layouts are compared.
    Pad {
        /// How many bytes, at least 1.
        bytes: u64,
    },
    /// `FixedVec<T, N>`: the length as a little-endian 64-bit integer, then the memory of N
    /// elements.
    List {
        /// The type of the elements.
        element: Nested,
        /// The largest number of elements, at least 1.
        capacity: u64,
    },
    /// `[T]`, with or without a header before it: a message of variable size. It never occurs
    /// inside another type.
    Slice {
        /// The type of the header, if the message has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        header: Option<Nested>,
        /// The type of the elements, which begin at byte [`elements_at`](Schema::elements_at).
        element: Nested,
    },
}

impl Schema {
    /// Returns the byte at which the elements of a message of variable size begin: 0, or the first
    /// multiple of 64 after its header. Returns 0 for other messages.
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
///
/// ```
/// use slotcast::ShmMessage;
/// use slotcast::schema::Kind;
///
/// #[derive(ShmMessage)]
/// #[repr(C)]
/// struct Imu {
///     /// When it was measured.
///     #[shm(unit = "ns")]
///     stamp: u64,
/// }
///
/// let Kind::Struct { fields } = &Imu::SCHEMA.kind else { unreachable!() };
/// let stamp = &fields[0];
/// assert_eq!((&*stamp.name, stamp.offset, &*stamp.unit), ("stamp", 0, "ns"));
/// assert_eq!(stamp.doc, "When it was measured.");
/// assert_eq!(stamp.schema.get(), u64::SCHEMA);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The field's name: `0`, `1`, … in a tuple struct.
    pub name: Cow<'static, str>,
    /// The field's offset from the start of the struct, in bytes.
    pub offset: u64,
    /// The field's type.
    pub schema: Nested,
    /// The field's doc comment, possibly empty. Not part of the hash.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub doc: Cow<'static, str>,
    /// The unit set by `#[shm(unit = "…")]`, possibly empty. Not part of the hash.
    #[serde(default, skip_serializing_if = "str::is_empty")]
    pub unit: Cow<'static, str>,
}

/// One variant of an enum without fields.
///
/// ```
/// use slotcast::ShmMessage;
/// use slotcast::schema::Kind;
///
/// #[derive(ShmMessage)]
/// #[repr(u8)]
/// enum Gear {
///     Neutral = 0,
///     First = 1,
/// }
///
/// let Kind::Enum { variants, .. } = &Gear::SCHEMA.kind else { unreachable!() };
/// assert_eq!((&*variants[1].name, variants[1].value), ("First", 1));
/// ```
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

/// A type without parts: a number, `bool` or `char`.
///
/// ```
/// use slotcast::schema::Primitive;
///
/// let names: Vec<_> = Primitive::ALL.iter().filter(|primitive| primitive.size() == 8).map(|it| it.name()).collect();
/// assert_eq!(names, ["u64", "i64", "f64"]);
/// ```
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
    /// All primitives.
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

    /// Returns the Rust name: `u8`, `f32`, `bool`.
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

    /// Returns the size in bytes, which is also the alignment: 1, 2, 4, 8 or 16.
    pub const fn size(self) -> u64 {
        match self {
            Primitive::U8 | Primitive::I8 | Primitive::Bool => 1,
            Primitive::U16 | Primitive::I16 => 2,
            Primitive::U32 | Primitive::I32 | Primitive::F32 | Primitive::Char => 4,
            Primitive::U64 | Primitive::I64 | Primitive::F64 => 8,
            Primitive::U128 | Primitive::I128 => 16,
        }
    }

    /// Returns the smallest and largest value of an integer type. Returns `None` for a type that
    /// cannot represent an enum.
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

/// A schema inside a schema: borrowed if created by the derive, owned if read from elsewhere.
///
/// It compares, prints and serializes like the schema itself.
///
/// ```
/// use slotcast::ShmMessage;
/// use slotcast::schema::Nested;
///
/// let constant = Nested::Static(f32::SCHEMA);
/// let owned = Nested::from(f32::SCHEMA.clone());
/// assert_eq!(constant, owned);
/// assert_eq!(owned.get().type_name(), "f32");
/// ```
#[derive(Clone)]
pub enum Nested {
    /// A constant.
    Static(&'static Schema),
    /// Read from another process, or created at run time.
    Owned(Box<Schema>),
}

impl Nested {
    /// Returns the schema.
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
    /// Fails if schemas are nested more than [`MAX_DEPTH`] deep, in any format: input from another
    /// process cannot exhaust the stack.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let _level = Level::enter()
            .ok_or_else(|| D::Error::custom(format_args!("schemas are nested more than {MAX_DEPTH} levels deep")))?;
        Ok(Nested::from(Schema::deserialize(deserializer)?))
    }
}

/// One level of a deserialization in progress on this thread. Dropping it leaves the level.
struct Level;

impl Level {
    fn enter() -> Option<Level> {
        DEPTH.with(|depth| {
            // The outermost schema is not in a `Nested`; it is level 1.
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
