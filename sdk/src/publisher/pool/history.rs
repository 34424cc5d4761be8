//! Which messages stay in the ring after every subscriber has read them: the newest, for those that
//! join later.

/// How much stays by default, in bytes.
const BYTES: usize = 1 << 20;

/// How many of the newest messages stay in the ring although they were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum History {
    /// This many.
    Messages(u64),
    /// As many as take so many bytes together, and one in any case.
    Bytes(usize),
}

impl History {
    /// Returns what a publisher keeps that was told to keep so many messages, or nothing about it.
    pub(crate) fn of_setting(messages: Option<u64>) -> Self {
        messages.map_or(Self::Bytes(BYTES), Self::Messages)
    }

    /// Returns how many messages of `bytes` bytes stay, of a ring that keeps `depth`.
    pub(crate) fn messages(self, bytes: usize, depth: u64) -> u64 {
        match self {
            Self::Messages(messages) => messages,
            Self::Bytes(most) => (most / bytes) as u64,
        }
        .clamp(1, depth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_one_message_and_at_most_the_depth_stays() {
        let by_default = History::of_setting(None);
        assert_eq!([64, 1 << 18, 1 << 20, 6 << 20].map(|bytes| by_default.messages(bytes, 8)), [8, 4, 1, 1]);
        assert_eq!(History::of_setting(Some(3)).messages(6 << 20, 8), 3);
        assert_eq!(History::of_setting(Some(0)).messages(64, 8), 1, "the one that was published last is in use");
    }
}
