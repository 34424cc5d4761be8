//! The processes that publish, until they are killed.

use crate::messages::{CPU, Cpu, LOAD, Load};
use procfs::{CpuTime, Current, CurrentSI, KernelStats, LoadAverage};
use slotcast::Publisher;
use std::error::Error;
use std::thread::sleep;
use std::time::Duration;

/// Publishes ten times a second.
pub(crate) fn load() -> Result<(), Box<dyn Error>> {
    let mut publisher = Publisher::new(LOAD)?;
    loop {
        let load = LoadAverage::current()?;
        publisher.publish(&Load {
            average: [load.one, load.five, load.fifteen],
            runnable: load.cur,
            tasks: load.max,
        })?;
        sleep(Duration::from_millis(100));
    }
}

/// Publishes twenty times a second: the kernel counts in ticks of 10 ms.
pub(crate) fn cpu() -> Result<(), Box<dyn Error>> {
    let mut publisher = Publisher::new(CPU)?;
    let mut before = KernelStats::current()?;
    loop {
        sleep(Duration::from_millis(50));
        let now = KernelStats::current()?;
        let ((idle, all), (idle_before, all_before)) = (ticks(&now.total), ticks(&before.total));
        // Some kernel counters can go back a little.
        let (idle, all) = (idle.saturating_sub(idle_before), all.saturating_sub(all_before));
        let busy = if all > 0 { 100.0 * (1.0 - idle.min(all) as f32 / all as f32) } else { 0.0 };
        publisher.publish(&Cpu { busy, cores: u32::try_from(now.cpu_time.len())? })?;
        before = now;
    }
}

/// Returns the idle ticks, and all ticks. The time of guests is contained in `user` and `nice`.
fn ticks(time: &CpuTime) -> (u64, u64) {
    let idle = time.idle + time.iowait.unwrap_or_default();
    let interrupts = time.irq.unwrap_or_default() + time.softirq.unwrap_or_default();
    (idle, idle + time.user + time.nice + time.system + interrupts + time.steal.unwrap_or_default())
}
