//! Intervals, and waits that end by themselves.

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
fn an_interval_is_told_on_its_beat() {
    let mut set = WaitSet::new().unwrap();
    let start = Instant::now();
    let key = set.interval(PERIOD).unwrap();
    let mut told = 0;
    while told < 20 {
        told += periods(wait_for(&mut set, key));
        assert!(start.elapsed() >= PERIOD * u32::try_from(told).unwrap(), "{told} periods too early");
    }
    assert!(start.elapsed() < PATIENCE);
}

#[test]
fn periods_that_were_missed_are_counted_at_once() {
    let mut set = WaitSet::new().unwrap();
    let start = Instant::now();
    let key = set.interval(PERIOD).unwrap();
    std::thread::sleep(20 * PERIOD);
    let counted = periods(wait_for(&mut set, key));
    assert!(counted >= 20, "{counted}");
    // The next one is on the beat.
    let told = counted + periods(wait_for(&mut set, key));
    assert!(start.elapsed() >= PERIOD * u32::try_from(told).unwrap());
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
fn an_interval_longer_than_the_wait_is_told_by_a_later_one() {
    let mut set = WaitSet::new().unwrap();
    let key = set.interval(20 * PERIOD).unwrap();
    let mut waits = 0;
    let told = loop {
        waits += 1;
        if let [told] = set.wait_timeout(PERIOD).unwrap() {
            break *told;
        }
    };
    assert_eq!((told.key, told.kind, waits > 2), (key, ReadyKind::Interval { periods: 1 }, true));
}

#[test]
fn no_time_is_refused_and_all_time_is_never() {
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
    let mut told = 0;
    while told < 50 {
        told += periods(wait_for(&mut set, tick));
    }
    let (slept, most) = (sleeps() - before, start.elapsed().as_nanos() / PERIOD.as_nanos());
    assert!(u128::from(slept) <= 2 * most + 10, "{slept} sleeps for {most} periods");
}
