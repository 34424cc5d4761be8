//! A process that dies or hangs costs the numbers of one peer, and nothing is left behind.

use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Much longer than anything takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// Each run needs both processors.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn wait_for_turn() -> MutexGuard<'static, ()> {
    ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start(arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slotcast-versus"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it can be started")
}

/// Returns the processes that a run has started and that are alive, with their command lines.
fn children(run: u32) -> Vec<(Pid, String)> {
    let found = fs::read_dir("/proc").expect("there is /proc").flatten().filter_map(|entry| {
        let pid = Pid::from_raw(entry.file_name().to_str()?.parse().ok()?)?;
        let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        let mut words = rest.split_whitespace();
        let (state, parent) = (words.next()?, words.next()?);
        if state == "Z" || parent != run.to_string() {
            return None;
        }
        Some((pid, fs::read_to_string(entry.path().join("cmdline")).ok()?))
    });
    found.collect()
}

/// Waits until the process of a peer that receives in a measurement is there, and returns it.
fn follower(run: &mut Child, peer: &str, measure: &str) -> Pid {
    let peer = format!("\"peer\":\"{peer}\"");
    let since = Instant::now();
    loop {
        let mut found = children(run.id()).into_iter();
        let is_it = |line: &str| line.contains("Follower") && line.contains(&peer) && line.contains(measure);
        if let Some((pid, _)) = found.find(|(_, line)| is_it(line)) {
            return pid;
        }
        assert!(run.try_wait().expect("it is our child").is_none(), "the run has ended");
        assert!(since.elapsed() < PATIENCE, "no such process for {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Asserts that a run that has ended has left nothing.
fn assert_gone(run: u32, others: &[(Pid, String)]) {
    for entry in fs::read_dir("/dev/shm").expect("there is shared memory").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(!name.starts_with(&format!("slotcast-versus-{run}")), "{name} is left");
    }
    let since = Instant::now();
    // The kernel has killed them, but they may not have ended yet.
    for (pid, line) in others {
        let is_there =
            || fs::read_to_string(format!("/proc/{}/cmdline", pid.as_raw_nonzero())).is_ok_and(|found| found == *line);
        while is_there() {
            assert!(since.elapsed() < PATIENCE, "{line} is left");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Runs two peers, does something to one of their processes, and returns what the run says.
fn disturbed(signal: Signal) -> String {
    let _turn = wait_for_turn();
    let arguments = ["--rounds", "20", "--milliseconds", "20", "--patience", "2", "--peers", "ring,shmem-ipc", "burst"];
    let mut run = start(&arguments);
    let pid = follower(&mut run, "ring", "burst");
    kill_process(pid, signal).expect("it is our process");
    let id = run.id();
    let Output { status, stdout, .. } = run.wait_with_output().expect("it is our child");
    assert_eq!(status.code(), Some(1), "the run tells that something has failed");
    assert_gone(id, &[]);
    let said = String::from_utf8(stdout).expect("it is text");
    let rows = said.lines().filter(|line| line.contains("after draining") && line.contains("ns")).count();
    assert!(rows >= 4, "the other peer is measured in each of the four cases:\n{said}");
    said
}

#[test]
fn a_process_that_dies_fails_its_measurement_alone() {
    let said = disturbed(Signal::KILL);
    let failed: Vec<&str> = said.lines().filter(|line| line.starts_with("failed: ")).collect();
    assert_eq!(failed.len(), 1, "{said}");
    assert!(failed[0].contains("bare ring") && failed[0].contains("was killed by signal 9"), "{said}");
}

#[test]
fn a_process_that_hangs_fails_its_measurement_alone() {
    let said = disturbed(Signal::STOP);
    let failed: Vec<&str> = said.lines().filter(|line| line.starts_with("failed: ")).collect();
    assert_eq!(failed.len(), 1, "{said}");
    assert!(failed[0].contains("bare ring") && failed[0].contains("has not answered for 2 s"), "{said}");
}

#[test]
fn a_process_that_dies_while_the_other_sleeps_fails_its_measurement_alone() {
    let _turn = wait_for_turn();
    let mut run = start(&["--rounds", "20", "--milliseconds", "20", "--peers", "slotcast,eventfd", "events"]);
    let pid = follower(&mut run, "eventfd", "wake-up");
    kill_process(pid, Signal::KILL).expect("it is our process");
    let id = run.id();
    let Output { status, stdout, .. } = run.wait_with_output().expect("it is our child");
    assert_eq!(status.code(), Some(1), "the run tells that something has failed");
    assert_gone(id, &[]);
    let said = String::from_utf8(stdout).expect("it is text");
    let failed: Vec<&str> = said.lines().filter(|line| line.starts_with("failed: ")).collect();
    assert_eq!(failed.len(), 1, "{said}");
    assert!(failed[0].contains("eventfd, notify there and back, both sleep"), "{said}");
    let rows = said.lines().filter(|line| line.contains(" notify") && line.contains("ns")).count();
    assert!(rows >= 4, "the other peer is measured in each of the four cases:\n{said}");
}

#[test]
fn nothing_is_left_when_it_is_interrupted() {
    let _turn = wait_for_turn();
    let peers = "slotcast,iceoryx2,zeromq,ipc-channel";
    let peers = if cfg!(feature = "aeron") { format!("{peers},aeron") } else { peers.into() };
    let mut run = start(&["--peers", &peers, "latency"]);
    follower(&mut run, "zeromq", "latency");
    let others = children(run.id());
    kill_process(Pid::from_child(&run), Signal::INT).expect("it is our process");
    assert_eq!(run.wait().expect("it is our child").code(), Some(130));
    assert_gone(run.id(), &others);
}
