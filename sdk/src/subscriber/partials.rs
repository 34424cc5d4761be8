//! Partial messages: those that their publishers have not finished writing.

use super::core::SubscriberCore;
use super::fetch::{FetchedPartial, InPool};
use super::partial_view::PartialView;
use super::sources::Sources;
use super::{PartialSample, RecvError, Subscriber};
use crate::record::{Header, Message, Payload};
use crate::registry::{EndpointId, TopicAccess};
use crate::schema::{AnyBytesValid, InvalidValue};
use crate::shm::Descriptor;

/// A partial message of a publisher.
pub(crate) struct FoundPartial {
    pub(crate) publisher: EndpointId,
    pub(crate) view: PartialView,
}

impl<P: TopicAccess> Sources<P> {
    /// Returns a partial message that was not returned before, if a publisher has one.
    fn poll_partial(&mut self) -> Result<Option<FoundPartial>, Box<RecvError>> {
        self.attend_if_needed()?;
        for _ in 0..self.attached.len() {
            let turn = if self.partial_turn < self.attached.len() { self.partial_turn } else { 0 };
            self.partial_turn = turn + 1;
            let (Some(source), Some(fetcher)) = (self.attached.get_mut(turn), &mut self.fetcher) else { break };
            let Some((number, place)) = source.segment.partial_line().current() else { continue };
            if number + 1 == source.next_partial || source.has_ended {
                continue;
            }
            source.check_grants(fetcher);
            if !source.honours_pins {
                continue; // it may honour them later
            }
            let fetched = fetcher.fetch_partial(InPool {
                topic: self.topic.name(),
                publisher: &source.peer,
                segment: &source.segment,
                honours_pins: source.honours_pins,
                sequence: number,
                descriptor: Descriptor::decode(&place),
            });
            match fetched {
                FetchedPartial::View(view) => {
                    source.next_partial = number + 1;
                    return Ok(Some(FoundPartial { publisher: source.peer.id, view }));
                }
                FetchedPartial::Ended | FetchedPartial::NoPin => {}
                FetchedPartial::Corrupt(error) => {
                    drop(self.detach(turn));
                    return Err(error);
                }
            }
        }
        Ok(None)
    }
}

impl<P: TopicAccess> Sources<P> {
    /// Says that a partial message that was just returned is not valid.
    #[cold]
    fn invalid_partial(&self, publisher: EndpointId, invalid: InvalidValue) -> RecvError {
        let source = self.attached.iter().find(|source| source.peer.id == publisher);
        RecvError::InvalidPartial {
            topic: self.topic.name().clone(),
            publisher: Box::new(source.expect("a message was just read from it").peer.name.clone()),
            invalid: Box::new(invalid),
        }
    }
}

impl SubscriberCore {
    /// Returns a partial message that was not returned before, if a publisher has one.
    pub(crate) fn poll_partial(&mut self) -> Result<Option<FoundPartial>, Box<RecvError>> {
        self.check_here()?;
        if self.recheck.count() {
            self.recheck_if_counted();
        }
        self.sources.poll_partial()
    }
}

impl<T: Payload + ?Sized, H: Header> Subscriber<T, H> {
    /// Returns a partial message: one that its publisher
    /// [publishes](crate::Publisher::publish_partial) while it writes it, in place. So its
    /// beginning can be processed while the rest is written.
    ///
    /// Each is returned once; publishers are asked in turn. When a message is finished it arrives
    /// as a sample, as always, whatever was seen of it before.
    ///
    /// Only for messages in a pool (checked at compile time) that consist of what any bytes are a
    /// value of ([`AnyBytesValid`]). The header can be any message: if it has to be checked, it is
    /// copied; nothing else is. It is `None` for a publisher that does not honour this subscriber's
    /// pins (see `Large messages` in the book). It is also `None` while
    /// [`max_samples`](crate::SubscriberBuilder::max_samples) others are held; a later call may
    /// return it.
    ///
    /// It does not wait, and progress wakes nothing that waits: neither `recv` nor descriptors nor
    /// wait sets. In steady state it makes no system call and no allocation.
    ///
    /// # Errors
    /// See [`RecvError`]. It reports the same things as [`try_recv`](Self::try_recv), each once,
    /// and
    /// [`InvalidPartial`](RecvError::InvalidPartial) if the header is not valid.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let mut subscriber = Subscriber::<[u8]>::builder("camera").domain(&domain).create()?;
    /// let mut publisher = Publisher::<[u8]>::builder("camera").domain(&domain).create()?;
    /// # subscriber.try_recv()?;
    /// # publisher.loan_slice(0).map(|loan| publisher.send(loan))??;
    /// # subscriber.recv()?;
    /// let loan = publisher.loan_slice(1000)?;
    /// let mut image = publisher.publish_partial(loan)?;
    /// image.rest_mut()[..500].fill(255);
    /// image.advance(500)?;
    ///
    /// let partial = subscriber.try_recv_partial()?.expect("it honours pins");
    /// assert_eq!((partial.valid(), partial.total()), (500, 1000));
    /// assert_eq!(partial.elements()[499], 255);
    /// # drop(image);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn try_recv_partial(&mut self) -> Result<Option<PartialSample<T, H>>, RecvError>
    where
        T: AnyBytesValid,
    {
        const {
            assert!(
                Message::<T, H>::IS_POOLED,
                "messages of this type are too small to be seen while they are written: use one of more \
                 than 1024 bytes, or `[T]`"
            );
        }
        let Some(FoundPartial { publisher, view }) = self.core.poll_partial().map_err(RecvError::unboxed)? else {
            return Ok(None);
        };
        let sample = PartialSample::new(publisher, view);
        sample.map(Some).map_err(|invalid| self.core.sources.invalid_partial(publisher, invalid))
    }
}
