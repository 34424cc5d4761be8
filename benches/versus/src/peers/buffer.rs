//! Memory of this process for messages that the kernel copies.

use super::Failure;
use zerocopy::{FromBytes, IntoBytes};

/// The most that is read from a stream at once, if a message is smaller.
const CHUNK: usize = 64 << 10;

/// Returns memory for a message of `W` words, on the heap: it may be large.
pub(super) fn zeroed<const W: usize>() -> Box<[u64; W]> {
    let words = vec![0; W].into_boxed_slice();
    words.try_into().expect("it has as many words as it was created with")
}

/// Assembles messages from a stream of bytes: with each read as many as there are.
pub(super) struct Incoming<const W: usize> {
    /// As large as some whole messages.
    words: Vec<u64>,
    /// Where the next message begins, in bytes.
    begin: usize,
    /// Where the bytes end that were read.
    end: usize,
}

impl<const W: usize> Incoming<W> {
    pub(super) fn new() -> Self {
        let messages = (CHUNK / (8 * W)).max(1);
        Self { words: vec![0; messages * W], begin: 0, end: 0 }
    }

    /// Passes the next message to `look`, if it is whole. `read` reads bytes, or returns `None` if
    /// there are none at the moment.
    #[inline]
    pub(super) fn poll<R>(
        &mut self,
        mut read: impl FnMut(&mut [u8]) -> Result<Option<usize>, Failure>,
        look: impl FnOnce(&[u64; W]) -> R,
    ) -> Result<Option<R>, Failure> {
        let bytes = self.words.as_mut_bytes();
        if self.end - self.begin < 8 * W {
            // What is there of a message moves to the front, where there is space for all of it.
            bytes.copy_within(self.begin..self.end, 0);
            self.end -= self.begin;
            self.begin = 0;
            while self.end < 8 * W {
                match read(&mut bytes[self.end..])? {
                    Some(0) => return Err("the sender has closed its end".into()),
                    Some(count) => self.end += count,
                    None => return Ok(None),
                }
            }
        }
        let message = &bytes[self.begin..][..8 * W];
        let words = <[u64; W]>::ref_from_bytes(message).map_err(|error| error.to_string())?;
        self.begin += 8 * W;
        Ok(Some(look(words)))
    }
}
