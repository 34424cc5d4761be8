//! # Safety
//!
//! Setting up a subscriber, typed or [dynamic](crate::dynamic). The file opts into unsafe code for
//! one setting, with which a program vouches for publishers. It does nothing unsafe itself.
#![allow(unsafe_code, reason = "a setting vouches for publishers")]

use super::settings::SubscriberSettings;
use super::wait::Wait;
use crate::registry::{Domain, Placement, TopicName, TopicNameError};
use std::fmt;
use std::marker::PhantomData;

/// Sets up a [`Subscriber`](crate::Subscriber).
///
/// [`Subscriber::builder`](crate::Subscriber::builder) creates it for messages of a type, and
/// [`dynamic::Subscriber::builder`](crate::dynamic::Subscriber::builder) for messages of a layout
/// `L` that is known when the program runs. Settings that are not made have defaults, which each
/// setting describes.
///
/// # Examples
///
/// ```
/// use slotcast::{Subscriber, Wait};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let subscriber = Subscriber::<u64>::builder("robot/ticks")
///     .domain(&domain) // without this, the default domain of this user
///     .name("monitor")
///     .rate_limit(10.0)
///     .wait(Wait::Sleep)
///     .create()?;
/// assert_eq!(subscriber.topic().as_str(), "robot/ticks");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "`create` creates the subscriber"]
pub struct SubscriberBuilder<T: ?Sized, H = (), L = ()> {
    pub(crate) topic: Result<TopicName, TopicNameError>,
    pub(crate) settings: SubscriberSettings,
    pub(crate) layout: L,
    message: PhantomData<fn(&T) -> H>,
}

impl<T: ?Sized, H, L> SubscriberBuilder<T, H, L> {
    pub(crate) fn new(topic: Result<TopicName, TopicNameError>, layout: L) -> Self {
        Self { topic, settings: SubscriberSettings::new(), layout, message: PhantomData }
    }

    /// Sets the domain to subscribe in. By default [`Domain::default`](crate::Domain).
    pub fn domain(mut self, domain: &Domain) -> Self {
        self.settings.domain = domain.clone();
        self
    }

    /// Sets a name for people, which peers and errors show. By default empty.
    pub fn name(mut self, name: &str) -> Self {
        self.settings.name = name.into();
        self
    }

    /// Starts with up to `messages` messages that each publisher has published already: never more
    /// than its depth. By default with the next message.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let mut publisher = Publisher::<u64>::builder("robot/mode").domain(&domain).create()?;
    /// publisher.publish(&1)?;
    /// publisher.publish(&2)?;
    ///
    /// let builder = Subscriber::<u64>::builder("robot/mode").domain(&domain);
    /// let mut subscriber = builder.history(1).create()?;
    /// assert_eq!(*subscriber.recv()?, 2); // the last one, though it was published before
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn history(mut self, messages: u64) -> Self {
        self.settings.history = messages;
        self
    }

    /// Also reads what is kept of a publisher beyond its end, as if that still were present.
    pub(crate) fn with_kept(mut self) -> Self {
        self.settings.kept = true;
        self
    }

    /// Receives the newest message only: older ones that were not read are skipped and counted. So
    /// what is received is never behind. By default off.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<u64>::builder("robot/pose").domain(&domain).create()?;
    /// let builder = Subscriber::<u64>::builder("robot/pose").domain(&domain);
    /// let mut subscriber = builder.latest().create()?;
    /// for pose in 0..10 {
    ///     publisher.publish(&pose)?;
    /// }
    /// assert_eq!(*subscriber.recv()?, 9);
    /// assert_eq!(subscriber.skipped(), 9);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn latest(mut self) -> Self {
        self.settings.latest = true;
        self
    }

    /// Receives at most `hz` messages a second of each publisher, each the newest at its time.
    /// Those in between are skipped and counted. It must be more than 0; creation fails otherwise.
    /// By default there is no limit. Reads the clock each time, which costs about 20 ns.
    pub fn rate_limit(mut self, hz: f64) -> Self {
        self.settings.rate_limit = Some(hz);
        self
    }

    /// Requests lossless delivery. By default off: messages that are overwritten before they are
    /// read are lost.
    ///
    /// Publishers that are lossless, too, wait for this subscriber, each as long as its timeout
    /// says. A publisher that is not, that cannot, or that has detached this subscriber is reported
    /// once as [`RecvError::NotLossless`](crate::RecvError::NotLossless), and read all the same.
    ///
    /// Creation fails in combination with `latest` or `rate_limit`, and when a lossless publisher
    /// that is present serves 112 others already.
    ///
    /// With `history`, what is still present of the past is received. Only what is published from
    /// now on is promised.
    ///
    /// Keep receiving: a subscriber that does not holds its publishers up.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # use std::time::Duration;
    /// # let domain = slotcast::testing::TempDomain::new();
    /// let publisher = Publisher::<u64>::builder("ledger").domain(&domain);
    /// let mut publisher = publisher.lossless(Duration::from_secs(1)).create()?;
    /// let mut logger = Subscriber::<u64>::builder("ledger").domain(&domain).lossless().create()?;
    /// # let publish = move || (0..1000).try_for_each(|entry| publisher.publish(&entry).map(drop));
    /// # let publishing = std::thread::spawn(publish);
    /// // While another thread publishes 1000 entries, faster than they are read:
    /// for entry in 0..1000 {
    ///     assert_eq!(*logger.recv()?, entry);
    /// }
    /// # publishing.join().unwrap()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn lossless(mut self) -> Self {
        self.settings.lossless = true;
        self
    }

    /// Sets how `recv` and the like wait. By default [`Wait::default`](crate::Wait).
    pub fn wait(mut self, wait: Wait) -> Self {
        self.settings.wait = wait;
        self
    }

    /// Sets how many samples of large messages can be held in place at once, without a copy: 0 to
    /// 256. By default 8. Those beyond are copied.
    ///
    /// Each can keep one message of a publisher's memory from being reused. Small messages are
    /// copied in any case. So are those that have to be checked
    /// ([`AnyBytesValid`](crate::AnyBytesValid)), if that is not for their header alone: for these
    /// it is 0.
    pub fn max_samples(mut self, samples: u64) -> Self {
        self.settings.max_samples = samples;
        self
    }

    /// Sets the size of the largest message that is copied, in bytes. By default 1 GiB, which is
    /// the default of a publisher's `max_memory`.
    ///
    /// The size of a message is a claim of its publisher. A larger one that cannot be held in place
    /// is discarded, with a [`RecvError::TooLarge`](crate::RecvError::TooLarge). Messages in place
    /// may have any size.
    pub fn max_copy(mut self, bytes: u64) -> Self {
        self.settings.max_copy = bytes;
        self
    }

    /// Sets where its control page is. By default [`Placement::Auto`](crate::Placement::Auto).
    pub fn placement(mut self, placement: Placement) -> Self {
        self.settings.placement = placement;
        self
    }
}

impl<T: ?Sized, H> SubscriberBuilder<T, H> {
    /// Reads large messages in place whatever their type. By default those that have a `bool`,
    /// `char` or enum outside of their header are copied, and the copy is checked.
    ///
    /// With this setting they are checked in place, once, when they are received. An invalid one is
    /// a [`RecvError::Invalid`](crate::RecvError::Invalid) as ever. It changes nothing for other
    /// types, nor for messages that are copied for another reason.
    ///
    /// # Safety
    /// The caller must ensure that no publisher of the topic changes a message after it has
    /// published it, as long as a sample of it is held. Publishers of this crate do not, unless
    /// other code of their process writes where it must not: through a wild pointer, say. So it has
    /// to be ensured that whatever can announce a publisher in the domain (any program of its user)
    /// is free of such code and of ill will. Otherwise a sample can become an invalid value while
    /// it is used, which is undefined behaviour.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let domain = slotcast::testing::TempDomain::new();
    /// # let mut publisher = Publisher::<[bool]>::builder("grid/occupied").domain(&domain).create()?;
    /// let builder = Subscriber::<[bool]>::builder("grid/occupied").domain(&domain);
    /// // SAFETY: the only program of this user that publishes in the domain is our mapper, which
    /// // has no unsafe code of its own.
    /// let mut subscriber = unsafe { builder.trust_publishers() }.create()?;
    /// publisher.publish_slice(&[true; 1_000_000])?;
    /// let grid = subscriber.recv()?;
    /// assert!(grid.is_in_place() && grid[999_999]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub unsafe fn trust_publishers(mut self) -> Self {
        self.settings.trusts_publishers = true;
        self
    }
}

impl<T: ?Sized, H, L: Clone> Clone for SubscriberBuilder<T, H, L> {
    fn clone(&self) -> Self {
        Self {
            topic: self.topic.clone(),
            settings: self.settings.clone(),
            layout: self.layout.clone(),
            message: PhantomData,
        }
    }
}

impl<T: ?Sized, H, L> fmt::Debug for SubscriberBuilder<T, H, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubscriberBuilder")
            .field("topic", &self.topic)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
