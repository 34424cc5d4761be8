//! Both halves for some seconds, in two processes: what two terminals would do.

use crate::ending::Ending;
use rustix::process::{Pid, Signal, kill_process};
use std::env::current_exe;
use std::error::Error;
use std::io;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How often to check whether a half has ended.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How much longer than the other half the publishing half would run if this process were killed.
const GRACE: Duration = Duration::from_secs(5);

/// Runs both halves, and returns when both have ended.
pub(crate) fn run(rate: f64, refresh: f64, duration: Duration) -> Result<(), Box<dyn Error>> {
    let ending = Ending::at_signal_or_after(None)?;
    let mut publisher = half("publish", "--rate", rate, duration + GRACE)?.stdout(Stdio::null()).spawn()?;
    let mut watcher = half("watch", "--refresh", refresh, duration)?.spawn()?;
    println!("pid {} publishes, pid {} watches", publisher.id(), watcher.id());

    let watched = loop {
        if let Some(status) = watcher.try_wait()? {
            break status;
        }
        if ending.comes_before(Instant::now() + LOOK_EVERY) {
            interrupt(&mut watcher)?;
        }
    };
    interrupt(&mut publisher)?;
    succeeded("watch", watched)?;
    succeeded("publish", publisher.wait()?)
}

fn half(command: &str, option: &str, value: f64, limit: Duration) -> io::Result<Command> {
    let mut half = Command::new(current_exe()?);
    half.args([command, option, &value.to_string(), "--seconds", &limit.as_secs_f64().to_string()]);
    Ok(half)
}

/// Interrupts a half as Ctrl-C does, unless it has ended.
fn interrupt(child: &mut Child) -> io::Result<()> {
    match child.try_wait()? {
        Some(_) => Ok(()),
        None => Ok(kill_process(Pid::from_child(child), Signal::INT)?),
    }
}

fn succeeded(half: &str, status: ExitStatus) -> Result<(), Box<dyn Error>> {
    if status.success() { Ok(()) } else { Err(format!("`telemetry {half}` ended early: {status}").into()) }
}
