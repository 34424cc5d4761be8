//! Leaving sequences out.

use super::backpressure::WhenFull;
use super::core::PublisherCore;
use super::{PublishError, Publisher};
use crate::record::{Header, Payload};

impl PublisherCore {
    pub(crate) fn skip(&mut self, count: u64) -> Result<(), PublishError> {
        if self.is_forked_copy() {
            return Err(self.forked());
        }
        let payload = self.segment.geometry().payload();
        for _ in 0..count {
            let sequence = self.next;
            if sequence >= self.fast_until {
                self.check_capacity(WhenFull::Wait)?;
            }
            self.segment.writer().leave_out(sequence, payload);
            self.next = sequence + 1;
            if let Some(pool) = &mut self.pool {
                pool.left_out(sequence);
            }
            self.ring_doorbell(); // there can be no capacity before it was read
        }
        Ok(())
    }
}

impl<T: Payload + ?Sized, H: Header> Publisher<T, H> {
    /// Leaves out the next `count` sequences: subscribers count that many messages as lost. So a program
    /// that passes on what another publisher has sent can pass on its gaps, as `slotcast play --gaps`
    /// does.
    ///
    /// Call it right before publishing the next message: until then a subscriber that wants the
    /// [latest](crate::SubscriberBuilder::latest) one finds none. Takes some nanoseconds
    /// for each sequence, and waits where [`send`](Self::send) does: each has a place in the ring.
    ///
    /// # Errors
    /// As [`send`](Self::send). Some of the sequences can be left out then.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// publisher.publish(&1)?;
    /// publisher.skip(3)?;
    /// assert_eq!(publisher.publish(&5)?, 4);
    /// assert_eq!((*subscriber.recv()?, *subscriber.recv()?), (1, 5));
    /// assert_eq!(subscriber.lost(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn skip(&mut self, count: u64) -> Result<(), PublishError> {
        self.core.skip(count)
    }
}
