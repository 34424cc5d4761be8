//! Records topics to MCAP files, which the tools of others read, and plays them back.
//!
//! `slotcast record` and `slotcast play` are this library with a command line.

#![deny(unsafe_code)]

mod blackbox;
mod channel;
mod comparison;
pub mod definitions;
mod durable;
mod file;
mod overview;
mod player;
mod problems;
mod recorder;
mod recording;
mod recovery;
pub mod ros2;

pub use blackbox::{BlackBox, BlackBoxBuilder, BlackBoxStatus, IncidentReport};
pub use channel::Channel;
pub use comparison::{Difference, TopicComparison, compare};
pub use durable::{DurableError, DurableLog, DurableLogBuilder, DurableLogStatus, DurableMessage, DurableSubscriber};
pub use file::Compression;
pub use overview::{Overview, TopicOverview};
pub use player::{Flow, PlayError, PlayStatus, Player, PlayerBuilder};
pub use recorder::{RecordError, RecordStatus, Recorder, RecorderBuilder, TopicStatus};
pub use recording::{Damage, Message, ReadError, Recording};
pub use recovery::{RecoverError, Recovered, recover};
