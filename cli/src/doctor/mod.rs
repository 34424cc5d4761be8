//! What can be wrong with a machine or a domain. Each kind of finding has a file of its own.

mod check;
mod huge_pages;
mod kernel;
mod leftovers;
mod limits;
mod login;
mod permissions;
mod placement;
mod ptrace;
mod shared_memory;
mod topics;

pub(crate) use check::{Check, Severity};

use crate::context::Context;

/// Checks the machine, then the domain.
pub(crate) fn examine(context: &Context) -> Vec<Check> {
    let path = context.domain.path();
    let mut checks = kernel::check();
    checks.extend(shared_memory::check(path));
    checks.extend(limits::check());
    checks.extend(ptrace::check());
    checks.extend(login::check(path));
    checks.extend(huge_pages::check());
    checks.extend(placement::check());
    checks.extend(permissions::check(path));
    checks.extend(leftovers::check(context));
    checks.extend(topics::check(context));
    checks
}
