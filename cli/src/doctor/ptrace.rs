//! Whether processes of one user may open each other's memory.

use super::check::{Check, Severity};
use std::fs;

const SCOPE: &str = "/proc/sys/kernel/yama/ptrace_scope";

pub(super) fn check() -> Vec<Check> {
    vec![scope(), dumpable()]
}

fn scope() -> Check {
    let kind = "ptrace_scope";
    let Ok(scope) = fs::read_to_string(SCOPE) else {
        return Check::ok(kind, "Yama restricts nothing: there is no ptrace_scope");
    };
    match scope.trim() {
        "0" => Check::ok(kind, "ptrace_scope is 0: processes of one user may take each other's descriptors"),
        scope => Check::found(
            kind,
            Severity::Note,
            format!("ptrace_scope is {scope}: a process cannot take descriptors of its siblings by pidfd"),
            "Memory is opened through /proc instead, which works between processes of one user that are dumpable.",
            "Where that is refused, too, create endpoints with `Placement::File`.",
        ),
    }
}

/// Processes that have changed their user, or are set-user-id, are not dumpable.
fn dumpable() -> Check {
    let kind = "dumpable";
    match rustix::process::dumpable_behavior() {
        Ok(rustix::process::DumpableBehavior::Dumpable) => {
            Check::ok(kind, "this process is dumpable: others of its user may open its memory")
        }
        _ => Check::found(
            kind,
            Severity::Warning,
            "this process is not dumpable",
            "Other processes may not open the memory of processes that are started like this one.",
            "Create their endpoints with `Placement::File`, or do not start them set-user-id.",
        ),
    }
}
