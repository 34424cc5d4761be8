//! What is published. These types are all that the two halves share.

use slotcast::ShmMessage;

/// Cores beyond these are counted, but not told one by one.
pub(crate) const MAX_CORES: usize = 64;
/// How many of the busiest processes are told.
pub(crate) const BUSIEST: usize = 5;

/// Topic of [`Cpu`].
pub(crate) const CPU: &str = "host/cpu";
/// Topic of [`Memory`].
pub(crate) const MEMORY: &str = "host/memory";
/// Topic of [`Load`].
pub(crate) const LOAD: &str = "host/load";
/// Topic of [`Processes`].
pub(crate) const PROCESSES: &str = "host/processes";

/// How busy the processors were in the last second.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Cpu {
    /// All cores together: 100 is all of them all the time.
    #[shm(unit = "%")]
    pub(crate) total: f32,
    /// How many cores are online.
    pub(crate) cores: u32,
    /// Each core, the first `cores` of these.
    #[shm(unit = "%")]
    pub(crate) core: [f32; MAX_CORES],
}

/// How the memory is used.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Memory {
    /// All that the kernel has to give.
    #[shm(unit = "byte")]
    pub(crate) total: u64,
    /// What programs could have without swapping, as the kernel estimates.
    #[shm(unit = "byte")]
    pub(crate) available: u64,
    /// Pages of files.
    #[shm(unit = "byte")]
    pub(crate) cached: u64,
    /// Shared memory: this message is in it.
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
    pub(crate) count: u32,
    /// How many of `busiest` are filled.
    pub(crate) shown: u32,
    /// The busiest first.
    pub(crate) busiest: [Process; BUSIEST],
}

/// One process.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Process {
    /// Its number.
    pub(crate) pid: u32,
    /// Processor time: 100 is one core all the time.
    #[shm(unit = "%")]
    pub(crate) cpu: f32,
    /// Memory of it that is in RAM.
    #[shm(unit = "byte")]
    pub(crate) resident: u64,
    /// Its name as the kernel has it, padded with zeros.
    pub(crate) name: [u8; 16],
}
