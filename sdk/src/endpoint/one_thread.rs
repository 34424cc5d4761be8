//! # Safety
//!
//! Handles that one thread at a time uses. The file opts into unsafe code because only `Sync` with
//! a bound that nothing meets lets the compiler say why a handle is not `Sync`. It upholds that
//! nothing meets it.
#![allow(unsafe_code, reason = "the compiler says why a handle is not `Sync`")]

use std::marker::PhantomData;

/// Makes a handle `Send` and not `Sync`: it can move between threads, but only one thread uses it
/// at a time, because a ring has one writer and a cursor one reader.
pub(crate) type OneThreadAtATime<Handle> = PhantomData<Use<Handle>>;

/// Is `Sync` if its handle can be used by several threads at once, which none can.
pub(crate) struct Use<Handle>(PhantomData<fn() -> Handle>);

/// No handle has this trait. The compiler prints its text.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is used by one thread at a time",
    label = "two threads would use it at once",
    note = "move it into the thread that uses it, or share it as `Arc<Mutex<_>>`",
    note = "or create one for each thread: a topic can have any number of publishers and subscribers"
)]
pub(crate) trait UsedByThreadsAtOnce {}

// SAFETY: no type meets the bound. (If one did: there is nothing inside that threads could share.)
unsafe impl<Handle: UsedByThreadsAtOnce> Sync for Use<Handle> {}
