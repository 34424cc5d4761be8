//! Writers and readers of a value are killed again and again, at any time and at every step: the
//! value is always whole, never goes back, and what was set is never lost.

use crate::{Same, number, reader, topic, writer};
use slotcast::testing::{self, Action, Process, TempDomain};
use slotcast_tests::holdings::assert_nothing_left;
use slotcast_tests::random::{Random, variable};
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

/// The number of processes at one time.
const CROWD: usize = 4;
const KILLS: u64 = 200;

/// The steps at which a process is killed, and how often a process passes each in its life.
const POINTS: &[(&str, u64)] = &[
    ("enter.linked", 2),
    ("agree.recorded", 2),
    ("announce.written", 3),
    ("announce.linked", 3),
    ("publish.written", 300),
    ("keep.linked", 1),
    ("keep.renamed", 1),
    ("close.marked", 2),
    ("close.left", 2),
    ("leave.alone", 2),
    ("leave.emptied", 2),
];

/// Stands by, goes on from the value that it finds, and leaves after so many values.
#[test]
fn child_writes_some() {
    testing::process(|script| {
        let mut writer = writer(script.domain()).survives_writer(true).standby(Duration::MAX).create().unwrap();
        let last = number(&mut reader(script.domain()).create().unwrap()).unwrap_or(0);
        for number in (last + 1..).take(300) {
            writer.set(&Same::of(number)).unwrap();
        }
    });
}

#[test]
fn child_reads_some() {
    testing::process(|script| {
        let mut reader = reader(script.domain()).create().unwrap();
        let mut last = None;
        for _ in 0..2000 {
            let now = number(&mut reader);
            assert!(now >= last, "{now:?} after {last:?}");
            last = now;
        }
    });
}

/// A process that will die: at a failpoint, when its time is over, or by itself.
struct Doomed {
    process: Process,
    dies_at: Option<Instant>,
}

fn start(domain: &TempDomain, random: &mut Random) -> Doomed {
    let functions = ["storm::child_writes_some", "storm::child_writes_some", "storm::child_reads_some"];
    let function = functions[random.index(functions.len())];
    if random.below(2) == 0 {
        let life = Duration::from_micros(random.below(60_000));
        return Doomed { process: Process::start(function, domain, &[]), dies_at: Some(Instant::now() + life) };
    }
    let (point, visits) = POINTS[random.index(POINTS.len())];
    let visit = 1 + random.below(visits);
    Doomed { process: Process::start_until(function, domain, &[], point, visit, Action::Kill), dies_at: None }
}

#[test]
fn a_storm_of_kills_takes_no_value_back() {
    if std::env::var_os("SLOTCAST_TESTING_FUNCTION").is_some() {
        return;
    }
    let minutes: Option<u64> = variable("SLOTCAST_STORM_MINUTES");
    let (mut random, begin, domain) = (Random::of_this_run(), Instant::now(), TempDomain::new());
    let mut present = reader(&domain).create().unwrap();
    let (mut crowd, mut killed, mut seen, mut late) = (Vec::<Doomed>::new(), 0, 0, 0);
    loop {
        let is_over = minutes.map_or(killed >= KILLS, |minutes| begin.elapsed().as_secs() >= 60 * minutes);
        if is_over && crowd.is_empty() {
            break;
        }
        while !is_over && crowd.len() < CROWD {
            crowd.push(start(&domain, &mut random));
        }
        let now = number(&mut present).unwrap_or(0);
        assert!(now >= seen, "{now} after {seen}");
        seen = now;
        if random.below(20) == 0 {
            // What the newest writer has set first may be seen before `set` has returned. If it dies
            // then, its successor sets that number once more.
            let found = number(&mut reader(&domain).create().unwrap()).unwrap_or(0);
            assert!(found + 1 >= seen, "{found} is found late, and {seen} was seen");
            late += 1;
        }
        crowd.retain_mut(|doomed| {
            if doomed.dies_at.is_some_and(|time| Instant::now() >= time) {
                doomed.process.kill();
            }
            let Some(status) = doomed.process.has_ended() else { return true };
            match status.signal() {
                Some(libc::SIGKILL) => killed += 1,
                _ => assert!(status.success(), "a worker failed: {status}"),
            }
            false
        });
        std::thread::sleep(Duration::from_micros(200));
    }
    println!("{killed} killed in {:?}: the value is {seen}, {late} readers came late", begin.elapsed());
    assert!(seen > 0 && late > 0);
    drop(present);
    domain.clean().unwrap();
    assert!(domain.forget_value(&topic()).unwrap(), "it is kept");
    assert_nothing_left(&domain);
}
