//! Skipping to the newest message, between two messages: readers of latest values do.

use super::core::SubscriberCore;
use super::source::FastPath;
use super::sources::Sources;
use crate::registry::TopicAccess;

impl<P: TopicAccess> Sources<P> {
    /// Returns whether there is a single publisher, from which nothing has come since its last message,
    /// and nothing else is to be done. A few loads.
    #[inline(always)]
    fn is_unchanged(&self) -> bool {
        if self.discovery.needs_attention(&*self.topic) {
            return false;
        }
        let [source] = self.attached.as_slice() else { return false };
        let is_in_order = source.fast_path != FastPath::Off && !source.must_settle();
        is_in_order && source.segment.reader().is_to_come(source.cursor.next())
    }

    /// Moves the cursors beyond all messages but the newest of each publisher. Returns how many
    /// publishers have one that was not read.
    #[inline]
    fn skip_to_newest(&mut self) -> usize {
        let mut unread = 0;
        for source in &mut self.attached {
            let head = source.segment.reader().head();
            let behind = head.saturating_sub(source.cursor.next());
            unread += usize::from(behind > 0);
            if behind > 1 {
                source.cursor.skip_to_newest(head);
                source.fast_path = FastPath::Off; // the next read says how many were skipped
            }
        }
        unread
    }
}

impl SubscriberCore {
    /// Returns whether the next call would find nothing, if that is certain without it.
    #[inline(always)]
    pub(crate) fn is_unchanged(&mut self) -> bool {
        !self.recheck.count() && self.readiness.is_none() && !self.is_forked_copy() && self.sources.is_unchanged()
    }

    #[inline]
    pub(crate) fn skip_to_newest(&mut self) -> usize {
        self.sources.skip_to_newest()
    }
}
