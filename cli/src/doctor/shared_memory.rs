//! The file system on which the domain is.

use super::check::{Check, Severity};
use procfs::process::{MountInfo, Process};
use rustix::fs::{Mode, OFlags};
use std::path::Path;

/// With less room, in bytes, publishers soon cannot be created.
const LITTLE: u64 = 64 << 20;

pub(super) fn check(domain: &Path) -> Vec<Check> {
    // The domain need not exist yet.
    let Some(existing) = domain.ancestors().find(|path| path.exists()) else { return Vec::new() };
    let mut checks = vec![file_system(domain, existing), room(existing)];
    checks.extend(temporary_files(existing));
    checks
}

fn file_system(domain: &Path, existing: &Path) -> Check {
    let kind = "file_system";
    let Some(mount) = mount_of(existing) else {
        return Check::ok(kind, format!("{} is on an unknown file system", existing.display()));
    };
    let text = format!("{} is on {} ({})", domain.display(), mount.mount_point.display(), mount.fs_type);
    if mount.fs_type == "tmpfs" {
        return Check::ok(kind, text);
    }
    Check::found(
        kind,
        Severity::Warning,
        text,
        "Entries, and memory that is placed in files, are written to a disk; after a crash of the machine they stay.",
        "Use a domain below /dev/shm, and mount a tmpfs there if there is none: `mount -t tmpfs tmpfs /dev/shm`.",
    )
}

/// Returns the mount that a path is on: the last one mounted on the longest part of the path.
fn mount_of(path: &Path) -> Option<MountInfo> {
    let path = path.canonicalize().ok()?;
    let mounts = Process::myself().and_then(|process| process.mountinfo()).ok()?;
    let here = mounts.into_iter().filter(|mount| path.starts_with(&mount.mount_point));
    here.max_by_key(|mount| mount.mount_point.components().count())
}

fn room(path: &Path) -> Check {
    let kind = "room";
    let Ok(status) = rustix::fs::statvfs(path) else {
        return Check::ok(kind, format!("how much room {} has is not known", path.display()));
    };
    let (free, total) = (status.f_bavail * status.f_frsize, status.f_blocks * status.f_frsize);
    let text = format!("{} has {} MiB of {} MiB free", path.display(), free >> 20, total >> 20);
    if free < LITTLE || status.f_favail == 0 {
        return Check::found(
            kind,
            if free == 0 || status.f_favail == 0 { Severity::Error } else { Severity::Warning },
            text,
            "Endpoints cannot be created when it is full, and publishers that place memory in files fail.",
            "Remove files, run `slotcast clean`, or make it larger: `mount -o remount,size=4G /dev/shm`.",
        );
    }
    Check::ok(kind, text)
}

/// Returns whether files without a name can be created, which entries begin as.
fn temporary_files(path: &Path) -> Option<Check> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match rustix::fs::open(path, flags, Mode::RUSR | Mode::WUSR) {
        Ok(_) => Some(Check::ok("tmpfile", format!("{} takes O_TMPFILE", path.display()))),
        Err(error @ (rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::ISDIR)) => Some(Check::found(
            "tmpfile",
            Severity::Error,
            format!("{} does not take O_TMPFILE: {error}", path.display()),
            "Endpoints cannot be created in this domain.",
            "Choose a domain on tmpfs, ext4, xfs or btrfs.",
        )),
        Err(_) => None, // who may write there is checked elsewhere
    }
}
