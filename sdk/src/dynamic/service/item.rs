use super::frame::{Frame, OwnHeader};
use crate::dynamic::{Layout, Sample, Value};
use crate::schema::InvalidValue;
use std::fmt;

/// A request, or an item of a response, that was received without a type. It can be kept as long as
/// wanted, and sent to other threads.
///
/// # Examples
///
/// ```
/// # let domain = slotcast::testing::TempDomain::new();
/// use slotcast::dynamic::{Client, Value};
/// use std::time::Duration;
///
/// # let mut server = slotcast::Server::<u64, u64>::builder("squares").domain(&domain).create()?;
/// let client = Client::new("squares", &domain)?;
/// let mut pending = client.call(&Value::Int(12), Duration::from_secs(5))?;
/// # server.next()?.respond(&144)?;
/// let item = pending.next()?.expect("it has one item");
/// assert_eq!((item.value()?, item.bytes()), (Value::Int(144), &144_u64.to_le_bytes()[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Item {
    sample: Sample,
    layout: Layout,
    at: usize,
    header: Option<OwnHeader>,
}

impl Item {
    /// Returns what a valid message carries. It has the size of the frame's header at least.
    pub(super) fn new(sample: Sample, frame: &Frame) -> Self {
        let layout = frame.payload(sample.bytes().len() - frame.at).clone();
        Self { sample, layout, at: frame.at, header: frame.header.clone() }
    }

    /// Returns it as it is in memory, without its header.
    pub fn bytes(&self) -> &[u8] {
        &self.sample.bytes()[self.at..]
    }

    /// Returns the layout of the bytes.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Decodes it. If its type was not set, it is a list unless it has one element. A slice with a header
    /// is a struct of the `header` and the `elements`.
    ///
    /// # Errors
    /// When the bytes are not a valid value of the layout.
    pub fn value(&self) -> Result<Value, InvalidValue> {
        let elements = self.layout.decode(self.bytes())?;
        let Some(OwnHeader { layout, at }) = &self.header else { return Ok(elements) };
        let header = layout.decode(&self.sample.bytes()[*at..*at + layout.size()])?;
        Ok(Value::Struct(vec![("header".into(), header), ("elements".into(), elements)]))
    }

    /// Returns the message that carries it: it is what follows the first [`offset`](Self::offset) bytes.
    pub fn sample(&self) -> &Sample {
        &self.sample
    }

    /// Returns where it begins in its message.
    pub fn offset(&self) -> usize {
        self.at
    }
}

impl fmt::Debug for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item").field("bytes", &self.bytes()).finish_non_exhaustive()
    }
}
