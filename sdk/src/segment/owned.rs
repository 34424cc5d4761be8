use super::layout;
use crate::points;
use crate::protocol::ring::{Geometry, Writer};
use crate::registry::Handle;
use crate::schema::SchemaHash;
use crate::sys::sealed::{self, Sealed};
use crate::sys::{file, process};
use std::io;
use std::os::fd::AsRawFd;

/// A segment of this process: it alone can write to it.
pub(crate) struct Owned {
    sealed: Sealed,
    geometry: Geometry,
    nonce: u64,
}

impl Owned {
    pub(crate) fn create(id: u128, hash: SchemaHash, geometry: Geometry, timestamps: bool) -> io::Result<Self> {
        let bytes = 8 * (layout::RING + geometry.words());
        let sealed = sealed::create("slotcast", bytes)?;
        let [nonce, _] = layout::halves(process::random()?);
        points::reach("segment.sealed");
        let words = sealed.memory.words();
        let write = |index: usize, value: u64| words[index].store_relaxed(value);
        for (indices, number) in [(layout::ID, id), (layout::HASH, hash.0)] {
            for (index, half) in indices.into_iter().zip(layout::halves(number)) {
                write(index, half);
            }
        }
        write(layout::BYTES, bytes as u64);
        write(layout::NONCE, nonce);
        write(layout::PAYLOAD, geometry.payload() as u64);
        write(layout::CELLS, geometry.cells());
        write(layout::DEPTH, geometry.depth());
        write(layout::FLAGS, if timestamps { layout::FLAG_TIMESTAMPS } else { 0 });
        // Plain stores are enough: the segment gets known by an entry, through the kernel.
        write(layout::MAGIC, layout::MAGIC_VALUE);
        Ok(Self { sealed, geometry, nonce })
    }

    #[inline]
    pub(crate) fn writer(&self) -> Writer<'_> {
        let words = self.sealed.memory.words();
        Writer::new(&words[layout::RING..], &words[layout::HEAD], self.geometry)
    }

    /// Tells readers that nothing will follow.
    pub(crate) fn close(&self) {
        self.sealed.memory.words()[layout::CLOSED].store_release(1);
    }

    /// How another process can open it.
    pub(crate) fn handle(&self) -> io::Result<Handle> {
        let status = file::status(&self.sealed.file)?;
        Ok(Handle {
            pid: process::pid(),
            descriptor: self.sealed.file.as_raw_fd(),
            device: status.identity.device,
            inode: status.identity.inode,
            bytes: status.size,
            nonce: self.nonce,
        })
    }
}
