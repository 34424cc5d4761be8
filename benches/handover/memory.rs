//! What an idle topic of 48-byte messages costs, with a publisher in one process and a subscriber
//! in another.
//!
//! Measured is what more such topics add, divided by their number: blocks of the registry's files,
//! blocks of the publishers' memory (once, however often it is mapped), private memory of both
//! processes, and their page tables.

use crate::cli::Arguments;
use crate::message::Small;
use crate::peer::{self, Context, Peer, Task};
use crate::publish::{Drain, Join};
use crate::report::{Row, Target};
use serde::{Deserialize, Serialize};
use slotcast::Publisher;
use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;

const KIB: f64 = 1024.0;

pub(crate) fn measure(arguments: &Arguments, peer: &mut Peer) -> Result<Vec<Row>, Box<dyn Error>> {
    let topics = if arguments.is_quick() { 4 } else { 64 };
    let mut publishers = Vec::new();
    let mut add = |peer: &mut Peer, name: &str| -> Result<(), Box<dyn Error>> {
        publishers.push(Publisher::<Small>::builder(name).domain(peer.domain()).create()?);
        peer.tell(&Join { topic: name.into(), subscribers: 1, descriptors: false })
    };
    add(peer, "idle/first")?; // what a process allocates once is not counted
    let before = Memory::of(peer)?;
    for topic in 0..topics {
        add(peer, &format!("idle/{topic}"))?;
    }
    let cost = Memory::of(peer)?.since(&before, topics);
    for publisher in &mut publishers {
        publisher.publish(&crate::message::of(0))?;
    }
    peer.tell(&Drain { last: 0 })?;
    let Memory { registry, segments, private } = cost;
    let all = registry + segments + private;
    Ok(vec![
        Row::of("memory of an idle topic, 48 bytes", "KiB", [all])
            .target(Target::AtMost(64.0))
            .note(format!("registry {registry:.1}, rings {segments:.1}, private {private:.1}")),
    ])
}

/// Memory by location, in KiB.
struct Memory {
    registry: f64,
    segments: f64,
    private: f64,
}

impl Memory {
    fn of(peer: &mut Peer) -> Result<Self, Box<dyn Error>> {
        let theirs = peer.tell(&Weigh)?;
        Ok(Self {
            registry: blocks_below(peer.domain().path())? as f64 / KIB,
            segments: blocks_of_memfds()? as f64 / KIB,
            private: (private_bytes()? + theirs) as f64 / KIB,
        })
    }

    fn since(&self, before: &Self, topics: u32) -> Self {
        let each = |after: f64, before: f64| (after - before) / f64::from(topics);
        Self {
            registry: each(self.registry, before.registry),
            segments: each(self.segments, before.segments),
            private: each(self.private, before.private),
        }
    }
}

/// For the other process: report how much memory it has for itself.
#[derive(Serialize, Deserialize)]
pub(crate) struct Weigh;

impl Task for Weigh {
    const NAME: &'static str = "weigh";
    type Answer = u64;

    fn run(self, _: &mut Context) -> Result<(), Box<dyn Error>> {
        peer::answer(&private_bytes()?)
    }
}

/// Returns the bytes that this process has for itself: private memory and page tables.
fn private_bytes() -> io::Result<u64> {
    Ok(field("/proc/self/smaps_rollup", "Anonymous:")? + field("/proc/self/status", "VmPTE:")?)
}

/// Returns a field of a file of `/proc` in bytes. The file gives it in KiB.
fn field(path: &str, name: &str) -> io::Result<u64> {
    let text = fs::read_to_string(path)?;
    let number = text.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix(" kB")?.trim().parse().ok());
    number.map(|kib: u64| 1024 * kib).ok_or_else(|| io::Error::other(format!("{path} has no {name}")))
}

fn blocks_below(directory: &Path) -> io::Result<u64> {
    let mut bytes = blocks(directory)?;
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        bytes += if path.is_dir() { blocks_below(&path)? } else { blocks(&path)? };
    }
    Ok(bytes)
}

fn blocks_of_memfds() -> io::Result<u64> {
    let mut bytes = 0;
    for descriptor in fs::read_dir("/proc/self/fd")? {
        let path = descriptor?.path();
        // The descriptor by which the directory is read is closed before its link can be read.
        if fs::read_link(&path).is_ok_and(|target| target.to_string_lossy().starts_with("/memfd:slotcast")) {
            bytes += blocks(&path)?;
        }
    }
    Ok(bytes)
}

fn blocks(path: &Path) -> io::Result<u64> {
    Ok(std::os::unix::fs::MetadataExt::blocks(&fs::metadata(path)?) * 512)
}
