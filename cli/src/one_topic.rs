//! An argument that names one topic, which may not exist yet.

use slotcast::TopicName;
use slotcast::registry::Part;
use std::str::FromStr;

/// The name of a topic; a leading `/` is ignored.
#[derive(Clone, Debug)]
pub(crate) struct OneTopic(TopicName);

impl OneTopic {
    pub(crate) fn name(&self) -> &TopicName {
        &self.0
    }
}

impl FromStr for OneTopic {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.strip_prefix('/').filter(|rest| !rest.starts_with('/')).unwrap_or(text);
        topic_name(name).map(Self)
    }
}

/// Returns the name of a topic, or of a part that is like one: what services ask and answer. The
/// error says so if it is a name of events.
pub(crate) fn topic_name(name: &str) -> Result<TopicName, String> {
    match TopicName::with_part(name) {
        Ok(events) if events.split().1 == Some(Part::Events) => {
            let (name, _) = events.split();
            Err(format!("`{events}` is where events are told, and no topic: `slotcast event watch {name}` shows them"))
        }
        other => other.map_err(|error| error.to_string()),
    }
}
