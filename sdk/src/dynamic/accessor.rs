//! Access to one field of a message.

use super::decode::{decode, is_present, validate};
use super::encode::encode_whole;
use super::layout::{Shape, Type};
use super::path::{ListElement, find};
use super::{EncodeError, EncodeErrorKind, Layout, PathError, Value};
use crate::schema::InvalidValue;

/// One field of a message: found once by its path, then read and written where it is, without
/// decoding anything else.
///
/// # Examples
///
/// ```
/// # use slotcast::{ShmMessage, dynamic::Layout};
/// #[derive(ShmMessage)]
/// #[repr(C)]
/// struct Imu { stamp: u64, accel: [f64; 3] }
///
/// let layout = Layout::of::<Imu>()?;
/// let z = layout.accessor("accel[2]")?;
/// let mut message = vec![0; layout.size()];
/// z.write(&mut message, &9.81.into())?;
/// assert_eq!(z.read_f64(&message), Some(9.81));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Accessor {
    path: String,
    /// The size of the message.
    message: usize,
    offset: usize,
    ty: Type,
    elements: Vec<ListElement>,
}

impl Layout {
    /// Finds a field by its path, such as `pose.flags[2]`; the whole message if the path is empty.
    /// It may be an element of a list that not every message has.
    ///
    /// # Errors
    /// When the path is not valid, or leads nowhere in this layout.
    pub fn accessor(&self, path: &str) -> Result<Accessor, PathError> {
        let found = find(self.root(), path)?;
        let (offset, ty, elements) = (found.offset, found.ty.clone(), found.elements);
        Ok(Accessor { path: path.to_owned(), message: self.size(), offset, ty, elements })
    }
}

impl Accessor {
    /// Returns the path.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the offset of the field in the message, in bytes.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the bytes of the field. Returns `None` if it is an element of a list that has fewer,
    /// or the message has another size.
    pub fn bytes<'a>(&self, message: &'a [u8]) -> Option<&'a [u8]> {
        self.has(message).then(|| &message[self.offset..self.offset + self.ty.size])
    }

    /// Returns the field. Returns `None` if it is an element of a list that has fewer. Allocates
    /// only for strings, lists and structs.
    ///
    /// # Errors
    /// When its bytes are not a valid value, or the message has another size.
    pub fn read(&self, message: &[u8]) -> Result<Option<Value>, InvalidValue> {
        if message.len() != self.message {
            return Err(InvalidValue::new(
                format_args!("{} bytes", message.len()),
                format_args!("a message of {} bytes", self.message),
            ));
        }
        let Some(bytes) = self.bytes(message) else { return Ok(None) };
        validate(&self.ty, bytes)
            .map_err(|error| if self.path.is_empty() { error } else { error.in_field(&self.path) })?;
        Ok(Some(decode(&self.ty, bytes)))
    }

    /// Returns a number; 0 or 1 for a `bool`, and the value of an enum. Returns `None` for anything
    /// else, if it is not valid, or if the message does not have it. Does not allocate.
    pub fn read_f64(&self, message: &[u8]) -> Option<f64> {
        let bytes = self.bytes(message).filter(|_| self.ty.size <= 16)?;
        validate(&self.ty, bytes).ok()?;
        match &self.ty.shape {
            Shape::Primitive(_) | Shape::Enum(_) => decode(&self.ty, bytes).as_f64(),
            _ => None,
        }
    }

    /// Changes the field in a message.
    ///
    /// # Errors
    /// As [`Layout::encode`]; when it is an element of a list that has fewer; when the message has
    /// another size.
    pub fn write(&self, message: &mut [u8], value: &Value) -> Result<(), EncodeError> {
        if !self.has(message) {
            let expected = if message.len() == self.message {
                "the message, in which a list has fewer elements".to_owned()
            } else {
                format!("these {} bytes: a message has {}", message.len(), self.message)
            };
            let (path, kind) = (self.path.clone(), EncodeErrorKind::DoesNotFit);
            return Err(EncodeError { path, kind, given: value.to_string(), expected });
        }
        let mut bytes = vec![0; self.ty.size];
        encode_whole(&self.ty, value, &mut bytes).map_err(|error| error.within(&self.path))?;
        message[self.offset..self.offset + self.ty.size].copy_from_slice(&bytes);
        Ok(())
    }

    fn has(&self, message: &[u8]) -> bool {
        message.len() == self.message && self.elements.iter().all(|element| is_present(element, message))
    }
}

impl std::fmt::Debug for Accessor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Accessor({}: {} at byte {})", self.path, self.ty, self.offset)
    }
}
