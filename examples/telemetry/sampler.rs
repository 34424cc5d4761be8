//! Reads this machine's `/proc` and creates messages of what it contains.

use crate::messages::{Cpu, Load, Memory, Process, Processes};
use procfs::process::all_processes;
use procfs::{CpuTime, Current, CurrentSI, KernelStats, LoadAverage, Meminfo, ProcResult};
use slotcast::{FixedVec, Str};
use std::cmp::Reverse;
use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// The time over which processor use is measured. The kernel counts in ticks of 10 ms: a shorter
/// time would be coarse.
const WINDOW: Duration = Duration::from_secs(1);

/// The counters of earlier samples: use is the difference of two samples.
pub(crate) struct Sampler {
    cpu: VecDeque<CpuCounters>,
    processes: ProcessCounters,
}

struct CpuCounters {
    at: Instant,
    total: Ticks,
    cores: Vec<Ticks>,
}

#[derive(Clone, Copy)]
struct Ticks {
    busy: u64,
    all: u64,
}

struct ProcessCounters {
    at: Instant,
    /// The ticks that a process has used, by its pid and its start time: pids are reused.
    used: HashMap<(i32, u64), u64>,
}

impl Sampler {
    /// Starts measuring.
    pub(crate) fn new() -> ProcResult<Self> {
        let processes = ProcessCounters { at: Instant::now(), used: HashMap::new() };
        let mut sampler = Self { cpu: VecDeque::from([CpuCounters::read()?]), processes };
        sampler.processes()?;
        Ok(sampler)
    }

    /// Returns how busy the processors were.
    pub(crate) fn cpu(&mut self) -> ProcResult<Cpu> {
        let now = CpuCounters::read()?;
        while self.cpu.get(1).is_some_and(|next| now.at - next.at >= WINDOW) {
            self.cpu.pop_front();
        }
        let then = &self.cpu[0];
        let mut core = FixedVec::new();
        for (now, then) in now.cores.iter().zip(&then.cores) {
            if core.push(now.percent_since(*then)).is_err() {
                break; // more cores than the message has capacity for
            }
        }
        let cores = u32::try_from(now.cores.len()).unwrap_or(u32::MAX);
        let message = Cpu { total: now.total.percent_since(then.total), cores, core };
        self.cpu.push_back(now);
        Ok(message)
    }

    /// Returns how much memory is in use.
    pub(crate) fn memory(&self) -> ProcResult<Memory> {
        let memory = Meminfo::current()?;
        Ok(Memory {
            total: memory.mem_total,
            available: memory.mem_available.unwrap_or(memory.mem_free),
            cached: memory.cached,
            shared: memory.shmem.unwrap_or_default(),
        })
    }

    /// Returns how many tasks run or wait to run.
    pub(crate) fn load(&self) -> ProcResult<Load> {
        let load = LoadAverage::current()?;
        Ok(Load { average: [load.one, load.five, load.fifteen], runnable: load.cur, tasks: load.max })
    }

    /// Returns the busiest processes since the last call.
    pub(crate) fn processes(&mut self) -> ProcResult<Processes> {
        let now = Instant::now();
        let ticks = procfs::ticks_per_second() as f32 * (now - self.processes.at).as_secs_f32();
        let mut used = HashMap::new();
        let mut busy = Vec::new();
        for process in all_processes()? {
            // A process may end between being listed and being read.
            let Ok(stat) = process.and_then(|process| process.stat()) else { continue };
            let key = (stat.pid, stat.starttime);
            let all = stat.utime + stat.stime;
            let since = all.saturating_sub(self.processes.used.get(&key).copied().unwrap_or_default());
            used.insert(key, all);
            if since > 0 {
                busy.push((since, stat));
            }
        }
        busy.sort_unstable_by_key(|(since, stat)| (Reverse(*since), Reverse(stat.rss)));

        let mut message = Processes { count: used.len() as u64, busiest: FixedVec::new() };
        for (since, stat) in busy {
            let process = Process {
                pid: stat.pid.unsigned_abs(),
                cpu: since as f32 / ticks * 100.0,
                resident: stat.rss * procfs::page_size(),
                name: Str::truncated(&stat.comm),
            };
            if message.busiest.push(process).is_err() {
                break; // the rest is less busy
            }
        }
        self.processes = ProcessCounters { at: now, used };
        Ok(message)
    }
}

impl CpuCounters {
    fn read() -> ProcResult<Self> {
        let stats = KernelStats::current()?;
        Ok(Self {
            at: Instant::now(),
            total: Ticks::of(&stats.total),
            cores: stats.cpu_time.iter().map(Ticks::of).collect(),
        })
    }
}

impl Ticks {
    fn of(time: &CpuTime) -> Self {
        let idle = time.idle + time.iowait.unwrap_or_default();
        let interrupts = time.irq.unwrap_or_default() + time.softirq.unwrap_or_default();
        // The time of guests is contained in `user` and `nice`.
        let busy = time.user + time.nice + time.system + interrupts + time.steal.unwrap_or_default();
        Self { busy, all: busy + idle }
    }

    /// Some kernel counters can go back a little: then nothing was used.
    fn percent_since(self, then: Self) -> f32 {
        let busy = self.busy.saturating_sub(then.busy) as f32;
        let all = self.all.saturating_sub(then.all) as f32;
        if all > 0.0 { (busy / all * 100.0).min(100.0) } else { 0.0 }
    }
}
