//! Which entries of a topic an endpoint has dealt with, and when it scans them again.
//!
//! Whatever follows a topic does the same: list the entries of the other role, open those that
//! are new, retry what failed for a transient reason, and be patient with owners that may be
//! exiting. What an entry means differs, and is left to the user of the roster. One scan is:
//!
//! ```text
//! let listing = roster.list(&topic, now)?;
//! for name in listing.unsettled() {
//!     let verdict = …;                       // open the entry, act on it
//!     roster.record(name, verdict, now)?;
//! }
//! ```

use super::AttachReason;
use crate::registry::{RegistryError, Role, TopicAccess};
use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

/// The pause before what failed is retried.
pub(crate) const RETRY: Duration = Duration::from_millis(100);

/// How long an owner whose memory cannot be opened may be exiting before that counts as an error.
/// The kernel closes the descriptors of an exiting process before it frees its locks, so for a
/// moment it looks alive without memory.
const EXIT_PATIENCE: Duration = Duration::from_millis(250);

/// The entries of one role in a topic, as one endpoint knows them.
#[derive(Debug)]
pub(crate) struct Roster {
    role: Role,
    /// The join counter, as it was before the last scan.
    joins: u64,
    /// When to scan again even if the join counter does not change.
    retry_at: Option<Instant>,
    /// Names of entries that are settled: they are not opened again while they are listed.
    settled: HashSet<String>,
    /// Names of entries whose owners may be exiting, with the time of the first failure.
    maybe_exiting: HashMap<String, Instant>,
}

/// The entries that one scan has found.
#[derive(Debug)]
pub(crate) struct Listing {
    listed: HashSet<String>,
    unsettled: Vec<String>,
}

/// What an endpoint has decided about an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing is left to do: the entry is not opened again while it is listed.
    Settled,
    /// The next scan opens the entry again.
    Pending,
}

/// Why the memory of an entry's owner cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// The owner may be exiting. A retry is scheduled.
    MaybeExiting,
    /// This process is short of something. A retry is scheduled.
    Transient,
    /// It will not go away by itself.
    Lasting,
}

impl Roster {
    /// Creates a roster that has seen no entry yet.
    pub(crate) fn new(role: Role) -> Self {
        Self { role, joins: 0, retry_at: None, settled: HashSet::new(), maybe_exiting: HashMap::new() }
    }

    /// Returns the join counter as it was before the last scan. On a hot path, compare it with the
    /// topic's, for a role that is known at compile time.
    #[inline]
    pub(crate) fn joins(&self) -> u64 {
        self.joins
    }

    /// Returns whether an endpoint has joined or left in order since the last scan.
    pub(crate) fn has_changes(&self, topic: &impl TopicAccess) -> bool {
        topic.joins(self.role) != self.joins
    }

    /// Returns whether a retry is scheduled.
    #[inline]
    pub(crate) fn has_retry(&self) -> bool {
        self.retry_at.is_some()
    }

    /// Returns when the next retry is due, if one is scheduled.
    pub(crate) fn retry_at(&self) -> Option<Instant> {
        self.retry_at
    }

    /// Returns whether a retry is scheduled and due.
    pub(crate) fn is_retry_due(&self) -> bool {
        self.retry_at.is_some_and(|at| Instant::now() >= at)
    }

    /// Returns whether an entry is being retried because its owner may be exiting.
    pub(crate) fn has_maybe_exiting(&self) -> bool {
        !self.maybe_exiting.is_empty()
    }

    /// Begins a scan: lists the entries, and forgets those that are not listed any more. The
    /// scheduled retry is done by this scan.
    ///
    /// # Errors
    /// When the directory cannot be read. A retry is scheduled, and nothing is forgotten.
    pub(crate) fn list(&mut self, topic: &impl TopicAccess, now: Instant) -> Result<Listing, RegistryError> {
        // Before the directory: an endpoint that joins after this load is found by the next scan.
        self.joins = topic.joins(self.role);
        self.retry_at = None;
        let names = topic.names(self.role).inspect_err(|_| self.retry(now))?;
        let unsettled = names.iter().filter(|name| !self.settled.contains(*name)).cloned().collect();
        let listed: HashSet<String> = names.into_iter().collect();
        self.settled.retain(|name| listed.contains(name));
        self.maybe_exiting.retain(|name, _| listed.contains(name));
        Ok(Listing { listed, unsettled })
    }

    /// Records what was decided about a listed entry.
    ///
    /// # Errors
    /// Returns that of `verdict`, and schedules a retry for it.
    pub(crate) fn record<E>(&mut self, name: &str, verdict: Result<Verdict, E>, now: Instant) -> Result<(), E> {
        match verdict {
            Ok(Verdict::Settled) => {
                self.maybe_exiting.remove(name);
                self.settled.insert(name.to_owned());
            }
            Ok(Verdict::Pending) => {}
            Err(error) => {
                self.retry(now);
                return Err(error);
            }
        }
        Ok(())
    }

    /// Judges why the memory of an entry's owner cannot be used, and schedules a retry if that may
    /// help.
    pub(crate) fn judge(&mut self, name: &str, reason: &AttachReason, now: Instant) -> Obstacle {
        if reason.may_be_exiting() {
            let since = *self.maybe_exiting.entry(name.to_owned()).or_insert(now);
            if now.duration_since(since) < EXIT_PATIENCE {
                self.retry(now);
                return Obstacle::MaybeExiting;
            }
        }
        if reason.is_transient() {
            self.retry(now);
            return Obstacle::Transient;
        }
        Obstacle::Lasting
    }

    /// Has the next scan open an entry again.
    pub(crate) fn unsettle(&mut self, name: &str) {
        self.settled.remove(name);
    }

    /// Continues in another directory of the topic. All its entries are new, and it has a join
    /// counter of its own.
    pub(crate) fn move_to(&mut self, topic: &impl TopicAccess) {
        self.settled.clear();
        self.joins = topic.joins(self.role).wrapping_sub(1); // so that a scan is due, whatever it is
    }

    /// Has another scan be due soon.
    pub(crate) fn retry(&mut self, now: Instant) {
        self.retry_at = Some(now + RETRY);
    }
}

impl Listing {
    /// Returns the names of the entries that are to be opened.
    pub(crate) fn unsettled(&self) -> &[String] {
        &self.unsettled
    }

    /// Returns whether an entry was listed.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.listed.contains(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{EndpointId, Entry, MemoryEntry, MemoryError, Peer, TopicName};
    use crate::shm::SegmentError;
    use std::cell::{Cell, RefCell};
    use std::io;
    use std::os::fd::OwnedFd;

    /// A topic's directory that tests write.
    struct Directory {
        name: TopicName,
        joins: Cell<u64>,
        names: RefCell<Vec<&'static str>>,
        is_readable: Cell<bool>,
        /// Whether an endpoint joins while the directory is read.
        is_joined_meanwhile: Cell<bool>,
    }

    impl Directory {
        fn of(names: &[&'static str]) -> Self {
            Self {
                name: TopicName::new("topic").unwrap(),
                joins: Cell::new(7),
                names: RefCell::new(names.to_vec()),
                is_readable: Cell::new(true),
                is_joined_meanwhile: Cell::new(false),
            }
        }

        fn set(&self, names: &[&'static str]) {
            *self.names.borrow_mut() = names.to_vec();
        }
    }

    impl TopicAccess for Directory {
        fn name(&self) -> &TopicName {
            &self.name
        }

        fn joins(&self, _role: Role) -> u64 {
            self.joins.get()
        }

        fn names(&self, _role: Role) -> Result<Vec<String>, RegistryError> {
            if self.is_joined_meanwhile.take() {
                self.joins.set(self.joins.get() + 1);
            }
            if !self.is_readable.get() {
                return Err(RegistryError::io("list", "somewhere")(io::ErrorKind::PermissionDenied.into()));
            }
            Ok(self.names.borrow().iter().map(ToString::to_string).collect())
        }

        fn open(&self, _name: &str) -> Result<Entry, RegistryError> {
            unreachable!("the roster opens nothing")
        }

        fn kept(&self) -> Option<Peer> {
            None
        }

        fn open_memory(&self, _id: EndpointId, _memory: &MemoryEntry) -> Result<OwnedFd, MemoryError> {
            unreachable!("the roster opens nothing")
        }
    }

    /// Scans, settles the entries of `settle`, and returns all that were to be opened.
    fn scan(roster: &mut Roster, directory: &Directory, settle: &[&str]) -> Vec<String> {
        let now = Instant::now();
        let listing = roster.list(directory, now).unwrap();
        for name in listing.unsettled() {
            let is_settled = settle.contains(&name.as_str());
            let verdict = if is_settled { Verdict::Settled } else { Verdict::Pending };
            roster.record(name, Ok::<_, RegistryError>(verdict), now).unwrap();
        }
        listing.unsettled().to_vec()
    }

    fn exiting() -> AttachReason {
        SegmentError::Open(MemoryError::Another { name: "m-1".into() }).into()
    }

    fn shortage() -> AttachReason {
        const EMFILE: i32 = 24;
        SegmentError::Map(io::Error::from_raw_os_error(EMFILE)).into()
    }

    #[test]
    fn a_settled_entry_is_opened_once_while_it_is_listed() {
        let (mut roster, directory) = (Roster::new(Role::Publisher), Directory::of(&["a", "b"]));
        assert_eq!(scan(&mut roster, &directory, &["a"]), ["a", "b"]);
        assert_eq!(scan(&mut roster, &directory, &["b"]), ["b"]);
        assert_eq!(scan(&mut roster, &directory, &[]), [] as [String; 0]);
        directory.set(&["b"]);
        assert_eq!(scan(&mut roster, &directory, &[]), [] as [String; 0]);
        directory.set(&["a", "b"]);
        assert_eq!(scan(&mut roster, &directory, &["a"]), ["a"]);
        roster.unsettle("b");
        assert_eq!(scan(&mut roster, &directory, &[]), ["b"]);
        assert!(!roster.has_retry(), "a pending entry alone schedules nothing");
    }

    #[test]
    fn who_joins_during_a_scan_is_found_by_the_next_one() {
        let (mut roster, directory) = (Roster::new(Role::Publisher), Directory::of(&[]));
        assert!(roster.has_changes(&directory));
        scan(&mut roster, &directory, &[]);
        assert!(!roster.has_changes(&directory));
        directory.is_joined_meanwhile.set(true);
        scan(&mut roster, &directory, &[]);
        assert!(roster.has_changes(&directory));
    }

    #[test]
    fn a_directory_that_cannot_be_read_is_retried_and_nothing_forgotten() {
        let (mut roster, directory) = (Roster::new(Role::Publisher), Directory::of(&["a"]));
        scan(&mut roster, &directory, &["a"]);
        directory.is_readable.set(false);
        let now = Instant::now();
        roster.list(&directory, now).unwrap_err();
        assert_eq!(roster.retry_at(), Some(now + RETRY));
        directory.is_readable.set(true);
        assert_eq!(scan(&mut roster, &directory, &[]), [] as [String; 0]);
        assert!(!roster.has_retry());
    }

    #[test]
    fn an_entry_that_fails_is_retried() {
        let (mut roster, directory) = (Roster::new(Role::Publisher), Directory::of(&["a"]));
        let now = Instant::now();
        let listing = roster.list(&directory, now).unwrap();
        assert!(listing.contains("a") && !listing.contains("b"));
        roster.record("a", Err::<Verdict, _>("too many open files"), now).unwrap_err();
        assert!(roster.has_retry() && !roster.is_retry_due());
        roster.retry_at = Some(now);
        assert!(roster.is_retry_due());
        assert_eq!(scan(&mut roster, &directory, &["a"]), ["a"]);
    }

    #[test]
    fn an_owner_may_be_exiting_for_a_while() {
        let (mut roster, directory) = (Roster::new(Role::Publisher), Directory::of(&["a"]));
        let start = Instant::now();
        roster.list(&directory, start).unwrap();
        for (after, expected) in [
            (Duration::ZERO, Obstacle::MaybeExiting),
            (EXIT_PATIENCE - Duration::from_millis(1), Obstacle::MaybeExiting),
            (EXIT_PATIENCE, Obstacle::Lasting),
        ] {
            assert_eq!(roster.judge("a", &exiting(), start + after), expected);
            assert!(roster.has_maybe_exiting());
        }
        directory.set(&[]);
        scan(&mut roster, &directory, &[]);
        assert!(!roster.has_maybe_exiting());
        assert_eq!(roster.judge("a", &exiting(), start + EXIT_PATIENCE), Obstacle::MaybeExiting);
    }

    #[test]
    fn a_shortage_is_transient_for_as_long_as_it_lasts() {
        let mut roster = Roster::new(Role::Publisher);
        let start = Instant::now();
        for after in [Duration::ZERO, 10 * EXIT_PATIENCE] {
            assert_eq!(roster.judge("a", &shortage(), start + after), Obstacle::Transient);
            assert_eq!(roster.retry_at(), Some(start + after + RETRY));
        }
        assert_eq!(Roster::new(Role::Publisher).judge("a", &AttachReason::NoMemory, start), Obstacle::Lasting);
    }

    #[test]
    fn in_another_directory_everything_is_new() {
        let (mut roster, directory) = (Roster::new(Role::Publisher), Directory::of(&["a"]));
        scan(&mut roster, &directory, &["a"]);
        let other = Directory::of(&["a"]);
        roster.move_to(&other);
        assert!(roster.has_changes(&other), "its counter says the same");
        assert_eq!(scan(&mut roster, &other, &[]), ["a"]);
    }
}
