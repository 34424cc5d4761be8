use serde::{Deserialize, Serialize};

/// How an endpoint was configured, for people and tools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Qos {
    /// Publisher: how many messages stay readable.
    pub depth: u64,
    /// Publisher: whether it is the only one on its topic.
    pub exclusive: bool,
    /// Publisher: whether its messages carry the time of publishing.
    pub timestamps: bool,
    /// Publisher: the promised interval, in nanoseconds, within which it publishes or asserts that it is alive. 0 if it has
    /// promised nothing.
    pub alive_every_ns: u64,
    /// Subscriber: how many earlier messages it requested.
    pub history: u64,
    /// Subscriber: whether it only wants the newest message.
    pub latest: bool,
    /// Publisher: whether it waits for subscribers that request it. Subscriber: whether it requests it.
    pub lossless: bool,
    /// Subscriber: how many large messages it can hold in place at once.
    pub max_samples: u64,
    /// Publisher: the kind of pages of its memory.
    pub pages: Pages,
    /// Publisher: the first sequence that was published after this entry was written. 0, unless its first entry was removed
    /// from outside and it was announced again.
    pub first_sequence: u64,
}

/// The kind of pages of which memory consists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Pages {
    /// Normal pages of 4 KiB.
    #[default]
    Normal,
    /// Huge pages where the kernel had some when the memory was first used.
    Transparent,
    /// Huge pages only, of 2 MiB, from the pool that the machine has reserved.
    Huge,
}
