//! Aeron over IPC: its C client and media driver, through the crate `rusteron-media-driver`, which
//! builds both from source. The driver and the reasons for its settings are in [`driver`].
//!
//! Publications are exclusive, the faster kind. Messages that fit into a fragment are claimed and
//! written in place, and read in place. Fragments are as large as possible; larger messages are
//! offered from a buffer, and assembled by the receiver. A publication waits for its slowest
//! subscription, so nothing is lossy.

mod driver;

use super::buffer::zeroed;
use super::{Failure, Peer, Unsupported};
use crate::channel::{Channel, Flow};
use rusteron_media_driver::{
    Aeron, AeronBufferClaim, AeronExclusivePublication, AeronFragmentClosureAssembler, AeronHeader,
    AeronReservedValueSupplierLogger, AeronSubscription, Handlers,
};
use std::ffi::CString;
use std::fs::File;
use std::thread::yield_now;
use std::time::Duration;
use zerocopy::{FromBytes, IntoBytes};

/// The largest fragment, of which the header takes 32 bytes.
const MTU: usize = 65_504;
const PAYLOAD: usize = MTU - 32;
/// What a publication answers if it must be asked again.
const BACK_PRESSURED: i64 = -2;
const TERM_CHANGED: i64 = -3;
/// How long the driver may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct AeronIpc;

pub(crate) struct Sender<const W: usize> {
    publication: AeronExclusivePublication,
    claim: AeronBufferClaim,
    message: Box<[u64; W]>,
    _client: Aeron,
}

pub(crate) struct Receiver<const W: usize> {
    subscription: AeronSubscription,
    assembler: AeronFragmentClosureAssembler,
    _client: Aeron,
}

/// Returns the number of a channel's stream, which no other channel of the pair has.
fn stream(channel: &Channel) -> i32 {
    channel.name().bytes().fold(1, |all, byte| (all * 31 + i32::from(byte)) % 65_521)
}

/// Returns the length of a term in bytes. A sender may be half a term ahead, and then waits for the
/// driver to move its limit: so terms are as long as by default, where few messages are under way.
/// Streams wait for the receiver in any case, and three terms of this length stay in the cache.
fn term_length(flow: Flow) -> usize {
    match flow {
        Flow::Paced { .. } => 64 << 20,
        Flow::Lossless | Flow::Lossy | Flow::First => 4 << 20,
    }
}

fn refuse_lossy(channel: &Channel) -> Result<(), Failure> {
    match channel.flow {
        Flow::Lossy => Err(Unsupported("a publication waits for its slowest subscription".into()).into()),
        Flow::Paced { .. } | Flow::Lossless | Flow::First => Ok(()),
    }
}

impl Peer for AeronIpc {
    type Sender<const W: usize> = Sender<W>;
    type Receiver<const W: usize> = Receiver<W>;

    fn sender<const W: usize>(channel: &Channel) -> Result<Self::Sender<W>, Failure> {
        refuse_lossy(channel)?;
        driver::start_once(channel)?;
        let client = driver::connect(channel)?;
        let uri = CString::new(format!("aeron:ipc?term-length={}|mtu={MTU}", term_length(channel.flow)))?;
        let publication = client.add_exclusive_publication(&uri, stream(channel), PATIENCE)?;
        File::create(channel.path())?; // a receiver can come
        while !publication.is_connected() {
            yield_now(); // who has started this process limits the time
        }
        Ok(Sender { publication, claim: AeronBufferClaim::default(), message: zeroed(), _client: client })
    }

    fn receiver<const W: usize>(channel: &Channel) -> Result<Self::Receiver<W>, Failure> {
        refuse_lossy(channel)?;
        let client = driver::connect(channel)?;
        let subscription =
            client.add_subscription(c"aeron:ipc", stream(channel), Handlers::NONE, Handlers::NONE, PATIENCE)?;
        while !subscription.is_connected() {
            yield_now(); // as above
        }
        Ok(Receiver { subscription, assembler: AeronFragmentClosureAssembler::new()?, _client: client })
    }
}

impl<const W: usize> Sender<W> {
    /// Asks until the publication accepts. Where it is pushed back, the driver has to move the
    /// limit, and may need this processor for that.
    #[inline]
    fn insist(&self, ask: impl Fn(&AeronExclusivePublication) -> i64) -> Result<(), Failure> {
        loop {
            match ask(&self.publication) {
                position if position >= 0 => return Ok(()),
                BACK_PRESSURED | TERM_CHANGED => yield_now(),
                answer => return Err(format!("the publication answers {answer} instead of a position").into()),
            }
        }
    }
}

impl<const W: usize> super::Sender<W> for Sender<W> {
    #[inline]
    fn send(&mut self, write: impl Fn(&mut [u64; W])) -> Result<(), Failure> {
        if 8 * W > PAYLOAD {
            write(&mut self.message);
            let bytes = self.message.as_bytes();
            return self.insist(|publication| publication.offer_raw::<AeronReservedValueSupplierLogger>(bytes, None));
        }
        self.insist(|publication| publication.try_claim_raw(8 * W, &self.claim))?;
        let words = <[u64; W]>::mut_from_bytes(self.claim.data_mut()).map_err(|error| error.to_string())?;
        write(words);
        self.claim.commit()?;
        Ok(())
    }
}

/// What is done with a message, and what came of it.
struct Look<F, R> {
    read: Option<F>,
    result: Option<Result<R, String>>,
}

impl<F, R> Look<F, R> {
    #[inline]
    fn at<const W: usize>(&mut self, bytes: &[u8], _: AeronHeader)
    where
        F: FnOnce(&[u64; W]) -> R,
    {
        let words = <[u64; W]>::ref_from_bytes(bytes).map_err(|error| error.to_string());
        self.result = self.read.take().map(|read| words.map(read));
    }
}

impl<const W: usize> super::Receiver<W> for Receiver<W> {
    #[inline]
    fn poll<R>(&mut self, read: impl FnOnce(&[u64; W]) -> R) -> Result<Option<R>, Failure> {
        let mut look = Look { read: Some(read), result: None };
        // One fragment at a time, so that at most one message is seen.
        if 8 * W > PAYLOAD {
            self.assembler.poll(&self.subscription, &mut look, Look::at::<W>, 1)?;
        } else {
            self.subscription.poll_fn(|bytes, header| look.at::<W>(bytes, header), 1)?;
        }
        Ok(look.result.transpose()?)
    }
}
