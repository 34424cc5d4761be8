//! Times that are in the messages themselves.

use crate::fields;
use crate::rates::{Distribution, Quantiles, WatchedTopic};
use anyhow::{Result, anyhow};
use slotcast::dynamic::{Accessor, Sample, Value};
use slotcast::observer::Reader;
use slotcast::{TopicName, now_ns};
use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

/// How many messages of a topic are read at a refresh.
const READ: usize = 10_000;
/// Later times are since 1970, and earlier ones since this machine was started: this many
/// nanoseconds are three years.
const SINCE_1970: u64 = 100_000_000_000_000_000;
const NANOSECONDS: u64 = 1_000_000_000;

/// Reads the time in a field of messages.
pub(super) struct Stamps {
    field: String,
    readers: HashMap<TopicName, (Reader, Accessor)>,
}

impl Stamps {
    /// Reads the field of this path.
    pub(super) fn new(field: String) -> Self {
        Self { field, readers: HashMap::new() }
    }

    /// Returns how long after the time in the field messages were published, of the messages since
    /// the last call that are still there. Returns `None` if there was none.
    ///
    /// # Errors
    /// When the topic cannot be read, its messages have no such field, or it is not a time.
    pub(super) fn delays(&mut self, topic: &WatchedTopic) -> Result<Option<Quantiles>> {
        let Some(observed) = topic.observed().filter(|_| topic.publishers() > 0) else {
            self.readers.remove(topic.name()); // another publisher may have another type
            return Ok(None);
        };
        if !self.readers.contains_key(topic.name()) {
            let reader = observed.read(u64::MAX)?;
            let accessor = fields::find(reader.layout(), &self.field)?;
            self.readers.insert(topic.name().clone(), (reader, accessor));
        }
        let Some((reader, accessor)) = self.readers.get_mut(topic.name()) else { return Ok(None) };
        let mut delays = Distribution::default();
        for sample in reader.try_iter().take(READ) {
            let sample = sample?;
            let value = accessor.read(sample.bytes())?;
            if let Some(value) = value {
                delays.add(delay(&sample, &value)?, 1);
            }
        }
        Ok(delays.quantiles())
    }
}

/// Returns how many nanoseconds after this time a message was published; 0, if it was before.
fn delay(message: &Sample, stamp: &Value) -> Result<u64> {
    let stamp = nanoseconds(stamp).ok_or_else(|| {
        anyhow!("{stamp} is not a time: that is a number of nanoseconds, of seconds as a float, or `sec` and `nanosec`")
    })?;
    let published = message.timestamp().ok_or_else(|| anyhow!("its messages do not carry when they were published"))?;
    if stamp < SINCE_1970 {
        return Ok(published.saturating_sub(stamp));
    }
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let age = u128::from(now_ns().saturating_sub(published));
    Ok(u64::try_from(since_1970.saturating_sub(age).saturating_sub(stamp.into()))?)
}

/// Returns a time in nanoseconds.
fn nanoseconds(value: &Value) -> Option<u64> {
    match value {
        Value::Int(nanoseconds) => u64::try_from(*nanoseconds).ok(),
        Value::F32(_) | Value::F64(_) => {
            let seconds = std::time::Duration::try_from_secs_f64(value.as_f64()?).ok()?;
            u64::try_from(seconds.as_nanos()).ok()
        }
        Value::Struct(_) => {
            let part = |names: [&str; 3]| {
                let found = names.iter().find_map(|name| value.get(name))?;
                u64::try_from(found.as_int()?).ok()
            };
            let seconds = part(["sec", "secs", "seconds"])?;
            seconds.checked_mul(NANOSECONDS)?.checked_add(part(["nanosec", "nsec", "nanoseconds"])?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_several_forms() {
        assert_eq!(nanoseconds(&Value::Int(5)), Some(5));
        assert_eq!(nanoseconds(&Value::Int(-5)), None);
        assert_eq!(nanoseconds(&Value::F64(1.5)), Some(1_500_000_000));
        assert_eq!(nanoseconds(&Value::F64(f64::NAN)), None);
        let ros = Value::from([("sec", 2_i32.into()), ("nanosec", 7_u32.into())]);
        assert_eq!(nanoseconds(&ros), Some(2_000_000_007));
        assert_eq!(nanoseconds(&Value::from([("x", 2_i32.into())])), None);
        assert_eq!(nanoseconds(&Value::from("now")), None);
    }
}
