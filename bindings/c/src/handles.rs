//! Handles: what C holds of values of Rust, by pointers that it gives back in the end.
//!
//! A handle that was freed and is used again is recognised: its memory stays, marked as freed, until
//! many others were freed after it. So is a pointer to another kind of handle.

use crate::failure::Failure;
use std::collections::VecDeque;
use std::mem::{MaybeUninit, offset_of};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A value of which C has a handle.
pub trait Kind: Sized + 'static {
    /// What errors call it.
    const NAME: &'static str;

    /// Returns the blocks of freed handles of this kind.
    #[doc(hidden)]
    fn freed() -> &'static Freed<Self>;
}

/// Implements [`Kind`] for types.
macro_rules! kinds {
    ($($of:ty: $name:literal),* $(,)?) => {$(
        impl $crate::handles::Kind for $of {
            const NAME: &'static str = $name;

            fn freed() -> &'static $crate::handles::Freed<Self> {
                static FREED: $crate::handles::Freed<$of> = $crate::handles::Freed::new();
                &FREED
            }
        }
    )*};
}
pub(crate) use kinds;

/// The memory of a handle. C's pointer is to the value.
#[repr(C)]
struct Block<T> {
    /// [`live`] or [`freed`].
    mark: AtomicU64,
    /// So that the value is as far from the mark in blocks of each kind.
    _unused: u64,
    value: MaybeUninit<T>,
}

impl<T> Block<T> {
    const VALUE_AT: usize = {
        assert!(offset_of!(Self, value) == 16, "a value is aligned to 16 bytes at most");
        16
    };
}

/// Returns the mark of live handles of a kind: where its queue is. That differs for each kind, and
/// for each copy of this library in the process.
fn live<T: Kind>() -> u64 {
    ptr::from_ref(T::freed()).addr() as u64
}

/// Returns the mark of handles of a kind that were freed.
fn freed<T: Kind>() -> u64 {
    !live::<T>()
}

/// So many handles of a kind are freed before the memory of the first is used again.
const KEPT: usize = 256;

/// The blocks of freed handles of a kind, the longest freed first.
#[derive(Debug)]
pub struct Freed<T>(Mutex<VecDeque<Pointer<T>>>);

#[derive(Debug)]
struct Pointer<T>(NonNull<Block<T>>);

// SAFETY: a freed block has no value any more, and whoever takes its pointer out of the queue is the
// only one that has it.
unsafe impl<T> Send for Pointer<T> {}

impl<T> Freed<T> {
    #[doc(hidden)]
    pub const fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Pointer<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives a value to C.
pub(crate) fn hand_out<T: Kind>(value: T) -> *mut T {
    let mut freed_handles = T::freed().lock();
    let reused = if freed_handles.len() > KEPT { freed_handles.pop_front() } else { None };
    drop(freed_handles);
    let mark = live::<T>();
    let block = match reused {
        None => NonNull::from(Box::leak(Box::new(Block {
            mark: AtomicU64::new(mark),
            _unused: 0,
            value: MaybeUninit::new(value),
        }))),
        Some(Pointer(mut block)) => {
            // SAFETY: blocks are never deallocated, and nobody else has this one: its value was taken
            // out, and it was in the queue once.
            let reused = unsafe { block.as_mut() };
            reused.value.write(value);
            // Relaxed: the caller passes the pointer on to the threads that use it.
            reused.mark.store(mark, Ordering::Relaxed);
            block
        }
    };
    // SAFETY: it points to a block.
    unsafe { (&raw mut (*block.as_ptr()).value).cast() }
}

/// Finds the block of a handle, unless it is null, was freed, or is of another kind.
///
/// # Safety
/// The caller must ensure that the pointer is null, or of a handle that this library has handed out.
#[inline]
unsafe fn find<T: Kind>(pointer: *const T) -> Result<NonNull<Block<T>>, Failure> {
    // Computed instead of dereferenced: it may be null.
    let block = pointer.cast::<u8>().wrapping_sub(Block::<T>::VALUE_AT).cast::<Block<T>>();
    if let Some(block) = NonNull::new(block.cast_mut()).filter(|_| !pointer.is_null()) {
        // SAFETY: it is inside a block, of this or of another kind, as the caller ensures: all have
        // their mark at the same distance before the value, and stay allocated.
        let mark = unsafe { (*block.as_ptr()).mark.load(Ordering::Relaxed) };
        return if mark == live::<T>() { Ok(block) } else { Err(unusable::<T>(mark)) };
    }
    Err(Failure::argument(format_args!("the {} is null", T::NAME)))
}

/// Says why a handle with another mark cannot be used.
#[cold]
fn unusable<T: Kind>(mark: u64) -> Failure {
    let name = T::NAME;
    Failure::argument(if mark == freed::<T>() {
        format!("the {name} was freed before: do not use its pointer any more")
    } else {
        format!(
            "this pointer is of no {name}: another handle was passed, or one of another copy of this library, or its \
             memory was overwritten"
        )
    })
}

/// Returns what a handle points to.
///
/// # Safety
/// As for [`find`], and that nobody else uses it meanwhile.
#[inline]
pub(crate) unsafe fn handle<'a, T: Kind>(pointer: *mut T) -> Result<&'a mut T, Failure> {
    // SAFETY: as the caller ensures.
    unsafe { find(pointer) }?;
    // SAFETY: the handle is live, so there is a value; nobody else uses it, as the caller ensures.
    Ok(unsafe { &mut *pointer })
}

/// Returns what a handle points to, which others may read meanwhile.
///
/// # Safety
/// As for [`find`], and that nobody changes it meanwhile.
#[inline]
pub(crate) unsafe fn shared<'a, T: Kind>(pointer: *const T) -> Result<&'a T, Failure> {
    // SAFETY: as the caller ensures.
    unsafe { find(pointer) }?;
    // SAFETY: the handle is live, so there is a value; nobody changes it, as the caller ensures.
    Ok(unsafe { &*pointer })
}

/// Takes the value of a handle back, which is freed by that.
///
/// # Safety
/// As for [`find`], and that nobody else uses it meanwhile.
pub(crate) unsafe fn take<T: Kind>(pointer: *mut T) -> Result<T, Failure> {
    // SAFETY: as the caller ensures.
    let block = unsafe { find(pointer) }?;
    // SAFETY: blocks stay allocated.
    let mark = unsafe { &(*block.as_ptr()).mark };
    if mark.compare_exchange(live::<T>(), freed::<T>(), Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return Err(Failure::argument(format_args!("the {} was freed by another thread", T::NAME)));
    }
    // SAFETY: the handle was live until this marked it, so there is a value, which nobody uses or
    // takes any more.
    let value = unsafe { pointer.read() };
    T::freed().lock().push_back(Pointer(block));
    Ok(value)
}

/// Drops the value of a handle. Does nothing for null, or for one that was freed before.
///
/// # Safety
/// As for [`take`].
pub(crate) unsafe fn free<T: Kind>(pointer: *mut T) {
    if !pointer.is_null() {
        // SAFETY: as the caller ensures.
        drop(unsafe { take(pointer) });
    }
}
