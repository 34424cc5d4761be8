//! Opening a publisher: its memory is mapped, and where to start reading it is decided.

use crate::endpoint::AttachReason;
use crate::protocol::cursor::{self, Cursor};
use crate::protocol::grant::Found;
use crate::registry::{EndpointId, Peer, TopicAccess};
use crate::shm::{Content, ControlPage, Expected, Line, SegmentError, SegmentView};
use std::sync::Arc;

/// Which message of a publisher is read first. If the publisher has granted lossless delivery from
/// an earlier one on, that one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StartAt {
    /// Its first one, since the subscriber joined before it. If the publisher comes from a
    /// directory that was removed: its first one since then.
    First,
    /// The next one that it publishes, or up to `history` messages before that.
    Head { history: u64 },
}

/// How publishers are opened.
#[derive(Clone, Copy)]
pub(super) struct Opening<'a> {
    pub(super) content: Content,
    /// The size of what a cell of a ring contains, in bytes.
    pub(super) payload: usize,
    pub(super) start_at: StartAt,
    /// The subscriber that requests lossless delivery, if it does.
    pub(super) request: Option<EndpointId>,
    pub(super) control: Option<&'a ControlPage>,
}

/// What was opened of a publisher.
pub(super) struct Opened {
    pub(super) segment: Arc<SegmentView>,
    pub(super) cursor: Cursor,
    pub(super) line: Line,
}

impl Opening<'_> {
    /// Maps the memory of a publisher, and takes a line of the control page for it.
    pub(super) fn open(self, topic: &dyn TopicAccess, peer: &Peer) -> Result<Opened, AttachReason> {
        let memory = peer.memory.as_ref().ok_or(AttachReason::NoMemory)?;
        let expected = Expected { id: peer.id, hash: peer.hash, content: self.content, payload: self.payload };
        let segment = Arc::new(SegmentView::open(topic, memory, &expected)?);
        let Some(cursor) = self.cursor(&segment, peer) else {
            return Err(SegmentError::Shape("its head is beyond every sequence".into()).into());
        };
        let line = self.control.map_or(Line::NONE, |control| control.open_line(peer.id, cursor.next()));
        Ok(Opened { segment, cursor, line })
    }

    /// Returns `None` if no publisher could have come to its head.
    fn cursor(self, segment: &SegmentView, peer: &Peer) -> Option<Cursor> {
        let head = segment.reader().head();
        let (from, history) = match self.start_at {
            // There is a head before there is an entry, so a first sequence after it is invalid.
            StartAt::First => (peer.qos.first_sequence.min(head), 0),
            StartAt::Head { history } => (head, history),
        };
        let granted = self.request.and_then(|id| segment.grants().find(id.halves()));
        let cursor = cursor::join(from, history, segment.geometry().depth())?;
        Some(match granted {
            Some(Found::Granted { start, .. }) if start < cursor.next() => Cursor::at(start),
            // It was not there for what was withdrawn, unless it was for all of them.
            _ if matches!(self.start_at, StartAt::First) => cursor,
            _ => cursor.after_withdrawn(&segment.reader(), head),
        })
    }
}
