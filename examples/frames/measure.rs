//! What it costs: memory and time.

use bytesize::ByteSize;
use procfs::process::Process;
use rustix::time::{ClockId, clock_gettime};
use std::error::Error;
use std::time::Duration;

/// Nanoseconds of the clock by which messages are stamped.
pub(crate) fn monotonic() -> u64 {
    let now = Duration::try_from(clock_gettime(ClockId::Monotonic)).unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

/// The memory of this process: what it alone has, and what it shares with others, which is counted in each of them.
pub(crate) fn memory() -> Result<String, Box<dyn Error>> {
    let status = Process::myself()?.status()?;
    let shared = status.rssshmem.unwrap_or(0) * 1024;
    let own = status.vmrss.unwrap_or(0) * 1024 - shared;
    Ok(format!("memory {}, and {} shared", ByteSize(own), ByteSize(shared)))
}

pub(crate) fn milliseconds(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64() * 1e3
}
