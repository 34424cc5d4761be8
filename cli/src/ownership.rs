//! Whose a domain is that this user may not look into.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Says whose the innermost directory on the way to a path is that this user can see, if it is
/// another user's. Directories of root that lead there, such as `/dev/shm`, do not count unless
/// they are closed.
pub(crate) fn foreign(path: &Path) -> Option<String> {
    let user = rustix::process::geteuid().as_raw();
    let seen = path.ancestors().find_map(|path| Some((path, fs::symlink_metadata(path).ok()?)));
    let (path, metadata) = seen?;
    let is_closed = rustix::fs::access(path, rustix::fs::Access::EXEC_OK | rustix::fs::Access::READ_OK).is_err();
    (metadata.uid() != user && is_closed)
        .then(|| format!("{} belongs to user {}, and this is user {user}", path.display(), metadata.uid()))
}
