//! What publishers and subscribers have in common.

use std::cell::Cell;
use std::marker::PhantomData;

/// Makes a handle one that can move between threads, and that one thread uses at a time (`Send`, not `Sync`): there is
/// one writer to a ring, and one reader to a cursor.
pub(crate) type OneThreadAtATime = PhantomData<Cell<()>>;
