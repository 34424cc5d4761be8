//! shmem-ipc: a ring of one sender and one receiver, in shared memory.
//!
//! The ring's lowest interface is used, `ringbuf`, over a mapping of a file: messages are written
//! and read in place, and no `eventfd` is written, because the receiver polls. The ring has
//! capacity for as many messages as may be under way; lossless, for as many as the bare ring, or 4.
//! It cannot overwrite: so nothing is lossy. Several receivers are as many rings.
//!
//! # Safety
//!
//! The file opts into unsafe code to attach the ring to a mapping, and to view its elements as a
//! message. It upholds that the mapping is large enough and outlives the ring, that a ring has one
//! sender and one receiver, and that a message is whole and does not wrap around.
#![allow(unsafe_code, reason = "the ring's lowest interface works with pointers")]

use super::{Failure, Peer, Unsupported};
use crate::channel::{Channel, Flow};
use memmap2::{MmapOptions, MmapRaw};
use shmem_ipc::ringbuf;
use std::fs::OpenOptions;
use std::path::Path;

/// The memory that a lossless ring occupies, if that is between 4 and 128 messages.
const RING_BYTES: usize = 128 << 10;
/// What the ring puts before its elements.
const HEAD: usize = 64;

pub(crate) struct ShmemIpc;

pub(crate) struct Sender<const W: usize>(Vec<(ringbuf::Sender<u64>, MmapRaw)>);

pub(crate) struct Receiver<const W: usize> {
    ring: ringbuf::Receiver<u64>,
    _map: MmapRaw,
}

/// Maps the file of a ring, which is created if it is missing.
fn map<const W: usize>(channel: &Channel, path: &Path) -> Result<MmapRaw, Failure> {
    let messages = match channel.flow {
        Flow::Paced { most } => most,
        Flow::Lossless => (RING_BYTES / (8 * W)).clamp(4, 128),
        Flow::First => 1,
        Flow::Lossy => return Err(Unsupported("a full ring is not overwritten".into()).into()),
    };
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
    let bytes = HEAD + 8 * W * messages;
    file.set_len(bytes as u64)?;
    Ok(MmapOptions::new().len(bytes).map_raw(&file)?)
}

impl Peer for ShmemIpc {
    type Sender<const W: usize> = Sender<W>;
    type Receiver<const W: usize> = Receiver<W>;

    fn sender<const W: usize>(channel: &Channel) -> Result<Self::Sender<W>, Failure> {
        let ring = |index| -> Result<_, Failure> {
            let map = map::<W>(channel, &channel.path_of(index))?;
            // SAFETY: the mapping has this length, is writable, and is kept beside the ring.
            let ring = unsafe { ringbuf::Sender::attach(map.as_mut_ptr(), map.len()) };
            Ok((ring.map_err(said)?, map))
        };
        Ok(Sender((0..channel.receivers).map(ring).collect::<Result<_, _>>()?))
    }

    fn receiver<const W: usize>(channel: &Channel) -> Result<Self::Receiver<W>, Failure> {
        let map = map::<W>(channel, &channel.path_of(channel.index))?;
        // SAFETY: the mapping has this length, is writable, and is kept beside the ring.
        let ring = unsafe { ringbuf::Receiver::attach(map.as_mut_ptr(), map.len()) };
        Ok(Receiver { ring: ring.map_err(said)?, _map: map })
    }
}

impl<const W: usize> super::Sender<W> for Sender<W> {
    #[inline]
    fn send(&mut self, write: impl Fn(&mut [u64; W])) -> Result<(), Failure> {
        for (ring, _) in &mut self.0 {
            while ring.write_count().map_err(said)? < W {
                std::hint::spin_loop();
            }
            let written = |first: *mut u64, _| {
                // SAFETY: at least W elements are free, and they are contiguous because the
                // capacity is a multiple of W. Until they are counted they are this sender's.
                write(unsafe { &mut *first.cast::<[u64; W]>() });
                W
            };
            ring.send(written).map_err(said)?;
        }
        Ok(())
    }
}

impl<const W: usize> super::Receiver<W> for Receiver<W> {
    #[inline]
    fn poll<R>(&mut self, read: impl FnOnce(&[u64; W]) -> R) -> Result<Option<R>, Failure> {
        if self.ring.read_count().map_err(said)? < W {
            return Ok(None);
        }
        let mut result = None;
        let taken = |first: *const u64, _| {
            // SAFETY: at least W elements are filled, contiguous as above, and stay so until they
            // are counted as taken.
            result = Some(read(unsafe { &*first.cast::<[u64; W]>() }));
            W
        };
        self.ring.recv(taken).map_err(said)?;
        Ok(result)
    }
}

fn said(error: ringbuf::Error) -> Failure {
    error.to_string().into()
}
