//! What the larger examples share: how they start other processes, wait for them, and end.
//!
//! The examples are in the folder above this one: the larger ones in folders, the others in one
//! file each, which is complete by itself.

use slotcast::{Header, Payload, Publisher, Subscriber};
use std::env;
use std::error::Error;
use std::io;
use std::ops::{Deref, DerefMut};
use std::process::{Child, Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Prints the error of an example, if it has failed. Returns its exit code.
pub fn report(example: &str, result: Result<(), Box<dyn Error>>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{example}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Returns a flag that Ctrl-C sets.
///
/// # Errors
/// If the signal handler cannot be installed.
pub fn interruption() -> Result<Arc<AtomicBool>, ctrlc::Error> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&interrupted);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))?;
    Ok(interrupted)
}

/// Returns a command that runs this program once more.
///
/// # Errors
/// If the program has no path.
pub fn this_program() -> io::Result<Command> {
    Ok(Command::new(env::current_exe()?))
}

/// Another process. It is killed when this is dropped.
#[derive(Debug)]
pub struct Started(Child);

impl Started {
    /// Starts a process.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn new(command: &mut Command) -> io::Result<Self> {
        Ok(Self(command.spawn()?))
    }
}

impl Deref for Started {
    type Target = Child;

    fn deref(&self) -> &Child {
        &self.0
    }
}

impl DerefMut for Started {
    fn deref_mut(&mut self) -> &mut Child {
        &mut self.0
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // Both fail if it has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How long to wait for one more subscriber before looking which ones have joined.
const RECHECK: Duration = Duration::from_millis(50);

/// Waits up to `time` until these processes have subscribed. Others may subscribe, too.
///
/// # Errors
/// If they have not, or if the registry fails.
pub fn wait_for_processes<T: Payload + ?Sized, H: Header>(
    publisher: &mut Publisher<T, H>,
    pids: &[u32],
    time: Duration,
) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    loop {
        let subscribers = publisher.subscribers()?;
        if pids.iter().all(|pid| subscribers.iter().any(|peer| peer.pid == *pid)) {
            return Ok(());
        }
        if start.elapsed() > time {
            return Err("the subscribers do not start".into());
        }
        publisher.wait_for_subscribers(subscribers.len() + 1, RECHECK)?;
    }
}

/// Prepares a loop over [`iter_to_end`](Subscriber::iter_to_end): Ctrl-C closes the subscriber,
/// which ends the loop.
///
/// If there is no publisher yet, the loop will wait for one, and this prints so. But a publisher
/// that `has_started` this process was there before it: then it has ended, and the subscriber is
/// closed.
///
/// # Errors
/// If the registry fails, or the signal handler cannot be installed.
pub fn follow_publisher<T: Payload + ?Sized, H: Header>(
    subscriber: &mut Subscriber<T, H>,
    name: &str,
    has_started: bool,
) -> Result<(), Box<dyn Error>> {
    let closer = subscriber.closer();
    ctrlc::set_handler(move || closer.close())?;
    if subscriber.publishers()?.is_empty() {
        if has_started {
            subscriber.closer().close();
        } else {
            println!("{name}: waiting for a publisher on {}, until Ctrl-C", subscriber.topic());
        }
    }
    Ok(())
}
