//! Processes that keep processors busy, as other programs of a machine do.

use crate::cli::BUSY;
use crate::peers::Failure;
use rustix::process::{Signal, set_parent_process_death_signal};
use slotcast_benches::cpus;
use std::convert::Infallible;
use std::process::{Child, Command, Stdio};

/// One on each of two processors, until this is dropped.
pub(crate) struct Load(Vec<Child>);

impl Load {
    pub(crate) fn start((one, other): (usize, usize)) -> Result<Self, Failure> {
        let mut load = Self(Vec::new());
        for cpu in [one, other] {
            let mut command = Command::new(std::env::current_exe()?);
            load.0.push(command.arg(BUSY).arg(cpu.to_string()).stdin(Stdio::null()).spawn()?);
        }
        Ok(load)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Keeps a processor busy, until the process that started this one ends it, or ends itself.
pub(crate) fn be_busy(cpu: &str) -> Result<Infallible, Failure> {
    set_parent_process_death_signal(Some(Signal::KILL))?;
    cpus::pin(cpu.parse()?)?;
    loop {
        std::hint::spin_loop();
    }
}
