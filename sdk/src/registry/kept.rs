//! What is kept of an endpoint beyond its end: a value that survives its writer.
//!
//! The endpoint's memory is in a file. Both this file and the endpoint's entry get a second name:
//! `k-<id>`, and `kept`, of which a topic has one. So the files of the dead are removed as ever, and
//! these names stay. They keep the topic's directory, too. They go when something else is kept,
//! when nothing is to be kept any more, or by request.
//!
//! `kept` is given last, by a rename, and names which memory is meant. So at each moment what is
//! kept is whole: what was kept before, or what is kept now.

use super::entry::{self, EndpointId, Peer};
use super::names;
use crate::sys::file;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

/// Returns what is kept in a topic's directory, if that can be used. Its owner may live.
pub(super) fn open(directory: &OwnedFd, path: &Path) -> Option<Peer> {
    let status = file::status_at(directory, names::KEPT).ok()??;
    if !status.is_regular {
        return None;
    }
    let file = file::open(directory, names::KEPT).ok()??;
    entry::read(names::KEPT, &path.join(names::KEPT), file).ok()?.ok()
}

/// Returns whether anything is kept in a topic's directory.
pub(super) fn is_any(directory: &OwnedFd) -> bool {
    file::status_at(directory, names::KEPT).is_ok_and(|status| status.is_some())
}

/// Removes the memory that is kept, but that of one endpoint.
pub(super) fn remove_memory(directory: &OwnedFd, but: Option<EndpointId>) -> io::Result<()> {
    let but = but.map(names::kept_memory);
    for name in file::names(directory)? {
        if name == names::KEPT_NEXT || names::is_kept_memory(&name) && Some(&name) != but.as_ref() {
            file::unlink(directory, &name)?;
        }
    }
    Ok(())
}
