//! What subscribers ask a log, and what it answers.

use slotcast::{EndpointId, ShmMessage, TopicName};

/// What is wanted of a topic.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub(super) struct Query {
    /// The hash of the messages' layout, the lower half first.
    pub(super) hash: [u64; 2],
    /// The publisher, the lower half first; zero for all.
    pub(super) publisher: [u64; 2],
    /// The first sequence that is wanted, and the first that is not.
    pub(super) from: u64,
    pub(super) to: u64,
}

impl Query {
    /// Returns the publisher that is meant, or `None` for all.
    pub(super) fn publisher(&self) -> Option<EndpointId> {
        let id = u128::from(self.publisher[1]) << 64 | u128::from(self.publisher[0]);
        (id != 0).then_some(EndpointId(id))
    }
}

/// The codes with which a log refuses.
pub(super) const OTHER_LAYOUT: u32 = 1;
pub(super) const UNREADABLE: u32 = 2;

/// The bytes of a message's head in the log, and in answers, which consist of whole messages.
pub(super) const HEAD: usize = 40;

/// What stands before each message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) publisher: EndpointId,
    pub(super) sequence: u64,
    /// When it was published, in nanoseconds of `CLOCK_MONOTONIC`; the greatest number if that is not
    /// known.
    pub(super) published_ns: u64,
    /// How many bytes follow.
    pub(super) bytes: u64,
}

impl Head {
    pub(super) fn encode(&self) -> [u8; HEAD] {
        let mut head = [0; HEAD];
        head[..16].copy_from_slice(&self.publisher.0.to_le_bytes());
        head[16..24].copy_from_slice(&self.sequence.to_le_bytes());
        head[24..32].copy_from_slice(&self.published_ns.to_le_bytes());
        head[32..].copy_from_slice(&self.bytes.to_le_bytes());
        head
    }

    /// Reads the first message of an answer. Returns it and what follows, or `None` if that is not a
    /// whole message.
    pub(super) fn split(answer: &[u8]) -> Option<(Self, &[u8], &[u8])> {
        let (head, rest) = answer.split_at_checked(HEAD)?;
        let word = |at: usize| head[at..at + 8].try_into().map(u64::from_le_bytes).ok();
        let publisher = EndpointId(u128::from_le_bytes(head[..16].try_into().ok()?));
        let this = Self { publisher, sequence: word(16)?, published_ns: word(24)?, bytes: word(32)? };
        let (message, rest) = rest.split_at_checked(usize::try_from(this.bytes).ok()?)?;
        Some((this, message, rest))
    }
}

/// Returns the service by which the log of a topic is called.
pub(super) fn service(topic: &TopicName) -> String {
    format!("{topic}/log")
}

/// Returns a number of 128 bits as its halves.
#[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
pub(super) fn halves(number: u128) -> [u64; 2] {
    [number as u64, (number >> 64) as u64]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_as_they_are_written() {
        let head = Head { publisher: EndpointId(1 << 90 | 7), sequence: 5, published_ns: u64::MAX, bytes: 3 };
        let answer = [&head.encode()[..], b"abc", b"rest"].concat();
        assert_eq!(Head::split(&answer), Some((head, &b"abc"[..], &b"rest"[..])));
        for cut in 0..HEAD + 3 {
            assert_eq!(Head::split(&answer[..cut]), None);
        }
    }
}
