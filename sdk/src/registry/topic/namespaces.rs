//! The hints about PID namespaces: whether endpoints of several have entered a topic.

use super::layout::word;
use crate::sys::memory::Writable;
use crate::sys::process;

/// Notes the PID namespace of this process, which enters a topic.
pub(super) fn note(hints: &Writable) {
    let ours = process::pid_namespace();
    let first = &hints.words()[word::NAMESPACE];
    // Of several that enter at once, one is the first, and the others see it. Nothing else is
    // ordered by these words, so the flag is relaxed.
    if ours != 0 && !first.compare_exchange(0, ours) && first.load_relaxed() != ours {
        hints.words()[word::SEVERAL_NAMESPACES].store_relaxed(1);
    }
}

/// Returns whether endpoints of several PID namespaces have entered. Memory cannot be handed over
/// between them by process numbers.
pub(super) fn are_several(hints: &Writable) -> bool {
    hints.words()[word::SEVERAL_NAMESPACES].load_relaxed() != 0
}
