//! The two processors between which messages are handed over.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::error::Error;
use std::io;

/// Returns the two processors to use: the requested ones, or the first two that this process may
/// use.
///
/// # Errors
/// If this process may not use them, or only one.
pub fn pair(asked: Option<(usize, usize)>) -> Result<(usize, usize), Box<dyn Error>> {
    let allowed = sched_getaffinity(None)?;
    let allowed: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&cpu| allowed.is_set(cpu)).collect();
    match (asked, allowed.as_slice()) {
        (Some((ours, theirs)), _) if allowed.contains(&ours) && allowed.contains(&theirs) => Ok((ours, theirs)),
        (Some(_), _) => Err(format!("of the processors asked for, this process may use only {allowed:?}").into()),
        (None, &[ours, theirs, ..]) => Ok((ours, theirs)),
        (None, _) => Err("two processes need two processors, and this one may use only one".into()),
    }
}

/// Pins this thread to one processor. Threads and processes that it starts later inherit that.
///
/// # Errors
/// If this process may not use it.
pub fn pin(cpu: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu);
    Ok(sched_setaffinity(None, &set)?)
}

/// Returns the two processors that an argument such as `0,1` names.
///
/// # Errors
/// If it is not two different numbers.
pub fn parse_pair(text: &str) -> Result<(usize, usize), String> {
    let numbers = text.split_once(',').and_then(|(one, other)| Some((one.parse().ok()?, other.parse().ok()?)));
    numbers.filter(|(one, other)| one != other).ok_or_else(|| "two different numbers are needed, as 0,1".into())
}
