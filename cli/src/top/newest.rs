//! The newest message of a topic.

use crate::rates::{self, WatchedTopic};
use crate::values::shorten::Shorten;
use crate::values::yaml;
use anyhow::Result;
use slotcast::dynamic::Sample;
use slotcast::observer::{ObservedTopic, Reader};

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
    /// Returns whether the text has changed.
    pub(super) fn read(&mut self, topic: Option<&WatchedTopic>) -> bool {
        let name = topic.map(|topic| topic.name().to_string());
        if name != self.topic {
            *self = Self { topic: name, ..Self::default() };
        }
        let Some(observed) = topic.and_then(WatchedTopic::observed) else { return false };
        let lines = match self.next(observed) {
            Ok(None) => return false,
            Ok(Some(sample)) => describe(&sample),
            Err(error) => vec![error.to_string()],
        };
        let has_changed = lines != self.lines;
        self.lines = lines;
        has_changed
    }

    fn next(&mut self, topic: &ObservedTopic) -> Result<Option<Sample>> {
        let reader = match &mut self.reader {
            Some(reader) => reader,
            None => self.reader.insert(topic.read(1)?.max_copy(MAX_COPY).latest()),
        };
        let next = reader.try_recv();
        if reader.publishers().is_empty() && !matches!(next, Ok(Some(_))) {
            self.reader = None; // another publisher may have another type
        }
        Ok(next?)
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
