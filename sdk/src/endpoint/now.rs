use crate::sys::process;

/// Returns the time now in nanoseconds of `CLOCK_MONOTONIC`, which timestamps of messages are in.
/// So the difference to [`Sample::timestamp`](crate::Sample::timestamp) is an age.
///
/// All processes of the machine read the same clock, unless they are in different time namespaces.
/// It begins some time at boot, never goes back, and stands still during suspend. Costs about 20
/// ns; makes no system call and no allocation.
///
/// # Examples
///
/// ```
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// use slotcast::{Publisher, Subscriber, now_ns};
///
/// let mut publisher = Publisher::<u64>::builder("ticks").domain(&domain).timestamps(true).create()?;
/// let mut subscriber = Subscriber::<u64>::builder("ticks").domain(&domain).create()?;
/// let before = now_ns();
/// publisher.publish(&before)?; // in the message, too, it can be compared
/// let sample = subscriber.recv()?;
/// let published = sample.timestamp().expect("its publisher has timestamps");
/// assert!(before <= published && published <= now_ns());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn now_ns() -> u64 {
    process::monotonic_ns()
}

/// Returns what [`now_ns`] returned at the last tick of the kernel, at most 10 ms ago. Costs a
/// quarter.
pub(crate) fn coarse_now_ns() -> u64 {
    process::coarse_monotonic_ns()
}
