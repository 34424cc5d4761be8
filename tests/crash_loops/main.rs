//! Processes that are killed over and over on one topic, alone or beside a living peer: the files
//! that the dead leave behind stay few, however many die.
//!
//! `SLOTCAST_CRASHES` sets how many endpoints die in each case (200 by default); `tests/soak.sh
//! crashes` sets 10 000.

mod children;
mod peers;
mod small_file_system;

use children::Large;
use peers::PEERS;
use slotcast::Subscriber;
use slotcast::testing::{Process, TempDomain, until};
use slotcast_tests::commands::while_commands_start;
use slotcast_tests::random::variable;
use std::fs;
use std::path::Path;

/// The topic on which everything happens.
const TOPIC: &str = "crashes";
/// Endpoints that each process creates before it is killed.
const ENDPOINTS: usize = 5;
/// The most files and directories that may exist in a domain at any time: those of the living peer,
/// of the last dead process, and of the topics that a sweep has not reached yet.
const MOST_FILES: usize = 100;

/// Returns the number of endpoints that die in each case.
fn crashes() -> usize {
    variable("SLOTCAST_CRASHES").unwrap_or(200)
}

/// Starts a process that creates [`ENDPOINTS`] endpoints, and kills it once they exist.
fn crash(domain: &TempDomain, function: &str, topic: &str, placement: &str) {
    let mut process = Process::start(function, domain, &[topic, placement]);
    process.expect("created");
    process.kill();
}

/// Returns the number of files and directories below a directory.
fn count_files(path: &Path) -> usize {
    let Ok(entries) = fs::read_dir(path) else { return 0 };
    entries.flatten().map(|entry| 1 + count_files(&entry.path())).sum()
}

#[test]
fn crash_loops_on_one_topic_leave_few_files() {
    // So that locks of the living peer have further holders for a moment, all the time.
    while_commands_start(1, crash_beside_all_peers);
}

fn crash_beside_all_peers() {
    for function in children::ALL {
        for placement in ["sealed", "file"] {
            for (name, create) in PEERS {
                let domain = TempDomain::new();
                let mut peer = create(&domain);
                for round in 0..crashes() / ENDPOINTS {
                    crash(&domain, function, TOPIC, placement);
                    peer.use_once();
                    let files = count_files(domain.path());
                    assert!(
                        files <= MOST_FILES,
                        "{files} files after {round} crashes of {function} ({placement}) beside {name}"
                    );
                }
            }
        }
    }
}

#[test]
fn topics_to_which_nobody_returns_do_not_pile_up() {
    for function in children::ALL {
        let domain = TempDomain::new();
        for round in 0..crashes() / ENDPOINTS {
            crash(&domain, function, &format!("{TOPIC}/{round}"), "sealed");
            let files = count_files(domain.path());
            assert!(
                files <= MOST_FILES,
                "{files} files after {round} crashes of {function}, each on a topic of its own"
            );
        }
    }
}

/// Of more entries than one sweep probes, each newcomer removes a share.
#[test]
fn many_dead_beside_many_living_are_removed_by_and_by() {
    let domain = TempDomain::new();
    let living: Vec<_> =
        (0..80).map(|_| Subscriber::<Large>::builder(TOPIC).domain(&domain).create().unwrap()).collect();
    for _ in 0..40 {
        crash(&domain, children::ALL[0], TOPIC, "sealed");
    }
    let entries = || {
        let names = fs::read_dir(domain.path().join(TOPIC)).unwrap();
        names.filter(|name| name.as_ref().unwrap().file_name().to_str().unwrap().as_bytes()[1] == b'-').count()
    };
    until("only the living are left", || {
        drop(Subscriber::<Large>::builder(TOPIC).domain(&domain).create().unwrap());
        entries() == living.len()
    });
}
