use crate::sys::fork;
use crate::sys::fork::Origin;
use crate::sys::poll::Event;
use std::io;
use std::sync::Arc;

/// Makes a [`WaitSet`](crate::WaitSet) report something, from any thread or from a signal handler; made by
/// [`WaitSet::trigger`](crate::WaitSet::trigger).
///
/// Clones are the same trigger.
#[derive(Clone, Debug)]
pub struct Trigger {
    event: Arc<Event>,
    /// To know a child's copy of this.
    origin: Origin,
}

impl Trigger {
    pub(super) fn new() -> io::Result<Self> {
        fork::install_handlers();
        Ok(Self { event: Arc::new(Event::new()?), origin: Origin::here() })
    }

    /// Lets the set report [`ReadyKind::Triggered`](crate::ReadyKind::Triggered), now or when it waits next. Firing several times
    /// before it is reported is as firing once.
    ///
    /// Never waits, never fails, allocates nothing: it is one `write` to an eventfd, leaves `errno` alone, and may be called in a
    /// signal handler. When the set is gone, or in a forked child, it does nothing.
    pub fn fire(&self) {
        if self.origin.is_here() {
            // It can only fail if somebody closed its descriptor behind its back; nobody waits for it then.
            let _ = self.event.add_one();
        }
    }

    /// What is readable when it was fired.
    pub(super) fn event(&self) -> &Event {
        &self.event
    }
}
