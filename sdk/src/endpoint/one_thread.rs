//! # Safety
//!
//! Handles that one thread at a time uses. The file opts into unsafe code, in its macro, because
//! only `Sync` with a bound that nothing meets lets the compiler say why a handle is not `Sync`. It
//! upholds that nothing meets it.
#![allow(unsafe_code, reason = "the compiler says why a handle is not `Sync`")]

/// No handle has this trait. The compiler prints its text. (It takes a lifetime because the
/// compiler checks a bound for every lifetime only where the implementation is used.)
#[diagnostic::on_unimplemented(
    message = "`{Self}` is used by one thread at a time",
    label = "two threads would use it at once",
    note = "move it into the thread that uses it, or share it as `Arc<Mutex<_>>`",
    note = "or create one for each thread: a topic can have any number of publishers and subscribers"
)]
pub(crate) trait UsedByThreadsAtOnce<'a> {}

/// Makes a handle not `Sync`: it can move between threads, but only one thread uses it at a time,
/// because a ring has one writer and a cursor one reader.
macro_rules! used_by_one_thread_at_a_time {
    ($handle:ident $(<$T:ident: ?Sized, $H:ident>)?) => {
        // SAFETY: no type meets the bound, so none is `Sync` by this. It only takes the place of
        // what the compiler would find by itself.
        #[allow(unsafe_code, reason = "the compiler says why a handle is not `Sync`")]
        unsafe impl $(<$T: ?Sized, $H>)? Sync for $handle $(<$T, $H>)? where
            for<'any> Self: $crate::endpoint::UsedByThreadsAtOnce<'any>
        {
        }
    };
}

pub(crate) use used_by_one_thread_at_a_time;
