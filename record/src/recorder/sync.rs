//! The thread that brings what was written to the disk: `fdatasync` can take long, and neither
//! receiving nor writing waits for it.

use super::RecordError;
use super::status::Shared;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Brings the file that is written to the disk again and again, until the other side of `end` is
/// dropped.
pub(super) fn run(every: Duration, end: &Receiver<()>, shared: &Arc<Shared>) {
    while end.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
        let Some((file, path)) = shared.file() else { continue };
        if let Err(reason) = file.sync_data() {
            return shared.fail(RecordError::Sync { file: path, reason });
        }
    }
}
