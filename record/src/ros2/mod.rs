//! Messages as ROS 2 stores them, so that its tools read them without conversion: CDR, which for a
//! struct without padding is its own bytes. Messages of ROS's own with strings are converted.

mod cdr;
mod plan;
mod standard;
mod text;

pub use text::{NotRos, text};

use plan::Plan;
use slotcast::dynamic::Layout;
use slotcast::schema::{Kind, Schema};
use standard::Standard;
use std::borrow::Cow;

/// The package of types that no package of ROS has.
const PACKAGE: &str = "slotcast";

/// What precedes each message: CDR, little-endian.
const ENCAPSULATION: [u8; 4] = [0, 1, 0, 0];

/// How messages of one layout are stored in a file.
#[derive(Clone, Debug)]
pub struct Encoding {
    /// The encoding of messages in MCAP's words: `cdr`, or `slotcast` where ROS has no definition.
    pub messages: &'static str,
    /// The encoding of the schema: `ros2msg`, or empty. What slotcast itself needs is elsewhere, in
    /// the metadata of the channel.
    pub schema: &'static str,
    /// The name of the schema, such as `geometry_msgs/msg/Pose`.
    pub name: String,
    /// The schema.
    pub text: String,
    /// Why ROS has no definition, if so.
    pub not_ros: Option<NotRos>,
    shape: Shape,
}

#[derive(Clone, Debug)]
enum Shape {
    /// As in memory.
    Bytes,
    /// The encapsulation, then as in memory.
    Fixed { bytes: usize },
    /// The encapsulation, the header, `gap` bytes, the number of elements, the elements. What ROS
    /// counts as one of them has `element` bytes.
    Variable { header: usize, gap: usize, elements_at: usize, element: usize },
    /// The encapsulation, then the parts of a message of ROS's own.
    Parts(Plan),
}

/// Bytes of a file are not a message of the layout.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message has {found} bytes where {expected}")]
pub struct WrongSize {
    found: usize,
    expected: String,
}

impl Encoding {
    /// Chooses the encoding of a layout. Allocates.
    ///
    /// A type that has the name and the fields of one of ROS's own is stored as that, with its
    /// strings.
    pub fn of(layout: &Layout) -> Self {
        Self::standard(layout).unwrap_or_else(|| Self::own(layout))
    }

    /// Returns the encoding of a layout in a file in which its schema has this name. Allocates.
    pub(crate) fn named(layout: &Layout, name: &str) -> Self {
        Self::standard(layout).filter(|standard| standard.name == name).unwrap_or_else(|| Self::own(layout))
    }

    fn standard(layout: &Layout) -> Option<Self> {
        let (standard, plan) = (Standard::of(layout.schema())?, Plan::of(layout.schema())?);
        Some(Self {
            messages: "cdr",
            schema: "ros2msg",
            name: standard.full_name(),
            text: format!("# Layout {}\n{}", layout.hash(), standard.text()),
            not_ros: None,
            shape: match plan.is_bytes() {
                Some(_) => Shape::Fixed { bytes: layout.size() },
                None => Shape::Parts(plan),
            },
        })
    }

    /// Defines a message of its own.
    fn own(layout: &Layout) -> Self {
        let schema = layout.schema();
        match text(layout, PACKAGE) {
            Ok(text) => {
                let name = text::root_name(schema);
                Self {
                    messages: "cdr",
                    schema: "ros2msg",
                    name: format!("{PACKAGE}/msg/{name}"),
                    text,
                    not_ros: None,
                    shape: shape(layout),
                }
            }
            Err(error) => Self {
                messages: "slotcast",
                schema: "",
                name: schema.type_name(),
                text: String::new(),
                not_ros: Some(error),
                shape: Shape::Bytes,
            },
        }
    }

    /// Returns what is stored of a message, as two parts to be written one after the other: a short
    /// one, and most of the message as it is in memory. Allocates for messages with a header only.
    ///
    /// # Errors
    /// When the message does not have the size of the layout.
    pub fn stored<'a>(&self, message: &'a [u8]) -> Result<(Cow<'static, [u8]>, &'a [u8]), WrongSize> {
        match &self.shape {
            Shape::Bytes => Ok((Cow::Borrowed(&[]), message)),
            Shape::Fixed { bytes } if message.len() == *bytes => Ok((Cow::Borrowed(&ENCAPSULATION), message)),
            Shape::Fixed { bytes } => Err(wrong(message.len(), format!("its type has {bytes}"))),
            Shape::Parts(plan) => {
                let mut prefix = ENCAPSULATION.to_vec();
                let rest = plan.store(message, &mut prefix).map_err(|expected| wrong(message.len(), expected))?;
                Ok((Cow::Owned(prefix), rest))
            }
            &Shape::Variable { header, gap, elements_at, element } => {
                let (Some(head), Some(elements)) = (message.get(..header), message.get(elements_at..)) else {
                    return Err(wrong(message.len(), format!("its header alone takes {elements_at}")));
                };
                let count = u32::try_from(elements.len() / element)
                    .map_err(|_| wrong(message.len(), "ROS has at most 4294967295 elements".to_owned()))?;
                let mut prefix = Vec::with_capacity(ENCAPSULATION.len() + header + gap + 4);
                prefix.extend_from_slice(&ENCAPSULATION);
                prefix.extend_from_slice(head);
                prefix.resize(ENCAPSULATION.len() + header + gap, 0);
                prefix.extend_from_slice(&count.to_le_bytes());
                Ok((Cow::Owned(prefix), elements))
            }
        }
    }

    /// Returns the message of which `stored` is stored, as it was in memory. Allocates for messages
    /// with a header or strings only. In the latter, padding becomes zeros.
    ///
    /// # Errors
    /// When `stored` is not of this layout. Whether its values are valid is not checked.
    pub fn restored<'a>(&self, stored: &'a [u8]) -> Result<Cow<'a, [u8]>, WrongSize> {
        match &self.shape {
            Shape::Bytes => Ok(Cow::Borrowed(stored)),
            Shape::Fixed { bytes } => match stored.strip_prefix(&ENCAPSULATION) {
                Some(message) if message.len() == *bytes => Ok(Cow::Borrowed(message)),
                _ => Err(wrong(stored.len(), format!("its type and the encapsulation have {}", bytes + 4))),
            },
            Shape::Parts(plan) => match stored.strip_prefix(&ENCAPSULATION) {
                Some(body) => plan.restore(body).map_err(|expected| wrong(stored.len(), expected)),
                None => Err(wrong(stored.len(), "the encapsulation of little-endian CDR comes first".to_owned())),
            },
            &Shape::Variable { header, gap, elements_at, element } => {
                let start = ENCAPSULATION.len() + header + gap;
                let parts = stored.strip_prefix(&ENCAPSULATION).and_then(|rest| {
                    let count = u32::from_le_bytes(rest.get(header + gap..header + gap + 4)?.try_into().ok()?);
                    let elements = &rest[header + gap + 4..];
                    let bytes = element.checked_mul(usize::try_from(count).ok()?)?;
                    (elements.len() == bytes).then_some((&rest[..header], elements))
                });
                let Some((head, elements)) = parts else {
                    return Err(wrong(
                        stored.len(),
                        format!("{start}, a count and that many of {element} are expected"),
                    ));
                };
                if elements_at == 0 {
                    return Ok(Cow::Borrowed(elements));
                }
                let mut message = Vec::with_capacity(elements_at + elements.len());
                message.extend_from_slice(head);
                message.resize(elements_at, 0);
                message.extend_from_slice(elements);
                Ok(Cow::Owned(message))
            }
        }
    }
}

fn wrong(found: usize, expected: String) -> WrongSize {
    WrongSize { found, expected }
}

fn shape(layout: &Layout) -> Shape {
    let schema = layout.schema();
    match &schema.kind {
        Kind::Slice { header, element } => Shape::Variable {
            header: header.as_ref().map_or(0, |header| index(header.get().size)),
            gap: index(gap(schema)) + index(alignment_gap(schema)),
            elements_at: index(schema.elements_at()),
            element: index(element.get().size / text::units(element.get())),
        },
        _ => Shape::Fixed { bytes: layout.size() },
    }
}

/// The layout was checked: its sizes are sizes of memory.
fn index(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

/// Returns the bytes after the header of a message of variable size up to a multiple of 4, where
/// ROS writes an integer of 4 bytes by itself.
fn alignment_gap(schema: &Schema) -> u64 {
    let header = header_size(schema);
    header.next_multiple_of(4) - header
}

/// Returns how many bytes must be inserted (by a field of their own: 4 or 0) so that the elements,
/// which follow 4 bytes of length, begin at a multiple of 8: there every element lies as in memory.
fn gap(schema: &Schema) -> u64 {
    match header_size(schema).next_multiple_of(4) % 8 {
        0 => 4,
        _ => 0,
    }
}

fn header_size(schema: &Schema) -> u64 {
    match &schema.kind {
        Kind::Slice { header: Some(header), .. } => header.get().size,
        _ => 0,
    }
}
