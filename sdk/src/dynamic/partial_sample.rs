//! Messages without a type that are read while they are written.

use super::layout::Shape;
use super::{Layout, Sample, Subscriber};
use crate::registry::EndpointId;
use crate::subscriber::{FoundPartial, PartialProgress, PartialView, RecvError};
use std::fmt;

/// A message without a type that its publisher is still writing, in place: as much of it as is
/// valid; see [`PartialSample`](crate::PartialSample).
///
/// # Examples
///
/// ```
/// use slotcast::Publisher;
/// use slotcast::dynamic::Subscriber;
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut publisher = Publisher::<[u16]>::builder("rows").domain(&domain).create()?;
/// let mut subscriber = Subscriber::builder("rows").domain(&domain).create()?;
/// # publisher.publish_slice(&[0])?; // gives the subscriber a grant
/// # subscriber.recv()?;
/// let loan = publisher.loan_slice(640)?;
/// let mut rows = publisher.publish_partial(loan)?;
/// rows.rest_mut()[..10].fill(7);
/// rows.advance(10)?;
/// let partial = subscriber.try_recv_partial()?.expect("it honours pins");
/// assert_eq!((partial.valid(), partial.total()), (10, 640));
/// assert_eq!(partial.bytes()[18..], [7, 0]); // little-endian
/// # drop(rows);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct PartialSample {
    view: PartialView,
    publisher: EndpointId,
    layout: Layout,
}

impl PartialSample {
    /// Returns how much is valid now: elements, or bytes of a message of fixed size. Two or three
    /// loads.
    pub fn valid(&self) -> usize {
        self.view.valid()
    }

    /// Returns how much the whole message has: elements, or bytes of a message of fixed size.
    pub fn total(&self) -> usize {
        usize::try_from(self.view.total()).expect("at most what is in memory")
    }

    /// Returns the header, which was written before the message was published partially. Empty for
    /// messages without one.
    pub fn header(&self) -> &[u8] {
        match &self.layout.root().shape {
            Shape::Slice { header: Some(header), .. } => &self.view.before_elements()[..header.size],
            _ => &[],
        }
    }

    /// Returns the bytes that are valid now, of the elements or of a message of fixed size.
    pub fn bytes(&self) -> &[u8] {
        self.view.valid_bytes()
    }

    /// Returns how many bytes an element has; 1 for messages of fixed size, which grow by bytes.
    pub fn unit(&self) -> usize {
        self.view.unit()
    }

    /// Returns the layout of the message.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Returns whether the message was finished: all of it is valid, and it arrives as a
    /// [`Sample`], too.
    pub fn is_complete(&self) -> bool {
        self.view.progress() == PartialProgress::Whole
    }

    /// Returns whether no more of it will follow; see
    /// [`PartialSample::is_abandoned`](crate::PartialSample::is_abandoned).
    pub fn is_abandoned(&self) -> bool {
        matches!(self.view.progress(), PartialProgress::Abandoned(_))
    }

    /// Returns the identity of its publisher.
    pub fn publisher(&self) -> EndpointId {
        self.publisher
    }

    /// Returns whether a sample is this message, which was finished meanwhile. It is not recognised
    /// if it was copied.
    pub fn is_of(&self, sample: &Sample) -> bool {
        // While it is pinned nothing else is in its place.
        self.publisher == sample.publisher() && self.view.start() == sample.start()
    }
}

impl fmt::Debug for PartialSample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let progress = self.view.progress();
        f.debug_struct("PartialSample").field("progress", &progress).field("total", &self.total()).finish()
    }
}

impl Subscriber {
    /// Returns a partial message: one that its publisher publishes while it writes it, in place. It
    /// does not wait. See [`Subscriber::try_recv_partial`](crate::Subscriber::try_recv_partial).
    ///
    /// # Errors
    /// See [`RecvError`]; [`RecvError::NotPartial`] for messages that cannot be seen while they are
    /// written: of up to 1024 bytes, or not valid with any bytes, in the header neither.
    pub fn try_recv_partial(&mut self) -> Result<Option<PartialSample>, RecvError> {
        if let Some(reason) = self.not_partial {
            return Err(RecvError::NotPartial { topic: self.topic().clone(), reason });
        }
        let found = self.core.poll_partial().map_err(RecvError::unboxed)?;
        let layout = || self.layout.clone();
        Ok(found.map(|FoundPartial { publisher, view }| PartialSample { view, publisher, layout: layout() }))
    }

    /// Returns why messages of a layout cannot be received while they are written.
    pub(super) fn not_partial(layout: &Layout, is_pooled: bool) -> Option<&'static str> {
        let is_free = layout.schema().every_bit_pattern_valid();
        let header = "their header has to be checked, which only a subscriber with a type does";
        layout.not_partial(is_pooled).or((!is_free).then_some(header))
    }
}
