//! Waking a wait set from other threads and from signal handlers.

use crate::sys::fork;
use crate::sys::fork::Origin;
use crate::sys::poll::Event;
use std::io;
use std::sync::Arc;

/// Makes a [`WaitSet`](crate::WaitSet) report something, from any thread or from a signal handler.
/// [`WaitSet::trigger`](crate::WaitSet::trigger) creates it.
///
/// Clones are the same trigger.
///
/// # Examples
///
/// ```
/// use slotcast::{ReadyKind, WaitSet};
///
/// let mut set = WaitSet::new()?;
/// let (key, trigger) = set.trigger()?;
/// std::thread::spawn(move || trigger.fire());
/// let ready = set.wait()?[0];
/// assert_eq!((ready.key, ready.kind), (key, ReadyKind::Triggered));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Trigger {
    event: Arc<Event>,
    /// To recognise a forked child's copy.
    origin: Origin,
}

impl Trigger {
    pub(super) fn new() -> io::Result<Self> {
        fork::install_handlers();
        Ok(Self { event: Arc::new(Event::new()?), origin: Origin::here() })
    }

    /// Makes the set report [`ReadyKind::Triggered`](crate::ReadyKind::Triggered), now or when it
    /// waits next. Several calls before the report count as one.
    ///
    /// It never waits, never fails and allocates nothing. It is one `write` to an eventfd, leaves
    /// `errno` alone, and can be called in a signal handler. It does nothing if the set was
    /// dropped, or in a forked child.
    pub fn fire(&self) {
        if self.origin.is_here() {
            // It can only fail if foreign code has closed its descriptor. Then nobody waits for it.
            let _ = self.event.add_one();
        }
    }

    /// Returns the descriptor that is readable once it was fired.
    pub(super) fn event(&self) -> &Event {
        &self.event
    }
}
