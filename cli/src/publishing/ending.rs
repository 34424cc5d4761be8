//! How publishing ends: not before those that are there have read all.

use crate::exit::Outcome;
use crate::output::{self, tell};
use crate::signals::Signals;
use anyhow::Result;
use slotcast::ReaderStatus;
use slotcast::dynamic::Publisher;
use std::time::{Duration, Instant};

/// How long subscribers have to read all.
const TIME_TO_READ: Duration = Duration::from_secs(5);
const SLICE: Duration = Duration::from_millis(5);

/// When publishing ends.
pub(crate) struct Ending {
    /// After how many messages.
    pub(crate) times: Option<u64>,
    /// How long the publisher stays after the last message, at least: observers and subscribers
    /// have to find it.
    pub(crate) keep_alive: Duration,
}

impl Ending {
    /// Ends a publisher after its subscribers have read all. Those that have not in five seconds
    /// are told.
    ///
    /// # Errors
    /// When the registry cannot be read.
    pub(super) fn end(self, publisher: Publisher, signals: &Signals) -> Result<Outcome> {
        let start = Instant::now();
        if signals.is_stopped() {
            return Ok(Outcome::Done); // by someone who does not want to wait
        }
        loop {
            let mut behind = publisher.readers()?;
            // One that has not begun is not known to have read anything.
            behind.retain(|reader| reader.unread != Some(0));
            let (has_read, waited) = (behind.is_empty(), start.elapsed());
            if signals.is_stopped() || has_read && waited >= self.keep_alive {
                return Ok(Outcome::Done);
            }
            if !has_read && waited >= TIME_TO_READ.max(self.keep_alive) {
                behind.iter().for_each(|reader| tell(reader, waited));
                return Ok(Outcome::No);
            }
            signals.wants_statistics(); // there is nothing to add to what was told
            signals.sleep(SLICE);
        }
    }
}

fn tell(reader: &ReaderStatus, waited: Duration) {
    let name = &reader.subscriber;
    match reader.unread {
        Some(unread) => tell!("{name} has not read {} in {waited:.1?}", output::count_u64(unread, "message")),
        None => tell!("{name} has not begun to read in {waited:.1?}"),
    }
}
