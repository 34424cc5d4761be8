//! Intervals, and waits that time out.

use crate::{assert_silent, sleeps, wait_for};
use slotcast::testing::PATIENCE;
use slotcast::{ReadyKind, WaitError, WaitSet};
use std::time::{Duration, Instant};

const PERIOD: Duration = Duration::from_millis(5);

fn periods(kind: ReadyKind) -> u64 {
    let ReadyKind::Interval { periods } = kind else { panic!("{kind:?}") };
    periods
}

#[test]
fn an_interval_is_reported_on_schedule() {
    let mut set = WaitSet::new().unwrap();
    let start = Instant::now();
    let key = set.interval(PERIOD).unwrap();
    let mut reported = 0;
    while reported < 20 {
        reported += periods(wait_for(&mut set, key));
        assert!(start.elapsed() >= PERIOD * u32::try_from(reported).unwrap(), "{reported} periods too early");
    }
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn missed_periods_are_counted_together() {
    let mut set = WaitSet::new().unwrap();
    let start = Instant::now();
    let key = set.interval(PERIOD).unwrap();
    std::thread::sleep(20 * PERIOD);
    let counted = periods(wait_for(&mut set, key));
    assert!(counted >= 20, "{counted}");
    // The next one is on schedule.
    let reported = counted + periods(wait_for(&mut set, key));
    assert!(start.elapsed() >= PERIOD * u32::try_from(reported).unwrap());
}

#[test]
fn a_wait_ends_when_its_time_is_over_and_not_before() {
    let mut set = WaitSet::new().unwrap();
    let (_, _trigger) = set.trigger().unwrap();
    for time in [0, 1, 100, 1_500, 20_000].map(Duration::from_micros) {
        let start = Instant::now();
        assert!(set.wait_timeout(time).unwrap().is_empty());
        assert!(start.elapsed() >= time, "{:?} for {time:?}", start.elapsed());
        assert!(start.elapsed() < PATIENCE);
    }
    assert!(set.wait_deadline(Instant::now()).unwrap().is_empty());
    assert_silent(&mut set);
}

#[test]
fn an_interval_longer_than_a_wait_is_reported_by_a_later_wait() {
    let mut set = WaitSet::new().unwrap();
    let key = set.interval(20 * PERIOD).unwrap();
    let mut waits = 0;
    let reported = loop {
        waits += 1;
        if let [reported] = set.wait_timeout(PERIOD).unwrap() {
            break *reported;
        }
    };
    assert_eq!((reported.key, reported.kind, waits > 2), (key, ReadyKind::Interval { periods: 1 }, true));
}

#[test]
fn a_zero_interval_is_refused_and_an_endless_one_never_ends() {
    let mut set = WaitSet::new().unwrap();
    let refused = set.interval(Duration::ZERO);
    assert!(matches!(refused, Err(WaitError::Zero("an interval"))), "{refused:?}");
    set.interval(Duration::MAX).unwrap();
    assert_silent(&mut set);
}

#[test]
fn a_set_of_clocks_sleeps() {
    let mut set = WaitSet::new().unwrap();
    let tick = set.interval(PERIOD).unwrap();
    set.interval(100 * PATIENCE).unwrap();
    let (before, start) = (sleeps(), Instant::now());
    let mut reported = 0;
    while reported < 50 {
        reported += periods(wait_for(&mut set, tick));
    }
    let (slept, most) = (sleeps() - before, start.elapsed().as_nanos() / PERIOD.as_nanos());
    assert!(u128::from(slept) <= 2 * most + 10, "{slept} sleeps for {most} periods");
}
