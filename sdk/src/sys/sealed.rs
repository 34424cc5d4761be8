//! Memory that one process writes and all others can only read, as the kernel enforces.
//!
//! A memfd is first mapped by its owner, then sealed. From then on nobody, not even the owner, can
//! map it for writing, write to it or change its size. The owner's mapping stays as it is. A reader
//! that checks size and seals before it maps cannot be made to fault by a truncation, and no other
//! process can write what it reads.

use super::memory;
use memfd::{FileSeal, HugetlbSize, Memfd, MemfdOptions};
use rustix::fs::{Mode, SealFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;

const SEALS: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::FUTURE_WRITE).union(SealFlags::SEAL);

/// Creates sealed memory of `bytes`, zeroed, whose pages are allocated when first touched. Returns
/// the descriptor to hand out and the only writable mapping, whose first `words` bytes are words.
pub(crate) fn create(name: &str, bytes: usize, words: usize) -> io::Result<(File, memory::Writable)> {
    create_with(MemfdOptions::default(), name, bytes, words)
}

/// The size of a huge page in bytes.
pub(crate) const HUGE: usize = 2 << 20;

/// Creates the same from huge pages only; `bytes` must be a multiple of [`HUGE`]. The kernel
/// reserves all pages at once, so none can be missing later.
///
/// # Errors
/// If the kernel has too few huge pages, or does not support them.
pub(crate) fn create_huge(name: &str, bytes: usize, words: usize) -> io::Result<(File, memory::Writable)> {
    debug_assert!(bytes.is_multiple_of(HUGE));
    create_with(MemfdOptions::default().hugetlb(Some(HugetlbSize::Huge2MB)), name, bytes, words)
}

fn create_with(options: MemfdOptions, name: &str, bytes: usize, words: usize) -> io::Result<(File, memory::Writable)> {
    let memfd = options.allow_sealing(true).close_on_exec(true).create(name).map_err(io_error)?;
    // Until this line the mode is 0777. From here on it can only be opened for reading through
    // /proc.
    rustix::fs::fchmod(memfd.as_file(), Mode::RUSR)?;
    memfd.as_file().set_len(bytes as u64)?;
    let memory = memory::Writable::map_partly(memfd.as_file(), bytes, words)?;
    seal(&memfd)?;
    Ok((memfd.into_file(), memory))
}

fn seal(memfd: &Memfd) -> io::Result<()> {
    for seal in [FileSeal::SealShrink, FileSeal::SealGrow, FileSeal::SealFutureWrite] {
        memfd.add_seal(seal).map_err(io_error)?;
    }
    // Kernels before 6.3 do not support this seal; the mode has no execute bits anyway.
    let _ = rustix::fs::fcntl_add_seals(memfd.as_file(), SealFlags::EXEC);
    memfd.add_seal(FileSeal::SealSeal).map_err(io_error)
}

/// Returns the seals of memory that could still change its size or gain a writer. Returns `None` if
/// all necessary seals are set. A file that is not a memfd has no seals.
pub(crate) fn missing_seals(file: impl AsFd) -> io::Result<Option<u32>> {
    let found = match rustix::fs::fcntl_get_seals(file) {
        Err(Errno::INVAL) => SealFlags::empty(),
        result => result?,
    };
    Ok((!found.contains(SEALS)).then_some(found.bits()))
}

fn io_error(error: memfd::Error) -> io::Error {
    match error {
        memfd::Error::Create(error) | memfd::Error::AddSeals(error) | memfd::Error::GetSeals(error) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_writes_and_nobody_else_can() {
        let (file, memory) = create("test", 8192, 8192).unwrap();
        memory.words()[1023].store_relaxed(7);
        assert_eq!(missing_seals(&file).unwrap(), None);
        assert!(memory::Writable::map(&file, 8192).is_err());
        assert!(file.set_len(0).is_err());
        let seen = memory::ReadOnly::map(&file, 8192).unwrap();
        assert_eq!(seen.words()[1023].load_relaxed(), 7);
    }

    #[test]
    fn memory_without_seals_is_not_trusted() {
        let memfd = MemfdOptions::default().allow_sealing(true).create("test").unwrap();
        memfd.as_file().set_len(4096).unwrap();
        assert_eq!(missing_seals(memfd.as_file()).unwrap(), Some(0));
    }
}
