//! Descriptors that messages carry, for their subscriber.

use super::{Sample, Subscriber};
use crate::endpoint::{MessageFd, MessageFdError};
use crate::record::{Header, Payload};
use std::os::fd::OwnedFd;

impl<T: Payload + ?Sized, H: Header> Subscriber<T, H> {
    /// Returns a copy of a descriptor that a message carries: `descriptor` is a field of it, or of its
    /// header.
    ///
    /// It is the publisher's own, as by `dup`, of any kind. Where the kernel does not let this process
    /// duplicate descriptors of the publisher, memory and files are opened anew for reading. Later it is
    /// of no concern whether the publisher lives. Some system calls; does not wait.
    ///
    /// Take it while you hold the message, and that [is in place](Sample::is_in_place): until then the
    /// publisher keeps it open. Of a message that was copied it may be closed by now; then this fails,
    /// as what is found is compared with the inode that was sent. (Eventfds and the like have one inode
    /// together: hold the message for those.)
    ///
    /// # Errors
    /// When the publisher has ended, or the kernel refuses. See [`MessageFdError`].
    pub fn take_fd(&self, message: &Sample<T, H>, descriptor: MessageFd) -> Result<OwnedFd, MessageFdError> {
        let topic = || self.topic().clone();
        if descriptor.is_none() {
            return Err(MessageFdError::Empty { topic: topic() });
        }
        let Some(publisher) = self.core.living(message.publisher()) else {
            return Err(MessageFdError::Ended { topic: topic() });
        };
        descriptor.fetch(publisher.pid).map_err(|reason| match self.core.living(message.publisher()) {
            None => MessageFdError::Ended { topic: topic() },
            Some(_) => MessageFdError::Handover { topic: topic(), publisher: Box::new(publisher.clone()), reason },
        })
    }
}
