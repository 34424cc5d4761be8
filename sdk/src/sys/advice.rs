//! What a user can do about an error of the kernel: the one place where an error number and what
//! was attempted become advice.

use super::memory::memlock_limit;
use rustix::io::Errno;
use rustix::process::{Resource, getrlimit};
use std::io;

/// What was attempted when the kernel returned an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    /// To open, create, write or remove files of the registry.
    UseRegistry {
        /// How its directory was chosen.
        chosen_with: &'static str,
    },
    /// To create memory of this process's own: in a file, or sealed.
    CreateMemory,
    /// To open another process's memory.
    OpenMemory,
    /// To map memory.
    MapMemory,
    /// To wait for descriptors.
    Wait,
}

/// How close to the limit of mappings counts as at the limit: one call needs a few of them.
const MAPPINGS_NEEDED: u64 = 8;

/// Returns advice for an error, or `None` if there is none. It reads limits of this process, and
/// is meant for error texts only.
pub(crate) fn advice(attempt: Attempt, error: &io::Error) -> Option<String> {
    use Attempt::{CreateMemory, MapMemory, OpenMemory, UseRegistry, Wait};
    let errno = Errno::from_io_error(error)?;
    Some(match (errno, attempt) {
        (Errno::MFILE, _) => "this process has too many files open; raise its limit (`ulimit -n`)".into(),
        (Errno::NFILE, _) => "this machine has too many files open".into(),
        (Errno::FBIG, _) => format!(
            "files of this process may have at most {} bytes; raise that limit (`ulimit -f`), or lower `depth` or \
             `max_memory` of publishers",
            getrlimit(Resource::Fsize).current.unwrap_or(u64::MAX)
        ),
        (Errno::NOSPC, Wait) => "this user waits for too many descriptors; raise fs.epoll.max_user_watches".into(),
        (Errno::NOSPC | Errno::DQUOT, UseRegistry { chosen_with }) => {
            format!("the file system is full; free some space, or choose another directory with {chosen_with}")
        }
        (Errno::NOSPC | Errno::DQUOT, CreateMemory) => {
            "lower `depth` or `max_memory` of publishers, or free some of the file system".into()
        }
        (Errno::ROFS | Errno::ACCESS | Errno::PERM, UseRegistry { chosen_with }) => {
            format!("choose a directory that this user can write to with {chosen_with}")
        }
        (Errno::NOENT, UseRegistry { chosen_with }) => {
            format!("create the directory above it, or choose another one with {chosen_with}")
        }
        (Errno::OPNOTSUPP | Errno::ISDIR, UseRegistry { chosen_with }) => format!(
            "its file system does not support O_TMPFILE, as tmpfs, ext4, xfs and btrfs do; choose a directory on one \
             of these with {chosen_with}"
        ),
        (Errno::LOOP, Wait) => {
            "it waits for other descriptors in turn, which lead back to this set or are nested too deeply".into()
        }
        // `mmap` in a process that has called `mlockall(MCL_FUTURE)`.
        (Errno::AGAIN, CreateMemory | MapMemory) => format!(
            "raise `ulimit -l`, now {} KiB, or lower `depth` or `max_memory` of publishers",
            memlock_limit()? / 1024
        ),
        (Errno::NOMEM, CreateMemory | MapMemory) => no_address_space(),
        (Errno::ACCESS | Errno::PERM, OpenMemory) => {
            "if other processes may not open its process, give it `Placement::File`".into()
        }
        _ => return None,
    })
}

/// Returns [`advice`] as the end of a text, after `separator`; or nothing.
pub(crate) fn suffix(separator: &str, attempt: Attempt, error: &io::Error) -> String {
    advice(attempt, error).map_or_else(String::new, |advice| format!("{separator}{advice}"))
}

/// Returns the advice to raise the limit of locked memory, or `None` if there is no limit.
pub(crate) fn raise_memlock() -> Option<String> {
    memlock_limit().map(|most| format!("raise `ulimit -l`, now {} KiB", most / 1024))
}

/// Finds out which limit a mapping did not fit into.
fn no_address_space() -> String {
    if let Some((mappings, most)) = mappings()
        && mappings + MAPPINGS_NEEDED > most
    {
        return format!("this process has {mappings} mappings; raise vm.max_map_count, now {most}");
    }
    match getrlimit(Resource::As).current {
        Some(most) => {
            format!("lower `depth` or `max_memory` of publishers, or raise `ulimit -v`, now {} KiB", most / 1024)
        }
        None => "lower `depth` or `max_memory` of publishers, or allow this process more memory".into(),
    }
}

/// Returns how many mappings this process has, and how many it may have.
fn mappings() -> Option<(u64, u64)> {
    let mappings = std::fs::read_to_string("/proc/self/maps").ok()?.lines().count() as u64;
    let most = std::fs::read_to_string("/proc/sys/vm/max_map_count").ok()?.trim().parse().ok()?;
    Some((mappings, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(attempt: Attempt, errno: Errno) -> Option<String> {
        advice(attempt, &errno.into())
    }

    #[test]
    fn advice_fits_the_error_and_what_was_attempted() {
        use Attempt::{CreateMemory, MapMemory, OpenMemory, Wait};
        const REGISTRY: Attempt = Attempt::UseRegistry { chosen_with: "SLOTCAST_ROOT" };
        for attempt in [REGISTRY, CreateMemory, OpenMemory, MapMemory, Wait] {
            for (errno, part) in
                [(Errno::MFILE, "ulimit -n"), (Errno::NFILE, "this machine"), (Errno::FBIG, "ulimit -f")]
            {
                assert!(of(attempt, errno).unwrap().contains(part), "{attempt:?}, {errno:?}");
            }
            assert_eq!(of(attempt, Errno::IO), None);
        }
        for (attempt, errno, part) in [
            (Wait, Errno::NOSPC, "max_user_watches"),
            (Wait, Errno::LOOP, "nested"),
            (REGISTRY, Errno::NOSPC, "SLOTCAST_ROOT"),
            (REGISTRY, Errno::ROFS, "can write"),
            (REGISTRY, Errno::NOENT, "above it"),
            (REGISTRY, Errno::OPNOTSUPP, "O_TMPFILE"),
            (CreateMemory, Errno::NOSPC, "free some of the file system"),
            (CreateMemory, Errno::NOMEM, "max_memory"),
            (MapMemory, Errno::NOMEM, "max_memory"),
            (OpenMemory, Errno::ACCESS, "Placement::File"),
        ] {
            assert!(of(attempt, errno).unwrap().contains(part), "{attempt:?}, {errno:?}");
        }
        assert_eq!(of(OpenMemory, Errno::NOSPC), None);
        assert_eq!(of(Wait, Errno::PERM), None);
    }

    #[test]
    fn this_process_may_have_more_mappings() {
        let (mappings, most) = mappings().unwrap();
        assert!(0 < mappings && mappings < most);
    }
}
