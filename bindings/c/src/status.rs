//! What is known of peers.

use crate::failure::{Code, Failure, guard};
use crate::handles::shared;
use crate::messages::halves;
use crate::place;
use crate::subscriber::Receiver;
use slotcast::dynamic::Publisher;
use slotcast::registry::PeerName;
use slotcast::{Delivery, ReaderStatus, SourceStatus};
use std::ffi::c_char;

/// What a publisher promises a subscriber.
#[repr(C)]
#[allow(non_camel_case_types, reason = "these are the names in C")]
#[derive(Clone, Copy, Debug)]
pub enum Deliveries {
    /// What is overwritten before it was read is lost.
    SC_DELIVERY_LOSSY = 1,
    /// Lossless delivery was requested, and the publisher has not answered yet.
    SC_DELIVERY_PENDING = 2,
    /// The publisher waits for the subscriber.
    SC_DELIVERY_LOSSLESS = 3,
    /// It was lossless until the subscriber did not read in time.
    SC_DELIVERY_DETACHED = 4,
    /// Lossless delivery was requested, and is not possible.
    SC_DELIVERY_REFUSED = 5,
    /// Something that this header does not know.
    SC_DELIVERY_OTHER = 6,
}

/// The state of a peer: of a subscriber of a publisher, or the reverse.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PeerStatus {
    /// The identity of the peer, the lower half first.
    id: [u64; 2],
    /// Its process.
    pid: u32,
    /// One of sc_deliveries.
    delivery: u32,
    /// How many messages are published and not read; UINT64_MAX if that is not known.
    unread: u64,
    /// How many messages the subscriber here has received of this publisher, lost and skipped; 0 for
    /// subscribers of a publisher here.
    received: u64,
    lost: u64,
    skipped: u64,
    /// How many messages that left the ring a subscriber keeps in the memory of the publisher here.
    held: u64,
    /// Whether large messages are held in place; otherwise they are copied.
    in_place: bool,
    /// Whether the peer has ended.
    gone: bool,
    /// What the peer is called, in UTF-8; may be empty. Cut if it is longer.
    name: [c_char; 126],
    reserved: [u64; 4],
}

const _: () = assert!(size_of::<PeerStatus>() == 224); // `tests/programs/peer.c` asserts the same of the header

/// Stores a text with a NUL, cut between two characters if there is less room.
pub(crate) fn store_text<const ROOM: usize>(text: &str) -> [c_char; ROOM] {
    let text = text.replace('\0', "\\0");
    let mut stored = [0; ROOM];
    let mut len = text.len().min(ROOM - 1);
    while !text.is_char_boundary(len) {
        len -= 1;
    }
    for (place, &byte) in stored.iter_mut().zip(&text.as_bytes()[..len]) {
        *place = c_char::from_ne_bytes([byte]);
    }
    stored
}

impl PeerStatus {
    fn of(peer: &PeerName, delivery: Delivery) -> Self {
        let delivery = match delivery {
            Delivery::Lossy => Deliveries::SC_DELIVERY_LOSSY,
            Delivery::Pending => Deliveries::SC_DELIVERY_PENDING,
            Delivery::Lossless => Deliveries::SC_DELIVERY_LOSSLESS,
            Delivery::Detached => Deliveries::SC_DELIVERY_DETACHED,
            Delivery::Refused => Deliveries::SC_DELIVERY_REFUSED,
            #[allow(unreachable_patterns, reason = "others may come")]
            _ => Deliveries::SC_DELIVERY_OTHER,
        };
        Self {
            id: halves(peer.id.0),
            pid: peer.pid,
            delivery: delivery as u32,
            unread: u64::MAX,
            received: 0,
            lost: 0,
            skipped: 0,
            held: 0,
            in_place: false,
            gone: false,
            name: store_text(&peer.name),
            reserved: [0; 4],
        }
    }
}

impl From<&ReaderStatus> for PeerStatus {
    fn from(reader: &ReaderStatus) -> Self {
        let ReaderStatus { unread, held, in_place, has_left: gone, .. } = *reader;
        let unread = unread.unwrap_or(u64::MAX);
        Self { unread, held, in_place, gone, ..Self::of(&reader.subscriber, reader.delivery) }
    }
}

impl From<&SourceStatus> for PeerStatus {
    fn from(source: &SourceStatus) -> Self {
        let SourceStatus { unread, in_place, is_gone: gone, progress, .. } = *source;
        let (received, lost, skipped) = (progress.received(), progress.lost, progress.skipped);
        Self { unread, received, lost, skipped, in_place, gone, ..Self::of(&source.publisher, source.delivery) }
    }
}

/// Stores the state of peers: up to `most`, and how many there are.
///
/// # Safety
/// The caller must ensure that there is a place for `most` of them, and for the number.
unsafe fn store<'a, T: 'a>(peers: &'a [T], out: *mut PeerStatus, most: u64, count: *mut u64) -> Result<Code, Failure>
where
    PeerStatus: From<&'a T>,
{
    // SAFETY: as the caller ensures.
    *unsafe { place(count, "the number") }? = peers.len() as u64;
    let most = usize::try_from(most).map_err(Failure::argument)?;
    if out.is_null() && most > 0 {
        return Err(Failure::argument("the place for the peers is null"));
    }
    for (at, peer) in peers.iter().take(most).enumerate() {
        // SAFETY: less than `most`.
        let place = unsafe { out.add(at) };
        // SAFETY: the caller has a place for `most` of them.
        unsafe { place.write(PeerStatus::from(peer)) };
    }
    Ok(Code::OK)
}

/// Stores the state of each subscriber of a publisher: up to `most`, and how many there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_publisher_readers(
    publisher: *const Publisher,
    out: *mut PeerStatus,
    most: u64,
    count: *mut u64,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a publisher that no other thread uses.
        let publisher = unsafe { shared(publisher) }?;
        let readers = publisher.readers().map_err(Failure::system)?;
        // SAFETY: as the caller ensures.
        unsafe { store(&readers, out, most, count) }
    })
}

/// Stores the state of each publisher that a subscriber reads: up to `most`, and how many there are.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_subscriber_sources(
    subscriber: *const Receiver,
    out: *mut PeerStatus,
    most: u64,
    count: *mut u64,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a subscriber that no other thread uses.
        let sources = unsafe { shared(subscriber) }?.subscriber.sources()?;
        // SAFETY: as the caller ensures.
        unsafe { store(&sources, out, most, count) }
    })
}
