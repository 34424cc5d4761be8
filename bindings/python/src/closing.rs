//! What tells event loops that a handle was closed.

use std::net::Shutdown;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;

/// A descriptor that becomes readable, once and for all, when [`fire`](Self::fire) is called. It
/// exists from when it is first asked for.
#[derive(Default)]
pub(crate) struct Closing(OnceLock<(UnixStream, UnixStream)>);

impl Closing {
    /// Returns the descriptor, which lives as long as this.
    pub(crate) fn descriptor(&self) -> std::io::Result<RawFd> {
        if let Some((_, watched)) = self.0.get() {
            return Ok(watched.as_raw_fd());
        }
        let pair = UnixStream::pair()?;
        let (_, watched) = self.0.get_or_init(|| pair); // another thread may have been faster
        Ok(watched.as_raw_fd())
    }

    pub(crate) fn fire(&self) {
        if let Some((ours, _)) = self.0.get() {
            let _ = ours.shutdown(Shutdown::Both); // fails only if it was shut down before
        }
    }
}
