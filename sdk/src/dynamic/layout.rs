//! Layouts: schemas that were checked.

use crate::record::Alive;
use crate::schema::{Kind, Primitive, Schema, SchemaError, SchemaHash, ShmMessage};
use std::fmt;
use std::sync::Arc;

/// A schema that was checked and prepared for decoding and encoding. Cloning is cheap.
///
/// The schema that another process claims for its messages is not trusted before it has become one
/// of these. After that every field lies inside the message, and nesting and counts are bounded by
/// its size.
///
/// # Examples
///
/// ```
/// use slotcast::ShmMessage;
/// use slotcast::dynamic::Layout;
///
/// #[derive(ShmMessage)]
/// #[repr(C)]
/// struct Pose {
///     x: f64,
///     y: f64,
/// }
///
/// let layout = Layout::of::<Pose>()?;
/// let value = layout.decode(&[0; 16])?;
/// assert_eq!(value.to_string(), "{x: 0.0, y: 0.0}");
/// assert_eq!(layout.encode(&value)?, [0; 16]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Layout(Arc<Inner>);

struct Inner {
    schema: Arc<Schema>,
    hash: SchemaHash,
    root: Type,
}

/// A type of known size. Everything in it lies inside that size.
#[derive(Clone)]
pub(super) struct Type {
    pub(super) size: usize,
    pub(super) shape: Shape,
    /// Whether every bit pattern is valid.
    pub(super) every_bit_pattern_valid: bool,
}

#[derive(Clone)]
pub(super) enum Shape {
    Primitive(Primitive),
    Struct {
        name: Arc<str>,
        fields: Arc<[Field]>,
    },
    Enum(Arc<Enum>),
    Array {
        element: Arc<Type>,
        len: usize,
    },
    Str,
    List {
        element: Arc<Type>,
        capacity: usize,
    },
    /// Only the root can be one. Its size is where the elements begin.
    Slice {
        header: Option<Arc<Type>>,
        element: Arc<Type>,
    },
}

pub(super) struct Field {
    pub(super) name: Arc<str>,
    pub(super) offset: usize,
    pub(super) ty: Type,
}

pub(super) struct Enum {
    pub(super) repr: Primitive,
    pub(super) variants: Vec<(Arc<str>, i128)>,
    /// For errors.
    pub(super) schema: Schema,
}

/// The size of the length that precedes a list's elements, in bytes.
pub(super) const LIST_HEAD: usize = 8;

impl Layout {
    /// Checks and prepares a schema. Allocates in proportion to the schema, not to the message.
    ///
    /// # Errors
    /// When no type can have this schema.
    pub fn new(schema: Schema) -> Result<Self, SchemaError> {
        schema.check()?;
        let problem = |problem: String| SchemaError { path: String::new(), problem };
        let hash = schema.try_hash().map_err(|error| problem(error.to_string()))?;
        let root = Type::of(&schema).ok_or_else(|| problem(format!("has {} bytes", schema.size)))?;
        Ok(Self(Arc::new(Inner { schema: Arc::new(schema), hash, root })))
    }

    /// Returns the layout of a message type.
    ///
    /// # Errors
    /// Only for a type whose schema was written by hand and is invalid.
    pub fn of<T: ShmMessage>() -> Result<Self, SchemaError> {
        Self::new(T::SCHEMA.clone())
    }

    /// Returns the schema.
    pub fn schema(&self) -> &Schema {
        &self.0.schema
    }

    /// Returns this for the records of an endpoint's messages, where their samples find it.
    pub(crate) fn description(&self) -> Alive {
        Arc::new(self.clone())
    }

    /// Returns the size of each message in bytes, or `None` for messages of variable size.
    pub(crate) fn fixed_size(&self) -> Option<usize> {
        (!self.is_variable()).then(|| self.size())
    }

    /// Returns the schema's hash.
    pub fn hash(&self) -> SchemaHash {
        self.0.hash
    }

    /// Returns the size of a message in bytes; for messages of variable size, that of one without
    /// elements.
    pub fn size(&self) -> usize {
        self.0.root.size
    }

    /// Returns whether messages can have this size.
    pub(super) fn fits(&self, bytes: usize) -> bool {
        match &self.root().shape {
            Shape::Slice { element, .. } => {
                bytes.checked_sub(self.size()).is_some_and(|elements| elements.is_multiple_of(element.size))
            }
            _ => bytes == self.size(),
        }
    }

    /// Returns how many elements a message of this size has; 1 if messages have a fixed size.
    pub(super) fn elements(&self, bytes: usize) -> usize {
        match &self.root().shape {
            Shape::Slice { element, .. } => bytes.saturating_sub(self.size()) / element.size,
            _ => 1,
        }
    }

    /// Returns whether messages are of variable size.
    pub fn is_variable(&self) -> bool {
        matches!(self.root().shape, Shape::Slice { .. })
    }

    pub(crate) fn shared_schema(&self) -> Arc<Schema> {
        Arc::clone(&self.0.schema)
    }

    pub(super) fn root(&self) -> &Type {
        &self.0.root
    }
}

impl fmt::Debug for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Layout({} {})", self.0.root, self.0.hash)
    }
}

impl Type {
    /// Returns the type that a checked schema describes, or `None` if it is larger than memory can
    /// be.
    fn of(schema: &Schema) -> Option<Self> {
        let number = |number: u64| usize::try_from(number).ok().filter(|&number| isize::try_from(number).is_ok());
        let shape = match &schema.kind {
            Kind::Primitive(primitive) => Shape::Primitive(*primitive),
            Kind::Struct { fields } => {
                let fields: Option<Vec<Field>> = fields
                    .iter()
                    .filter(|field| !field.schema.get().is_padding())
                    .map(|field| {
                        let ty = Self::of(field.schema.get())?;
                        Some(Field { name: field.name.as_ref().into(), offset: number(field.offset)?, ty })
                    })
                    .collect();
                Shape::Struct { name: schema.name.as_ref().into(), fields: fields?.into() }
            }
            Kind::Enum { repr, variants } => {
                let variants = variants.iter().map(|variant| (variant.name.as_ref().into(), variant.value)).collect();
                Shape::Enum(Arc::new(Enum { repr: *repr, variants, schema: schema.clone() }))
            }
            Kind::Array { element, len } => {
                Shape::Array { element: Arc::new(Self::of(element.get())?), len: number(*len)? }
            }
            Kind::Str { .. } => Shape::Str,
            // A value without parts.
            Kind::Pad { .. } => Shape::Struct { name: schema.type_name().into(), fields: Arc::default() },
            Kind::List { element, capacity } => {
                Shape::List { element: Arc::new(Self::of(element.get())?), capacity: number(*capacity)? }
            }
            Kind::Slice { header, element } => {
                let header = match header {
                    Some(header) => Some(Arc::new(Self::of(header.get())?)),
                    None => None,
                };
                Shape::Slice { header, element: Arc::new(Self::of(element.get())?) }
            }
        };
        let size = if matches!(shape, Shape::Slice { .. }) { schema.elements_at() } else { schema.size };
        Some(Self { size: number(size)?, shape, every_bit_pattern_valid: schema.every_bit_pattern_valid() })
    }

    /// Returns the one field of a newtype, a struct such as `Meters(f64)`, which is shown as that
    /// field alone. A newtype of a struct that has a field `0`, too, is shown as it is: otherwise
    /// `{0: …}` could mean either.
    pub(super) fn newtype(&self) -> Option<&Field> {
        let Shape::Struct { fields, .. } = &self.shape else { return None };
        let [field] = &**fields else { return None };
        let is_ambiguous = match &field.ty.shape {
            Shape::Struct { fields, .. } => {
                field.ty.newtype().is_none() && fields.iter().any(|field| &*field.name == "0")
            }
            _ => false,
        };
        (&*field.name == "0" && !is_ambiguous).then_some(field)
    }

    /// Returns the type that a newtype is of, also through several; this type itself if it is none.
    pub(super) fn inner(&self) -> &Self {
        self.newtype().map_or(self, |field| field.ty.inner())
    }

    pub(super) fn is_u8(&self) -> bool {
        matches!(self.shape, Shape::Primitive(Primitive::U8))
    }
}

/// Prints it as it is written in Rust.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.shape {
            Shape::Primitive(primitive) => f.write_str(primitive.name()),
            Shape::Struct { name, .. } => write!(f, "`{name}`"),
            Shape::Enum(of) => write!(f, "`{}`", of.schema.name),
            Shape::Array { element, len } => write!(f, "[{element}; {len}]"),
            Shape::Str => write!(f, "Str<{}>", self.size),
            Shape::List { element, capacity } => write!(f, "FixedVec<{element}, {capacity}>"),
            Shape::Slice { header: None, element } => write!(f, "[{element}]"),
            Shape::Slice { header: Some(header), element } => write!(f, "[{element}] with header {header}"),
        }
    }
}

impl Enum {
    pub(super) fn by_value(&self, value: i128) -> Option<&Arc<str>> {
        self.variants.iter().find(|variant| variant.1 == value).map(|variant| &variant.0)
    }

    pub(super) fn by_name(&self, name: &str) -> Option<i128> {
        self.variants.iter().find(|variant| &*variant.0 == name).map(|variant| variant.1)
    }
}
