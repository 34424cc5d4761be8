//! # Safety
//!
//! A message without a type that is being written. The file opts into unsafe code to see lent
//! memory as bytes. It upholds that the memory is held by the loan alone, and that all its bytes
//! are initialised.
#![allow(unsafe_code, reason = "lent memory is seen as bytes")]

use super::{Layout, PublishError, Publisher};
use crate::publisher::{LoanError, WhenFull};
use crate::record::RawLoan;
use crate::registry::EndpointId;
use crate::shm::Content;
use std::fmt;

/// A message that is being written as bytes, and that no subscriber sees yet.
///
/// [`Publisher::send`] publishes it; dropping it discards it. It can be sent to other threads. A
/// large message, or one of variable size, is written where subscribers will read it.
///
/// # Examples
///
/// ```
/// # use slotcast::dynamic::{Layout, Publisher};
/// # use slotcast::Subscriber;
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// # let mut typed = Subscriber::<[u8]>::builder("camera/gray").domain(&domain).create()?;
/// # let frames = slotcast::Publisher::<[u8]>::builder("camera/gray").domain(&domain).create()?;
/// # let layout = Layout::published("camera/gray", &domain)?;
/// # drop(frames);
/// let mut publisher = Publisher::builder("camera/gray", &layout).domain(&domain).create()?;
/// let mut image = publisher.loan(640 * 480)?;
/// image.bytes_mut().fill(255);
/// publisher.send(image)?;
/// # assert_eq!(typed.recv()?.len(), 640 * 480);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a loan that is not sent is discarded"]
pub struct Loan {
    memory: Memory,
    /// The publisher that lent it.
    publisher: EndpointId,
    layout: Layout,
}

enum Memory {
    /// In the publisher's pool.
    Slot(RawLoan),
    /// Of this process, for messages that are copied into a ring.
    Own(Vec<u8>),
}

impl Loan {
    /// Returns the message.
    pub fn bytes(&self) -> &[u8] {
        match &self.memory {
            // A slot of messages of fixed size may be larger than one.
            Memory::Slot(raw) if self.layout.is_variable() => raw.bytes(),
            Memory::Slot(raw) => &raw.bytes()[..self.layout.size()],
            Memory::Own(bytes) => bytes,
        }
    }

    /// Returns the message, to be written. At first its bytes are those of earlier messages of this
    /// publisher, or zero.
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        let len = self.bytes().len();
        match &mut self.memory {
            // SAFETY: the memory has at least this many bytes, all initialised; the loan is their
            // only holder, and is borrowed mutably.
            Memory::Slot(raw) => unsafe { std::slice::from_raw_parts_mut(raw.start().as_ptr(), len) },
            Memory::Own(bytes) => bytes,
        }
    }

    /// Returns the layout of the message.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }
}

impl Publisher {
    /// Lends memory for a message of this many elements; messages of fixed size have one. Does not
    /// wait. Allocates for small messages, or if the pool grows.
    ///
    /// # Errors
    /// As [`Publisher::loan`](crate::Publisher::loan). [`LoanError::TooLong`] when messages have a
    /// fixed size, and this is not 1.
    pub fn loan(&mut self, elements: u64) -> Result<Loan, LoanError> {
        if !self.layout.is_variable() && elements != 1 {
            return Err(LoanError::TooLong { topic: self.topic().clone(), len: elements, max: 1 });
        }
        let memory = if Content::of(self.layout.schema()).is_pooled() {
            Memory::Slot(self.core.lend(elements)?)
        } else {
            Memory::Own(vec![0; self.layout.size()])
        };
        Ok(Loan { memory, publisher: self.core.id(), layout: self.layout.clone() })
    }

    /// Publishes a loan, and returns its sequence. A loan that cannot be published is discarded.
    ///
    /// # Errors
    /// When its bytes are not a valid value of the layout: see [`Layout::validate`]. Otherwise as
    /// [`Publisher::send`](crate::Publisher::send).
    pub fn send(&mut self, loan: Loan) -> Result<u64, PublishError> {
        if loan.publisher != self.core.id() {
            let topic = self.topic().clone();
            return Err(crate::publisher::PublishError::ForeignLoan { topic }.into());
        }
        self.layout.validate(loan.bytes())?;
        let elements = self.layout.elements(loan.bytes().len()) as u64;
        let sent = match loan.memory {
            Memory::Slot(raw) => self.core.publish_slot(raw, elements, WhenFull::Wait).map_err(Into::into),
            Memory::Own(bytes) => self.core.publish(&bytes, WhenFull::Wait),
        };
        Ok(sent?)
    }
}

impl fmt::Debug for Loan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loan").field("layout", &self.layout).finish_non_exhaustive()
    }
}
