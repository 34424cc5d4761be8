use super::{Counter, CounterError, CountersBuilder};
use crate::endpoint::{CreateError, now_ns};
use crate::protocol::counters::{MAX_COUNTERS, MAX_ERRORS, MAX_LABEL, MAX_TEXT, MAX_UNIT};
use crate::registry::{Announcement, EndpointId, IntoTopic, Patience, Registration, TopicDirectory, TopicName};
use crate::shm::CounterSegment;
use crate::sys::fork::Origin;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A set of counters and errors of this process, which others see: `slotcast stat`, `slotcast export`
/// for Prometheus, and [`Observer::counters`](crate::Observer::counters).
///
/// They are in memory of this process. So nobody has to ask it, nothing is sent, and who has opened them
/// reads what they were last, also if the process was killed.
///
/// Threads share it.
///
/// # Examples
///
/// ```
/// use slotcast::{Counters, Observer};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let counters = Counters::builder("camera").domain(&domain).create()?;
/// let frames = counters.counter("frames", "")?;
/// for number in 0..10 {
///     frames.add(1);
///     if number % 5 == 4 {
///         counters.report("the shutter is stuck");
///     }
/// }
/// let camera = &Observer::new(&domain).counters()?[0]; // in any other process
/// assert_eq!(camera.counters()[0].value, 10);
/// assert_eq!(camera.errors()[0].count, 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Counters {
    segment: Arc<CounterSegment>,
    inner: Mutex<Inner>,
    topic: TopicName,
    id: EndpointId,
    origin: Origin,
}

struct Inner {
    directory: TopicDirectory,
    /// The latest, and those that were removed from outside.
    registrations: Vec<Registration>,
    announcement: Announcement,
    /// Labels and units, by index.
    counters: Vec<(String, String)>,
    /// Texts of errors, and how often each was reported, by index.
    errors: Vec<(Text, u64)>,
    /// How often others were reported.
    unlisted: u64,
}

impl Counters {
    /// Creates a set with default settings in the default domain.
    ///
    /// # Errors
    /// As [`CountersBuilder::create`].
    pub fn new(name: impl IntoTopic<i64>) -> Result<Self, CreateError> {
        Self::builder(name).create()
    }

    /// Sets up a set of counters.
    pub fn builder(name: impl IntoTopic<i64>) -> CountersBuilder {
        CountersBuilder::new(name.into_topic())
    }

    pub(super) fn of(
        directory: TopicDirectory,
        segment: CounterSegment,
        announcement: Announcement,
        registration: Registration,
    ) -> Self {
        let (topic, id) = (directory.name().clone(), announcement.id);
        let registrations = vec![registration];
        let (counters, errors) = (Vec::new(), Vec::new());
        let inner = Inner { directory, registrations, announcement, counters, errors, unlisted: 0 };
        Self { segment: Arc::new(segment), inner: Mutex::new(inner), topic, id, origin: Origin::here() }
    }

    /// Returns the counter of a label, which begins at 0. `unit` is what is counted, such as `byte` or
    /// `us`; empty for things. The second call with a label returns the same counter.
    ///
    /// # Errors
    /// When a text is too long, the unit is another one than before, or there are as many counters as a
    /// set has: 128. See [`CounterError`].
    pub fn counter(&self, label: &str, unit: &str) -> Result<Counter, CounterError> {
        let counters = || self.topic.clone();
        if !self.origin.is_here() {
            return Err(CounterError::Forked { counters: counters() });
        }
        let is_zero = |text: &str| text.contains('\0');
        if label.is_empty() || label.len() > MAX_LABEL || unit.len() > MAX_UNIT || is_zero(label) || is_zero(unit) {
            return Err(CounterError::Text { counters: counters(), label: label.into(), unit: unit.into() });
        }
        let mut inner = self.lock();
        let index = match inner.counters.iter().position(|(known, _)| known == label) {
            Some(index) if inner.counters[index].1 == unit => index,
            Some(index) => {
                let (label, first) = inner.counters[index].clone();
                return Err(CounterError::Unit { counters: counters(), label, first, unit: unit.into() });
            }
            None => {
                let index = inner.counters.len();
                if index == MAX_COUNTERS {
                    return Err(CounterError::Full { counters: counters(), label: label.into() });
                }
                self.segment.table().add_counter(index, label, unit);
                inner.counters.push((label.into(), unit.into()));
                index
            }
        };
        Ok(Counter { segment: Arc::clone(&self.segment), index, origin: self.origin })
    }

    /// Reports an error. Others see the text once, with how often it was reported, when first, and when
    /// last. So leave out of the text what differs each time. Of a text of more than 232 bytes the
    /// beginning counts.
    ///
    /// The first 64 texts are kept; others are only counted. It waits for other threads that report, and
    /// allocates nothing after the first report of a text. In a forked child it does nothing.
    pub fn report(&self, error: impl fmt::Display) {
        if !self.origin.is_here() {
            return;
        }
        let mut text = Text::default();
        // What does not fit is left out, so that this fails only where `Display` does: then there is less.
        let _ = write!(text, "{error}");
        let (table, now) = (self.segment.table(), now_ns());
        let mut inner = self.lock();
        let next = inner.errors.len();
        if let Some(index) = inner.errors.iter().position(|(known, _)| *known == text) {
            let count = &mut inner.errors[index].1;
            *count = count.saturating_add(1);
            table.set_error(index, *count, now);
        } else if next < MAX_ERRORS {
            table.add_error(next, text.as_str(), now);
            inner.errors.push((text, 1));
        } else {
            inner.unlisted = inner.unlisted.saturating_add(1);
            table.set_unlisted(inner.unlisted);
        }
    }

    /// Announces the set again if its entry was removed from outside. Returns whether it had to. Nothing
    /// else does this: counting makes no system calls.
    ///
    /// # Errors
    /// When the registry cannot be used.
    pub fn refresh(&self) -> Result<bool, CreateError> {
        if !self.origin.is_here() {
            return Ok(false);
        }
        let failed = |reason| CreateError::Registry { topic: self.topic.clone(), reason };
        let mut inner = self.lock();
        let Some(registration) = inner.registrations.last() else { return Ok(false) };
        let removed = inner.directory.removed(registration).map_err(failed)?;
        if removed.entry && inner.announcement.memory.is_some_and(|memory| memory.is_file()) {
            let reason = "their memory file was removed from outside: create new ones".into();
            return Err(CreateError::Setting { topic: self.topic.clone(), reason });
        }
        if removed.topic {
            inner.directory = inner.directory.enter_again(Patience::Long).map_err(failed)?;
        }
        if removed.entry {
            let registration = inner.directory.announce(&inner.announcement).map_err(failed)?;
            inner.registrations.push(registration);
        }
        Ok(removed.topic || removed.entry)
    }

    /// Returns its id.
    pub fn id(&self) -> EndpointId {
        self.id
    }

    /// Returns the topic in which it is announced: its name, and the part `~counters`.
    pub fn topic(&self) -> &TopicName {
        &self.topic
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counters {
    fn drop(&mut self) {
        if !self.origin.is_here() {
            return; // a child's copy: its parent still counts
        }
        let mut inner = self.lock();
        while let Some(registration) = inner.registrations.pop() {
            inner.directory.withdraw(registration);
        }
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id;
        f.debug_struct("Counters").field("topic", &self.topic).field("id", &format_args!("{id}")).finish()
    }
}

/// The text of an error, as much of it as is shared.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Text {
    bytes: [u8; MAX_TEXT],
    len: usize,
    is_full: bool,
}

impl Text {
    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).unwrap_or_default()
    }
}

impl Default for Text {
    fn default() -> Self {
        Self { bytes: [0; MAX_TEXT], len: 0, is_full: false }
    }
}

/// Takes what fits, in whole characters, without zeros: they would end it.
impl fmt::Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars().filter(|&character| character != '\0') {
            self.is_full |= self.len + character.len_utf8() > MAX_TEXT;
            if self.is_full {
                break;
            }
            self.len += character.encode_utf8(&mut self.bytes[self.len..]).len();
        }
        Ok(())
    }
}
