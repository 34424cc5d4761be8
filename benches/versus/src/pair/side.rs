//! What a process of a pair does: opens its ends of the channels, and measures when told to.

use crate::channel::{Channel, Flow};
use crate::control::Control;
use crate::measures::Measure;
use crate::peers::{Failure, Name, Unsupported};
use rustix::process::{Signal, set_parent_process_death_signal};
use rustix::thread::ClockId;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Write, stdin, stdout};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Which of the two processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Role {
    /// The one that sends first, and holds the watch.
    Leader,
    Follower,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Leader => "leading process",
            Self::Follower => "following process",
        })
    }
}

/// All that a process of a pair is started with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub(crate) role: Role,
    pub(crate) peer: Name,
    pub(crate) measure: Measure,
    pub(crate) folder: PathBuf,
    pub(crate) cpu: usize,
}

/// A file in a pair's folder. Where the follower must start later than the leader, that is when
/// this exists.
pub(crate) const ANNOUNCED: &str = "announced";

/// What both sides of a measure find.
pub(crate) struct Link {
    folder: PathBuf,
    pub(crate) control: &'static Control,
    /// When this process's `main` began.
    pub(crate) begin: Instant,
}

impl Link {
    /// Returns the folder of the pair.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn channel(&self, name: &str, flow: Flow, receivers: usize) -> Channel {
        Channel::new(&self.folder, name, flow, receivers)
    }

    /// Lets the other process start, if it waits for that: see [`ANNOUNCED`].
    pub(crate) fn announce(&self) -> io::Result<()> {
        match File::create_new(self.folder.join(ANNOUNCED)) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(error),
        }
    }
}

/// What a process says when it has opened its channels.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Opened {
    Ready,
    /// The peer does not offer what is to be measured, and the process ends.
    Unsupported(String),
}

/// How long a round is to take.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Round {
    pub(crate) milliseconds: u64,
}

impl Round {
    pub(crate) fn time(self) -> Duration {
        Duration::from_millis(self.milliseconds)
    }
}

/// What one side has found in a round. What only the other side knows stays empty.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// What the measure is about, in its unit, for one message: the mean of the round.
    pub(crate) value: Option<f64>,
    /// The single times, in nanoseconds.
    pub(crate) each: Vec<f64>,
    /// How many messages this side has sent or received.
    pub(crate) messages: u64,
    /// How many messages were overwritten before they were read.
    pub(crate) lost: u64,
    /// The time of a cache line from one processor to the other, in nanoseconds: before and after.
    pub(crate) line: Option<(f64, f64)>,
    /// How long this side took to open its channels, in nanoseconds.
    pub(crate) open: f64,
    /// The processor time that this side has used, in nanoseconds.
    pub(crate) cpu: f64,
    /// The memory that this process uses more than before it opened the channels, in bytes.
    pub(crate) memory: Memory,
}

/// Memory of a process, in bytes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    /// Resident, that of shared mappings included.
    pub(crate) resident: u64,
    /// Resident and shared: in files of shared memory, and in memfds.
    pub(crate) shared: u64,
}

impl Memory {
    fn now() -> Result<Self, Failure> {
        let status = std::fs::read_to_string("/proc/self/status")?;
        let field = |name: &str| -> Result<u64, Failure> {
            let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("a field is missing")?;
            let kilobytes = line.trim().trim_end_matches(" kB").parse::<u64>()?;
            Ok(kilobytes << 10)
        };
        Ok(Self { resident: field("VmRSS:")?, shared: field("RssShmem:")? })
    }

    fn since(self, before: Self) -> Self {
        Self {
            resident: self.resident.saturating_sub(before.resident),
            shared: self.shared.saturating_sub(before.shared),
        }
    }
}

/// One side of a measure, with a certain peer and size.
pub(crate) trait Side: Sized {
    /// Opens the channels.
    fn open(link: &Link, measure: &Measure) -> Result<Self, Failure>;

    /// Prepares a round, before the other side begins it.
    fn prepare(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Measures one round.
    fn round(&mut self, link: &Link, round: Round) -> Result<Answer, Failure>;
}

/// Runs a process of a pair, until its input is closed.
pub(crate) fn be_child(spec: &str, begin: Instant) -> Result<(), Failure> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    let spec: Spec = serde_json::from_str(spec)?;
    slotcast_benches::cpus::pin(spec.cpu)?;
    let control = Control::map(&spec.folder.join("control"))?;
    let link = Link { folder: spec.folder.clone(), control, begin };
    spec.measure.run(spec.peer, spec.role, &link)
}

/// Opens one side, and measures round after round.
pub(crate) fn serve<S: Side>(role: Role, link: &Link, measure: &Measure) -> Result<(), Failure> {
    let before = Memory::now()?;
    let begin = Instant::now();
    let mut side = match S::open(link, measure) {
        Ok(side) => side,
        Err(error) if error.is::<Unsupported>() => return say(&Opened::Unsupported(error.to_string())),
        Err(error) => return Err(error),
    };
    let open = begin.elapsed().as_nanos() as f64;
    say(&Opened::Ready)?;
    for line in stdin().lines() {
        let round: Round = serde_json::from_str(&line?)?;
        side.prepare()?;
        let first = line_time(role, link);
        let cpu = cpu_time();
        let mut answer = side.round(link, round)?;
        answer.cpu = cpu_time() - cpu;
        let second = line_time(role, link);
        answer.line = first.zip(second);
        answer.open = open;
        answer.memory = Memory::now()?.since(before);
        say(&answer)?;
    }
    Ok(())
}

fn line_time(role: Role, link: &Link) -> Option<f64> {
    match role {
        Role::Leader => Some(link.control.lead_line()),
        Role::Follower => {
            link.control.follow_line();
            None
        }
    }
}

/// Returns the processor time of this process with all its threads, in nanoseconds.
fn cpu_time() -> f64 {
    let time = rustix::time::clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

fn say(what: &impl Serialize) -> Result<(), Failure> {
    let mut output = stdout().lock();
    writeln!(output, "{}", serde_json::to_string(what)?)?;
    Ok(output.flush()?)
}
