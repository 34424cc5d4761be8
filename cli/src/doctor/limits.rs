//! Limits of processes that are started like this one.

use super::check::{Check, Severity};
use crate::rates::units;
use procfs::process::{Limit, LimitValue, Limits, Process};

pub(super) fn check() -> Vec<Check> {
    match Process::myself().and_then(|process| process.limits()) {
        Ok(limits) => vec![files(&limits), file_size(&limits), address_space(&limits), locked(&limits)],
        Err(error) => vec![Check::found(
            "limits",
            Severity::Note,
            format!("the limits of this process cannot be read: {error}"),
            "They are not checked.",
            "Mount /proc.",
        )],
    }
}

/// Descriptors for the endpoints of a small system.
const FEW_FILES: u64 = 256;

fn files(limits: &Limits) -> Check {
    let limit = limits.max_open_files;
    let text = format!("open files: {}", shown(limit, |value| value.to_string()));
    match limit.soft_limit {
        LimitValue::Value(value) if value < FEW_FILES => Check::found(
            "limit_files",
            Severity::Warning,
            text,
            "An endpoint keeps a few descriptors open, and one or two more for each endpoint that it is connected with.",
            "Raise it: `ulimit -n 4096`, or LimitNOFILE= in the service's unit.",
        ),
        _ => Check::ok("limit_files", text),
    }
}

fn file_size(limits: &Limits) -> Check {
    let text = format!("size of files: {}", shown(limits.max_file_size, units::bytes));
    match limits.max_file_size.soft_limit {
        LimitValue::Unlimited => Check::ok("limit_file_size", text),
        LimitValue::Value(_) => Check::found(
            "limit_file_size",
            Severity::Warning,
            text,
            "Shared memory counts as a file: publishers of large messages fail beyond this size.",
            "Remove the limit: `ulimit -f unlimited`, or LimitFSIZE=infinity in the service's unit.",
        ),
    }
}

fn address_space(limits: &Limits) -> Check {
    let text = format!("address space: {}", shown(limits.max_address_space, units::bytes));
    match limits.max_address_space.soft_limit {
        LimitValue::Unlimited => Check::ok("limit_address_space", text),
        LimitValue::Value(_) => Check::found(
            "limit_address_space",
            Severity::Warning,
            text,
            "Pools reserve address space far beyond what they use, in publishers and in each subscriber.",
            "Remove the limit (`ulimit -v unlimited`), or set a small `max_memory` of publishers of large messages.",
        ),
    }
}

/// What a process with some rings and a small pool locks, in bytes.
const LITTLE_LOCKED: u64 = 64 << 20;

fn locked(limits: &Limits) -> Check {
    let limit = limits.max_locked_memory;
    let text = format!("locked memory: {}", shown(limit, units::bytes));
    match limit.soft_limit {
        LimitValue::Value(value) if value < LITTLE_LOCKED => Check::found(
            "limit_locked_memory",
            Severity::Note,
            text,
            "Real-time programs that call `mlockall` cannot lock more, and mapping a ring can then fail.",
            "For these raise it: `ulimit -l unlimited`, or LimitMEMLOCK=infinity in the service's unit.",
        ),
        _ => Check::ok("limit_locked_memory", text),
    }
}

fn shown(limit: Limit, value_text: fn(u64) -> String) -> String {
    let number = |value: LimitValue| match value {
        LimitValue::Unlimited => "unlimited".to_owned(),
        LimitValue::Value(value) => value_text(value),
    };
    let (soft, hard) = (number(limit.soft_limit), number(limit.hard_limit));
    if soft == hard { soft } else { format!("{soft}, can be raised to {hard}") }
}
