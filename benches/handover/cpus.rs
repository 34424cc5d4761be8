use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::error::Error;
use std::io;

/// Returns the two processors to use: the requested ones, or the first two that this process may
/// use.
pub(crate) fn pair(asked: Option<(usize, usize)>) -> Result<(usize, usize), Box<dyn Error>> {
    let allowed = sched_getaffinity(None)?;
    let allowed: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|&cpu| allowed.is_set(cpu)).collect();
    match (asked, allowed.as_slice()) {
        (Some((ours, theirs)), _) if allowed.contains(&ours) && allowed.contains(&theirs) => Ok((ours, theirs)),
        (Some(_), _) => Err(format!("of the processors asked for, this process may use only {allowed:?}").into()),
        (None, &[ours, theirs, ..]) => Ok((ours, theirs)),
        (None, _) => Err("two processes need two processors, and this one may use only one: \
             `handover startup join` measures what one can"
            .into()),
    }
}

/// Pins this thread to one processor.
pub(crate) fn pin(cpu: usize) -> io::Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu);
    Ok(sched_setaffinity(None, &set)?)
}
