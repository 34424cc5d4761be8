use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a channel promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Flow {
    /// Nothing: at most so many messages are under way, so that a small buffer will do.
    Paced { most: usize },
    /// All messages arrive, and the sender waits.
    Lossless,
    /// The sender never waits, and what is not read in time is lost.
    Lossy,
    /// One message is sent, before or after the receiver comes.
    First,
}

/// A channel that a peer is asked to open: one sender and its receivers.
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    folder: PathBuf,
    name: String,
    pub(crate) flow: Flow,
    /// How many receivers there will be.
    pub(crate) receivers: usize,
    /// Which of them is to be opened, if one is.
    pub(crate) index: usize,
}

impl Channel {
    pub(crate) fn new(folder: &Path, name: &str, flow: Flow, receivers: usize) -> Self {
        Self { folder: folder.to_owned(), name: name.to_owned(), flow, receivers, index: 0 }
    }

    /// Returns the channel as one of its receivers sees it.
    pub(crate) fn at(&self, index: usize) -> Self {
        Self { index, ..self.clone() }
    }

    /// Returns a channel that is a part of this one.
    pub(crate) fn part(&self, name: &str) -> Self {
        Self { name: format!("{}-{name}", self.name), ..self.clone() }
    }

    /// Returns the folder of the pair: whatever is created in it goes when the pair ends.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the channel's name, unique in its folder.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the path of a file for this channel. When it exists, a receiver can come.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(&self.name)
    }

    /// Returns the path of a file for one receiver.
    pub(crate) fn path_of(&self, index: usize) -> PathBuf {
        if index == 0 { self.path() } else { self.folder.join(format!("{}.{index}", self.name)) }
    }
}
