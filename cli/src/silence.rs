//! Telling why nothing comes.

use crate::context::Context;
use crate::why;
use slotcast::TopicName;
use std::io::{self, Write};

/// Tells on stderr why nothing comes on a topic. Watches it for a second before, and tells nothing
/// if something comes meanwhile.
pub(crate) fn tell(topic: &TopicName, context: &Context) {
    let reasons = why::explain(context, topic);
    if reasons.is_empty() {
        return;
    }
    let mut text = format!("slotcast: {topic}: nothing comes\n").into_bytes();
    // Where stderr is closed, nobody wants to know.
    let _ = why::print(&mut text, &reasons).and_then(|()| io::stderr().write_all(&text));
}
