//! The processors, and how near they are to each other.

use super::check::{Check, Severity};
use crate::processors::{self, Processors};

pub(super) fn check() -> Vec<Check> {
    let processors = Processors::of_this_process();
    vec![allowed(&processors), caches(&processors), isolated(), governor(&processors)]
}

fn allowed(processors: &Processors) -> Check {
    let kind = "processors";
    let list = processors::list(&processors.allowed);
    if processors.allowed.len() > 1 {
        return Check::ok(kind, format!("processes started like this one may use the processors {list}"));
    }
    Check::found(
        kind,
        Severity::Warning,
        format!("processes started like this one may use only the processor {list}"),
        "A receiver that spins takes the time that its publisher needs.",
        "Give them more (`taskset`, CPUAffinity=, the container's cpuset), or let receivers sleep.",
    )
}

fn caches(processors: &Processors) -> Check {
    let kind = "caches";
    let groups: Vec<String> = processors.sharing_last_level().iter().map(|group| processors::list(group)).collect();
    let text = format!("processors that share their last cache: {}", groups.join(" | "));
    if groups.len() < 2 {
        return Check::ok(kind, text);
    }
    Check::found(
        kind,
        Severity::Note,
        text,
        "A message takes several times as long between processors that share no cache.",
        "Pin processes that exchange most to processors of one group.",
    )
}

fn isolated() -> Check {
    let isolated = processors::read("/sys/devices/system/cpu/isolated");
    let text = match isolated.as_deref().unwrap_or_default() {
        "" => "no processors are isolated".to_owned(),
        list => format!("isolated processors: {list}; only threads that are pinned run there"),
    };
    Check::ok("isolated", text)
}

fn governor(processors: &Processors) -> Check {
    let kind = "governor";
    let of = |cpu: &usize| processors::read(&format!("/sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor"));
    let mut governors: Vec<String> = processors.allowed.iter().filter_map(of).collect();
    governors.sort_unstable();
    governors.dedup();
    let text = match governors.as_slice() {
        [] => return Check::ok(kind, "the kernel does not choose the frequency of these processors"),
        governors => format!("frequency governor: {}", governors.join(", ")),
    };
    if governors.iter().all(|governor| governor == "performance") {
        return Check::ok(kind, text);
    }
    Check::found(
        kind,
        Severity::Note,
        text,
        "Processors slow down while they have little to do: the first message after a pause takes longer.",
        "For even latencies: `cpupower frequency-set -g performance`.",
    )
}
