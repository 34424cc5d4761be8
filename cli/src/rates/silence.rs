//! Telling why nothing comes.

use super::{WatchedTopic, Window};
use crate::context::Context;
use crate::output::tell;
use crate::silence;
use slotcast::{ProcessState, TopicName};
use std::collections::HashSet;
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long nothing comes until it is told why.
const SILENT: Duration = Duration::from_secs(1);
/// Of how many topics it is told at once.
const TOLD: usize = 3;

/// Tells on standard error why nothing comes on topics, once for each silence.
#[derive(Default)]
pub(crate) struct Explainer {
    told: HashSet<TopicName>,
    /// The topics on which nothing comes any more.
    silent: Vec<TopicName>,
    /// Tells why at the moment.
    telling: Option<JoinHandle<()>>,
}

impl Explainer {
    /// Notes whether messages come on a topic that is watched.
    pub(super) fn notice(&mut self, topic: &WatchedTopic, window: &Window) {
        // Until a silence is much longer than the usual interval, the window has messages.
        self.notice_topic(topic.name(), !window.is_empty(), window.silent_for());
    }

    /// Notes whether messages come on a topic, and for how long none has come.
    pub(crate) fn notice_topic(&mut self, topic: &TopicName, come: bool, silent_for: Duration) {
        if come {
            self.told.remove(topic);
        } else if silent_for >= SILENT && self.told.insert(topic.clone()) {
            self.silent.push(topic.clone());
        }
    }

    /// Tells why nothing comes on the topics that are silent now. That takes a second for each, in
    /// which counters are read as always.
    pub(crate) fn tell(&mut self, context: &Context) {
        let mut silent = std::mem::take(&mut self.silent);
        let others = silent.split_off(silent.len().min(TOLD)).len();
        if silent.is_empty() {
            return;
        }
        let context = Context { domain: context.domain.clone(), timeout: None };
        let telling = thread::spawn(move || {
            for topic in silent {
                silence::tell(&topic, &context);
            }
            if others > 0 {
                tell!("{others} other topics are silent, too: `slotcast why TOPIC` explains one");
            }
        });
        self.telling = Some(telling);
    }

    /// Waits until all was told.
    pub(crate) fn finish(&mut self) {
        if let Some(telling) = self.telling.take() {
            let _ = telling.join(); // if it has panicked, that was told
        }
    }
}

/// Returns what can be seen at once of a topic on which nothing comes.
pub(crate) fn silence(topic: &WatchedTopic, window: &Window) -> String {
    let silent = format!("silent for {:.1} s", window.silent_for().as_secs_f64());
    if let Some(problem) = topic.problems().next() {
        return format!("{silent}: {problem}");
    }
    match topic.publishers() {
        0 => "no publisher".to_owned(),
        _ => match topic.endpoints().iter().find(|endpoint| endpoint.state == Some(ProcessState::Stopped)) {
            Some(stopped) => format!("{silent}: the {} ({}) is stopped", stopped.name.role, stopped.name),
            None => silent,
        },
    }
}
