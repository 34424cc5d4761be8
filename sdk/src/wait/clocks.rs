//! What a wait set reports because time has passed: intervals, and deadlines of subscribers.

use super::{EventFd, Key, Ready, ReadyKind};
use std::time::{Duration, Instant};

/// The intervals and deadlines of a set.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    intervals: Vec<(Key, Interval)>,
    deadlines: Vec<(Key, Deadline)>,
}

#[derive(Debug)]
struct Interval {
    period: Duration,
    /// When the next period ends, if that is not beyond all time.
    next: Option<Instant>,
}

#[derive(Debug)]
struct Deadline {
    event_fd: EventFd,
    time: Duration,
    /// What the subscriber had taken when that was last noted.
    taken: u64,
    /// When that was found to have changed, or when this was set.
    since: Instant,
    /// Whether it was missed and reported, and nothing has come since.
    is_reported: bool,
}

impl Clocks {
    pub(super) fn add_interval(&mut self, key: Key, period: Duration) {
        self.intervals.push((key, Interval { period, next: Instant::now().checked_add(period) }));
    }

    /// Sets a deadline. It replaces the one that the key had.
    pub(super) fn set_deadline(&mut self, key: Key, event_fd: &EventFd, time: Duration) {
        self.remove(key);
        let (event_fd, taken) = (event_fd.clone(), event_fd.taken());
        let deadline = Deadline { event_fd, time, taken, since: Instant::now(), is_reported: false };
        self.deadlines.push((key, deadline));
    }

    pub(super) fn remove(&mut self, key: Key) {
        self.intervals.retain(|(other, _)| *other != key);
        self.deadlines.retain(|(other, _)| *other != key);
    }

    /// Notes which subscribers have taken messages.
    pub(super) fn note_messages(&mut self, now: Instant) {
        self.deadlines.iter_mut().for_each(|(_, deadline)| deadline.note_messages(now));
    }

    /// Returns when there is something to report next.
    pub(super) fn next(&self) -> Option<Instant> {
        let intervals = self.intervals.iter().filter_map(|(_, interval)| interval.next);
        let deadlines = self.deadlines.iter().filter_map(|(_, deadline)| deadline.ends());
        intervals.chain(deadlines).min()
    }

    /// Reports what was due at `now`. The descriptors were polled after that, and `ready` contains
    /// those that are ready: a subscriber that has something to be read is not late.
    pub(super) fn report(&mut self, now: Instant, ready: &mut Vec<Ready>) {
        for (key, interval) in &mut self.intervals {
            if let Some(periods) = interval.take(now) {
                ready.push(Ready { key: *key, kind: ReadyKind::Interval { periods } });
            }
        }
        for (key, deadline) in &mut self.deadlines {
            if let Some(silence) = deadline.missed(now)
                && !ready.iter().any(|other| other.key == *key)
            {
                deadline.is_reported = true;
                ready.push(Ready { key: *key, kind: ReadyKind::Missed { silence } });
            }
        }
    }
}

impl Interval {
    /// Returns how many periods have ended, if any. The next one ends when it would have anyway.
    fn take(&mut self, now: Instant) -> Option<u64> {
        let late = now.checked_duration_since(self.next?)?;
        let (late, period) = (nanoseconds(late), nanoseconds(self.period));
        self.next = now.checked_add(Duration::from_nanos(period - late % period));
        Some(late / period + 1)
    }
}

/// Saturates at 584 years.
fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Deadline {
    fn note_messages(&mut self, now: Instant) {
        let taken = self.event_fd.taken();
        if taken != self.taken {
            (self.taken, self.since, self.is_reported) = (taken, now, false);
        }
    }

    fn ends(&self) -> Option<Instant> {
        if self.is_reported { None } else { self.since.checked_add(self.time) }
    }

    /// Returns how long no message has come, if that is too long and was not reported.
    fn missed(&mut self, now: Instant) -> Option<Duration> {
        // Messages that another thread has taken meanwhile count.
        self.note_messages(now);
        self.ends().filter(|end| *end <= now)?;
        Some(now.duration_since(self.since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERIOD: Duration = Duration::from_millis(10);

    fn reported(clocks: &mut Clocks, now: Instant) -> Vec<ReadyKind> {
        let mut ready = Vec::new();
        clocks.note_messages(now);
        clocks.report(now, &mut ready);
        ready.iter().map(|ready| ready.kind).collect()
    }

    #[test]
    fn periods_that_nobody_waited_for_are_counted_and_not_made_up_for() {
        let mut clocks = Clocks::default();
        clocks.add_interval(Key::next(), PERIOD);
        let start = clocks.next().unwrap();
        assert_eq!(reported(&mut clocks, start - Duration::from_nanos(1)), []);
        assert_eq!(reported(&mut clocks, start), [ReadyKind::Interval { periods: 1 }]);
        assert_eq!(clocks.next(), Some(start + PERIOD));
        assert_eq!(reported(&mut clocks, start + PERIOD * 7 / 2), [ReadyKind::Interval { periods: 3 }]);
        assert_eq!(clocks.next(), Some(start + PERIOD * 4), "in step with the first");
        assert_eq!(reported(&mut clocks, start + PERIOD * 7 / 2), []);
    }

    #[test]
    fn the_shortest_and_the_longest_period() {
        let mut clocks = Clocks::default();
        clocks.add_interval(Key::next(), Duration::MAX);
        assert_eq!(clocks.next(), None);
        clocks.add_interval(Key::next(), Duration::from_nanos(1));
        let start = clocks.next().unwrap();
        let second = start + Duration::from_secs(1);
        assert_eq!(reported(&mut clocks, second), [ReadyKind::Interval { periods: 1_000_000_001 }]);
        assert_eq!(clocks.next(), Some(second + Duration::from_nanos(1)));
    }

    #[test]
    fn a_deadline_is_missed_once_until_a_message_comes() {
        let mut clocks = Clocks::default();
        let event_fd = EventFd::new().unwrap();
        let key = Key::next();
        clocks.set_deadline(key, &event_fd, PERIOD);
        let start = clocks.next().unwrap() - PERIOD;
        assert_eq!(reported(&mut clocks, start + PERIOD - Duration::from_nanos(1)), []);
        assert_eq!(reported(&mut clocks, start + PERIOD), [ReadyKind::Missed { silence: PERIOD }]);
        assert_eq!((reported(&mut clocks, start + PERIOD * 9), clocks.next()), (vec![], None));
        event_fd.set_taken(1);
        assert_eq!(reported(&mut clocks, start + PERIOD * 10), []);
        event_fd.set_taken(3);
        assert_eq!(reported(&mut clocks, start + PERIOD * 11), []);
        assert_eq!(clocks.next(), Some(start + PERIOD * 12));
        assert_eq!(reported(&mut clocks, start + PERIOD * 14), [ReadyKind::Missed { silence: PERIOD * 3 }]);
        clocks.remove(key);
        event_fd.set_taken(4);
        assert_eq!((reported(&mut clocks, start + PERIOD * 99), clocks.next()), (vec![], None));
    }

    #[test]
    fn a_subscriber_with_something_to_read_is_not_silent() {
        let mut clocks = Clocks::default();
        let event_fd = EventFd::new().unwrap();
        let key = Key::next();
        clocks.set_deadline(key, &event_fd, PERIOD);
        let late = clocks.next().unwrap() + PERIOD;
        let messages = Ready { key, kind: ReadyKind::Messages };
        let mut ready = vec![messages];
        clocks.report(late, &mut ready);
        assert_eq!(ready, [messages]);
        // It was no message after all.
        assert_eq!(reported(&mut clocks, late), [ReadyKind::Missed { silence: PERIOD * 2 }]);
    }
}
