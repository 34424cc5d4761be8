//! Processes that count are killed again and again, at any time and at every step: what others see of
//! them is never less than before, stays as it was after their death, and nothing is left.

use slotcast::observer::CounterSet;
use slotcast::testing::{self, Action, Process, TempDomain};
use slotcast::{Counters, EndpointId, Observer};
use slotcast_tests::holdings::assert_nothing_left;
use slotcast_tests::random::{Random, variable};
use std::os::unix::process::ExitStatusExt;
use std::time::{Duration, Instant};

/// The number of processes at one time.
const CROWD: usize = 4;
const KILLS: u64 = 100;

/// The steps at which a process is killed. It passes each once.
const POINTS: &[&str] = &["enter.linked", "announce.written", "announce.linked", "leave.alone", "leave.emptied"];

/// Counts frames, and two bytes after each, and leaves after so many.
#[test]
fn child_counts_some() {
    testing::process(|script| {
        let counters = Counters::builder("storm").domain(script.domain()).create().unwrap();
        let (frames, bytes) = (counters.counter("frames", "").unwrap(), counters.counter("bytes", "byte").unwrap());
        for number in 0..20_000 {
            frames.add(1);
            bytes.add(2);
            if number % 100 == 0 {
                counters.report("the shutter is stuck");
            }
        }
    });
}

/// A process that will die: at a failpoint, when its time is over, or by itself.
struct Doomed {
    process: Process,
    dies_at: Option<Instant>,
}

fn start(domain: &TempDomain, random: &mut Random) -> Doomed {
    let function = "storm::child_counts_some";
    if random.below(2) == 0 {
        let life = Duration::from_micros(random.below(30_000));
        return Doomed { process: Process::start(function, domain, &[]), dies_at: Some(Instant::now() + life) };
    }
    let point = POINTS[random.index(POINTS.len())];
    Doomed { process: Process::start_until(function, domain, &[], point, 1, Action::Kill), dies_at: None }
}

/// What was seen of one process.
struct Seen {
    set: CounterSet,
    frames: i64,
    bytes: i64,
    errors: u64,
    was_dead: bool,
}

impl Seen {
    fn new(set: CounterSet) -> Self {
        Self { set, frames: 0, bytes: 0, errors: 0, was_dead: false }
    }

    fn owner(&self) -> EndpointId {
        self.set.owner().id
    }

    /// Looks again. What is read later was counted later.
    fn check(&mut self) {
        let is_dead = self.was_dead || !self.set.is_alive();
        let (mut frames, mut bytes) = (0, 0);
        for row in self.set.counters() {
            match &*row.label {
                "frames" => frames = row.value,
                "bytes" => bytes = row.value,
                other => panic!("nobody counts {other:?}"),
            }
        }
        let errors = self.set.errors().first().map_or(0, |error| error.count);
        let (now, before) = ((frames, bytes, errors), (self.frames, self.bytes, self.errors));
        assert!(now.0 >= before.0 && now.1 >= before.1 && now.2 >= before.2, "{now:?} after {before:?}");
        assert!(bytes >= 2 * (frames - 1), "{bytes} bytes of {frames} frames");
        assert!(!self.was_dead || now == before, "{now:?} after {before:?}, though it is dead");
        (self.frames, self.bytes, self.errors, self.was_dead) = (frames, bytes, errors, is_dead);
    }
}

#[test]
fn a_storm_of_kills_takes_no_count_back() {
    if std::env::var_os("SLOTCAST_TESTING_FUNCTION").is_some() {
        return;
    }
    let minutes: Option<u64> = variable("SLOTCAST_STORM_MINUTES");
    let (mut random, begin, domain) = (Random::of_this_run(), Instant::now(), TempDomain::new());
    let observer = Observer::new(&domain);
    let (mut crowd, mut seen, mut killed, mut counted) = (Vec::<Doomed>::new(), Vec::<Seen>::new(), 0, 0);
    loop {
        let is_over = minutes.map_or(killed >= KILLS, |minutes| begin.elapsed().as_secs() >= 60 * minutes);
        if is_over && crowd.is_empty() {
            break;
        }
        while !is_over && crowd.len() < CROWD {
            crowd.push(start(&domain, &mut random));
        }
        let sets = observer.counters_but(|id| seen.iter().any(|seen| seen.owner() == id)).unwrap();
        seen.extend(sets.into_iter().map(Seen::new));
        seen.iter_mut().for_each(Seen::check);
        if seen.len() > 3 * CROWD {
            counted += u64::from(seen.remove(0).frames > 0);
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
    seen.iter_mut().for_each(Seen::check);
    counted += seen.iter().filter(|seen| seen.frames > 0).count() as u64;
    println!("{killed} killed in {:?}: {counted} were seen to count", begin.elapsed());
    assert!(counted > 0);
    drop(seen);
    domain.clean().unwrap();
    assert_nothing_left(&domain);
}
