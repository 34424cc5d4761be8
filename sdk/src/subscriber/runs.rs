//! Reading many small messages at once: a run of each publisher in turn.
//!
//! It is the [fast path](super::source) without a record for each message, and what was read is
//! reported once for a run; for each message where a publisher may wait for that.

use super::source::{FastPath, Source};
use super::sources::Sources;
use crate::protocol::cursor::{Cursor, Step};
use crate::protocol::ring::Reader;
use crate::record::Received;
use crate::registry::TopicAccess;
use crate::shm::{ControlPage, Line};

/// What passing messages on gave; see [`Sources::take_runs`].
pub(crate) enum Run {
    /// This many were passed on, at least one.
    Taken(usize),
    Nothing,
    /// There may be more to do.
    Slow,
}

/// How many messages of one publisher are passed on in a row.
const RUN: usize = 16;
/// How often, and after how many pauses, it is checked whether a publisher has gained a lead.
const LOOKS: usize = 4;
const PAUSES: usize = 4;
/// How many messages one call passes on at most: rare conditions are checked between calls.
const RUNS: usize = 64 * RUN;

/// A cursor that is kept in registers while it moves. Whatever ends that, also a panic, it is put
/// back, and what was read is reported: a publisher may wait for that.
struct Moving<'a> {
    now: Cursor,
    home: &'a mut Cursor,
    control: Option<&'a ControlPage>,
    line: Line,
}

impl Moving<'_> {
    /// Reports that messages were read.
    #[inline(always)]
    fn report(&self) {
        if let Some(control) = self.control {
            control.set_cursor(self.line, self.now.next());
        }
    }
}

impl Drop for Moving<'_> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.now.next() != self.home.next() {
            *self.home = self.now;
            self.report();
        }
    }
}

impl<P: TopicAccess> Sources<P> {
    /// Copies small messages into `buffer`, each after the other, and passes them to `accept`, up
    /// to `most` of them, as long as the fast path applies. `words` returns the buffer's words.
    /// What is not accepted stays unread.
    ///
    /// Publishers are read in turn, some messages each.
    #[inline(always)]
    pub(super) fn take_runs<B>(
        &mut self,
        payload: usize,
        most: usize,
        buffer: &mut B,
        words: impl Fn(&mut B) -> &mut [u64],
        accept: &mut impl FnMut(&mut B, &Received) -> bool,
    ) -> Run {
        debug_assert_eq!(payload, self.payload);
        if self.discovery.needs_attention(&*self.topic) || self.is_succession {
            return Run::Slow;
        }
        let most = most.min(RUNS);
        let (mut count, mut empty) = (0, 0);
        while count < most && empty < self.attached.len() {
            let turn = if self.turn < self.attached.len() { self.turn } else { 0 };
            let source = &mut self.attached[turn];
            let run = match source.fast_path {
                FastPath::Ring => {
                    let control = self.control.as_deref();
                    source.copy_run(control, payload, RUN.min(most - count), buffer, &words, accept)
                }
                FastPath::Off | FastPath::Pool => None,
            };
            let Some(taken) = run else {
                // With the general way next time, which begins with this source.
                return if count > 0 { Run::Taken(count) } else { Run::Slow };
            };
            self.turn = turn + 1;
            if taken > 0 && source.is_settling_due() {
                self.settle(turn, false);
            }
            (count, empty) = (count + taken, if taken > 0 { 0 } else { empty + 1 });
        }
        if count > 0 { Run::Taken(count) } else { Run::Nothing }
    }
}

impl Source {
    /// Copies up to `most` messages out of the ring on the fast path, which applies, and passes
    /// them to `accept`. Returns how many were accepted, or `None` if none was and the fast path
    /// does not apply any more. Ends when lossless delivery requires something to be settled.
    #[inline(always)]
    pub(super) fn copy_run<B>(
        &mut self,
        control: Option<&ControlPage>,
        payload: usize,
        most: usize,
        buffer: &mut B,
        words: impl Fn(&mut B) -> &mut [u64],
        accept: &mut impl FnMut(&mut B, &Received) -> bool,
    ) -> Option<usize> {
        debug_assert_eq!(self.fast_path, FastPath::Ring);
        let (reader, has_time, publisher) = (self.segment.reader(), self.segment.timestamps(), self.peer.id);
        if most == RUN && self.is_stream {
            self.let_publisher_gain_a_lead(&reader);
        }
        let is_awaited = self.grant.is_requested();
        let mut moving = Moving { now: self.cursor, home: &mut self.cursor, control, line: self.line };
        let (mut count, mut is_empty, mut is_fast, mut must_settle) = (0, false, true, false);
        while count < most && is_fast && !is_empty && !must_settle {
            let before = moving.now;
            match moving.now.step_fast(&reader, payload, &mut words(buffer)[..payload.div_ceil(8)]) {
                Some(Step::Message { sequence, time }) => {
                    let time = has_time.then_some(time);
                    is_fast = accept(buffer, &Received { publisher, sequence, time, lost_before: 0 });
                    if is_fast {
                        count += 1;
                    } else {
                        moving.now = before;
                    }
                    if is_awaited && is_fast {
                        moving.report();
                        must_settle = self.grant.is_settling_due(moving.now.next());
                    }
                }
                Some(_) => is_empty = true,
                None => is_fast = false,
            }
        }
        drop(moving);
        self.is_stream = count == RUN;
        let is_done = count > 0 || is_fast && !(is_empty && self.must_settle());
        is_done.then_some(count)
    }

    /// Waits for a moment until there is another run to read, if there are some messages of it.
    ///
    /// A reader that follows right behind takes from its publisher the line that is being written,
    /// and the next ones, which its processor reads ahead: streams of 8 bytes were a third as fast.
    #[inline]
    fn let_publisher_gain_a_lead(&self, reader: &Reader<'_>) {
        let next = self.cursor.next();
        for _ in 0..LOOKS {
            if !reader.still_holds(next) || reader.still_holds(next + RUN as u64 - 1) {
                return;
            }
            for _ in 0..PAUSES {
                std::hint::spin_loop();
            }
        }
    }
}
