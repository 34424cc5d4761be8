//! An argument that names one topic, which may not exist yet.

use slotcast::TopicName;
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
        TopicName::with_part(name).map(Self).map_err(|error| error.to_string())
    }
}
