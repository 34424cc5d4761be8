//! The processors of this machine, as far as this process may use them.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::collections::BTreeSet;
use std::fs;
use std::io;

/// The processors that this process may use.
pub(crate) struct Processors {
    /// Their numbers, in order.
    pub(crate) allowed: Vec<usize>,
}

/// How near two processors are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Distance {
    /// They are threads of one core.
    Core,
    /// They share a cache of this level.
    Cache(u8),
    /// They share none, or that is not known.
    Far,
}

impl Processors {
    /// Returns those that this process may use now.
    pub(crate) fn of_this_process() -> Self {
        let set = sched_getaffinity(None).unwrap_or_else(|_| CpuSet::new());
        Self { allowed: (0..CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).collect() }
    }

    /// Returns the groups that share their last cache, in order.
    pub(crate) fn sharing_last_level(&self) -> Vec<Vec<usize>> {
        let groups: BTreeSet<Vec<usize>> = self.allowed.iter().map(|&cpu| self.beside(cpu)).collect();
        groups.into_iter().collect()
    }

    fn beside(&self, cpu: usize) -> Vec<usize> {
        let Some((_, shared)) = caches(cpu).into_iter().last() else { return vec![cpu] };
        self.allowed.iter().copied().filter(|other| shared.contains(other)).collect()
    }

    /// Returns two different processors that are as near as possible without being one core.
    pub(crate) fn near_pair(&self) -> Option<(usize, usize)> {
        let first = *self.allowed.first()?;
        let others = || self.allowed.iter().copied().skip(1);
        let best = others().min_by_key(|&other| match distance(first, other) {
            Distance::Cache(level) => level,
            Distance::Far => u8::MAX - 1,
            Distance::Core => u8::MAX,
        });
        best.map(|other| (first, other))
    }
}

/// Returns how near two processors are.
pub(crate) fn distance(one: usize, other: usize) -> Distance {
    let siblings = read(&format!("{}/topology/thread_siblings_list", directory(one)));
    if siblings.is_some_and(|list| parse(&list).contains(&other)) {
        return Distance::Core;
    }
    let shared = caches(one).into_iter().find(|(_, shared)| shared.contains(&other));
    shared.map_or(Distance::Far, |(level, _)| Distance::Cache(level))
}

/// Returns the levels of a processor's caches for data, lowest first, and who shares each.
fn caches(cpu: usize) -> Vec<(u8, Vec<usize>)> {
    let mut caches = Vec::new();
    for index in 0.. {
        let file = |name: &str| read(&format!("{}/cache/index{index}/{name}", directory(cpu)));
        let (Some(level), Some(shared)) = (file("level"), file("shared_cpu_list")) else { break };
        if file("type").as_deref() != Some("Instruction") {
            caches.extend(level.parse().ok().map(|level| (level, parse(&shared))));
        }
    }
    caches.sort();
    caches
}

fn directory(cpu: usize) -> String {
    format!("/sys/devices/system/cpu/cpu{cpu}")
}

/// Returns the content of a file of one line. Returns `None` if it cannot be read.
pub(crate) fn read(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

/// Reads a list as the kernel writes it: `0-3,8`.
fn parse(list: &str) -> Vec<usize> {
    let mut numbers = Vec::new();
    for range in list.split(',').filter(|range| !range.is_empty()) {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        if let (Ok(first), Ok(last)) = (first.parse::<usize>(), last.parse::<usize>()) {
            numbers.extend(first..=last.min(CpuSet::MAX_CPU));
        }
    }
    numbers
}

/// Writes a list as the kernel does: `0-3,8`.
pub(crate) fn list(numbers: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    let range = |(first, last): &(usize, usize)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(",")
}

/// Pins this thread to one processor.
pub(crate) fn pin(cpu: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu);
    Ok(sched_setaffinity(None, &set)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_written() {
        assert_eq!(parse("0-3,8"), [0, 1, 2, 3, 8]);
        assert_eq!(list(&[0, 1, 2, 3, 8]), "0-3,8");
        assert_eq!((parse(""), list(&[])), (Vec::new(), String::new()));
    }

    #[test]
    fn a_processor_shares_all_with_itself() {
        let all = Processors::of_this_process();
        assert!(!all.allowed.is_empty());
        assert_eq!(all.sharing_last_level().concat().len(), all.allowed.len(), "each is in one group");
        if let Some((one, other)) = all.near_pair() {
            assert_ne!(one, other);
            assert_eq!(distance(one, other), distance(other, one));
        }
    }
}
