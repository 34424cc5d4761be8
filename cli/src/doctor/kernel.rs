//! What of the kernel the SDK uses: each feature is tried.

use super::check::{Check, Severity};
use rustix::fs::{MemfdFlags, SealFlags};
use rustix::io;
use rustix::process::{PidfdFlags, PidfdGetfdFlags};
use rustix::thread::futex;
use rustix::thread::{MembarrierCommand, membarrier_query};
use std::os::fd::{AsFd, AsRawFd};
use std::sync::atomic::AtomicU32;

const UPDATE: &str = "Run Linux 5.6 or newer; in a container or sandbox, allow the system call in its seccomp profile.";

pub(super) fn check() -> Vec<Check> {
    vec![
        tried(
            "memfd",
            memfd(),
            "memory whose size and writers are sealed",
            Severity::Error,
            "Publishers cannot be created.",
        ),
        tried(
            "futex",
            futex(),
            "sleeping until a message comes",
            Severity::Error,
            "Receivers cannot sleep in the kernel.",
        ),
        membarrier(),
        tried(
            "pidfd",
            pidfd(),
            "seeing deaths at once, and taking descriptors of other processes",
            Severity::Warning,
            "That a process has died is noticed later.",
        ),
    ]
}

fn tried(kind: &'static str, result: io::Result<()>, purpose: &str, severity: Severity, meaning: &str) -> Check {
    match result {
        Ok(()) => Check::ok(kind, format!("{kind}: {purpose}")),
        Err(error) => {
            Check::found(kind, severity, format!("{kind} does not work: {error} ({purpose})"), meaning, UPDATE)
        }
    }
}

fn memfd() -> io::Result<()> {
    let memory = rustix::fs::memfd_create("slotcast-doctor", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    rustix::fs::ftruncate(&memory, 4096)?;
    rustix::fs::fcntl_add_seals(&memory, SealFlags::SHRINK | SealFlags::GROW | SealFlags::FUTURE_WRITE)
}

fn futex() -> io::Result<()> {
    // Not private: processes share them.
    futex::wake(&AtomicU32::new(0), futex::Flags::empty(), 1).map(drop)
}

fn membarrier() -> Check {
    if membarrier_query().contains_command(MembarrierCommand::GlobalExpedited) {
        return Check::ok("membarrier", "membarrier: publishers execute no fence for each message");
    }
    Check::found(
        "membarrier",
        Severity::Note,
        "membarrier does not work (publishing without a fence for each message)",
        "Everything works; waking receivers that sleep costs publishers a fence for each message.",
        UPDATE,
    )
}

fn pidfd() -> io::Result<()> {
    let own = rustix::process::pidfd_open(rustix::process::getpid(), PidfdFlags::empty())?;
    rustix::process::pidfd_getfd(&own, own.as_fd().as_raw_fd(), PidfdGetfdFlags::empty()).map(drop)
}
