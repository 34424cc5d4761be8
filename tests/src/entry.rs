//! Entries written by hand, byte for byte, valid and invalid.

use slotcast::{EndpointId, ShmMessage};
use std::fs::{self, File};
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

/// The head and tail of an entry, to be changed before it is written.
#[derive(Clone, Debug)]
pub struct RawEntry {
    /// The bytes that it begins with.
    pub magic: [u8; 8],
    /// The version of its format.
    pub version: u32,
    /// 1 for a publisher, 2 for a subscriber.
    pub role: u32,
    /// Its identity.
    pub id: u128,
    /// The hash of its schema.
    pub hash: u128,
    /// The pid of its process.
    pub pid: u32,
    /// The number of the memory's descriptor in that process.
    pub descriptor: i32,
    /// The device of its memory.
    pub device: u64,
    /// The inode of its memory.
    pub inode: u64,
    /// The size of its memory.
    pub bytes: u64,
    /// The nonce at the beginning of its memory.
    pub nonce: u64,
    /// The stored size of its tail, if it differs from the real one.
    pub tail_bytes: Option<u32>,
    /// Where its memory is: 0 for nowhere, 1 for sealed memory, 2 for a file.
    pub place: u32,
    /// The PID namespace of its process; 0: not known.
    pub namespace: u64,
    /// The tail: JSON.
    pub tail: Vec<u8>,
}

impl RawEntry {
    /// Creates a valid entry of a publisher in this process, without memory.
    pub fn publisher<T: ShmMessage>(id: u128) -> Self {
        let schema = serde_json::to_string(T::SCHEMA).expect("a schema is JSON");
        Self {
            magic: *b"slotent\n",
            version: 2,
            role: 1,
            id,
            hash: T::HASH.0,
            pid: std::process::id(),
            descriptor: -1,
            device: 0,
            inode: 0,
            bytes: 0,
            nonce: 0,
            tail_bytes: None,
            place: 0,
            namespace: 0,
            tail: format!("{{\"program\":\"forger\",\"name\":\"raw\",\"schema\":{schema}}}").into(),
        }
    }

    /// Returns the file name that belongs to it.
    pub fn name(&self) -> String {
        format!("{}-{}", if self.role == 2 { "s" } else { "p" }, EndpointId(self.id))
    }

    /// Returns its bytes.
    ///
    /// # Panics
    /// If its tail is larger than 4 GiB.
    pub fn bytes(&self) -> Vec<u8> {
        let tail = self.tail_bytes.unwrap_or_else(|| u32::try_from(self.tail.len()).expect("a tail"));
        [
            &self.magic[..],
            &self.version.to_le_bytes(),
            &self.role.to_le_bytes(),
            &self.id.to_le_bytes(),
            &self.hash.to_le_bytes(),
            &self.pid.to_le_bytes(),
            &self.descriptor.to_le_bytes(),
            &self.device.to_le_bytes(),
            &self.inode.to_le_bytes(),
            &self.bytes.to_le_bytes(),
            &self.nonce.to_le_bytes(),
            &tail.to_le_bytes(),
            &self.place.to_le_bytes(),
            &self.namespace.to_le_bytes(),
            &self.tail,
        ]
        .concat()
    }
}

/// A file in a topic's directory, locked as a living owner locks it, or not.
#[derive(Debug)]
pub struct Planted {
    path: PathBuf,
    _locked: Option<File>,
}

impl Planted {
    /// Writes a file, locks it if `alive`, and gives it its name.
    ///
    /// # Panics
    /// If the file cannot be written, locked or renamed.
    pub fn new(directory: &Path, name: &str, bytes: &[u8], alive: bool) -> Self {
        let path = directory.join(name);
        let hidden = directory.join(format!(".{name}"));
        fs::write(&hidden, bytes).expect("it can be written");
        let locked = alive.then(|| {
            let file = File::options().read(true).write(true).open(&hidden).expect("it is there");
            lock(&file).expect("nobody else holds it");
            file
        });
        fs::rename(hidden, &path).expect("it can be renamed");
        Self { path, _locked: locked }
    }

    /// Returns whether the file still exists.
    pub fn exists(&self) -> bool {
        self.path.symlink_metadata().is_ok()
    }
}

/// Locks the byte that an owner locks, until the file is closed.
///
/// # Errors
/// If somebody else holds the lock.
#[expect(clippy::cast_possible_truncation, reason = "small constants")]
pub fn lock(file: &File) -> io::Result<()> {
    let lock = libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 1,
        l_pid: 0,
    };
    // SAFETY: the descriptor is open, and the call reads one `struct flock`.
    let result = unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
