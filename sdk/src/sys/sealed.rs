//! Memory that one process writes and all others can only read: the kernel sees to it.
//!
//! A memfd is mapped by its owner first and sealed then. From there on nobody, the owner included, can map it
//! for writing, write to it, or change its size; the owner's own mapping stays as it was. A reader that has
//! seen the size and the seals before it maps can neither be made to fault by a truncation nor be written to.

use super::{file, memory};
use memfd::{FileSeal, Memfd, MemfdOptions};
use rustix::fs::{Mode, SealFlags};
use std::fs::File;
use std::io;

const SEALS: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::FUTURE_WRITE).union(SealFlags::SEAL);

/// Sealed memory of this process: the descriptor to hand out, and the only writable mapping of it.
pub(crate) struct Sealed {
    pub(crate) file: File,
    pub(crate) memory: memory::Writable,
}

/// Makes sealed memory of `bytes`, all of it allocated, zero and present.
pub(crate) fn create(name: &str, bytes: usize) -> io::Result<Sealed> {
    let memfd = MemfdOptions::default().allow_sealing(true).close_on_exec(true).create(name).map_err(other)?;
    // Mode: until this line it is 0777; afterwards it can be opened through /proc for reading alone.
    rustix::fs::fchmod(memfd.as_file(), Mode::RUSR)?;
    memfd.as_file().set_len(bytes as u64)?;
    file::allocate(memfd.as_file(), bytes as u64)?;
    let memory = memory::Writable::map(memfd.as_file(), bytes)?;
    memory.populate()?;
    seal(&memfd)?;
    Ok(Sealed { file: memfd.into_file(), memory })
}

fn seal(memfd: &Memfd) -> io::Result<()> {
    for seal in [FileSeal::SealShrink, FileSeal::SealGrow, FileSeal::SealFutureWrite] {
        memfd.add_seal(seal).map_err(other)?;
    }
    // Kernels before 6.3 do not know it; the mode has no execute bits anyway.
    let _ = rustix::fs::fcntl_add_seals(memfd.as_file(), SealFlags::EXEC);
    memfd.add_seal(FileSeal::SealSeal).map_err(other)
}

/// Why another process's memory is not mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotSealed {
    /// It has another size than was said.
    Size { found: u64 },
    /// It could still be changed in size, or written by others than its owner.
    Seals { found: u32 },
}

/// Checks that memory has this size and can neither change it nor gain a writer.
pub(crate) fn verify(file: &File, bytes: u64) -> io::Result<Result<(), NotSealed>> {
    let found = rustix::fs::fcntl_get_seals(file)?;
    if !found.contains(SEALS) {
        return Ok(Err(NotSealed::Seals { found: found.bits() }));
    }
    let size = file::status(file)?.size;
    Ok(if size == bytes { Ok(()) } else { Err(NotSealed::Size { found: size }) })
}

fn other(error: memfd::Error) -> io::Error {
    match error {
        memfd::Error::Create(error) | memfd::Error::AddSeals(error) | memfd::Error::GetSeals(error) => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_writes_and_nobody_else_can() {
        let sealed = create("test", 8192).unwrap();
        sealed.memory.words()[1023].store_relaxed(7);
        assert_eq!(verify(&sealed.file, 8192).unwrap(), Ok(()));
        assert_eq!(verify(&sealed.file, 4096).unwrap(), Err(NotSealed::Size { found: 8192 }));
        assert!(memory::Writable::map(&sealed.file, 8192).is_err());
        assert!(sealed.file.set_len(0).is_err());
        let seen = memory::ReadOnly::map(&sealed.file, 8192).unwrap();
        assert_eq!(seen.words()[1023].load_relaxed(), 7);
    }

    #[test]
    fn memory_without_seals_is_not_trusted() {
        let memfd = MemfdOptions::default().allow_sealing(true).create("test").unwrap();
        memfd.as_file().set_len(4096).unwrap();
        assert!(matches!(verify(memfd.as_file(), 4096).unwrap(), Err(NotSealed::Seals { .. })));
    }
}
