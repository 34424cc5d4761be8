use super::WatchedTopic;
use crate::context::Context;
use crate::topics::TopicPattern;
use anyhow::Result;
use slotcast::{Observer, TopicName};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often topics that have come, and endpoints that have died, are looked for. Endpoints that
/// join or leave in order are noticed by the next poll.
const RESCAN: Duration = Duration::from_millis(100);
/// What part of the time looking for them may take: a twentieth.
const RESCAN_PART: u32 = 20;

/// What is found out beside the counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Nothing more.
    Counts,
    /// The intervals between messages.
    Intervals,
    /// How far subscribers are behind, and how long messages take to be read.
    Reading,
}

/// Topics that are watched.
pub(crate) struct Watch {
    observer: Observer,
    patterns: Vec<TopicPattern>,
    detail: Detail,
    topics: BTreeMap<TopicName, WatchedTopic>,
    /// When to look for topics next; `None` before the first time.
    rescan_at: Option<Instant>,
}

impl Watch {
    /// Watches the topics that match a pattern, also those that come later; all, without a pattern.
    pub(crate) fn new(context: &Context, patterns: Vec<TopicPattern>, detail: Detail) -> Self {
        Self { observer: context.observer(), patterns, detail, topics: BTreeMap::new(), rescan_at: None }
    }

    /// Reads all counters. The first time it only finds out where to count from.
    ///
    /// # Errors
    /// When the domain exists and cannot be read. What is wrong with a topic is told by
    /// [`WatchedTopic::problems`].
    pub(crate) fn poll(&mut self) -> Result<()> {
        let is_first = self.rescan_at.is_none();
        let start = Instant::now();
        if self.rescan_at.is_none_or(|at| at <= start) {
            self.rescan()?;
            let took = start.elapsed();
            self.rescan_at = Some(Instant::now() + RESCAN.max(took * RESCAN_PART));
        }
        for topic in self.topics.values_mut() {
            topic.poll(self.detail, is_first);
        }
        Ok(())
    }

    fn rescan(&mut self) -> Result<()> {
        if self.patterns.is_empty() || self.patterns.iter().any(|pattern| matches!(pattern, TopicPattern::Glob(_))) {
            for name in self.observer.topics()? {
                if self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.matches(&name)) {
                    self.add(name);
                }
            }
        }
        let names = self.patterns.iter().filter_map(|pattern| match pattern {
            TopicPattern::Name(name) => Some(name.clone()),
            TopicPattern::Glob(_) => None,
        });
        names.collect::<Vec<_>>().into_iter().for_each(|name| self.add(name));
        for topic in self.topics.values_mut() {
            topic.refresh(&self.observer, self.detail);
        }
        Ok(())
    }

    fn add(&mut self, name: TopicName) {
        self.topics.entry(name.clone()).or_insert_with(|| WatchedTopic::new(name));
    }

    /// Returns the topics in order of their names, also those that have ended since, and those that
    /// were asked for by name and do not exist.
    pub(crate) fn topics(&self) -> impl Iterator<Item = &WatchedTopic> {
        self.topics.values()
    }

    /// Does the same, so that what has happened can be taken.
    pub(crate) fn topics_mut(&mut self) -> impl Iterator<Item = &mut WatchedTopic> {
        self.topics.values_mut()
    }
}
