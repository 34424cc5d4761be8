//! Messages that carry file descriptors.

use super::{Loan, Publisher};
use crate::endpoint::{MessageFd, MessageFdError};
use crate::record::{Header, Lent as _, Message, Payload};
use std::os::fd::OwnedFd;

impl<T: Payload + ?Sized, H: Header> Publisher<T, H> {
    /// Has the message of a loan carry a descriptor, and returns what to store in a field of it.
    /// Subscribers take copies of it with [`Subscriber::take_fd`](crate::Subscriber::take_fd).
    ///
    /// The publisher keeps it open as long as a subscriber can read the message in place, and closes it
    /// when it finds that none can: in later calls of this, or when it uses the memory of the message
    /// again. It is closed when the publisher is dropped. A message can carry several.
    ///
    /// Some system calls, and a scan of what subscribers hold.
    ///
    /// # Errors
    /// When messages of this type are copied, because they have up to 1024 bytes and are no slices; and
    /// for a loan of another publisher. See [`MessageFdError`]. The descriptor is closed then.
    pub fn carry(&mut self, loan: &Loan<T, H>, descriptor: OwnedFd) -> Result<MessageFd, MessageFdError> {
        let topic = || self.core.topic().clone();
        if self.core.is_forked_copy() {
            return Err(MessageFdError::Forked { topic: topic() });
        }
        if loan.publisher() != self.core.id() {
            return Err(MessageFdError::ForeignLoan { topic: topic() });
        }
        let Some(slot) = loan.raw().slot().filter(|_| Message::<T, H>::IS_POOLED) else {
            return Err(MessageFdError::Copied { topic: topic(), bytes: Message::<T, H>::BYTES });
        };
        let carried = MessageFd::of(&descriptor).map_err(|reason| MessageFdError::Kernel { topic: topic(), reason })?;
        self.core.carry(slot, descriptor);
        Ok(carried)
    }
}
