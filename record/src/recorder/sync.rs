//! The thread that brings what was written to the disk: `fdatasync` can take long, and neither
//! receiving nor writing waits for it.

use super::RecordError;
use super::status::Shared;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Brings a file to the disk again and again, until the other side of `end` is dropped.
pub(super) fn run(file: &File, path: PathBuf, every: Duration, end: &Receiver<()>, shared: &Arc<Shared>) {
    while end.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
        if let Err(reason) = file.sync_data() {
            return shared.fail(RecordError::Sync { file: path, reason });
        }
    }
}
