//! Entries: the file by which an endpoint is known.
//!
//! An entry is written whole and locked before it gets its name, so that nobody sees half of one, and a name is
//! random and never used again, so that whoever finds one dead can remove it without a race.

use super::handover::Handle;
use super::memory::{self, Memory, MemoryEntry};
use super::{EntryError, RegistryError};
use crate::failpoint;
use crate::schema::{Schema, SchemaHash};
use crate::sys::file::{self, Identity};
use crate::sys::fork::Locks;
use crate::sys::lock::{self, Hold};
use crate::sys::process;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// The byte that an owner locks.
const LIFE: u64 = 0;
/// The largest entry, in bytes.
const LIMIT: usize = 1 << 20;
const MAGIC: [u8; 8] = *b"slotent\n";
const VERSION: u32 = 1;
/// Where in an entry its owner says that it leaves: the highest bit of the role.
const LEFT_AT: u64 = 15;
const LEFT: u8 = 0x80;
const LEFT_IN_ROLE: u32 = 0x8000_0000;
/// What the name of a mailbox begins with.
pub(super) const MAILBOX: &str = "q";
/// What the name of a bell begins with.
pub(super) const BELL: &str = "b";

/// What an endpoint is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It writes a ring.
    Publisher,
    /// It reads others' rings.
    Subscriber,
}

impl Role {
    fn letter(self) -> &'static str {
        match self {
            Self::Publisher => "p",
            Self::Subscriber => "s",
        }
    }

    fn code(self) -> u32 {
        match self {
            Self::Publisher => 1,
            Self::Subscriber => 2,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Publisher => "publisher",
            Self::Subscriber => "subscriber",
        })
    }
}

/// The role that an entry's name tells, if it is an entry's name.
pub(super) fn role_of(name: &str) -> Option<Role> {
    let letter = letter_of(name)?;
    [Role::Publisher, Role::Subscriber].into_iter().find(|role| role.letter() == letter)
}

/// The identity that an entry's name tells, if it is an entry's name.
pub(super) fn id_of(name: &str) -> Option<&str> {
    role_of(name).and_then(|_| name.split_once('-')).map(|(_, id)| id)
}

/// The names of the entries of a role in a topic's directory, alive or dead.
pub(super) fn names(directory: &OwnedFd, path: &Path, role: Role) -> Result<Vec<String>, RegistryError> {
    let mut names = file::names(directory).map_err(RegistryError::io("list", path))?;
    names.retain(|name| role_of(name) == Some(role));
    names.sort_unstable();
    Ok(names)
}

/// Whether a name is one that an endpoint makes: of an entry, a memory file, a mailbox, or a bell.
pub(super) fn is_ours(name: &str) -> bool {
    letter_of(name).is_some_and(|letter| ["p", "s", memory::PREFIX, MAILBOX, BELL].contains(&letter))
}

/// Whether a name is that of a bell.
pub(super) fn is_bell(name: &str) -> bool {
    letter_of(name) == Some(BELL)
}

fn name_of(role: Role, id: EndpointId) -> String {
    format!("{}-{id}", role.letter())
}

fn letter_of(name: &str) -> Option<&str> {
    let (letter, id) = name.split_once('-')?;
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(letter)
}

/// The identity of an endpoint: random, and never used twice. Prints as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EndpointId(pub u128);

impl EndpointId {
    /// A new identity.
    ///
    /// # Errors
    /// If the kernel gives no random numbers.
    pub fn random() -> io::Result<Self> {
        process::random().map(Self)
    }

    /// The name of an endpoint's entry in the topic's directory.
    pub(crate) fn entry_name(self, role: Role) -> String {
        name_of(role, self)
    }

    /// The identity that two words in shared memory are.
    pub(crate) fn of_halves([lower, upper]: [u64; 2]) -> Self {
        Self(u128::from(lower) | u128::from(upper) << 64)
    }

    /// The two words that it is in shared memory, the lower first.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the halves are meant")]
    pub(crate) fn halves(self) -> [u64; 2] {
        [self.0 as u64, (self.0 >> 64) as u64]
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// How an endpoint was set up, for people and tools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Qos {
    /// Publisher: how many messages stay readable.
    pub depth: u64,
    /// Publisher: whether it is the only one on its topic.
    pub exclusive: bool,
    /// Publisher: whether its messages carry the time of publishing.
    pub timestamps: bool,
    /// Publisher: it has promised to publish, or to say that it is alive, at least once in so many nanoseconds. 0: it
    /// has promised nothing.
    pub alive_every_ns: u64,
    /// Subscriber: how many earlier messages it asked for.
    pub history: u64,
    /// Subscriber: whether it only wants the newest message.
    pub latest: bool,
    /// Publisher: whether it waits for subscribers that ask for it. Subscriber: whether it asks.
    pub lossless: bool,
    /// Subscriber: how many large messages it holds in place at once.
    pub max_samples: u64,
    /// Publisher: of what kind the pages of its memory are.
    pub pages: Pages,
    /// Publisher: the first message that was published since this was made known: 0, unless it was removed by somebody else
    /// meanwhile, and made known again.
    pub first_sequence: u64,
}

/// The kind of pages that memory consists of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Pages {
    /// As everywhere: of 4 KiB.
    #[default]
    Normal,
    /// Huge where the kernel found some when they were needed.
    Transparent,
    /// All huge, of 2 MiB: out of those that the machine has set aside.
    Huge,
}

/// What an endpoint makes known about itself.
#[derive(Clone, Debug)]
pub struct Announcement {
    /// What it is.
    pub role: Role,
    /// Its identity.
    pub id: EndpointId,
    /// A name for people; may be empty.
    pub name: String,
    /// The layout of its messages.
    pub schema: Schema,
    /// The hash of the schema.
    pub hash: SchemaHash,
    /// How it was set up.
    pub qos: Qos,
    /// Where its memory is.
    pub memory: Option<MemoryEntry>,
}

/// The start of every entry, little-endian.
#[derive(FromBytes, IntoBytes, KnownLayout, Immutable)]
#[repr(C)]
struct Head {
    magic: [u8; 8],
    version: u32,
    /// What it is; the highest bit is set once it leaves.
    role: u32,
    id: [u8; 16],
    hash: [u8; 16],
    pid: u32,
    descriptor: i32,
    device: u64,
    inode: u64,
    bytes: u64,
    nonce: u64,
    /// Bytes of JSON that follow.
    tail: u32,
    /// Where its memory is: one of the codes in [`place`].
    place: u32,
}

/// Where an endpoint's memory is, in the head of its entry.
mod place {
    pub(super) const NONE: u32 = 0;
    pub(super) const SEALED: u32 = 1;
    pub(super) const FILE: u32 = 2;
}

const _: () = assert!(size_of::<Head>() == 96);
const _: () = assert!(LEFT_AT == std::mem::offset_of!(Head, role) as u64 + 3);

/// The rest of an entry. Fields that are added later have defaults, fields that are not known are ignored.
#[derive(Serialize, Deserialize)]
struct Tail {
    program: String,
    name: String,
    schema: Schema,
    #[serde(default)]
    qos: Qos,
}

/// An own entry. Its owner is alive while this is.
pub struct Registration {
    name: String,
    role: Role,
    locks: Locks,
}

impl Registration {
    /// The entry's name in the topic's directory.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether somebody has removed the entry from outside.
    ///
    /// # Errors
    /// Those of `fstat`.
    pub fn was_removed(&self) -> io::Result<bool> {
        Ok(file::status(&self.locks)?.links == 0)
    }

    /// What the owner is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Says to all who hold the entry open that its owner leaves in order. One byte, so that nobody sees half of it.
    pub(super) fn mark_left(&self) -> io::Result<()> {
        self.locks.file().write_all_at(&[LEFT], LEFT_AT)
    }
}

pub(super) fn register(directory: &OwnedFd, path: &Path, what: &Announcement) -> Result<Registration, RegistryError> {
    let name = name_of(what.role, what.id);
    let path = path.join(&name);
    let bytes = encode(what);
    if bytes.len() > LIMIT {
        return Err(RegistryError::TooLarge { name: what.name.clone(), bytes: bytes.len(), limit: LIMIT });
    }
    let write = || -> io::Result<(Locks, bool)> {
        let locks = Locks::open(|| file::unnamed(directory, 0o600))?;
        let file = locks.file();
        file::allocate(file, 0..bytes.len() as u64)?;
        file.write_all_at(&bytes, 0)?;
        let locked = lock::take(file, LIFE, Hold::Alone)?;
        debug_assert!(locked, "nobody else knows this file yet");
        failpoint::hit("announce.written");
        let linked = file::link(file, directory, &name)?;
        failpoint::hit("announce.linked");
        Ok((locks, linked))
    };
    let (locks, linked) = write().map_err(RegistryError::io("write the entry", &path))?;
    if !linked {
        let taken = io::Error::from(io::ErrorKind::AlreadyExists);
        return Err(RegistryError::io("write the entry", path)(taken));
    }
    Ok(Registration { name, role: what.role, locks })
}

fn encode(what: &Announcement) -> Vec<u8> {
    let tail = Tail {
        program: process::program(),
        name: what.name.clone(),
        schema: what.schema.clone(),
        qos: what.qos.clone(),
    };
    let tail = serde_json::to_vec(&tail).expect("strings, numbers and their lists are JSON");
    let (place, Identity { device, inode }, descriptor) = match what.memory.map(|memory| memory.place) {
        None => (place::NONE, Identity { device: 0, inode: 0 }, -1),
        Some(Memory::Sealed(Handle { descriptor, device, inode, .. })) => {
            (place::SEALED, Identity { device, inode }, descriptor)
        }
        Some(Memory::File { device, inode }) => (place::FILE, Identity { device, inode }, -1),
    };
    let head = Head {
        magic: MAGIC,
        version: VERSION,
        role: what.role.code(),
        id: what.id.0.to_le_bytes(),
        hash: what.hash.0.to_le_bytes(),
        pid: process::pid(),
        descriptor,
        device,
        inode,
        bytes: what.memory.map_or(0, |memory| memory.bytes),
        nonce: what.memory.map_or(0, |memory| memory.nonce),
        tail: u32::try_from(tail.len()).unwrap_or(u32::MAX),
        place,
    };
    [head.as_bytes(), &tail].concat()
}

/// Another endpoint, as its entry describes it. Holds the entry open to see whether its owner lives.
#[derive(Debug)]
pub struct Peer {
    /// What it is.
    pub role: Role,
    /// Its identity.
    pub id: EndpointId,
    /// Who it is, for people.
    pub name: PeerName,
    /// The layout of its messages.
    pub schema: Schema,
    /// The hash that it gives for its schema.
    pub hash: SchemaHash,
    /// How it was set up.
    pub qos: Qos,
    /// Where its memory is.
    pub memory: Option<MemoryEntry>,
    file: File,
}

/// Who an endpoint is, for people: `pid 4711, driver "left wheel"`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerName {
    /// Its identity, as [`Sample::publisher`](crate::Sample::publisher) gives it.
    pub id: EndpointId,
    /// Its process, as it sees itself.
    pub pid: u32,
    /// The program that it runs.
    pub program: String,
    /// The name that the endpoint was given; may be empty.
    pub name: String,
}

impl fmt::Display for PeerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {}, {}", self.pid, self.program.escape_debug())?;
        if self.name.is_empty() { Ok(()) } else { write!(f, " \"{}\"", self.name.escape_debug()) }
    }
}

impl Peer {
    /// The name of its entry in the topic's directory.
    pub fn entry_name(&self) -> String {
        name_of(self.role, self.id)
    }

    /// Returns whether its messages have this layout.
    pub(crate) fn has_layout(&self, schema: &Schema, hash: SchemaHash) -> bool {
        self.hash == hash && self.schema.same_layout(schema)
    }

    /// Its process, if its number is one that this process knows it by: its memory is got by it. (One in another PID
    /// namespace has another number there, and uses a file.)
    pub(crate) fn process(&self) -> Option<u32> {
        self.memory.is_some_and(|memory| matches!(memory.place, Memory::Sealed(_))).then_some(self.name.pid)
    }

    /// Whether its owner lives. One system call, about 300 ns.
    ///
    /// # Errors
    /// Those of `fcntl`.
    pub fn is_alive(&self) -> io::Result<bool> {
        lock::is_held_against(&self.file, LIFE, Hold::Shared)
    }

    /// Whether its owner has left in order, or is just doing so. One that has died has not. Look at this after
    /// [`is_alive`](Self::is_alive) to tell one from the other. One system call, about 200 ns.
    ///
    /// # Errors
    /// Those of `pread`.
    pub fn has_left(&self) -> io::Result<bool> {
        let mut byte = [0];
        self.file.read_exact_at(&mut byte, LEFT_AT)?;
        Ok(byte[0] & LEFT != 0)
    }
}

/// What is found under the name of an entry.
pub(super) enum Found {
    /// No file, or one whose owner is just removing it.
    Nothing,
    /// An entry whose owner lives, if it is one that can be used.
    Alive(Box<Result<Peer, EntryError>>),
    /// An entry whose owner is dead.
    Dead(File),
}

/// Removes an entry and what else of its owner is in the directory. False if it was gone.
pub(super) fn remove(directory: &OwnedFd, name: &str) -> io::Result<bool> {
    if let Some((_, id)) = name.split_once('-') {
        for other in [memory::PREFIX, MAILBOX, BELL] {
            file::unlink(directory, &format!("{other}-{id}"))?;
        }
    }
    file::unlink(directory, name)
}

/// Opens an entry; see [`TopicDirectory::open`](super::TopicDirectory::open).
pub(super) fn open(
    directory: &OwnedFd,
    path: &Path,
    name: &str,
) -> Result<Option<Result<Peer, EntryError>>, RegistryError> {
    match look(directory, path, name)? {
        Found::Alive(peer) => Ok(Some(*peer)),
        Found::Nothing => Ok(None),
        Found::Dead(_) => {
            remove(directory, name).map_err(RegistryError::io("remove", path.join(name)))?;
            Ok(None)
        }
    }
}

/// Reads an entry and changes nothing.
pub(super) fn look(directory: &OwnedFd, path: &Path, name: &str) -> Result<Found, RegistryError> {
    let path = path.join(name);
    // Looked at before it is opened: opening a device could have effects, and a socket cannot be opened.
    match file::status_at(directory, name).map_err(RegistryError::io("look at", &path))? {
        None => return Ok(Found::Nothing),
        Some(status) if status.is_regular => {}
        Some(_) => return Ok(Found::Alive(Box::new(Err(EntryError::NotAFile { name: name.into() })))),
    }
    let Some(file) = file::open(directory, name).map_err(RegistryError::io("open", &path))? else {
        return Ok(Found::Nothing);
    };
    if !lock::is_held_against(&file, LIFE, Hold::Shared).map_err(RegistryError::io("probe", &path))? {
        return Ok(Found::Dead(file));
    }
    let peer = read(name, &path, file)?;
    if let Ok(peer) = &peer
        && peer.has_left().map_err(RegistryError::io("read", &path))?
    {
        return Ok(Found::Nothing);
    }
    Ok(Found::Alive(Box::new(peer)))
}

/// Reads an entry's file, which is at `path`.
pub(super) fn read(name: &str, path: &Path, file: File) -> Result<Result<Peer, EntryError>, RegistryError> {
    let bytes = file::read_up_to(&file, LIMIT + 1).map_err(RegistryError::io("read", path))?;
    Ok(decode(name, &bytes, file))
}

fn decode(name: &str, bytes: &[u8], file: File) -> Result<Peer, EntryError> {
    let damaged = |found: String| EntryError::Damaged { name: name.into(), found };
    if bytes.len() > LIMIT {
        return Err(damaged(format!("it has more than {LIMIT} bytes")));
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
    let role = role_of(name);
    if role.map(Role::code) != Some(head.role & !LEFT_IN_ROLE) {
        return Err(damaged(format!("its role is {}, which its name does not say", head.role)));
    }
    let id = EndpointId(u128::from_le_bytes(head.id));
    if name.split_once('-').is_none_or(|(_, named)| named != id.to_string()) {
        return Err(damaged(format!("its id is {id}, which its name does not say")));
    }
    if tail.len() != head.tail as usize {
        return Err(damaged(format!("{} bytes follow its head, and it says {}", tail.len(), head.tail)));
    }
    let tail: Tail = serde_json::from_slice(tail).map_err(|error| damaged(error.to_string()))?;
    tail.schema.check().map_err(|error| damaged(error.to_string()))?;
    let hash = tail.schema.try_hash().map_err(|error| damaged(error.to_string()))?;
    if hash.0.to_le_bytes() != head.hash {
        return Err(damaged("its schema does not have the hash that it gives".into()));
    }
    let Head { pid, descriptor, device, inode, bytes, nonce, .. } = head;
    let place = match head.place {
        place::NONE => None,
        place::SEALED => Some(Memory::Sealed(Handle { pid, descriptor, device, inode })),
        place::FILE => Some(Memory::File { device, inode }),
        other => return Err(damaged(format!("its memory is in a place of kind {other}"))),
    };
    Ok(Peer {
        role: role.unwrap_or(Role::Publisher),
        id,
        name: PeerName { id, pid: head.pid, program: tail.program, name: tail.name },
        schema: tail.schema,
        hash,
        qos: tail.qos,
        memory: place.map(|place| MemoryEntry { place, bytes, nonce }),
        file,
    })
}
