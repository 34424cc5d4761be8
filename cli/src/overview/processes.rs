//! Processes that were looked at: each once, however many endpoints it has.

use slotcast::ProcessState;
use slotcast::registry::Peer;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;

/// What is known about a process.
pub(super) struct Process {
    pub(super) state: ProcessState,
    /// The arguments that it was started with, if they can be read.
    pub(super) command: Option<String>,
}

/// The processes that were looked at.
#[derive(Default)]
pub(crate) struct Processes {
    /// By number and program: in another PID namespace the same number is another process.
    known: HashMap<(u32, String), Process>,
}

impl Processes {
    /// Returns what is known about the process of an endpoint. `state` asks the kernel. Returns
    /// `None` if the endpoint has just ended.
    pub(super) fn of(&mut self, peer: &Peer, state: impl FnOnce() -> Option<ProcessState>) -> Option<&Process> {
        match self.known.entry((peer.name.pid, peer.name.program.clone())) {
            Entry::Occupied(known) => Some(known.into_mut()),
            Entry::Vacant(unknown) => {
                let state = state()?;
                // Where more than this can be seen, the process has the same number here.
                let command = if state == ProcessState::Alive { None } else { command(peer.name.pid) };
                Some(unknown.insert(Process { state, command }))
            }
        }
    }
}

/// Returns the arguments of a process.
fn command(pid: u32) -> Option<String> {
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words: Vec<_> = arguments.split(|&byte| byte == 0).map(String::from_utf8_lossy).collect();
    let text = words.join(" ");
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}
