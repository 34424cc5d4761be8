//! Lossless subscribers that hold their publisher up: what becomes of them, and how errors describe
//! them.

use crate::publisher::grants::{Granted, Grants};
use crate::registry::{Peer, PeerName, TopicName};
use crate::sys::process;
use std::cmp::Reverse;
use std::fmt;
use std::time::Duration;

/// What becomes of lossless subscribers that have not read in time.
///
/// # Examples
///
/// ```
/// use slotcast::{LaggardPolicy, Publisher, Subscriber};
/// use std::time::Duration;
///
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let builder = Publisher::<u64>::builder("counter").domain(&domain).depth(2);
/// let mut publisher = builder.lossless(Duration::from_millis(1)).laggards(LaggardPolicy::Detach).create()?;
/// let stuck = Subscriber::<u64>::builder("counter").domain(&domain).lossless().create()?;
/// for number in 0..10 {
///     publisher.publish(&number)?; // nobody holds it up for more than a millisecond
/// }
/// assert_eq!(publisher.detached_subscribers(), 1);
/// # drop(stuck);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LaggardPolicy {
    /// Each call that they hold up for the publisher's timeout is an error, and publishes nothing.
    /// The default.
    #[default]
    Error,
    /// They are detached, and the call publishes. Each is told once; from then on it can lose
    /// messages.
    Detach,
    /// They are detached, and the call publishes, as with `Detach`. But one that has caught up, so
    /// that at most half of the publisher's depth is unread by it, is waited for again. The
    /// publisher checks that at least each time it has published half of its depth. A subscriber is
    /// told that it was detached, again if it has noticed since that it was waited for.
    ///
    /// So a subscriber that was stopped for a minute costs one timeout, loses what it could not
    /// read, and loses nothing more once it has caught up. It needs to do nothing for that but to
    /// receive.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Delivery, LaggardPolicy, Publisher, Subscriber};
    /// # use std::time::Duration;
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// let builder = Publisher::<u64>::builder("counter").domain(&domain).depth(2);
    /// let builder = builder.lossless(Duration::from_millis(1)).laggards(LaggardPolicy::DetachUntilRead);
    /// let mut publisher = builder.create()?;
    /// let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).lossless().create()?;
    /// (0..10).try_for_each(|number| publisher.publish(&number).map(drop))?;
    /// assert_eq!(publisher.readers()?[0].delivery, Delivery::Detached);
    /// while !matches!(subscriber.try_recv(), Ok(None)) {} // it receives again, and is told
    /// for number in 10..12 {
    ///     publisher.publish(&number)?;
    ///     while subscriber.try_recv()?.is_some() {}
    /// }
    /// assert_eq!(publisher.readers()?[0].delivery, Delivery::Lossless);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    DetachUntilRead,
}

/// What a subscriber's process does, as far as this one can see.
///
/// # Examples
///
/// ```
/// use slotcast::{ProcessState, Publisher, Subscriber};
///
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// let publisher = Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// let subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
/// for reader in publisher.readers()?.iter().filter(|reader| reader.state == ProcessState::Stopped) {
///     eprintln!("{} is stopped: continue it with `kill -CONT`", reader.subscriber);
/// }
/// # drop(subscriber);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProcessState {
    /// It runs or waits for something. If it lags, it is slow or does not receive.
    Running,
    /// It is stopped, by SIGSTOP or in a debugger.
    Stopped,
    /// It lives, and more cannot be seen: it is in another PID namespace, for example.
    Alive,
}

impl ProcessState {
    /// Returns that of an endpoint's process.
    pub(crate) fn of(peer: &Peer) -> Self {
        match peer.process().map(process::is_stopped) {
            Some(Some(true)) => Self::Stopped,
            Some(Some(false)) => Self::Running,
            _ => Self::Alive,
        }
    }
}

/// A lossless subscriber that has not read what it was promised.
///
/// Part of a [`LagTimeout`] or a [`CloseError`](crate::CloseError).
///
/// # Examples
///
/// ```
/// # use slotcast::{CloseError, Publisher, Subscriber};
/// # use std::time::Duration;
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// # let builder = Publisher::<u64>::builder("counter").domain(&domain);
/// # let mut publisher = builder.lossless(Duration::ZERO).create()?;
/// # let subscriber = Subscriber::<u64>::builder("counter").domain(&domain).lossless().create()?;
/// publisher.publish(&1)?;
/// if let Err(CloseError::Unread { laggards, .. }) = publisher.close(Duration::from_millis(1)) {
///     for laggard in &laggards {
///         eprintln!("{laggard}"); // 1 message by the subscriber (pid …), which …
///     }
/// #   assert_eq!(laggards[0].unread, 1);
/// }
/// # drop(subscriber);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Laggard {
    /// The subscriber.
    pub subscriber: PeerName,
    /// How many messages it has not read.
    pub unread: u64,
    /// Whether it has begun to read this publisher at all.
    pub has_begun: bool,
    /// What its process does.
    pub state: ProcessState,
}

impl fmt::Display for Laggard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { subscriber, unread, has_begun, state } = self;
        let messages = if *unread == 1 { "message" } else { "messages" };
        write!(f, "{unread} {messages} by the subscriber ({subscriber}), which ")?;
        f.write_str(match (state, has_begun) {
            (ProcessState::Stopped, _) => "is stopped",
            (_, false) => "has not begun to read",
            (ProcessState::Running, _) => "runs, and is slow",
            (ProcessState::Alive, _) => "lives, and is slow",
        })
    }
}

/// Which subscriber kept a message from being published in time.
///
/// # Examples
///
/// ```
/// # use slotcast::{PublishError, Publisher, Subscriber};
/// # use std::time::Duration;
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// # let builder = Publisher::<u64>::builder("counter").domain(&domain).depth(1);
/// # let mut publisher = builder.lossless(Duration::from_millis(1)).create()?;
/// # let subscriber = Subscriber::<u64>::builder("counter").domain(&domain).lossless().create()?;
/// publisher.publish(&1)?;
/// if let Err(PublishError::LagTimeout(timeout)) = publisher.publish(&2) {
///     eprintln!("waited {:?} for {}", timeout.waited, timeout.worst.subscriber);
/// #   assert_eq!((timeout.worst.unread, timeout.others), (1, 0));
/// }
/// # drop(subscriber);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "topic \"{topic}\": nothing was published: not read within {waited:?}: {worst}{others}; {advice}",
    others = and(*others), advice = advice(worst)
)]
#[non_exhaustive]
pub struct LagTimeout {
    /// The topic.
    pub topic: TopicName,
    /// The subscriber that is furthest behind.
    pub worst: Laggard,
    /// How many other subscribers held the message up as well.
    pub others: u64,
    /// How long the publisher has waited.
    pub waited: Duration,
}

fn and(others: u64) -> String {
    match others {
        0 => String::new(),
        1 => "; and 1 other lags".into(),
        others => format!("; and {others} others lag"),
    }
}

/// Returns what helps: no time suffices for a subscriber that does not read at all.
fn advice(worst: &Laggard) -> &'static str {
    match (worst.state, worst.has_begun) {
        (ProcessState::Stopped, _) => {
            "continue that process (`kill -CONT`) or end it, or detach laggards (`LaggardPolicy::DetachUntilRead`)"
        }
        (_, false) => "let it receive or drop it, or detach laggards (`LaggardPolicy::DetachUntilRead`)",
        _ => "raise `depth` or the timeout, or detach laggards (`LaggardPolicy::DetachUntilRead`)",
    }
}

impl Granted {
    fn laggard(&self, next: u64) -> Laggard {
        let state = ProcessState::of(self.peer());
        let (subscriber, unread) = (self.peer().name.clone(), next.saturating_sub(self.position()));
        Laggard { subscriber, unread, has_begun: self.has_begun(), state }
    }
}

impl Grants {
    /// Describes the lossless subscribers that have not read all messages before `needed`, the
    /// worst first.
    pub(super) fn describe_laggards(&self, needed: u64, next: u64) -> Vec<Laggard> {
        let mut laggards: Vec<_> = self.laggards(needed).map(|granted| granted.laggard(next)).collect();
        laggards.sort_by_key(|laggard| Reverse(laggard.unread));
        laggards
    }
}
