//! Waiting for several things.

use crate::events::Hearer;
use crate::failure::{Code, Failure, guard};
use crate::handles::{free, hand_out, handle, kinds, shared};
use crate::options::duration;
use crate::place;
use crate::subscriber::Receiver;
use slotcast::{Interest, Key, ReadyKind, Trigger, WaitError};
use std::collections::{HashMap, VecDeque};
use std::ffi::c_int;
use std::os::fd::BorrowedFd;

/// Several things to wait for at once. It is used by one thread at a time.
#[derive(Debug)]
pub struct WaitSet {
    set: slotcast::WaitSet,
    keys: HashMap<u64, Key>,
    rest: VecDeque<Ready>, // what was reported, and C has not taken
}

kinds!(WaitSet: "wait set", Trigger: "trigger");

/// Why something is reported.
#[repr(C)]
#[allow(non_camel_case_types, reason = "these are the names in C")]
#[derive(Clone, Copy, Debug)]
pub enum ReadyKinds {
    /// A subscriber has messages, or a listener hears something.
    SC_READY_MESSAGES = 1,
    /// A descriptor is readable or writable, or has failed.
    SC_READY_DESCRIPTOR = 2,
    /// A period has passed.
    SC_READY_INTERVAL = 3,
    /// A subscriber had no message for the time of its deadline.
    SC_READY_DEADLINE = 4,
    /// A trigger was fired.
    SC_READY_TRIGGER = 5,
    /// Something that this header does not know.
    SC_READY_OTHER = 6,
}

/// Something that is ready.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    key: u64,
    /// One of sc_ready_kinds.
    kind: u32,
    reserved: u32,
}

const _: () = assert!(size_of::<Ready>() == 16); // `tests/programs/peer.c` asserts the same of the header

impl From<WaitError> for Failure {
    fn from(error: WaitError) -> Self {
        match &error {
            WaitError::Empty
            | WaitError::Unknown(_)
            | WaitError::NoMessages(_)
            | WaitError::Twice(_)
            | WaitError::Zero(_)
            | WaitError::AlwaysReady => Self::argument(error),
            _ => Self::system(error),
        }
    }
}

impl From<&slotcast::Ready> for Ready {
    fn from(ready: &slotcast::Ready) -> Self {
        let kind = match ready.kind {
            ReadyKind::Messages => ReadyKinds::SC_READY_MESSAGES,
            ReadyKind::Descriptor { .. } => ReadyKinds::SC_READY_DESCRIPTOR,
            ReadyKind::Interval { .. } => ReadyKinds::SC_READY_INTERVAL,
            ReadyKind::Missed { .. } => ReadyKinds::SC_READY_DEADLINE,
            ReadyKind::Triggered => ReadyKinds::SC_READY_TRIGGER,
            _ => ReadyKinds::SC_READY_OTHER,
        };
        Self { key: ready.key.number(), kind: kind as u32, reserved: 0 }
    }
}

impl WaitSet {
    fn known(&self, key: u64) -> Result<Key, Failure> {
        let found = self.keys.get(&key).copied();
        found.ok_or_else(|| Failure::argument(format_args!("nothing in this wait set has key {key}")))
    }
}

/// Creates a wait set in which nothing is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_wait_set_create(out: *mut *mut WaitSet) -> Code {
    guard(|| {
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        let set = WaitSet { set: slotcast::WaitSet::new()?, keys: HashMap::new(), rest: VecDeque::new() };
        *out = hand_out(set);
        Ok(Code::OK)
    })
}

/// Frees a wait set. What was added stays.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_wait_set_free(set: *mut WaitSet) {
    // SAFETY: the caller passes what `sc_wait_set_create` has returned, once.
    unsafe { free(set) };
}

/// Adds something, and stores its key.
///
/// # Safety
/// The caller must ensure that both are null or valid, and that no other thread uses them.
unsafe fn add(
    set: *mut WaitSet,
    key: *mut u64,
    act: impl FnOnce(&mut slotcast::WaitSet) -> Result<Key, Failure>,
) -> Code {
    guard(|| {
        // SAFETY: as the caller ensures.
        let set = unsafe { handle(set) }?;
        // SAFETY: as the caller ensures.
        let place = unsafe { place(key, "the key") }?;
        let added = act(&mut set.set)?;
        *place = added.number();
        set.keys.insert(added.number(), added);
        Ok(Code::OK)
    })
}

/// Adds a subscriber. This and the next four store the key by which sc_wait_set_wait reports it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_wait_set_add_subscriber(
    set: *mut WaitSet,
    subscriber: *mut Receiver,
    key: *mut u64,
) -> Code {
    let act = |set: &mut slotcast::WaitSet| {
        // SAFETY: the caller passes a subscriber that no other thread uses.
        let receiver = unsafe { handle(subscriber) }?;
        Ok(set.add_subscriber(&mut receiver.subscriber)?)
    };
    // SAFETY: as the caller ensures.
    unsafe { add(set, key, act) }
}

/// Adds a listener.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_wait_set_add_listener(set: *mut WaitSet, listener: *mut Hearer, key: *mut u64) -> Code {
    let act = |set: &mut slotcast::WaitSet| {
        // SAFETY: the caller passes a listener that no other thread uses.
        let hearer = unsafe { handle(listener) }?;
        Ok(set.add_subscriber(&mut hearer.listener)?)
    };
    // SAFETY: as the caller ensures.
    unsafe { add(set, key, act) }
}

/// Adds a descriptor, which is duplicated: reported when it is readable, or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_wait_set_add_descriptor(
    set: *mut WaitSet,
    fd: c_int,
    writable: bool,
    key: *mut u64,
) -> Code {
    let act = |set: &mut slotcast::WaitSet| {
        if fd < 0 {
            return Err(Failure::argument(format_args!("{fd} is no descriptor")));
        }
        // SAFETY: not -1, and the caller keeps it open during this call.
        let descriptor = unsafe { BorrowedFd::borrow_raw(fd) };
        let interest = if writable { Interest::Writable } else { Interest::Readable };
        Ok(set.add_descriptor(&descriptor, interest)?)
    };
    // SAFETY: as the caller ensures.
    unsafe { add(set, key, act) }
}

/// Adds an interval: reported once in each period.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_wait_set_interval(set: *mut WaitSet, period_ns: i64, key: *mut u64) -> Code {
    // SAFETY: as the caller ensures.
    unsafe { add(set, key, |set| Ok(set.interval(duration(period_ns))?)) }
}

/// Adds a trigger, which can be fired from any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_wait_set_trigger(set: *mut WaitSet, key: *mut u64, out: *mut *mut Trigger) -> Code {
    let act = |set: &mut slotcast::WaitSet| {
        // SAFETY: the caller passes a place for a pointer.
        let out = unsafe { place(out, "the result") }?;
        let (key, trigger) = set.trigger()?;
        *out = hand_out(trigger);
        Ok(key)
    };
    // SAFETY: as the caller ensures.
    unsafe { add(set, key, act) }
}

/// Sets a deadline: a subscriber is reported that had no message for this time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_wait_set_deadline(set: *mut WaitSet, key: u64, time_ns: i64) -> Code {
    guard(|| {
        // SAFETY: the caller passes a wait set that no other thread uses.
        let set = unsafe { handle(set) }?;
        let key = set.known(key)?;
        set.set.deadline(key, duration(time_ns))?;
        Ok(Code::OK)
    })
}

/// Removes what has this key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_wait_set_remove(set: *mut WaitSet, key: u64) -> Code {
    guard(|| {
        // SAFETY: the caller passes a wait set that no other thread uses.
        let set = unsafe { handle(set) }?;
        let known = set.known(key)?;
        set.set.remove(known)?;
        set.keys.remove(&key);
        set.rest.retain(|ready| ready.key != key);
        Ok(Code::OK)
    })
}

/// Waits up to the time; less than 0: as long as it takes. Stores what is ready, up to `most`; the rest
/// is reported by the next wait. SC_EMPTY: nothing was ready in time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_wait_set_wait(
    set: *mut WaitSet,
    time_ns: i64,
    out: *mut Ready,
    most: u64,
    count: *mut u64,
) -> Code {
    guard(|| {
        // SAFETY: the caller passes a wait set that no other thread uses.
        let set = unsafe { handle(set) }?;
        // SAFETY: the caller passes a place for a number.
        let count = unsafe { place(count, "the number") }?;
        *count = 0;
        let most = usize::try_from(most).map_err(Failure::argument)?;
        if out.is_null() || most == 0 {
            return Err(Failure::argument("there is no place for what is ready"));
        }
        if set.rest.is_empty() {
            let found = if time_ns < 0 { set.set.wait() } else { set.set.wait_timeout(duration(time_ns)) }?;
            set.rest.extend(found.iter().map(Ready::from));
        }
        let taken = most.min(set.rest.len());
        for (at, ready) in set.rest.drain(..taken).enumerate() {
            // SAFETY: the caller has a place for `most` of them.
            let place = unsafe { out.add(at) };
            // SAFETY: as before.
            unsafe { place.write(ready) };
        }
        *count = taken as u64;
        Ok(if taken == 0 { Code::EMPTY } else { Code::OK })
    })
}

/// Makes the wait set report the trigger.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_trigger_fire(trigger: *const Trigger) {
    // SAFETY: null, or a trigger.
    if let Ok(trigger) = unsafe { shared(trigger) } {
        trigger.fire();
    }
}

/// Frees a trigger. The wait set keeps its key.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sc_trigger_free(trigger: *mut Trigger) {
    // SAFETY: the caller passes what `sc_wait_set_trigger` has returned, once.
    unsafe { free(trigger) };
}
