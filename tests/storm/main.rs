//! Publishers and subscribers are killed again and again, at any time and at every step, while
//! others check that this harms nobody: each message is whole and in order, each loss is counted,
//! and nothing is left.
//!
//! `SLOTCAST_STORM_MINUTES` makes it last longer (see `tests/soak.sh`), and `SLOTCAST_STORM_SEED`
//! repeats a run. The seed determines which process is killed when, but not how far that process
//! has got by then.

mod check;
mod workers;

use check::Checker;
use slotcast::testing::{Action, Process, TempDomain};
use slotcast_tests::holdings::{Holdings, assert_nothing_left};
use slotcast_tests::random::{Random, variable};
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

const TOPICS: [&str; 3] = ["storm/one", "storm/two", "storm/three"];
/// The number of processes at one time.
const CROWD: usize = 4;
const KILLS: u64 = 300;

/// The steps at which a process is killed, and how often a process passes each in its life.
const POINTS: &[(&str, u64)] = &[
    ("enter.written", 2),
    ("enter.linked", 2),
    ("agree.locked", 3),
    ("agree.unlinked", 2),
    ("agree.recorded", 3),
    ("segment.sealed", 3),
    ("announce.written", 5),
    ("announce.linked", 5),
    ("grant.opened", 3),
    ("grant.given", 3),
    ("publish.written", 600),
    ("close.marked", 3),
    ("close.left", 5),
    ("close.unlinked", 5),
    ("leave.alone", 2),
    ("leave.emptied", 2),
    ("leave.unlinked", 2),
];

/// A process that will die: at a failpoint, or when its time is over.
struct Doomed {
    process: Process,
    dies_at: Option<Instant>,
}

fn start(domain: &TempDomain, random: &mut Random) -> Doomed {
    let topic = TOPICS[random.index(TOPICS.len())];
    let function = ["workers::child_publishes", "workers::child_subscribes"][random.index(2)];
    let placement = ["sealed", "sealed", "file"][random.index(3)];
    let arguments = [topic, placement];
    if random.below(2) == 0 {
        let process = Process::start(function, domain, &arguments);
        let life = Duration::from_micros(random.below(60_000));
        return Doomed { process, dies_at: Some(Instant::now() + life) };
    }
    let (point, visits) = POINTS[random.index(POINTS.len())];
    let visit = 1 + random.below(visits);
    let process = Process::start_until(function, domain, &arguments, point, visit, Action::Kill);
    Doomed { process, dies_at: None }
}

#[test]
fn a_storm_of_kills_harms_no_survivor_and_leaves_nothing() {
    if std::env::var_os("SLOTCAST_TESTING_FUNCTION").is_some() {
        return;
    }
    let minutes: Option<u64> = variable("SLOTCAST_STORM_MINUTES");
    let mut random = Random::of_this_run();
    let start_time = Instant::now();
    let domain = TempDomain::new();
    let mut checkers = TOPICS.map(|topic| Checker::new(&domain, topic, topic == TOPICS[0]));
    let mut crowd: Vec<Doomed> = Vec::new();
    let (mut killed, mut survived) = (0, 0);
    let mut before = None;
    loop {
        let over = match minutes {
            Some(minutes) => start_time.elapsed() >= Duration::from_secs(60 * minutes),
            None => killed >= KILLS,
        };
        if over && crowd.is_empty() {
            break;
        }
        while !over && crowd.len() < CROWD {
            crowd.push(start(&domain, &mut random));
        }
        checkers.iter_mut().for_each(Checker::check);
        crowd.retain_mut(|doomed| {
            if doomed.dies_at.is_some_and(|time| Instant::now() >= time) {
                doomed.process.kill();
            }
            let Some(status) = doomed.process.has_ended() else { return true };
            match status.signal() {
                Some(libc::SIGKILL) => killed += 1,
                _ => {
                    assert!(status.success(), "a worker failed: {status}");
                    survived += 1;
                }
            }
            false
        });
        if killed >= 50 && before.is_none() && crowd.len() < CROWD {
            before = Some((crowd.len(), Holdings::now()));
        }
        std::thread::sleep(Duration::from_micros(200));
    }
    checkers.iter_mut().for_each(Checker::check);
    let messages: u64 = checkers.iter().map(|checker| checker.received).sum();
    let lost: u64 = checkers.iter().map(|checker| checker.subscriber.lost()).sum();
    let publishers: usize = checkers.iter().map(Checker::publishers).sum();
    println!(
        "{killed} killed and {survived} survived in {:?}: {messages} messages of {publishers} publishers, {lost} lost",
        start_time.elapsed()
    );
    assert!(messages > 0);
    checkers.iter_mut().for_each(Checker::end);
    let (_, before) = before.expect("there were so many");
    let after = Holdings::now();
    assert!(after.descriptors <= before.descriptors + 8, "{before:?} {after:?}");
    assert!(after.mappings <= before.mappings + 32, "{before:?} {after:?}");
    drop(checkers);
    assert_nothing_left(&domain);
}
