//! How a message with text in it becomes CDR and a message again: in parts, each of which is copied
//! as it is. ROS writes a string as its length and as many bytes; memory has all the bytes that
//! there could be.

use slotcast::schema::{Kind, Schema};
use std::borrow::Cow;

/// What is to be copied, in its order.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    parts: Vec<Part>,
    /// The bytes of the message in front of its elements, if it has elements.
    size: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    /// So many bytes, which begin in a file at a multiple of `align`.
    Bytes { at: usize, len: usize, align: usize },
    /// Text, then zeros up to the capacity.
    Text { at: usize, capacity: usize },
    /// All elements of a message of variable size. They are the last part.
    Elements { size: usize, align: usize },
}

impl Plan {
    /// Returns the plan for a type, or `None` for one with lists.
    pub(super) fn of(schema: &Schema) -> Option<Self> {
        let Kind::Slice { header, element } = &schema.kind else {
            let mut plan = Self { parts: Vec::new(), size: index(schema.size)? };
            plan.add(schema, 0)?;
            return Some(plan);
        };
        let mut plan = Self { parts: Vec::new(), size: index(schema.elements_at())? };
        plan.add(header.as_ref()?.get(), 0)?;
        let align = Self::of(element.get())?.is_bytes()?;
        plan.parts.push(Part::Elements { size: index(element.get().size)?, align });
        Some(plan)
    }

    /// Returns the alignment of the message if it is stored as it is in memory, also in a row.
    pub(super) fn is_bytes(&self) -> Option<usize> {
        match *self.parts {
            [Part::Bytes { at: 0, len, align }] if len == self.size && len.is_multiple_of(align) => Some(align),
            _ => None,
        }
    }

    fn add(&mut self, schema: &Schema, at: usize) -> Option<()> {
        match &schema.kind {
            Kind::Primitive(_) | Kind::Enum { .. } => {
                let size = index(schema.size)?;
                self.add_bytes(at, size, size.clamp(1, 8));
            }
            Kind::Str { capacity } => self.parts.push(Part::Text { at, capacity: index(*capacity)? }),
            Kind::Struct { fields } => {
                for field in fields.iter() {
                    self.add(field.schema.get(), at.checked_add(index(field.offset)?)?)?;
                }
            }
            Kind::Array { element, len } => {
                let size = index(element.get().size)?;
                for number in 0..index(*len)? {
                    self.add(element.get(), at.checked_add(number.checked_mul(size)?)?)?;
                }
            }
            Kind::Pad { .. } => {}
            Kind::List { .. } | Kind::Slice { .. } => return None,
        }
        Some(())
    }

    /// Adds bytes to the last part if ROS writes them directly behind it, wherever that begins.
    fn add_bytes(&mut self, from: usize, size: usize, alignment: usize) {
        if let Some(Part::Bytes { at, len, align }) = self.parts.last_mut()
            && *at + *len == from
            && alignment <= *align
            && len.is_multiple_of(alignment)
        {
            *len += size;
            return;
        }
        self.parts.push(Part::Bytes { at: from, len: size, align: alignment });
    }

    /// Appends to `file`, which has `start` bytes of something else, all but the last part, which
    /// is returned. Returns what is expected if that is not the message.
    pub(super) fn store<'a>(&self, message: &'a [u8], file: &mut Vec<u8>) -> Result<&'a [u8], String> {
        let start = file.len();
        let wrong = || self.expected();
        let elements = message.get(self.size..).ok_or_else(wrong)?;
        let mut rest: &[u8] = &[];
        for part in &self.parts {
            file.extend_from_slice(std::mem::take(&mut rest));
            match *part {
                Part::Bytes { at, len, align } => {
                    fill(file, start, align);
                    rest = message.get(at..at + len).ok_or_else(wrong)?;
                }
                Part::Text { at, capacity } => {
                    let text = message.get(at..at + capacity).ok_or_else(wrong)?;
                    let len = text.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
                    fill(file, start, 4);
                    file.extend_from_slice(&u32::try_from(len + 1).map_err(|_| wrong())?.to_le_bytes());
                    file.extend_from_slice(&text[..len]);
                    file.push(0);
                }
                Part::Elements { size, align } => {
                    fill(file, start, 4);
                    let count = u32::try_from(elements.len() / size).map_err(|_| wrong())?;
                    file.extend_from_slice(&count.to_le_bytes());
                    if count > 0 {
                        fill(file, start, align);
                    }
                    rest = elements;
                }
            }
        }
        if elements.len().is_multiple_of(self.element()) { Ok(rest) } else { Err(wrong()) }
    }

    /// Returns the message of which `body` is stored, or what is expected instead.
    pub(super) fn restore<'a>(&self, body: &'a [u8]) -> Result<Cow<'a, [u8]>, String> {
        let mut reader = Reader { body, next: 0 };
        let restored = self.restored(&mut reader);
        restored.filter(|_| reader.next == body.len()).map(Cow::Owned).ok_or_else(|| self.expected())
    }

    fn restored(&self, reader: &mut Reader<'_>) -> Option<Vec<u8>> {
        // A file that is cut short takes no memory for what it does not have.
        let mut message = vec![0; self.size];
        for part in &self.parts {
            match *part {
                Part::Bytes { at, len, align } => {
                    reader.align(align)?;
                    message.get_mut(at..at + len)?.copy_from_slice(reader.take(len)?);
                }
                Part::Text { at, capacity } => {
                    let text = reader.count()?.checked_sub(1)?;
                    message.get_mut(at..at + capacity)?.get_mut(..text)?.copy_from_slice(reader.take(text)?);
                    reader.take(1).filter(|end| *end == [0])?;
                }
                Part::Elements { size, align } => {
                    let count = reader.count()?;
                    if count > 0 {
                        reader.align(align)?;
                    }
                    message.extend_from_slice(reader.take(count.checked_mul(size)?)?);
                }
            }
        }
        Some(message)
    }

    fn element(&self) -> usize {
        match self.parts.last() {
            Some(Part::Elements { size, .. }) => (*size).max(1),
            // Nothing follows, so that any number but 0 is no multiple.
            _ => usize::MAX,
        }
    }

    fn expected(&self) -> String {
        match self.parts.last() {
            Some(Part::Elements { size, .. }) => {
                format!("its header, which has {} in memory, and elements of {size} are expected", self.size)
            }
            _ => format!("its type has {} in memory, with strings of variable size", self.size),
        }
    }
}

struct Reader<'a> {
    body: &'a [u8],
    next: usize,
}

impl<'a> Reader<'a> {
    fn align(&mut self, align: usize) -> Option<()> {
        let aligned = self.next.checked_next_multiple_of(align)?;
        self.take(aligned - self.next).map(|_| ())
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let end = self.next.checked_add(len)?;
        let taken = self.body.get(self.next..end)?;
        self.next = end;
        Some(taken)
    }

    fn count(&mut self) -> Option<usize> {
        self.align(4)?;
        let bytes = self.take(4)?;
        usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
    }
}

/// Appends zeros up to the next multiple of `align`, counted from `start`.
fn fill(file: &mut Vec<u8>, start: usize, align: usize) {
    file.resize(start + (file.len() - start).next_multiple_of(align), 0);
}

fn index(size: u64) -> Option<usize> {
    usize::try_from(size).ok()
}
