//! Receiving small messages as bytes, many at once.

use super::Subscriber;
use crate::record::Received;
use crate::subscriber::{RecvError, Run};
use std::slice::ChunksExactMut;
use zerocopy::IntoBytes;

impl Subscriber {
    /// Copies messages to `out`, one after the other, up to as many as it has place for. Returns
    /// how many they were. It returns 0 if there is no message, and may return fewer than there
    /// are: so call it until it returns 0. It does not wait.
    ///
    /// It does what [`try_recv`](Self::try_recv) does, with the same checks and counts, and is
    /// faster for small messages, as no sample has to be lent. Allocates once a call. Whether the
    /// bytes are valid is not checked: see [`Layout::validate`](super::Layout::validate).
    ///
    /// # Errors
    /// See [`RecvError`]. A call that has taken messages does not fail: the next one does.
    ///
    /// # Panics
    /// If messages are of variable size.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, dynamic::Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u16>::builder("ticks").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::builder("ticks").domain(&domain).create()?;
    /// (0..40).try_for_each(|tick| publisher.publish(&tick).map(|_| ()))?;
    /// let mut ticks = [0; 64]; // of two bytes each
    /// assert_eq!(subscriber.take_many(&mut ticks)?, 32); // all that have a place
    /// assert_eq!(ticks[..6], [0, 0, 1, 0, 2, 0]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn take_many(&mut self, out: &mut [u8]) -> Result<usize, RecvError> {
        assert!(!self.layout.is_variable(), "messages of variable size have no common size");
        let size = self.layout.size();
        let mut places = out.chunks_exact_mut(size);
        if places.len() == 0 {
            return Ok(0);
        }
        let is_small = self.payload >= size; // otherwise a cell tells where the message is
        match if is_small { self.take_runs(&mut places, size) } else { Run::Slow } {
            Run::Taken(count) => Ok(count),
            Run::Nothing => Ok(0),
            Run::Slow => {
                // Something is due. That is done with the first message.
                let (Some(sample), Some(place)) = (self.try_recv()?, places.next()) else { return Ok(0) };
                place.copy_from_slice(&sample.copied());
                let others = if is_small { self.take_runs(&mut places, size) } else { Run::Nothing };
                Ok(if let Run::Taken(count) = others { 1 + count } else { 1 })
            }
        }
    }

    /// Copies messages to the next places, as long as nothing else is due.
    fn take_runs(&mut self, places: &mut ChunksExactMut<'_, u8>, size: usize) -> Run {
        let most = places.len();
        if most == 0 {
            return Run::Nothing;
        }
        let mut buffer = vec![0_u64; self.payload.div_ceil(size_of::<u64>())];
        let mut accept = |words: &mut Vec<u64>, _: &Received| {
            let place = places.next();
            let has_place = place.is_some();
            if let Some(place) = place {
                place.copy_from_slice(&words.as_bytes()[..size]);
            }
            has_place
        };
        self.core.take_runs(self.payload, most, &mut buffer, |words| words, &mut accept)
    }
}
