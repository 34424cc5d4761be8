//! Playing back.

mod error;
mod played;
mod playing;
mod rest;
mod settings;
mod timeline;

pub use error::PlayError;
pub use settings::PlayerBuilder;

use playing::Playing;
use std::collections::BTreeMap;
use std::time::Duration;

/// Publishes again what was recorded: with the same types, bytes, order and pauses.
///
/// Each publisher that was recorded gets one, with the depth that it had; a topic that has changed
/// its type changes it again. Unfinished and damaged files are played as far as they are whole.
///
/// # Examples
///
/// ```
/// # let folder = tempfile::tempdir()?;
/// # let path = folder.path().join("run.mcap");
/// # let domain = slotcast::testing::TempDomain::new();
/// # let mut publisher = slotcast::Publisher::<u64>::builder("counter").domain(&domain).create()?;
/// # let recorder = slotcast_record::Recorder::builder().all().history().domain(&domain).start(&path)?;
/// # publisher.publish(&42)?;
/// # recorder.wait_for_messages(1, std::time::Duration::from_secs(10));
/// # recorder.finish()?;
/// # drop(publisher);
/// use slotcast_record::Player;
///
/// let status = Player::builder().domain(&domain).play([&path])?;
/// assert_eq!(status.messages(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Player;

impl Player {
    /// Returns a builder that sets up a player.
    pub fn builder() -> PlayerBuilder {
        PlayerBuilder::default()
    }
}

/// How to go on after a pause; see [`PlayerBuilder::play_with`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Flow {
    /// The message is due. If the player is paused, only this one: it is a step.
    GoOn,
    /// All that follows is due later by so much: the player was paused.
    Later(Duration),
    /// From now on, this rate: see [`PlayerBuilder::rate`]. `wait` is called again.
    Rate(f64),
    /// From now on the time of the recording stands still. `wait` is called again, with a time that is
    /// far away.
    Pause,
    /// From now on the time of the recording passes again. `wait` is called again.
    Resume,
    /// Nothing more is to be played.
    Stop,
}

/// What was played.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlayStatus {
    /// How many messages were published, by topic.
    pub topics: BTreeMap<String, u64>,
    /// What could not be played, by topic, and why.
    pub refused: BTreeMap<String, String>,
    /// How many messages were received before the one before them was: their files' time runs
    /// backwards there. They were published without a pause.
    pub backwards: u64,
    /// How many sequences were left out; see [`PlayerBuilder::gaps`].
    pub skipped: u64,
    /// What could not be read.
    pub damage: Vec<String>,
}

impl PlayStatus {
    /// Returns how many messages were published, of all topics.
    pub fn messages(&self) -> u64 {
        self.topics.values().sum()
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
