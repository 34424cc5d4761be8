use crate::registry::EndpointId;
use std::collections::VecDeque;

/// The newest publishers that were ever attached: what is kept of them is not read once more.
///
/// Otherwise a value would seem to go back: its next writer publishes first, and then removes what
/// was kept before.
#[derive(Debug, Default)]
pub(super) struct Known(VecDeque<EndpointId>);

/// How many there are at most. What is kept belongs to the last one or the one before.
const MOST: usize = 16;

impl Known {
    pub(super) fn add(&mut self, id: EndpointId) {
        if !self.contains(id) {
            self.0.truncate(MOST - 1);
            self.0.push_front(id);
        }
    }

    pub(super) fn contains(&self, id: EndpointId) -> bool {
        self.0.contains(&id)
    }
}
