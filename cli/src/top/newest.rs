//! The newest message of a topic.

use crate::rates::{self, WatchedTopic};
use crate::values::shorten::Shorten;
use crate::values::yaml;
use slotcast::dynamic::Sample;
use slotcast::observer::Reader;

/// Larger messages are not copied, in bytes.
const MAX_COPY: u64 = 16 << 20;
/// How many elements of a list, and characters of a text, are shown.
const SHORTEN: Shorten = Shorten { limit: Some(24), no_lists: false, no_texts: false, summaries: true };

/// Reads the newest message of one topic at a time.
#[derive(Default)]
pub(super) struct Newest {
    topic: Option<String>,
    reader: Option<Reader>,
    lines: Vec<String>,
}

impl Newest {
    /// Reads the newest message of a topic, if there is a newer one; of no topic, forgets it.
    pub(super) fn read(&mut self, topic: Option<&WatchedTopic>) {
        let name = topic.map(|topic| topic.name().to_string());
        if name != self.topic {
            *self = Self { topic: name, ..Self::default() };
        }
        let Some(observed) = topic.and_then(WatchedTopic::observed) else { return };
        if self.reader.is_none() {
            match observed.read(1) {
                Ok(reader) => self.reader = Some(reader.max_copy(MAX_COPY).latest()),
                Err(error) => self.lines = vec![error.to_string()],
            }
        }
        let Some(reader) = &mut self.reader else { return };
        match reader.try_recv() {
            Ok(Some(sample)) => self.lines = describe(&sample),
            Ok(None) => {}
            Err(error) => self.lines = vec![error.to_string()],
        }
        if reader.publishers().is_empty() && !reader.sources().iter().any(|source| source.unread > 0) {
            self.reader = None; // another publisher may have another type
        }
    }

    /// Returns it as text; none, if there was no message.
    pub(super) fn lines(&self) -> &[String] {
        &self.lines
    }
}

fn describe(sample: &Sample) -> Vec<String> {
    let size = rates::bytes(sample.bytes().len() as u64);
    let mut lines = vec![format!("message {} of {size}", sample.sequence())];
    match sample.value() {
        Ok(value) => {
            let mut text = Vec::new();
            match yaml::write(&mut text, &SHORTEN.apply(value), false) {
                Ok(()) => lines.extend(String::from_utf8_lossy(&text).lines().map(str::to_owned)),
                Err(error) => lines.push(error.to_string()),
            }
        }
        Err(error) => lines.push(format!("not valid: {error}")),
    }
    lines
}
