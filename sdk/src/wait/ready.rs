//! What a wait reports.

use crate::sync::Word;
use std::fmt;
use std::time::Duration;

/// Identifies something in a [`WaitSet`](crate::WaitSet). Nothing else in this process ever gets
/// the same key.
///
/// # Examples
///
/// ```
/// use slotcast::WaitSet;
/// use std::time::Duration;
///
/// let mut set = WaitSet::new()?;
/// let fast = set.interval(Duration::from_millis(1))?;
/// let slow = set.interval(Duration::from_secs(60))?;
/// assert_eq!(set.wait()?[0].key, fast);
/// assert_ne!(fast, slow);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(u64);

impl Key {
    /// A number that is no key's.
    pub(super) const NONE: u64 = 0;

    /// Returns the next key: greater than all before.
    pub(super) fn next() -> Self {
        static NEXT: Word = Word::new(Key::NONE + 1);
        Self(NEXT.next_number())
    }

    /// Returns the key as a number that is greater than zero, for other languages and logs.
    pub fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a wait reports about one thing in the set.
///
/// # Examples
///
/// ```
/// # use slotcast::{Publisher, ReadyKind, Subscriber, WaitSet};
/// # use std::time::Duration;
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut poses = Subscriber::<[f64; 3]>::builder("robot/pose").domain(&domain).create()?;
/// let mut set = WaitSet::new()?;
/// let pose = set.add(&poses.event_fd()?)?;
/// let tick = set.interval(Duration::from_millis(1))?;
/// # let mut ticks = 0;
/// # while ticks == 0 {
/// for ready in set.wait()? {
///     if ready.key == pose {
///         for pose in poses.try_iter() {
///             println!("{:?}", *pose?);
///         }
///     } else if ready.key == tick {
///         println!("a millisecond later");
/// #       ticks += 1;
///     }
/// }
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ready {
    /// What it is about.
    pub key: Key,
    /// What has happened.
    pub kind: ReadyKind,
}

/// What has happened.
///
/// # Examples
///
/// ```
/// use slotcast::{ReadyKind, WaitSet};
/// use std::time::Duration;
///
/// let mut set = WaitSet::new()?;
/// set.interval(Duration::from_millis(1))?;
/// std::thread::sleep(Duration::from_millis(5));
/// match set.wait()?[0].kind {
///     ReadyKind::Interval { periods } => assert!(periods >= 5),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReadyKind {
    /// A subscriber may have messages, or something else to report such as an error: call
    /// `try_recv` until it returns `None`. Each wait reports it until then.
    Messages,
    /// A subscriber has had no message for as long as its [`deadline`](crate::WaitSet::deadline)
    /// allows. Reported once, and again only when a message has come and the deadline is missed
    /// after it.
    Missed {
        /// The time since the set saw the last message, or since the deadline was set.
        silence: Duration,
    },
    /// A foreign descriptor is ready. Each wait reports it as long as that is so.
    Descriptor {
        /// A read would not wait: there is data, the end, or an error.
        readable: bool,
        /// A write would not wait.
        writable: bool,
        /// The other end is closed or sends nothing more, or the descriptor has failed. What was
        /// sent before can still be read. Then remove it, or each wait reports it.
        closed: bool,
    },
    /// Periods of an [`interval`](crate::WaitSet::interval) have ended since its last report.
    /// Reported once.
    Interval {
        /// How many: 1, or more if nobody waited for it in time.
        periods: u64,
    },
    /// A [`Trigger`](crate::Trigger) was fired, once or more often, since its last report. Reported
    /// once.
    Triggered,
}
