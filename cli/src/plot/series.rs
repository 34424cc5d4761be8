use slotcast::dynamic::Accessor;
use std::collections::VecDeque;

/// How many points of time of the whole span are told apart.
const BUCKETS: f64 = 1000.0;

/// A field, and its values over time.
#[derive(Debug)]
pub(crate) struct Series {
    /// Its path.
    pub(super) name: String,
    accessor: Accessor,
    buckets: VecDeque<Bucket>,
    /// The newest value, also one that cannot be drawn.
    pub(super) newest: Option<f64>,
}

/// The values in a short time: only the least and the greatest are drawn, so that no peak is lost,
/// however fast messages come.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    time: f64,
    least: f64,
    greatest: f64,
}

impl Series {
    /// Creates a series without values.
    pub(super) fn new(name: String, accessor: Accessor) -> Self {
        Self { name, accessor, buckets: VecDeque::new(), newest: None }
    }

    /// Adds the value of a message that was published at `time`, in seconds. What is older than
    /// `span` seconds is forgotten.
    pub(super) fn add(&mut self, time: f64, message: &[u8], span: f64) {
        let Some(value) = self.accessor.read_f64(message) else { return };
        self.newest = Some(value);
        if !value.is_finite() {
            return;
        }
        match self.buckets.back_mut() {
            Some(last) if time < last.time + span / BUCKETS => {
                (last.least, last.greatest) = (last.least.min(value), last.greatest.max(value));
            }
            _ => self.buckets.push_back(Bucket { time, least: value, greatest: value }),
        }
        while self.buckets.front().is_some_and(|first| first.time < time - span) {
            self.buckets.pop_front();
        }
    }

    /// Returns the points of the last `span` seconds before `now`, in seconds relative to `now`.
    pub(super) fn points(&self, now: f64, span: f64) -> Vec<(f64, f64)> {
        let mut points = Vec::new();
        for Bucket { time, least, greatest } in self.buckets.iter().filter(|bucket| bucket.time >= now - span) {
            points.push((time - now, *least));
            if least < greatest {
                points.push((time - now, *greatest));
            }
        }
        points
    }

    /// Forgets all values.
    pub(super) fn clear(&mut self) {
        self.buckets.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use slotcast::dynamic::Layout;

    #[test]
    fn peaks_are_kept_and_old_values_forgotten() {
        let layout = Layout::of::<f64>().unwrap();
        let mut series = Series::new("value".into(), layout.accessor("").unwrap());
        for (time, value) in [(0.0, 1.0), (0.001, 9.0), (0.002, -3.0), (0.003, 1.0), (5.0, 2.0), (6.0, f64::NAN)] {
            series.add(time, &f64::to_le_bytes(value), 10.0);
        }
        assert_eq!(series.points(5.0, 10.0), [(-5.0, -3.0), (-5.0, 9.0), (0.0, 2.0)]);
        assert_eq!(series.points(5.0, 1.0), [(0.0, 2.0)]);
        assert!(series.newest.is_some_and(f64::is_nan));
        series.add(12.0, &1.0_f64.to_le_bytes(), 10.0);
        assert_eq!(series.points(12.0, 100.0), [(-7.0, 2.0), (0.0, 1.0)]);
        series.clear();
        assert_eq!(series.points(12.0, 100.0), []);
    }
}
