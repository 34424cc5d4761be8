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
            tell(topic, context);
        }
    }
}

/// Tells on stderr why nothing comes on a topic. Watches it for a second before.
pub(crate) fn tell(topic: &TopicName, context: &Context) {
    let mut text = format!("slotcast: {topic}: nothing comes\n").into_bytes();
    // Where stderr is closed, nobody wants to know.
    let _ = why::print(&mut text, &why::explain(context, topic)).and_then(|()| io::stderr().write_all(&text));
}
