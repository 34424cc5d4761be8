//! MCAP files, written so that whatever is on disk can be read. The format is that of
//! <https://mcap.dev/spec>.
//!
//! Three things are wanted here that no library does at once. Chunks are written whole, by one
//! call: a file that was cut off has all chunks but the last one. Each chunk has a compression of
//! its own: images are stored as they are, while small messages are compressed. And a large message
//! goes from shared memory into the file without a copy in between. Reading is the library's.

mod bytes;
mod chunk;
mod summary;
mod writer;

pub(crate) use chunk::{Chunk, Compression, Stamp};
pub(crate) use writer::Writer;
