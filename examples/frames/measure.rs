//! What it costs: memory and time.

use bytesize::ByteSize;
use procfs::process::Process;
use std::error::Error;
use std::time::Duration;

/// Returns the memory of this process: what belongs to it alone, and what it shares with others,
/// which is counted in each of them.
pub(crate) fn memory() -> Result<String, Box<dyn Error>> {
    let status = Process::myself()?.status()?;
    let shared = status.rssshmem.unwrap_or(0) * 1024;
    let own = status.vmrss.unwrap_or(0) * 1024 - shared;
    Ok(format!("memory {}, and {} shared", ByteSize(own), ByteSize(shared)))
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
