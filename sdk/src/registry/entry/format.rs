//! The bytes of an entry: a fixed head, and JSON.

use super::liveness::{LEFT_AT, LEFT_IN_ROLE};
use super::{Announcement, EndpointId, Peer, PeerName, Qos};
use crate::registry::handover::Handle;
use crate::registry::memory::{Memory, MemoryEntry};
use crate::registry::{EntryError, Role, names};
use crate::schema::{Schema, shortened};
use crate::sys::file::Identity;
use crate::sys::process;
use serde::{Deserialize, Serialize};
use std::fs::File;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The largest entry, in bytes.
pub(super) const MAX_BYTES: usize = 1 << 20;
const MAGIC: [u8; 8] = *b"slotent\n";
const VERSION: u32 = 2;

/// The start of every entry, little-endian.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
struct Head {
    magic: [u8; 8],
    version: u32,
    /// A code for the role. The highest bit is the mark that the owner leaves.
    role: u32,
    id: [u8; 16],
    hash: [u8; 16],
    pid: u32,
    descriptor: i32,
    device: u64,
    inode: u64,
    bytes: u64,
    nonce: u64,
    /// How many bytes of JSON follow.
    tail: u32,
    /// Where its memory is: one of the codes in [`place`].
    place: u32,
    /// A number for the PID namespace of its process; 0 if it did not know.
    namespace: u64,
}

/// Codes for where an endpoint's memory is.
mod place {
    pub(super) const NONE: u32 = 0;
    pub(super) const SEALED: u32 = 1;
    pub(super) const FILE: u32 = 2;
}

const _: () = assert!(size_of::<Head>() == 104);
const _: () = assert!(LEFT_AT == std::mem::offset_of!(Head, role) as u64 + 3);

/// The rest of an entry. Fields that are added later have defaults, unknown fields are ignored.
#[derive(Serialize, Deserialize)]
struct Tail {
    program: String,
    name: String,
    schema: Schema,
    #[serde(default)]
    qos: Qos,
}

fn code(role: Role) -> u32 {
    match role {
        Role::Publisher => 1,
        Role::Subscriber => 2,
    }
}

/// Returns the bytes of an entry.
pub(super) fn encode(announcement: &Announcement) -> Vec<u8> {
    let tail = Tail {
        program: process::program(),
        name: announcement.name.clone(),
        schema: announcement.schema.clone(),
        qos: announcement.qos.clone(),
    };
    let tail = serde_json::to_vec(&tail).expect("strings, numbers and their lists are JSON");
    let (place, Identity { device, inode }, descriptor) = match announcement.memory.map(|memory| memory.place) {
        None | Some(Memory::OtherNamespace) => (place::NONE, Identity { device: 0, inode: 0 }, -1),
        Some(Memory::Sealed(Handle { descriptor, device, inode, .. })) => {
            (place::SEALED, Identity { device, inode }, descriptor)
        }
        Some(Memory::File { device, inode }) => (place::FILE, Identity { device, inode }, -1),
    };
    let head = Head {
        magic: MAGIC,
        version: VERSION,
        role: code(announcement.role),
        id: announcement.id.0.to_le_bytes(),
        hash: announcement.hash.0.to_le_bytes(),
        pid: process::pid(),
        descriptor,
        device,
        inode,
        bytes: announcement.memory.map_or(0, |memory| memory.bytes),
        nonce: announcement.memory.map_or(0, |memory| memory.nonce),
        tail: u32::try_from(tail.len()).unwrap_or(u32::MAX),
        place,
        namespace: process::pid_namespace(),
    };
    [head.as_bytes(), &tail].concat()
}

/// Reads the bytes of the entry `name`, which are the contents of `file`.
pub(super) fn decode(name: &str, bytes: &[u8], file: File) -> Result<Peer, EntryError> {
    let damaged = |found: String| EntryError::Damaged { name: name.into(), found };
    let (head, tail) = split(name, bytes)?;
    let (role, id) = check_head(name, &head)?;
    if tail.len() != head.tail as usize {
        return Err(damaged(format!("{} bytes follow its head, which claims {}", tail.len(), head.tail)));
    }
    // These texts can quote the entry.
    let damaged_at = |error: &dyn std::error::Error| damaged(shortened(&error.to_string()).into());
    let tail: Tail = serde_json::from_slice(tail).map_err(|error| damaged_at(&error))?;
    tail.schema.check().map_err(|error| damaged_at(&error))?;
    let hash = tail.schema.try_hash().map_err(|error| damaged(error.to_string()))?;
    if hash.0.to_le_bytes() != head.hash {
        return Err(damaged("its schema has another hash than its head claims".into()));
    }
    let Head { pid, descriptor, device, inode, bytes, nonce, .. } = head;
    let place = match head.place {
        place::NONE => None,
        place::SEALED if is_foreign(head.namespace) => Some(Memory::OtherNamespace),
        place::SEALED => Some(Memory::Sealed(Handle { pid, descriptor, device, inode })),
        place::FILE => Some(Memory::File { device, inode }),
        other => return Err(damaged(format!("the code {other} for the place of its memory is unknown"))),
    };
    Ok(Peer {
        role,
        id,
        name: PeerName {
            id,
            role,
            pid: head.pid,
            program: shortened(&tail.program).into(),
            name: shortened(&tail.name).into(),
        },
        schema: tail.schema,
        hash,
        qos: tail.qos,
        memory: place.map(|place| MemoryEntry { place, bytes, nonce }),
        is_foreign: is_foreign(head.namespace),
        file,
    })
}

/// Returns whether an entry's owner is in another PID namespace: its number there means nothing
/// here.
fn is_foreign(namespace: u64) -> bool {
    let ours = process::pid_namespace();
    namespace != 0 && ours != 0 && namespace != ours
}

/// Divides an entry into its head and its JSON.
fn split<'a>(name: &str, bytes: &'a [u8]) -> Result<(Head, &'a [u8]), EntryError> {
    let damaged = |found: String| EntryError::Damaged { name: name.into(), found };
    if bytes.len() > MAX_BYTES {
        return Err(damaged(format!("it has more than {MAX_BYTES} bytes")));
    }
    let Ok((head, tail)) = Head::read_from_prefix(bytes) else {
        return Err(damaged(format!("it has {} bytes, and its head alone has {}", bytes.len(), size_of::<Head>())));
    };
    if head.magic != MAGIC {
        return Err(damaged(format!("it begins with \"{}\"", head.magic.escape_ascii())));
    }
    if head.version != VERSION {
        return Err(EntryError::Version { name: name.into(), found: head.version, known: VERSION });
    }
    Ok((head, tail))
}

/// Checks that role and identity are those of the entry's name. What is kept is a publisher's, and
/// its name does not say whose.
fn check_head(name: &str, head: &Head) -> Result<(Role, EndpointId), EntryError> {
    let damaged = |found: String| EntryError::Damaged { name: name.into(), found };
    let is_kept = name == names::KEPT;
    let expected = if is_kept { Some(Role::Publisher) } else { names::role_of(name) };
    let Some(role) = expected.filter(|&role| code(role) == head.role & !LEFT_IN_ROLE) else {
        return Err(damaged(format!("its role is {}, which does not match its name", head.role)));
    };
    let id = EndpointId(u128::from_le_bytes(head.id));
    if !is_kept && names::entry(role, id) != name {
        return Err(damaged(format!("its id is {id}, which does not match its name")));
    }
    Ok((role, id))
}
