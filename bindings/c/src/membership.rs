//! Peers that join and leave.

use crate::failure::{Code, Failure, guard};
use crate::handles::{Kind, free, hand_out, handle, kinds, shared};
use crate::messages::halves;
use crate::options::duration;
use crate::place;
use crate::status::store_text;
use crate::subscriber::Receiver;
use slotcast::dynamic::Publisher;
use slotcast::{MemberEvent, Membership, MembershipError};
use std::ffi::c_char;

kinds!(Membership: "membership");

/// What has happened to a peer.
#[repr(C)]
#[allow(non_camel_case_types, reason = "these are the names in C")]
#[derive(Clone, Copy, Debug)]
pub enum MemberKinds {
    SC_MEMBER_JOINED = 1,
    SC_MEMBER_LEFT = 2,
    SC_MEMBER_DIED = 3,
    /// It has another layout, for example: see the text.
    SC_MEMBER_REFUSED = 4,
    /// It has published nothing for longer than it has promised.
    SC_MEMBER_QUIET = 5,
    SC_MEMBER_ACTIVE = 6,
    /// Something that this header does not know: see the text.
    SC_MEMBER_OTHER = 7,
}

/// An event of a peer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// One of sc_member_kinds.
    kind: u32,
    /// 0 if it is not known.
    pid: u32,
    /// The identity of the peer, the lower half first.
    id: [u64; 2],
    /// A sentence about it in UTF-8; cut if it is longer.
    text: [c_char; 488],
}

const _: () = assert!(size_of::<Event>() == 512); // `tests/programs/peer.c` asserts the same of the header

impl From<MembershipError> for Failure {
    fn from(error: MembershipError) -> Self {
        Self::system(error)
    }
}

impl From<&MemberEvent> for Event {
    fn from(event: &MemberEvent) -> Self {
        let kind = match event {
            MemberEvent::Joined(_) => MemberKinds::SC_MEMBER_JOINED,
            MemberEvent::Left(_) => MemberKinds::SC_MEMBER_LEFT,
            MemberEvent::Died(_) => MemberKinds::SC_MEMBER_DIED,
            MemberEvent::Refused { .. } => MemberKinds::SC_MEMBER_REFUSED,
            MemberEvent::Quiet { .. } => MemberKinds::SC_MEMBER_QUIET,
            MemberEvent::Active(_) => MemberKinds::SC_MEMBER_ACTIVE,
            _ => MemberKinds::SC_MEMBER_OTHER,
        };
        let (pid, id) = event.peer().map_or((0, [0; 2]), |peer| (peer.pid, halves(peer.id.0)));
        Self { kind: kind as u32, pid, id, text: store_text(&event.to_string()) }
    }
}

/// Hands the membership of an endpoint out.
///
/// # Safety
/// The caller must ensure that both are null or valid.
unsafe fn create<T: Kind>(
    endpoint: *const T,
    out: *mut *mut Membership,
    of: impl FnOnce(&T) -> Result<Membership, MembershipError>,
) -> Code {
    guard(|| {
        // SAFETY: as the caller ensures.
        let endpoint = unsafe { shared(endpoint) }?;
        // SAFETY: as the caller ensures.
        let out = unsafe { place(out, "the result") }?;
        *out = hand_out(of(endpoint)?);
        Ok(Code::OK)
    })
}

/// Reports the subscribers of a publisher.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_publisher_membership(publisher: *const Publisher, out: *mut *mut Membership) -> Code {
    // SAFETY: as the caller ensures.
    unsafe { create(publisher, out, Publisher::membership) }
}

/// Reports the publishers of a subscriber.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_subscriber_membership(subscriber: *const Receiver, out: *mut *mut Membership) -> Code {
    // SAFETY: as the caller ensures.
    unsafe { create(subscriber, out, |receiver| receiver.subscriber.membership()) }
}

/// Receives the next event. Waits up to the time; less than 0: as long as it takes. SC_EMPTY: none came.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_membership_next(membership: *mut Membership, time_ns: i64, out: *mut Event) -> Code {
    guard(|| {
        // SAFETY: the caller passes a membership that no other thread uses.
        let membership = unsafe { handle(membership) }?;
        if out.is_null() {
            return Err(Failure::argument("the place for the event is null"));
        }
        let event = match time_ns {
            0 => membership.try_next()?,
            ..0 => Some(membership.next()?),
            _ => membership.next_timeout(duration(time_ns))?,
        };
        let Some(event) = event else { return Ok(Code::EMPTY) };
        // SAFETY: not null, and a place for an event.
        unsafe { out.write(Event::from(&event)) };
        Ok(Code::OK)
    })
}

/// Frees a membership.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_membership_free(membership: *mut Membership) {
    // SAFETY: the caller passes what this library has returned, once.
    unsafe { free(membership) };
}
