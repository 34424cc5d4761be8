//! Topics that are parts of another way to communicate, as events, services and values are.

use super::topic_name::{TopicName, TopicNameError};
use std::fmt;

/// What a topic is a part of, if it is not a topic of its own.
///
/// The name of such a topic is the name of what it belongs to, then `~` and the word of its part,
/// such as `robot/estop~events`. `~` occurs in no other name, so a text cannot name a part to a
/// publisher or a subscriber: only a [`TopicName`] can. Tools can thus be pointed at a part.
///
/// ```
/// # fn main() -> Result<(), slotcast::TopicNameError> {
/// use slotcast::{TopicName, registry::Part};
///
/// let events = TopicName::new("robot/estop")?.part(Part::Events);
/// assert_eq!(events.as_str(), "robot/estop~events");
/// assert_eq!(events.split(), ("robot/estop", Some(Part::Events)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Part {
    /// Where notifiers and listeners meet.
    Events,
    /// The requests to the servers of a service.
    Requests,
    /// The responses of the servers of a service.
    Responses,
    /// A latest value.
    Value,
    /// Where sets of counters are announced.
    Counters,
}

impl Part {
    /// All parts.
    pub const ALL: [Part; 5] = [Part::Events, Part::Requests, Part::Responses, Part::Value, Part::Counters];

    /// Returns the word that stands behind `~`.
    pub const fn word(self) -> &'static str {
        match self {
            Part::Events => "events",
            Part::Requests => "requests",
            Part::Responses => "responses",
            Part::Value => "value",
            Part::Counters => "counters",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

impl TopicName {
    /// Returns the name of a part of what has this name. Allocates.
    ///
    /// # Panics
    /// If this is the name of a part itself.
    pub fn part(&self, part: Part) -> TopicName {
        assert_eq!(self.split().1, None, "{self} is a part itself");
        TopicName::valid(&format!("{self}~{part}"))
    }

    /// Returns the name without the part, and the part if this names one.
    pub fn split(&self) -> (&str, Option<Part>) {
        split(self.as_str()).map_or((self.as_str(), None), |(name, part)| (name, Some(part)))
    }

    /// Creates a name from the name of a topic or of a part. Allocates.
    ///
    /// # Errors
    ///
    /// As [`check_topic_name`](super::check_topic_name) for what stands before the part.
    pub fn with_part(name: &str) -> Result<TopicName, TopicNameError> {
        match split(name) {
            None => TopicName::new(name),
            Some((whole, part)) => TopicName::new(whole).map(|whole| whole.part(part)),
        }
    }
}

fn split(name: &str) -> Option<(&str, Part)> {
    let (name, word) = name.split_once('~')?;
    Some((name, Part::ALL.into_iter().find(|part| part.word() == word)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_from_topics() {
        let whole = TopicName::new("a/b").unwrap();
        for part in Part::ALL {
            let name = whole.part(part);
            assert_eq!(name.split(), ("a/b", Some(part)));
            assert_eq!(TopicName::with_part(name.as_str()), Ok(name.clone()));
            assert!(TopicName::new(name.as_str()).is_err());
        }
        assert_eq!(whole.split(), ("a/b", None));
        assert_eq!(TopicName::with_part("a/b"), Ok(whole));
        for name in ["a~", "a~other", "~events", "a~events~events", "a/~events"] {
            assert!(TopicName::with_part(name).is_err(), "{name}");
        }
    }
}
