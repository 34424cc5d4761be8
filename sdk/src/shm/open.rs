//! How the memory of another endpoint is opened and mapped.

use super::SegmentError;
use crate::registry::{EndpointId, Memory, MemoryEntry, TopicAccess};
use crate::sys::memory::ReadOnly;
use crate::sys::{file, sealed};
use std::os::fd::OwnedFd;

/// Opens and maps the memory of another endpoint, after its size and, where it has them, its seals were checked. It has at
/// least `header_bytes`.
pub(super) fn memory(
    topic: &dyn TopicAccess,
    owner: EndpointId,
    entry: &MemoryEntry,
    header_bytes: usize,
) -> Result<ReadOnly, SegmentError> {
    let Checked { file, size, is_whole } = check(topic, owner, entry, header_bytes)?;
    let memory = ReadOnly::map(&file, size).map_err(SegmentError::Map)?;
    // Memory without holes is brought into this process's page table. Touching a hole would allocate it.
    if is_whole {
        memory.populate(size).map_err(SegmentError::Map)?;
    }
    Ok(memory)
}

/// Does the same, but maps only the header.
pub(super) fn header(
    topic: &dyn TopicAccess,
    owner: EndpointId,
    entry: &MemoryEntry,
    header_bytes: usize,
) -> Result<ReadOnly, SegmentError> {
    let Checked { file, .. } = check(topic, owner, entry, header_bytes)?;
    ReadOnly::map(&file, header_bytes).map_err(SegmentError::Map)
}

struct Checked {
    file: OwnedFd,
    size: usize,
    /// Whether it has no holes.
    is_whole: bool,
}

fn check(
    topic: &dyn TopicAccess,
    owner: EndpointId,
    entry: &MemoryEntry,
    header_bytes: usize,
) -> Result<Checked, SegmentError> {
    let file = topic.open_memory(owner, entry)?;
    if matches!(entry.place, Memory::Sealed(_)) {
        let found = sealed::missing_seals(&file).map_err(SegmentError::Map)?;
        if let Some(found) = found {
            return Err(SegmentError::NotSealed { found });
        }
    }
    let status = file::status(&file).map_err(SegmentError::Map)?;
    let found = status.size;
    if found != entry.bytes {
        return Err(SegmentError::header("size of the file", found, entry.bytes));
    }
    match usize::try_from(found).ok().filter(|&size| size >= header_bytes) {
        Some(size) => Ok(Checked { file, size, is_whole: status.allocated >= found }),
        None => Err(SegmentError::Shape(format!("it has {found} bytes, and its header alone has {header_bytes}"))),
    }
}
