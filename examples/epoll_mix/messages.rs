//! The messages, and how they are written for clients.

use serde_json::{Value, json};
use slotcast::{ShmMessage, Topic, topic};

/// How many tasks run.
pub(crate) const LOAD: Topic<Load> = topic!("epoll_mix/load");
/// How busy the processors are.
pub(crate) const CPU: Topic<Cpu> = topic!("epoll_mix/cpu");

/// From `/proc/loadavg`.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Load {
    /// Averages over 1, 5 and 15 minutes.
    pub(crate) average: [f32; 3],
    /// Tasks that run or could run now.
    pub(crate) runnable: u32,
    /// Tasks in all.
    pub(crate) tasks: u32,
}

/// From `/proc/stat`.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Cpu {
    /// All processors together, since the last message: 100 is all of them, all the time.
    #[shm(unit = "%")]
    pub(crate) busy: f32,
    /// How many processors there are.
    pub(crate) cores: u32,
}

/// What clients receive.
pub(crate) trait Json {
    fn json(&self) -> Value;
}

impl Json for Load {
    fn json(&self) -> Value {
        json!({ "average": self.average.map(rounded), "runnable": self.runnable, "tasks": self.tasks })
    }
}

impl Json for Cpu {
    fn json(&self) -> Value {
        json!({ "busy": rounded(self.busy), "cores": self.cores })
    }
}

/// Rounds to two decimals.
fn rounded(number: f32) -> f64 {
    (f64::from(number) * 100.0).round() / 100.0
}
