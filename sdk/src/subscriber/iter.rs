//! Receiving in `for` loops.

use super::{RecvError, Sample, Subscriber};
use crate::record::{Header, Payload};
use std::fmt;

/// The messages that are present; see [`Subscriber::try_iter`].
///
/// # Examples
///
/// ```
/// # use slotcast::{Publisher, Subscriber};
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
/// # publisher.publish(&1)?;
/// # publisher.publish(&2)?;
/// let newest = subscriber.try_iter().last().transpose()?;
/// assert_eq!(*newest.unwrap(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct TryIter<'a, T: ?Sized, H = ()> {
    subscriber: &'a mut Subscriber<T, H>,
}

/// All messages from now on; see [`Subscriber::iter`].
///
/// # Examples
///
/// ```
/// # use slotcast::{Publisher, Subscriber};
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
/// # publisher.publish(&1)?;
/// # publisher.publish(&2)?;
/// for message in subscriber.iter().take(2) {
///     println!("{}", *message?);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Iter<'a, T: ?Sized, H = ()> {
    subscriber: &'a mut Subscriber<T, H>,
    is_over: bool,
}

impl<T: Payload + ?Sized, H: Header> Subscriber<T, H> {
    /// Returns an iterator over the messages that are present: it ends the first time that there is
    /// none. It never waits.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// publisher.publish(&1)?;
    /// publisher.publish(&2)?;
    /// let mut sum = 0;
    /// for message in subscriber.try_iter() {
    ///     sum += *message?;
    /// }
    /// assert_eq!(sum, 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_iter(&mut self) -> TryIter<'_, T, H> {
        TryIter { subscriber: self }
    }

    /// Returns an iterator over all messages from now on. It waits for each, and ends when the
    /// subscriber is [closed](Self::closer).
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
    /// # publisher.publish(&1)?;
    /// let closer = subscriber.closer();
    /// for message in subscriber.iter() {
    ///     println!("{}", *message?);
    ///     closer.close(); // usually from another thread
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter(&mut self) -> Iter<'_, T, H> {
        Iter { subscriber: self, is_over: false }
    }

    /// Returns an iterator over all messages until the end: as [`recv_to_end`](Self::recv_to_end)
    /// defines it, or when the subscriber is [closed](Self::closer).
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut subscriber = Subscriber::<u64>::builder("results").domain(&domain).create()?;
    /// # let mut publisher = Publisher::<u64>::builder("results").domain(&domain).create()?;
    /// # subscriber.wait_for_publishers(1, std::time::Duration::from_secs(5))?;
    /// publisher.publish(&1)?;
    /// publisher.publish(&2)?;
    /// drop(publisher);
    /// let all = subscriber.iter_to_end().map(|message| message.map(|message| *message));
    /// assert_eq!(all.collect::<Result<Vec<_>, _>>()?, [1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn iter_to_end(&mut self) -> impl Iterator<Item = Result<Sample<T, H>, RecvError>> {
        let mut is_over = false;
        std::iter::from_fn(move || if is_over { None } else { next(self.recv_to_end(), &mut is_over) })
    }
}

impl<T: Payload + ?Sized, H: Header> Iterator for TryIter<'_, T, H> {
    type Item = Result<Sample<T, H>, RecvError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.subscriber.try_recv().transpose()
    }
}

impl<T: Payload + ?Sized, H: Header> Iterator for Iter<'_, T, H> {
    type Item = Result<Sample<T, H>, RecvError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over { None } else { next(self.subscriber.recv().map(Some), &mut self.is_over) }
    }
}

/// Returns what an iterator that waits returns after it has received this. It is over at the end,
/// when the subscriber was closed, and in a forked child after the error that says so.
fn next<S>(received: Result<Option<S>, RecvError>, is_over: &mut bool) -> Option<Result<S, RecvError>> {
    *is_over = matches!(received, Ok(None) | Err(RecvError::Forked { .. } | RecvError::Closed { .. }));
    if let Err(RecvError::Closed { .. }) = received { None } else { received.transpose() }
}

impl<T: ?Sized, H> fmt::Debug for TryIter<'_, T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TryIter").field(&self.subscriber).finish()
    }
}

impl<T: ?Sized, H> fmt::Debug for Iter<'_, T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Iter").field(&self.subscriber).finish()
    }
}
