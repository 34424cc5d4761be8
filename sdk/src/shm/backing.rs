use crate::registry::{EndpointId, Handle, Memory, MemoryEntry, Pages, Placement, TopicDirectory};
use crate::sys::error::is_out_of_space;
use crate::sys::fork::OwnFile;
use crate::sys::{file, memory, process, sealed};
use std::io;
use std::ops::Range;

/// Memory of this process that other processes read: the descriptor by which they find it, and the
/// only writable mapping.
pub(crate) struct Backing {
    file: OwnFile,
    pub(crate) memory: memory::Writable,
    bytes: usize,
    nonce: u64,
    is_file: bool,
    pages: Pages,
}

/// The size of memory in bytes, and its kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// All of it.
    pub(crate) bytes: usize,
    /// From the start on: the part that consists of words.
    pub(crate) words: usize,
    /// From the start on: the part that gets storage now.
    pub(crate) present: usize,
    /// Whether to use huge pages if there are any. Then `bytes` is a multiple of their size.
    pub(crate) huge: bool,
}

impl Backing {
    /// Creates zeroed memory.
    pub(crate) fn create(topic: &TopicDirectory, id: EndpointId, placement: Placement, size: Size) -> io::Result<Self> {
        let Size { bytes, words, present, huge } = size;
        let nonce = process::random_word()?;
        if topic.needs_file(placement) {
            let file = match topic.create_memory(bytes as u64, words as u64) {
                // What the dead left may be what is lacking.
                Err(error) if is_out_of_space(&error) && topic.clean_domain().is_ok() => {
                    topic.create_memory(bytes as u64, words as u64)
                }
                created => created,
            }?;
            let memory = memory::Writable::map_partly(&file, bytes, words)?;
            let pages = preferred(&memory, huge);
            memory.populate(0..present)?;
            // Last: a file without a name disappears by itself if something fails.
            topic.name_memory(file.file(), id)?;
            return Ok(Self { file, memory, bytes, nonce, is_file: true, pages });
        }
        if huge && let Ok((file, memory)) = sealed::create_huge("slotcast", bytes, words) {
            memory.populate(0..present)?;
            return Ok(Self { file, memory, bytes, nonce, is_file: false, pages: Pages::Huge });
        }
        let (file, memory) = sealed::create("slotcast", bytes, words)?;
        let pages = preferred(&memory, huge);
        memory.populate(0..present)?;
        Ok(Self { file, memory, bytes, nonce, is_file: false, pages })
    }

    /// Returns the kind of its pages.
    pub(crate) fn pages(&self) -> Pages {
        self.pages
    }

    /// Gives storage to another part of it, from the start of a page on, so that no store to it
    /// waits for a page or fails because there is none.
    pub(crate) fn grow(&self, bytes: Range<usize>) -> io::Result<()> {
        if self.is_file {
            file::allocate(&self.file, bytes.start as u64..bytes.end as u64)?;
        }
        self.memory.populate(bytes)
    }

    pub(crate) fn nonce(&self) -> u64 {
        self.nonce
    }

    /// Returns what the owner's entry claims about it.
    pub(crate) fn entry(&self) -> io::Result<MemoryEntry> {
        let place = if self.is_file {
            let file::Identity { device, inode } = file::status(&self.file)?.identity;
            Memory::File { device, inode }
        } else {
            Memory::Sealed(Handle::of(&self.file)?)
        };
        Ok(MemoryEntry { place, bytes: self.bytes as u64, nonce: self.nonce })
    }
}

/// Asks for huge pages, if they are wanted, for memory that was created without them. Returns the
/// kind of its pages.
fn preferred(memory: &memory::Writable, huge: bool) -> Pages {
    if huge && memory.prefer_huge_pages() { Pages::Transparent } else { Pages::Normal }
}
