//! Ending a subscriber's waits from elsewhere.

use super::EventFd;
use crate::registry::TopicDirectory;
use crate::sync::{self, Word};
use crate::sys::fork::Origin;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Ends the waits of a subscriber from elsewhere: from another thread, a handler of Ctrl-C, or the
/// task that shuts a program down. [`Subscriber::closer`](crate::Subscriber::closer) returns it.
///
/// Clones are the same closer. It keeps nothing alive. It does nothing if its subscriber was
/// dropped, or in a forked child.
///
/// # Examples
///
/// ```
/// use slotcast::{RecvError, Subscriber};
///
/// # let domain = slotcast::testing::TempDomain::new();
/// let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create()?;
/// let closer = subscriber.closer();
/// let receiving = std::thread::spawn(move || subscriber.recv());
/// closer.close();
/// assert!(matches!(receiving.join().unwrap(), Err(RecvError::Closed { .. })));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Closer(Arc<Shared>);

struct Shared {
    closed: Word,
    waits: Mutex<Waits>,
    /// To recognise a forked child's copy.
    origin: Origin,
}

/// Where the subscriber may be waiting.
struct Waits {
    topic: Weak<TopicDirectory>,
    event_fd: Option<EventFd>,
}

impl Closer {
    pub(crate) fn new(topic: &Arc<TopicDirectory>) -> Self {
        let waits = Mutex::new(Waits { topic: Arc::downgrade(topic), event_fd: None });
        Self(Arc::new(Shared { closed: Word::new(0), waits, origin: Origin::here() }))
    }

    /// Ends the current wait, if there is one, and every later one: they return
    /// [`RecvError::Closed`](crate::RecvError::Closed). What was published can still be read
    /// without waiting.
    ///
    /// Takes some microseconds, and a lock: do not call it in a signal handler.
    pub fn close(&self) {
        if !self.0.origin.is_here() {
            return; // its parent still waits, by the same descriptor
        }
        self.0.closed.store_release(1);
        // Locked to the end: a subscriber that is dropped meanwhile waits for this in `disconnect`.
        // So its descriptor is silent afterwards, and nothing here keeps its topic alive.
        let waits = self.waits();
        if let Some(event_fd) = &waits.event_fd {
            let woken = event_fd.wake();
            debug_assert!(woken.is_ok(), "a timer can be set");
        }
        // Like a message: a receiver that is falling asleep polls once more after it has set its
        // bit.
        if let Some(topic) = waits.topic.upgrade() {
            topic.ring(sync::seq_cst_fence);
        }
    }

    /// Returns whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.0.closed.load_acquire() != 0
    }

    /// Notes that the subscriber has moved to a new directory of its topic.
    pub(crate) fn move_to(&self, topic: &Arc<TopicDirectory>) {
        self.waits().topic = Arc::downgrade(topic);
    }

    /// Notes that the subscriber has a descriptor to wait for.
    pub(crate) fn set_event_fd(&self, event_fd: &EventFd) {
        self.waits().event_fd = Some(event_fd.clone());
    }

    /// Forgets the subscriber, which is being dropped. When this returns, no closer holds anything
    /// of it.
    pub(crate) fn disconnect(&self) {
        *self.waits() = Waits { topic: Weak::new(), event_fd: None };
    }

    fn waits(&self) -> MutexGuard<'_, Waits> {
        self.0.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Closer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closer").field("closed", &self.is_closed()).finish()
    }
}
