//! What dead processes have left in the domain.

use super::check::{Check, Severity};
use crate::context::Context;

pub(super) fn check(context: &Context) -> Vec<Check> {
    let kind = "leftovers";
    // That the domain cannot be read is found elsewhere.
    let Ok(paths) = context.domain.leftovers_of_the_dead() else { return Vec::new() };
    let Some(first) = paths.first() else {
        return vec![Check::ok(kind, "dead processes have left nothing in the domain")];
    };
    let count = match paths.len() {
        1 => String::new(),
        count => format!(" and {} more", count - 1),
    };
    vec![Check::found(
        kind,
        Severity::Warning,
        format!("dead processes have left {}{count}", first.display()),
        "Processes have crashed or were killed. What they have left takes some memory.",
        "`slotcast clean --dry-run` lists it, `slotcast clean` removes it; so do the topic's next endpoints.",
    )]
}
