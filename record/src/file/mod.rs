//! MCAP files, written so that whatever is on disk can be read. The format is that of
//! <https://mcap.dev/spec>; what its records consist of is the library's.
//!
//! Writing is ours, because four things are wanted here that no library does at once. Chunks are
//! written whole, by one call: a file that was cut off has all chunks but the last one. Schemas and
//! channels have checksums, as chunks of their own, and are repeated. Each chunk has a compression
//! of its own: images are stored as they are, while small messages are compressed. And a large
//! message goes from shared memory into the file without a copy in between.
//!
//! Reading goes on behind what is damaged, which the library's readers do not.

mod bytes;
mod chunk;
mod contents;
mod items;
mod reader;
mod resync;
mod summary;
mod writer;

pub use chunk::Compression;
pub(crate) use chunk::{Chunk, Stamp};
pub(crate) use contents::{Contents, decompressed};
pub(crate) use items::{Item, next_item};
pub(crate) use reader::{Entry, Reader};
pub(crate) use writer::Writer;
