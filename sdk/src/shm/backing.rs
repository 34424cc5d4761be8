use crate::registry::{EndpointId, Handle, Memory, MemoryEntry, Pages, Placement, TopicDirectory};
use crate::sys::fork::OwnFile;
use crate::sys::{file, memory, process, sealed};
use std::io;
use std::ops::Range;

/// Memory of this process that others read: the descriptor to be found by, and the only writable mapping.
pub(crate) struct Backing {
    file: OwnFile,
    pub(crate) memory: memory::Writable,
    bytes: usize,
    nonce: u64,
    is_file: bool,
    pages: Pages,
}

/// How large memory is, in bytes, and what it is like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// All of it.
    pub(crate) bytes: usize,
    /// From the start on, that consist of words.
    pub(crate) words: usize,
    /// From the start on, that are brought into memory now.
    pub(crate) present: usize,
    /// Whether to take huge pages if there are any. Then there are a whole number of them.
    pub(crate) huge: bool,
}

impl Backing {
    /// Makes memory, zero.
    pub(crate) fn create(topic: &TopicDirectory, id: EndpointId, placement: Placement, size: Size) -> io::Result<Self> {
        let Size { bytes, words, present, huge } = size;
        let nonce = process::random_word()?;
        if placement.is_file() {
            let file = topic.make_memory(bytes as u64, words as u64)?;
            let memory = memory::Writable::map_partly(&file, bytes, words)?;
            let pages = preferred(&memory, huge);
            memory.populate(0..present)?;
            // Last: what has no name yet goes by itself if something fails.
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

    /// The kind of its pages.
    pub(crate) fn pages(&self) -> Pages {
        self.pages
    }

    /// Brings more of it into memory, from the start of a page on: so that no store to it waits for a page, or finds
    /// that there is none.
    pub(crate) fn grow(&self, bytes: Range<usize>) -> io::Result<()> {
        if self.is_file {
            file::allocate(&self.file, bytes.start as u64..bytes.end as u64)?;
        }
        self.memory.populate(bytes)
    }

    pub(crate) fn nonce(&self) -> u64 {
        self.nonce
    }

    /// What the owner's entry says about it.
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

/// The kind of pages of memory that was not made of huge ones, if such were wanted.
fn preferred(memory: &memory::Writable, huge: bool) -> Pages {
    if huge && memory.prefer_huge_pages() { Pages::Transparent } else { Pages::Normal }
}
