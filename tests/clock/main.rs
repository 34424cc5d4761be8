//! The time of a domain between real processes: who follows a source, and what is said when it ends.

mod hostile;

use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{Clock, ClockChange, ClockSource, CreateError, Domain, Observer, SleepEnd};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const SECOND: u64 = 1_000_000_000;

fn real() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap()
}

/// Asks a clock until it follows a source.
#[track_caller]
fn wait_for_source(clock: &mut Clock) {
    let begun = Instant::now();
    while clock.last_change() != Some(ClockChange::Started) {
        clock.now().unwrap();
        assert!(begun.elapsed() < PATIENCE, "no source is noticed");
    }
}

/// Arguments: the time, the rate, the limit. Is a source until it is told to end.
#[test]
fn child_says_the_time() {
    testing::process(|script| {
        let time = script.argument(0);
        let mut source = ClockSource::in_domain(script.domain(), time).unwrap();
        source.run_until(time, script.argument(1), script.argument(2)).unwrap();
        script.say("ready");
        script.hear("end");
    });
}

/// Sleeps until each time that it is told, until that is 0. Says how the sleep has ended, and when.
#[test]
fn child_sleeps() {
    testing::process(|script| {
        let mut clock = Clock::in_domain(script.domain());
        wait_for_source(&mut clock);
        for argument in 0.. {
            let time = script.argument(argument);
            if time == 0 {
                break;
            }
            script.say("asleep");
            let end = clock.sleep_until(time).unwrap();
            script.say(&format!("{end:?} at {}", clock.now().unwrap()));
        }
    });
}

fn source(domain: &Domain, time: u64, rate: u64, limit: u64) -> Process {
    let arguments = [time, rate, limit].map(|number| number.to_string());
    let mut process = Process::start("child_says_the_time", domain, &arguments.each_ref().map(String::as_str));
    process.expect("ready");
    process
}

#[test]
fn an_unused_clock_is_real_and_leaves_no_trace() {
    let domain = TempDomain::new();
    let mut clock = Clock::in_domain(&domain);
    let before = real();
    let times = [clock.now().unwrap(), clock.now().unwrap()];
    assert!(times.is_sorted() && before <= times[0] && times[1] <= real());
    let end = clock.sleep(Duration::from_millis(50)).unwrap();
    assert!(end == SleepEnd::Reached && clock.now().unwrap() >= times[1] + 50_000_000);
    assert_eq!((clock.changes(), clock.source().unwrap()), (0, None));
    assert_eq!(domain.topics().unwrap(), []);
    // Neither does one that has followed a source, once that is gone.
    drop(ClockSource::in_domain(&domain, 5).unwrap());
    let source = ClockSource::in_domain(&domain, 7).unwrap();
    wait_for_source(&mut clock);
    assert_eq!(clock.now().unwrap(), 7);
    drop(source);
    assert!(clock.now().unwrap() > before);
    assert_eq!(clock.last_change(), Some(ClockChange::Left));
    assert_eq!(domain.topics().unwrap(), []);
}

#[test]
fn a_clock_follows_another_process_within_the_promised_time() {
    let domain = TempDomain::new();
    let mut clock = Clock::in_domain(&domain);
    clock.now().unwrap();
    let mut other = source(&domain, 5 * SECOND, 0, 0);
    std::thread::sleep(Clock::NOTICED_WITHIN);
    assert_eq!(clock.now().unwrap(), 5 * SECOND);
    assert_eq!(clock.source().unwrap().expect("it lives").pid, other.id());
    other.tell("end");
    other.finish();
    assert!(clock.now().unwrap() > 5 * SECOND);
    assert_eq!((clock.changes(), clock.last_change()), (2, Some(ClockChange::Left)));
}

#[test]
fn time_passes_at_its_rate_and_stops_at_its_limit_even_if_the_source_stands_still() {
    let domain = TempDomain::new();
    let mut other = source(&domain, SECOND, 100, 11 * SECOND);
    let mut clock = Clock::in_domain(&domain);
    let (first, begun) = (clock.now().unwrap(), Instant::now());
    other.stop();
    assert!((SECOND..=11 * SECOND).contains(&first));
    assert_eq!(clock.sleep_until(11 * SECOND).unwrap(), SleepEnd::Reached);
    // 10 s at a rate of 100, of which some had passed.
    let passed = u64::try_from(begun.elapsed().as_nanos()).unwrap();
    assert!(passed >= (11 * SECOND - first) / 100, "{passed} ns");
    let end = clock.sleep_until_timeout(11 * SECOND + 1, Duration::from_millis(60)).unwrap();
    assert_eq!((end, clock.now().unwrap()), (SleepEnd::TimedOut, 11 * SECOND));
}

#[test]
fn a_sleep_in_another_process_follows_steps_and_reports_a_jump() {
    let domain = TempDomain::new();
    let mut source = ClockSource::in_domain(&domain, 100).unwrap();
    let mut other = Process::start("child_sleeps", &domain, &["300", "1000", "0"]);
    other.expect("asleep");
    for time in [200, 299, 300] {
        source.set(time).unwrap();
    }
    other.expect("Reached at 300");
    other.expect("asleep");
    // It sleeps until 1000: the recording begins again.
    let begun = Instant::now();
    while source.clocks().unwrap().is_empty() {
        assert!(begun.elapsed() < PATIENCE);
    }
    source.set(100).unwrap();
    other.expect("Changed(Jumped { from: 300, to: 100 }) at 100");
    other.finish();
}

#[test]
fn a_killed_source_ends_sleeps_with_a_clear_outcome() {
    let domain = TempDomain::new();
    for rate in [0, 1] {
        let mut other = source(&domain, SECOND, rate, if rate == 0 { 0 } else { u64::MAX });
        let mut clock = Clock::in_domain(&domain);
        wait_for_source(&mut clock);
        let sleeping = std::thread::spawn(move || {
            let end = clock.sleep_until(1_000_000 * SECOND).unwrap();
            (end, clock)
        });
        other.kill();
        let (end, mut clock) = sleeping.join().unwrap();
        assert_eq!(end, SleepEnd::Changed(ClockChange::Died));
        let (now, time) = (real(), clock.now().unwrap());
        assert!(time >= now && clock.source().unwrap().is_none());
        // What it has left is removed.
        assert_eq!(domain.topics().unwrap(), []);
        // A clock that comes later does not even notice that there was one.
        assert!(Clock::in_domain(&domain).now().unwrap() >= now);
    }
}

#[test]
fn another_source_is_refused_until_the_first_is_killed() {
    let domain = TempDomain::new();
    let mut other = source(&domain, SECOND, 0, 0);
    let error = ClockSource::in_domain(&domain, 0).unwrap_err();
    assert!(matches!(error, CreateError::Exclusive { .. }), "{error}");
    assert!(error.to_string().contains(&format!("pid {}", other.id())), "{error}");
    let mut clock = Clock::in_domain(&domain);
    wait_for_source(&mut clock);
    other.kill();
    let second = ClockSource::in_domain(&domain, 7).unwrap();
    let begun = Instant::now();
    while clock.now().unwrap() != 7 {
        assert!(begun.elapsed() < PATIENCE);
    }
    assert_eq!(clock.last_change(), Some(ClockChange::Started));
    drop(second);
}

#[test]
fn a_sleep_that_began_in_real_time_ends_when_a_source_comes() {
    let domain = TempDomain::new();
    let mut clock = Clock::in_domain(&domain);
    let time = clock.now().unwrap() + 3600 * SECOND;
    let sleeping = std::thread::spawn(move || clock.sleep_until(time).unwrap());
    let _source = ClockSource::in_domain(&domain, 7).unwrap();
    assert_eq!(sleeping.join().unwrap(), SleepEnd::Changed(ClockChange::Started));
}

#[test]
fn tools_see_what_the_source_says() {
    let domain = TempDomain::new();
    let _source = ClockSource::in_domain(&domain, 7).unwrap();
    let topic = Observer::new(&domain).topic(domain.topics().unwrap()[0].clone()).unwrap().expect("it exists");
    let mut reader = topic.read(1).unwrap();
    let value = reader.try_recv().unwrap().expect("it was said").value().unwrap();
    assert!(format!("{value:?}").contains("time"), "{value:?}");
}
