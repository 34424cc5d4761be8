//! `bench`: it works, and leaves nothing. What it measures here means nothing.

use crate::tool::{Ended, command, run};
use rustix::process::{Pid, Signal, kill_process};
use slotcast::testing::{TempDomain, until};
use std::fs;
use std::process::{Child, Stdio};

/// A machine, or a container, may have one processor only.
fn has_two_processors() -> bool {
    let two = std::thread::available_parallelism().is_ok_and(|count| count.get() > 1);
    if !two {
        eprintln!("skipped: this needs two processors");
    }
    two
}

/// The children of a process, from its own list.
fn children(child: &Child) -> Vec<u32> {
    let path = format!("/proc/{0}/task/{0}/children", child.id());
    let list = fs::read_to_string(path).unwrap_or_default();
    list.split_whitespace().map(|pid| pid.parse().unwrap()).collect()
}

/// The directory that a bench uses, as the command line of its other process names it.
fn directory(peer: u32) -> Option<String> {
    let line = fs::read(format!("/proc/{peer}/cmdline")).ok()?;
    let mut words = line.split(|&byte| byte == 0);
    words.find(|word| *word == b"--peer")?;
    words.next().map(|word| String::from_utf8(word.to_vec()).unwrap())
}

#[test]
fn it_measures_beside_bare_memory() {
    if !has_two_processors() {
        return;
    }
    let domain = TempDomain::new();
    let printed = run(&domain, &["bench", "--seconds", "0", "--format", "json"]).with(0);
    let json: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let measures = json["measures"].as_array().unwrap();
    let names: Vec<&str> = measures.iter().map(|measure| measure["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["one way, 64 bytes", "one way, 1 MiB", "stream, 64 bytes"]);
    for measure in measures {
        assert_eq!(measure["rounds"], 1);
        for key in ["slotcast_ns", "bare_ns", "ratio"] {
            assert!(measure[key].as_f64().unwrap() > 0.0, "{measure}");
        }
    }
    let text = run(&domain, &["bench", "--seconds", "0"]).with(0);
    assert!(text.contains("(rounds: 1") && text.contains("one way, 64 bytes "), "{text}");
    assert!(!domain.path().exists(), "it has a domain of its own");
}

#[test]
fn a_signal_ends_it_and_nothing_is_left() {
    if !has_two_processors() {
        return;
    }
    let mut tool = command(&TempDomain::new(), &["bench", "--seconds", "3600"]);
    let child = tool.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut peer, mut place) = (0, String::new());
    until("its other process runs", || {
        peer = children(&child).first().copied().unwrap_or_default();
        directory(peer).is_some_and(|directory| {
            place = directory;
            true
        })
    });
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert!([0, 1].contains(&ended.code) && ended.err.is_empty(), "{} {}", ended.code, ended.err);
    assert!(!fs::exists(&place).unwrap(), "{place} is left");
    assert_eq!(directory(peer), None, "the other process has ended");
}

/// Killed, it cannot end its other process, which ends by itself.
#[test]
fn its_other_process_does_not_outlive_it() {
    if !has_two_processors() {
        return;
    }
    let mut tool = command(&TempDomain::new(), &["bench", "--seconds", "3600"]);
    let mut child = tool.stdout(Stdio::null()).spawn().unwrap();
    let (mut peer, mut place) = (0, String::new());
    until("its other process has begun", || {
        peer = children(&child).first().copied().unwrap_or_default();
        place = directory(peer).unwrap_or_default();
        fs::exists(format!("{place}/domain")).unwrap()
    });
    child.kill().unwrap();
    child.wait().unwrap();
    until("it ends", || directory(peer).is_none());
    fs::remove_dir_all(place).unwrap(); // what only a process that lives can remove
}

#[test]
fn one_processor_is_not_enough() {
    let set = rustix::thread::sched_getaffinity(None).unwrap();
    let first = (0..rustix::thread::CpuSet::MAX_CPU).find(|&cpu| set.is_set(cpu)).unwrap();
    let mut one = rustix::thread::CpuSet::new();
    one.set(first);
    // Of this thread alone; the tool inherits it.
    rustix::thread::sched_setaffinity(None, &one).unwrap();
    let error = run(&TempDomain::new(), &["bench"]).failed();
    assert!(error.contains("needs two processors") || error.contains("need two processors"), "{error}");
}
