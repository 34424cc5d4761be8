use super::EventFd;
use crate::registry::TopicDirectory;
use crate::sync::{self, Word};
use crate::sys::fork::Origin;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Ends the waiting of a subscriber from elsewhere: another thread, a handler of Ctrl-C, the task that shuts a program
/// down. See [`Subscriber::closer`](crate::Subscriber::closer).
///
/// It keeps nothing alive; closing a subscriber that is gone, or that of a parent in a forked child, does nothing.
#[derive(Clone)]
pub struct Closer(Arc<Closing>);

struct Closing {
    closed: Word,
    waits: Mutex<Waits>,
    /// To know a child's copy of this.
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
        Self(Arc::new(Closing { closed: Word::new(0), waits, origin: Origin::here() }))
    }

    /// Ends the wait that is going on, if one is, and every later one: they return
    /// [`RecvError::Closed`](crate::RecvError::Closed). What is there can still be read without waiting. Some
    /// microseconds; takes a lock, so it is not for handlers that run inside of a signal.
    pub fn close(&self) {
        if !self.0.origin.is_here() {
            return; // a child's copy: its parent still waits, by the same descriptor
        }
        self.0.closed.store_release(1);
        let topic = {
            let waits = self.waits();
            // While it is locked: a subscriber that goes meanwhile silences its descriptor after this.
            if let Some(event_fd) = &waits.event_fd {
                let woken = event_fd.wake();
                debug_assert!(woken.is_ok(), "a clock can be set");
            }
            waits.topic.upgrade()
        };
        // As a message: a receiver that falls asleep meanwhile looks once more after it has said so.
        if let Some(topic) = topic {
            topic.ring(sync::seq_cst_fence);
        }
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.0.closed.load_acquire() != 0
    }

    /// The subscriber has gone to a new directory of its topic.
    pub(crate) fn move_to(&self, topic: &Arc<TopicDirectory>) {
        self.waits().topic = Arc::downgrade(topic);
    }

    /// The subscriber can be waited for by a descriptor.
    pub(crate) fn wake_too(&self, event_fd: &EventFd) {
        self.waits().event_fd = Some(event_fd.clone());
    }

    /// The subscriber is gone.
    pub(crate) fn wake_no_more(&self) {
        self.waits().event_fd = None;
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
