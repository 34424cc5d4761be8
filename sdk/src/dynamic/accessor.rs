//! Access to one field of a message.

use super::decode::{decode, is_present, validate};
use super::encode::encode_whole;
use super::layout::{Shape, Type};
use super::path::{ListElement, find};
use super::{EncodeError, EncodeErrorKind, Layout, PathError, Value};
use crate::schema::InvalidValue;
use std::ops::Range;

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
    layout: Layout,
    offset: usize,
    ty: Type,
    elements: Vec<ListElement>,
    /// The element of a message of variable size that it is, or is in.
    element: Option<usize>,
}

impl Layout {
    /// Finds a field by its path, such as `pose.flags[2]`; the whole message if the path is empty.
    /// It may be an element that not every message has: of a list, or of a message of variable size.
    ///
    /// A message of variable size that has a header has the parts `header` and `elements`; without one
    /// it is a list. The field of a newtype can be left out: `speed` is `speed.0`.
    ///
    /// # Errors
    /// When the path is not valid, or leads nowhere in this layout.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, ShmMessage, dynamic};
    /// # #[derive(ShmMessage, Clone, Copy)]
    /// # #[repr(C)]
    /// # struct Scan { angle: f64, count: u64 }
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let mut publisher = Publisher::<[[f32; 3]], Scan>::builder("lidar/points").domain(&domain).create()?;
    /// let mut subscriber = dynamic::Subscriber::builder("lidar/points").domain(&domain).create()?;
    /// let angle = subscriber.layout().accessor("header.angle")?;
    /// let z = subscriber.layout().accessor("elements[1][2]")?;
    /// publisher.publish_slice_with(&Scan { angle: 0.5, count: 1 }, &[[1.0, 2.0, 3.0]; 2])?;
    /// let sample = subscriber.recv()?;
    /// assert_eq!((angle.read_f64(sample.bytes()), z.read_f64(sample.bytes())), (Some(0.5), Some(3.0)));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn accessor(&self, path: &str) -> Result<Accessor, PathError> {
        let found = find(self.root(), path)?;
        let (offset, ty, elements, element) = (found.offset, found.ty.clone(), found.elements, found.element);
        Ok(Accessor { path: path.to_owned(), layout: self.clone(), offset, ty, elements, element })
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

    /// Returns the bytes of the field. Returns `None` if it is an element, of a list or of the message,
    /// that is not there, or the message has a size that it cannot have.
    pub fn bytes<'a>(&self, message: &'a [u8]) -> Option<&'a [u8]> {
        self.has(message).then(|| &message[self.range(message)])
    }

    /// Returns where the field is in a message that has it.
    fn range(&self, message: &[u8]) -> Range<usize> {
        // A message of variable size as a whole.
        let size = if matches!(self.ty.shape, Shape::Slice { .. }) { message.len() } else { self.ty.size };
        self.offset..self.offset + size
    }

    /// Returns the field. Returns `None` if it is an element, of a list or of the message, that is not
    /// there. Allocates only for strings, lists and structs.
    ///
    /// # Errors
    /// When its bytes are not a valid value, or the message has a size that it cannot have.
    pub fn read(&self, message: &[u8]) -> Result<Option<Value>, InvalidValue> {
        if !self.layout.fits(message.len()) {
            let given = format_args!("{} bytes", message.len());
            return Err(InvalidValue::new(given, self.sizes()));
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
        match &self.ty.inner().shape {
            Shape::Primitive(_) | Shape::Enum(_) => decode(&self.ty, bytes).as_f64(),
            _ => None,
        }
    }

    /// Changes the field in a message.
    ///
    /// # Errors
    /// As [`Layout::encode`]; when it is an element that is not there; when the message has a size that
    /// it cannot have; when the field is a message of variable size as a whole.
    pub fn write(&self, message: &mut [u8], value: &Value) -> Result<(), EncodeError> {
        if !self.has(message) {
            let expected = if !self.layout.fits(message.len()) {
                format!("these {} bytes: expected {}", message.len(), self.sizes())
            } else if self.has_element(message) {
                "the message, in which a list has fewer elements".to_owned()
            } else {
                "the message, which has fewer elements".to_owned()
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
        self.layout.fits(message.len())
            && self.has_element(message)
            && self.elements.iter().all(|element| is_present(element, message))
    }

    /// Returns whether a message has as many elements as this needs.
    fn has_element(&self, message: &[u8]) -> bool {
        self.element.is_none_or(|element| element < self.layout.elements(message.len()))
    }

    /// Says which sizes messages have.
    fn sizes(&self) -> String {
        let bytes = self.layout.size();
        match &self.layout.root().shape {
            Shape::Slice { element, .. } => {
                format!("a message of {bytes} bytes and any number of elements of {} bytes", element.size)
            }
            _ => format!("a message of {bytes} bytes"),
        }
    }
}

impl std::fmt::Debug for Accessor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Accessor({}: {} at byte {})", self.path, self.ty, self.offset)
    }
}
