//! How often to look for messages. Publishers do not know about observers and cannot wake them, so
//! they poll: often enough to lose nothing, and seldom enough to cost next to nothing.

use std::time::Duration;

const SHORTEST: Duration = Duration::from_micros(100);
const LONGEST: Duration = Duration::from_millis(20);
/// Until it is known how fast messages come.
const FIRST: Duration = Duration::from_millis(1);

/// The time between two looks.
pub(crate) struct Pace {
    pause: Duration,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { pause: FIRST }
    }

    /// Returns how long to pause after a look. `fill` is how many messages were found, in
    /// thousandths of what the publisher keeps; of several publishers the greatest. As many come in
    /// a pause as fill an eighth to a quarter of that.
    pub(crate) fn after(&mut self, fill: u64) -> Duration {
        if fill > 250 {
            self.pause /= 2;
        } else if fill <= 125 {
            self.pause = self.pause * 5 / 4;
        }
        self.pause = self.pause.clamp(SHORTEST, LONGEST);
        self.pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the pause at which it settles with so many messages a second.
    fn settled(rate: f64, depth: u64) -> f64 {
        let mut pace = Pace::new();
        let mut pause = FIRST;
        for _ in 0..100 {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
            let found = (pause.as_secs_f64() * rate) as u64;
            pause = pace.after(found * 1000 / depth);
        }
        pause.as_secs_f64()
    }

    #[test]
    fn a_pause_is_as_long_as_the_depth_allows() {
        assert_eq!(settled(0.0, 1), LONGEST.as_secs_f64());
        assert_eq!(settled(100.0, 64), LONGEST.as_secs_f64());
        for rate in [1e3, 1e4, 1e5] {
            let found = settled(rate, 64) * rate;
            assert!((4.0..=20.0).contains(&found), "{rate} a second: {found} at a time");
        }
        assert_eq!(settled(1e9, 64), SHORTEST.as_secs_f64());
    }
}
