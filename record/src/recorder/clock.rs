//! The times in a file.

use std::time::{SystemTime, UNIX_EPOCH};

/// Turns times of `CLOCK_MONOTONIC` into times since 1970. The difference is that of one moment:
/// when the machine's time is corrected during a recording, times in the file do not jump.
pub(crate) struct WallClock {
    offset: u64,
}

impl WallClock {
    pub(crate) fn now() -> Self {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let since_1970 = u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX);
        Self { offset: since_1970.saturating_sub(slotcast::now_ns()) }
    }

    pub(crate) fn at(&self, monotonic_ns: u64) -> u64 {
        self.offset.saturating_add(monotonic_ns)
    }
}
