//! The columns of the table.

use crate::rates::{self, TopicSummary};
use clap::ValueEnum;
use slotcast::registry::Role;
use std::cmp::Ordering;

/// A column, by which topics can be sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Column {
    /// The topic's name.
    #[default]
    Topic,
    /// Messages per second.
    Rate,
    /// Bytes per second.
    Bandwidth,
    /// Publishers and subscribers.
    Endpoints,
    /// Messages that the subscriber furthest behind has not read.
    Unread,
    /// Messages that subscribers have lost, in total.
    Lost,
    /// Large messages that subscribers hold.
    Held,
    /// Allocated memory.
    Memory,
}

impl Column {
    /// All, in the order in which they are shown.
    pub(super) const ALL: [Self; 8] =
        [Self::Topic, Self::Rate, Self::Bandwidth, Self::Endpoints, Self::Unread, Self::Lost, Self::Held, Self::Memory];

    /// Returns the next one, after the last the first.
    pub(super) fn next(self) -> Self {
        let index = Self::ALL.iter().position(|column| *column == self).unwrap_or(0);
        Self::ALL[(index + 1) % Self::ALL.len()]
    }

    /// Returns its title.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Topic => "TOPIC",
            Self::Rate => "RATE",
            Self::Bandwidth => "BANDWIDTH",
            Self::Endpoints => "PUB/SUB",
            Self::Unread => "UNREAD",
            Self::Lost => "LOST",
            Self::Held => "HELD",
            Self::Memory => "MEMORY",
        }
    }

    /// Returns its width in characters; that of the topic is what is left.
    pub(super) fn width(self) -> u16 {
        match self {
            Self::Topic => 0,
            Self::Rate => 10,
            Self::Bandwidth => 12,
            Self::Endpoints => 7,
            Self::Unread | Self::Lost => 8,
            Self::Held => 5,
            Self::Memory => 9,
        }
    }

    /// Returns the text of a topic.
    pub(super) fn text(self, topic: &TopicSummary) -> String {
        match self {
            Self::Topic => topic.topic.clone(),
            Self::Rate => rates::rate(topic.messages, topic.time),
            Self::Bandwidth => {
                let estimated = if topic.is_estimated { "~" } else { "" };
                format!("{estimated}{}", rates::bytes_per_second(topic.bytes, topic.time))
            }
            Self::Endpoints => format!("{}/{}", topic.count(Role::Publisher), topic.count(Role::Subscriber)),
            Self::Unread => rates::count(topic.unread()),
            Self::Lost => rates::count(topic.total.lost),
            Self::Held => topic.held().to_string(),
            Self::Memory => rates::bytes(topic.memory()),
        }
    }

    /// Compares two topics: names by alphabet, numbers with the largest first.
    pub(super) fn compare(self, one: &TopicSummary, other: &TopicSummary) -> Ordering {
        let by = |number: fn(&TopicSummary) -> u64| number(other).cmp(&number(one));
        let order = match self {
            Self::Topic => Ordering::Equal,
            Self::Rate => by(|topic| topic.messages),
            Self::Bandwidth => by(|topic| topic.bytes),
            Self::Endpoints => by(|topic| topic.endpoints.len() as u64),
            Self::Unread => by(TopicSummary::unread),
            Self::Lost => by(|topic| topic.total.lost),
            Self::Held => by(|topic| topic.held() as u64),
            Self::Memory => by(TopicSummary::memory),
        };
        order.then_with(|| one.topic.cmp(&other.topic))
    }
}
