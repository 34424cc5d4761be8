//! What the models have in common.
//!
//! # Safety
//!
//! The file opts into unsafe code to access memory without atomics. loom fails a model in which
//! such an access happens at the same time as a write, and that is what the models are for.
#![allow(unsafe_code, reason = "loom's cells give raw pointers")]

use crate::sync::Word;
use loom::cell::UnsafeCell;
use loom::thread::{self, JoinHandle};
use std::sync::Arc;

/// A value that is read and written plainly. An access that races with a write fails the model.
pub(super) struct Plain(UnsafeCell<u64>);

// SAFETY: loom runs one thread of a model at a time, and fails the model if accesses would race.
unsafe impl Sync for Plain {}

impl Plain {
    pub(super) fn new(value: u64) -> Self {
        Self(UnsafeCell::new(value))
    }

    pub(super) fn read(&self) -> u64 {
        // SAFETY: the pointer is valid for the closure; loom reports a write at the same time.
        self.0.with(|value| unsafe { *value })
    }

    pub(super) fn write(&self, new: u64) {
        self.replace(new);
    }

    /// Stores a value and returns the one before.
    pub(super) fn replace(&self, new: u64) -> u64 {
        // SAFETY: the pointer is valid for the closure; loom reports any other access at the same
        // time.
        self.0.with_mut(|value| unsafe { std::mem::replace(&mut *value, new) })
    }
}

/// Returns `count` words of value zero.
pub(super) fn zeros(count: usize) -> Vec<Word> {
    (0..count).map(|_| Word::new(0)).collect()
}

/// Runs `body` on another thread, which shares `world`.
pub(super) fn spawn<W, R>(world: &Arc<W>, body: impl FnOnce(&W) -> R + 'static) -> JoinHandle<R>
where
    W: Send + Sync + 'static,
    R: 'static,
{
    let world = Arc::clone(world);
    thread::spawn(move || body(&world))
}

/// Explores all interleavings with at most three preemptions, for models too large to explore in
/// full.
pub(super) fn explore_three_preemptions(body: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(body);
}
