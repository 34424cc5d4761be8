//! A small file system for one process and its children.

use std::io;
use std::path::Path;

/// Mounts a tmpfs of `kib` KiB at `path`, in a mount namespace of this process alone.
///
/// # Errors
/// Those of `unshare` and `mount`: only root can do it.
///
/// # Panics
/// If the path is not UTF-8.
pub fn mount(path: &Path, kib: usize) -> io::Result<()> {
    let check = |result| if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) };
    // SAFETY: it takes a number alone.
    check(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    let (root, private) = (c"/".as_ptr(), libc::MS_REC | libc::MS_PRIVATE);
    // SAFETY: the strings end with 0, and none is passed where none is needed.
    check(unsafe { libc::mount(std::ptr::null(), root, std::ptr::null(), private, std::ptr::null()) })?;
    let path = std::ffi::CString::new(path.to_str().expect("UTF-8")).expect("no 0");
    let (kind, size) = (c"tmpfs".as_ptr(), format!("size={kib}k,mode=0700\0"));
    // SAFETY: the strings end with 0.
    check(unsafe { libc::mount(kind, path.as_ptr(), kind, 0, size.as_ptr().cast()) })
}
