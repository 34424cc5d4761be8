//! Whole messages of values. Those of variable size have parts: a header, if they have one, and
//! elements.

use super::encode::{count, encode_whole, encode_whole_elements};
use super::encode_error::{Count, Expected, Given};
use super::layout::{Layout, Shape, Type};
use super::{EncodeError, EncodeErrorKind, Value};

impl Layout {
    /// Encodes a message. Allocates its bytes.
    ///
    /// A message of variable size has as many elements as the value: a list, or the struct of
    /// `header` and `elements` that decoding gives.
    ///
    /// # Errors
    /// When the value is not one of this layout. Every struct must have all its fields, in any
    /// order, and no others.
    pub fn encode(&self, value: &Value) -> Result<Vec<u8>, EncodeError> {
        let mut bytes = Vec::new();
        self.encode_whole_into(value, &mut bytes)?;
        Ok(bytes)
    }

    /// Encodes a message into memory that gets its size.
    pub(super) fn encode_whole_into(&self, value: &Value, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let parts = Parts::of(self.root(), value)?;
        let elements = parts.as_ref().map_or(Ok(0), Parts::elements_bytes)?;
        let bytes = self.size().saturating_add(elements);
        if out.try_reserve_exact(bytes.saturating_sub(out.len())).is_err() {
            let given = format_args!("{bytes} bytes");
            return Err(EncodeError::new(EncodeErrorKind::DoesNotFit, given, "the memory of this process"));
        }
        out.resize(bytes, 0);
        match parts {
            None => encode_whole(self.root(), value, out),
            Some(parts) => parts.encode(self.size(), out),
        }
    }
}

/// The parts of a message of variable size that is given as a value.
struct Parts<'a> {
    header: Option<(&'a Type, &'a Value)>,
    element: &'a Type,
    elements: &'a Value,
    len: usize,
    /// Whether the elements are a part with a name.
    is_named: bool,
}

impl<'a> Parts<'a> {
    /// Takes a value apart. Returns `None` if messages have a fixed size.
    fn of(ty: &'a Type, value: &'a Value) -> Result<Option<Self>, EncodeError> {
        let Shape::Slice { header, element } = &ty.shape else { return Ok(None) };
        let Some(header) = header else {
            let len = count(ty, element, value)?;
            return Ok(Some(Self { header: None, element, elements: value, len, is_named: false }));
        };
        let Value::Struct(given) = value else { return Err(EncodeError::wrong_type(ty, value)) };
        if let Some((name, value)) = given.iter().find(|(name, _)| !matches!(&**name, "header" | "elements")) {
            let expected = "it has the parts `header` and `elements`";
            return Err(EncodeError::new(EncodeErrorKind::Unknown, Given(value), expected).within(name));
        }
        if let Some(twice) = (1..given.len()).find(|&index| given[..index].iter().any(|part| part.0 == given[index].0))
        {
            let (name, value) = &given[twice];
            return Err(EncodeError::new(EncodeErrorKind::Twice, Given(value), "one").within(name));
        }
        let part = |name: &str, expected: &dyn std::fmt::Display| {
            let found = given.iter().find(|part| &*part.0 == name).map(|part| &part.1);
            found.ok_or_else(|| EncodeError::new(EncodeErrorKind::Missing, "nothing", expected).within(name))
        };
        let header = (&**header, part("header", &Expected(header))?);
        let elements = part("elements", &format_args!("a list of {element}"))?;
        let len = count(ty, element, elements).map_err(|error| error.within("elements"))?;
        Ok(Some(Self { header: Some(header), element, elements, len, is_named: true }))
    }

    /// Returns how many bytes the elements take.
    fn elements_bytes(&self) -> Result<usize, EncodeError> {
        let bytes = self.len.checked_mul(self.element.size);
        bytes
            .ok_or_else(|| EncodeError::new(EncodeErrorKind::DoesNotFit, Count(self.len), "the memory of this process"))
    }

    /// Writes the message. `out` has its size, and the elements begin at `elements_at`.
    fn encode(&self, elements_at: usize, out: &mut [u8]) -> Result<(), EncodeError> {
        let (head, elements) = out.split_at_mut(elements_at);
        if let Some((ty, value)) = self.header {
            let (header, padding) = head.split_at_mut(ty.size);
            encode_whole(ty, value, header).map_err(|error| error.within("header"))?;
            padding.fill(0);
        }
        let name = if self.is_named { "elements" } else { "" };
        encode_whole_elements(self.element, self.elements, elements).map_err(|error| error.within(name))
    }
}
