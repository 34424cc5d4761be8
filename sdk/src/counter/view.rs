use crate::registry::{Domain, EndpointId, Entry, Peer, PeerName, RegistryError, Role, TopicName, TopicView};
use crate::schema::ShmMessage;
use crate::shm::CounterView;
use std::fmt;

/// The counters and errors of a process. They can be read as long as this exists, also after the process
/// has ended in any way.
///
/// [`Observer::counters`](crate::Observer::counters) returns those that there are.
///
/// # Examples
///
/// ```
/// # use slotcast::{Counters, Observer};
/// # let domain = slotcast::testing::TempDomain::new();
/// # let counters = Counters::builder("camera").domain(&domain).create()?;
/// # counters.counter("frames", "")?.add(3);
/// for set in Observer::new(&domain).counters()? {
///     for counter in set.counters() {
///         println!("{} {}: {} {}", set.name(), counter.label, counter.value, counter.unit);
///     }
///     for error in set.errors() {
///         println!("{} {}: {} times", set.name(), error.text, error.count);
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CounterSet {
    name: TopicName,
    peer: Peer,
    view: CounterView,
}

/// A counter, as it was a moment ago.
///
/// # Examples
///
/// ```
/// let counter = slotcast::observer::CounterValue { label: "frames".into(), unit: String::new(), value: 3 };
/// assert_eq!(counter.value, 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CounterValue {
    /// What is counted.
    pub label: String,
    /// In which unit; empty for things.
    pub unit: String,
    /// The number.
    pub value: i64,
}

/// An error that a process has reported, as far as a moment ago.
///
/// # Examples
///
/// ```
/// use slotcast::observer::ReportedError;
///
/// let error = ReportedError { text: "the shutter is stuck".into(), count: 2, first_ns: 1_000, last_ns: 5_000 };
/// assert!(error.last_ns >= error.first_ns);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedError {
    /// The text, up to 232 bytes of it.
    pub text: String,
    /// How often it was reported.
    pub count: u64,
    /// When first, in nanoseconds since 1970 ([`now_ns`](crate::now_ns)).
    pub first_ns: u64,
    /// When last.
    pub last_ns: u64,
}

impl CounterSet {
    /// Opens the sets that are announced in a part, and are not known. What cannot be opened is
    /// left out: its process is ending, or it is not what its entry claims.
    pub(crate) fn open_all(
        domain: &Domain,
        topic: &TopicName,
        is_known: impl Fn(EndpointId) -> bool,
    ) -> Result<Vec<Self>, RegistryError> {
        let mut sets = Vec::new();
        let Some(view) = TopicView::open(domain, topic)? else { return Ok(sets) };
        let (name, _) = topic.split();
        let Ok(name) = TopicName::new(name) else { return Ok(sets) };
        for entry in view.names(Role::Publisher)? {
            let Entry::Live(peer) = view.peer(&entry)? else { continue };
            let Some(memory) = peer.memory.filter(|_| peer.hash == i64::HASH && !is_known(peer.id)) else { continue };
            if let Ok(view) = CounterView::open(&view, &memory, peer.id, peer.hash) {
                sets.push(Self { name: name.clone(), peer, view });
            }
        }
        Ok(sets)
    }

    /// Returns its name, as [`Counters::new`](crate::Counters::new) was called with it.
    pub fn name(&self) -> &TopicName {
        &self.name
    }

    /// Returns its id.
    pub fn id(&self) -> EndpointId {
        self.peer.id
    }

    /// Returns the process that counts.
    pub fn owner(&self) -> &PeerName {
        &self.peer.name
    }

    /// Returns whether the process still has it. A system call.
    pub fn is_alive(&self) -> bool {
        self.peer.is_alive().unwrap_or(true) && !self.peer.is_gone()
    }

    /// Returns the counters, in the order in which they were created.
    pub fn counters(&self) -> Vec<CounterValue> {
        let rows = self.view.table().counters();
        rows.map(|row| CounterValue { label: text(&row.label), unit: text(&row.unit), value: row.value.cast_signed() })
            .collect()
    }

    /// Returns the errors, in the order in which they were first reported.
    pub fn errors(&self) -> Vec<ReportedError> {
        let rows = self.view.table().errors();
        rows.map(|row| ReportedError {
            text: text(&row.text),
            count: row.count,
            first_ns: row.first_ns,
            last_ns: row.last_ns,
        })
        .collect()
    }

    /// Returns how often errors were reported beyond the 64 texts that are kept.
    pub fn unlisted_errors(&self) -> u64 {
        self.view.table().unlisted()
    }
}

/// Returns a text of another process up to its end; what is not UTF-8 is replaced.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

impl fmt::Debug for CounterSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CounterSet").field("name", &self.name).field("owner", self.owner()).finish_non_exhaustive()
    }
}
