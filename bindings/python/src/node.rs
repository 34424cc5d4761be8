//! A schema, prepared for reading fields.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use slotcast::schema::{Kind, Primitive, Schema};
use std::sync::Arc;

/// A type of fixed size.
pub(crate) struct Node {
    pub(crate) size: usize,
    pub(crate) shape: Shape,
}

pub(crate) enum Shape {
    Primitive(Primitive),
    Struct(Vec<Field>),
    Enum(Enum),
    Array { element: Arc<Node>, len: usize },
    Text,
    List { element: Arc<Node>, capacity: usize },
}

pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) offset: usize,
    pub(crate) node: Arc<Node>,
}

pub(crate) struct Enum {
    pub(crate) name: String,
    pub(crate) repr: Primitive,
    pub(crate) variants: Vec<(String, i128)>,
    /// The `enum.IntEnum`, once it is needed.
    pub(crate) class: PyOnceLock<Py<PyAny>>,
}

impl Node {
    /// Returns the node of a checked schema, whose sizes are those of memory. It is not that of a
    /// message of variable size.
    pub(crate) fn of(schema: &Schema) -> Arc<Self> {
        let shape = match &schema.kind {
            Kind::Primitive(primitive) => Shape::Primitive(*primitive),
            Kind::Struct { fields } => Shape::Struct(
                fields
                    .iter()
                    .filter(|field| !field.schema.get().is_padding())
                    .map(|field| Field {
                        name: field.name.to_string(),
                        offset: number(field.offset),
                        node: Self::of(field.schema.get()),
                    })
                    .collect(),
            ),
            Kind::Enum { repr, variants } => Shape::Enum(Enum {
                name: schema.name.to_string(),
                repr: *repr,
                variants: variants.iter().map(|variant| (variant.name.to_string(), variant.value)).collect(),
                class: PyOnceLock::new(),
            }),
            Kind::Array { element, len } => Shape::Array { element: Self::of(element.get()), len: number(*len) },
            Kind::Str { .. } => Shape::Text,
            Kind::List { element, capacity } => {
                Shape::List { element: Self::of(element.get()), capacity: number(*capacity) }
            }
            Kind::Pad { .. } | Kind::Slice { .. } => Shape::Struct(Vec::new()), // has no parts to be read here
        };
        Arc::new(Self { size: number(schema.size), shape })
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Field> {
        match &self.shape {
            Shape::Struct(fields) => fields.iter().find(|field| field.name == name),
            _ => None,
        }
    }

    /// Returns the element type and shape, if this is a number or an array of numbers.
    pub(crate) fn as_numbers(&self) -> Option<(Primitive, Vec<usize>)> {
        match &self.shape {
            Shape::Primitive(primitive) if format(*primitive).is_some() => Some((*primitive, Vec::new())),
            Shape::Array { element, len } => {
                let (primitive, mut shape) = element.as_numbers()?;
                shape.insert(0, *len);
                Some((primitive, shape))
            }
            _ => None,
        }
    }
}

/// Returns a number of a schema that was checked, so it fits.
pub(crate) fn number(number: u64) -> usize {
    usize::try_from(number).expect("the layout was checked")
}

/// Returns the format of numbers in the buffer protocol; `None` where that has none, or some bytes
/// are not a value.
pub(crate) fn format(primitive: Primitive) -> Option<&'static std::ffi::CStr> {
    Some(match primitive {
        Primitive::U8 => c"B",
        Primitive::U16 => c"H",
        Primitive::U32 => c"I",
        Primitive::U64 => c"Q",
        Primitive::I8 => c"b",
        Primitive::I16 => c"h",
        Primitive::I32 => c"i",
        Primitive::I64 => c"q",
        Primitive::F32 => c"f",
        Primitive::F64 => c"d",
        Primitive::Bool => c"?",
        Primitive::Char | Primitive::U128 | Primitive::I128 => return None,
    })
}
