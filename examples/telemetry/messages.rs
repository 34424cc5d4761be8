//! The messages: everything that the two halves share.

use slotcast::{FixedVec, ShmMessage, Str, Topic, topic};

/// How busy the processors are.
pub(crate) const CPU: Topic<Cpu> = topic!("host/cpu");
/// How much memory is in use.
pub(crate) const MEMORY: Topic<Memory> = topic!("host/memory");
/// How many tasks run.
pub(crate) const LOAD: Topic<Load> = topic!("host/load");
/// Which processes are busiest.
pub(crate) const PROCESSES: Topic<Processes> = topic!("host/processes");

/// How often the first three are published each second, which others can change.
pub(crate) const RATE: &str = "host/rate";

/// How busy the processors were in the last second.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Cpu {
    /// All cores together: 100 is all of them, all the time.
    #[shm(unit = "%")]
    pub(crate) total: f32,
    /// How many cores are online.
    pub(crate) cores: u32,
    /// Each core, as far as the message has capacity.
    #[shm(unit = "%")]
    pub(crate) core: FixedVec<f32, 64>,
}

/// How much memory is in use.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Memory {
    /// All memory that the kernel manages.
    #[shm(unit = "byte")]
    pub(crate) total: u64,
    /// What programs could allocate without swapping, as the kernel estimates.
    #[shm(unit = "byte")]
    pub(crate) available: u64,
    /// Pages of files.
    #[shm(unit = "byte")]
    pub(crate) cached: u64,
    /// Shared memory, including the memory of this message.
    #[shm(unit = "byte")]
    pub(crate) shared: u64,
}

/// How many tasks run or wait to run.
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

/// The processes that used most processor time since the last message of this type.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Processes {
    /// How many processes there are.
    pub(crate) count: u64,
    /// Those that were not idle, the busiest first.
    pub(crate) busiest: FixedVec<Process, 5>,
}

/// One process.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Process {
    /// Its pid.
    pub(crate) pid: u32,
    /// Processor time: 100 is one core, all the time.
    #[shm(unit = "%")]
    pub(crate) cpu: f32,
    /// Its memory that is in RAM.
    #[shm(unit = "byte")]
    pub(crate) resident: u64,
    /// Its name, as the kernel stores it.
    pub(crate) name: Str<16>,
}
