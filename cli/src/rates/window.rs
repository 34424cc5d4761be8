use super::Period;
use std::collections::VecDeque;
use std::time::Duration;

/// How much longer than the mean interval a silence must be to show that messages have stopped.
const SILENCE: u32 = 3;

/// The last periods of a topic, as many as are needed for a number of messages.
#[derive(Debug)]
pub(crate) struct Window {
    /// How many messages are wanted.
    messages: u64,
    periods: VecDeque<(Period, Duration)>,
    /// How long no message has come, in whole periods.
    silent_for: Duration,
}

impl Window {
    /// Creates an empty window, over at least `messages` messages.
    pub(crate) fn new(messages: u64) -> Self {
        Self { messages, periods: VecDeque::new(), silent_for: Duration::ZERO }
    }

    /// Adds the newest period, and removes those that are not needed any more.
    pub(crate) fn push(&mut self, period: Period, time: Duration) {
        self.silent_for = if period.messages == 0 { self.silent_for + time } else { Duration::ZERO };
        self.periods.push_back((period, time));
        let is_over = |mean: Duration| self.silent_for > mean * SILENCE;
        if self.mean_interval().is_some_and(is_over) {
            self.periods.drain(..self.periods.len() - 1);
        }
        let each = self.periods.iter().map(|(period, _)| period.messages);
        let mut messages = each.fold(0, u64::saturating_add);
        while self.periods.len() > 1
            && let Some((oldest, _)) = self.periods.front()
            && messages.saturating_sub(oldest.messages) >= self.messages
        {
            messages = messages.saturating_sub(oldest.messages);
            self.periods.pop_front();
        }
        // Without messages it would grow for ever.
        while self.periods.len() > 1 && self.periods.front().is_some_and(|(oldest, _)| oldest.messages == 0) {
            self.periods.pop_front();
        }
    }

    /// Returns the mean interval between messages before the last silence.
    fn mean_interval(&self) -> Option<Duration> {
        let (period, time) = self.whole();
        let messages = u32::try_from(period.messages.min(u32::MAX.into())).ok()?;
        time.saturating_sub(self.silent_for).checked_div(messages)
    }

    /// Returns whether no message was published in it: none for much longer than the usual
    /// interval.
    pub(super) fn is_empty(&self) -> bool {
        self.periods.iter().all(|(period, _)| period.messages == 0)
    }

    /// Returns all that has happened in it, and how long it is.
    pub(crate) fn whole(&self) -> (Period, Duration) {
        let mut whole = (Period::default(), Duration::ZERO);
        for (period, time) in &self.periods {
            whole.0.extend(period);
            whole.1 += *time;
        }
        whole
    }

    /// Returns how long no message has come, in whole periods.
    pub(crate) fn silent_for(&self) -> Duration {
        self.silent_for
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn counts(wanted: u64, seconds: &[u64]) -> (u64, Duration) {
        let mut window = Window::new(wanted);
        for &messages in seconds {
            window.push(Period { messages, ..Period::default() }, SECOND);
        }
        let (period, time) = window.whole();
        (period.messages, time)
    }

    #[test]
    fn it_spans_as_many_periods_as_the_messages_need() {
        assert_eq!(counts(10, &[]), (0, Duration::ZERO));
        assert_eq!(counts(10, &[100, 200, 300]), (300, SECOND));
        assert_eq!(counts(10, &[1; 30]), (10, 10 * SECOND));
        assert_eq!(counts(1000, &[100, 200, 300]), (600, 3 * SECOND));
        // One message in two seconds: every other period has none.
        assert_eq!(counts(3, &[1, 0, 1, 0, 1, 0, 1, 0]), (3, 6 * SECOND));
    }

    #[test]
    fn it_is_empty_soon_after_messages_have_stopped() {
        assert_eq!(counts(10, &[1000, 0]), (0, SECOND));
        assert_eq!(counts(10, &[1, 1, 1, 0, 0, 0]), (3, 6 * SECOND));
        assert_eq!(counts(10, &[1, 1, 1, 0, 0, 0, 0]), (0, SECOND));
        assert_eq!(counts(10, &[0; 1000]), (0, SECOND));
        assert_eq!(counts(10, &[0, 0, 5]), (5, SECOND));
    }
}
