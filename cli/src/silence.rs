//! Telling why nothing comes.

use crate::context::Context;
use crate::why::{self, WATCHED};
use slotcast::TopicName;
use std::io::{self, Write};
use std::time::Instant;

/// Whether a topic is silent, and whether that was told.
pub(crate) struct Silence {
    since: Instant,
    is_told: bool,
}

impl Silence {
    pub(crate) fn new(now: Instant) -> Self {
        Self { since: now, is_told: false }
    }

    /// Notes whether something came. Tells on stderr why nothing has come for a second, once for
    /// each silence.
    pub(crate) fn noticed(&mut self, came: bool, now: Instant, topic: &TopicName, context: &Context) {
        if came {
            (self.since, self.is_told) = (now, false);
        } else if !self.is_told && now.duration_since(self.since) >= WATCHED {
            self.is_told = true;
            let mut out = io::stderr().lock();
            // Where stderr is closed, nobody wants to know.
            let _ = writeln!(out, "slotcast: {topic}: nothing comes");
            let _ = why::print(&mut out, &why::explain(context, topic));
        }
    }
}
