//! Named pipes. Neither side sleeps; the reader takes as many messages as there are with one call.
//! A pipe holds 1 MiB, the most that an ordinary user may have. Several receivers are as many
//! pipes.

use super::buffer::{Incoming, zeroed};
use super::{Failure, Peer, Unsupported};
use crate::channel::{Channel, Flow};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat, open};
use rustix::io::{Errno, read, write};
use rustix::pipe::fcntl_setpipe_size;
use std::os::fd::OwnedFd;
use std::path::Path;
use zerocopy::IntoBytes;

/// The size of a pipe, in bytes.
const SIZE: usize = 1 << 20;

pub(crate) struct Pipe;

pub(crate) struct Sender<const W: usize> {
    pipes: Vec<OwnedFd>,
    message: Box<[u64; W]>,
}

pub(crate) struct Receiver<const W: usize> {
    pipe: OwnedFd,
    incoming: Incoming<W>,
}

/// Opens a pipe that exists as long as one side has it open, whichever comes first.
fn open_pipe(channel: &Channel, path: &Path) -> Result<OwnedFd, Failure> {
    if channel.flow == Flow::Lossy {
        return Err(Unsupported("a full pipe is not overwritten".into()).into());
    }
    match mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0) {
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    let pipe = open(path, OFlags::RDWR | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())?;
    if channel.receivers == 1 {
        // Of many pipes, a user may not have as much memory.
        fcntl_setpipe_size(&pipe, SIZE)?;
    }
    Ok(pipe)
}

impl Peer for Pipe {
    type Sender<const W: usize> = Sender<W>;
    type Receiver<const W: usize> = Receiver<W>;

    fn sender<const W: usize>(channel: &Channel) -> Result<Self::Sender<W>, Failure> {
        let pipes = (0..channel.receivers).map(|index| open_pipe(channel, &channel.path_of(index)));
        Ok(Sender { pipes: pipes.collect::<Result<_, _>>()?, message: zeroed() })
    }

    fn receiver<const W: usize>(channel: &Channel) -> Result<Self::Receiver<W>, Failure> {
        let pipe = open_pipe(channel, &channel.path_of(channel.index))?;
        Ok(Receiver { pipe, incoming: Incoming::new() })
    }
}

impl<const W: usize> super::Sender<W> for Sender<W> {
    #[inline]
    fn send(&mut self, write_message: impl Fn(&mut [u64; W])) -> Result<(), Failure> {
        write_message(&mut self.message);
        for pipe in &self.pipes {
            let mut left = self.message.as_bytes();
            while !left.is_empty() {
                match write(pipe, left) {
                    Ok(count) => left = &left[count..],
                    Err(Errno::AGAIN | Errno::INTR) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }
}

impl<const W: usize> super::Receiver<W> for Receiver<W> {
    #[inline]
    fn poll<R>(&mut self, look: impl FnOnce(&[u64; W]) -> R) -> Result<Option<R>, Failure> {
        let pipe = &self.pipe;
        let more = |bytes: &mut [u8]| match read(pipe, bytes) {
            Ok(count) => Ok(Some(count)),
            Err(Errno::AGAIN | Errno::INTR) => Ok(None),
            Err(error) => Err(error.into()),
        };
        self.incoming.poll(more, look)
    }
}
