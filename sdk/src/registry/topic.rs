use super::bell::{self, WakeSocket, WakeSockets};
use super::entry::{self, Announcement, Peer, Registration, Role};
use super::handover::{Answer, Mailbox};
use super::topic_name::TopicName;
use super::{Domain, EndpointId, EntryError, RegistryError, directory};
use crate::failpoint;
use crate::protocol::doorbell::{Doorbell, Waiting};
use crate::sync::{self, Word};
use crate::sys::fork::{Locks, Origin};
use crate::sys::lock::{self, Hold};
use crate::sys::watch::Watch;
use crate::sys::{file, futex, memory, process};
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The file of a topic's locks and hints.
pub(super) const FILE: &str = "topic";
/// Its size: one page.
pub(super) const BYTES: usize = 4096;
/// How long locks are waited for that are held for moments only.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a wait is at most before it looks again by itself.
const SLICE: Duration = Duration::from_millis(50);

/// Bytes of the topic file that are locked.
mod byte {
    /// Read-locked by every endpoint for life; write-locked by who removes the topic.
    pub(super) const LIFE: u64 = 0;
    /// Read-locked by every publisher for life; write-locked by an exclusive one.
    pub(super) const PUBLISHERS: u64 = 1;
    /// Write-locked by a publisher while it agrees on the schema.
    pub(super) const AGREEMENT: u64 = 2;
}

/// Words of the page of hints.
mod word {
    /// [`super::MAGIC`]: says what the file is, and its version.
    pub(super) const MAGIC: usize = 0;
    /// Counts publishers that came or went.
    pub(super) const PUBLISHERS: usize = 8;
    /// Counts subscribers that came or went.
    pub(super) const SUBSCRIBERS: usize = 16;
    /// On which receivers sleep.
    pub(super) const DOORBELL: usize = 24;
    /// Counts wake_sockets that were hung.
    pub(super) const BELLS: usize = 32;
    /// On which publishers sleep that wait for subscribers.
    pub(super) const ROOM: usize = 40;
}

/// "slot", "top", version 1.
const MAGIC: u64 = u64::from_le_bytes(*b"slottop\x01");

/// An endpoint's foothold in a topic's directory: while it lives, the directory stays.
pub struct TopicDirectory {
    domain: Domain,
    name: TopicName,
    path: PathBuf,
    directory: OwnedFd,
    /// Holds the locks; the description is this endpoint's alone.
    file: Locks,
    /// To leave only what this process itself has entered.
    origin: Origin,
    hints: memory::Writable,
    /// Whom to ring for that waits for a descriptor.
    wake_sockets: Mutex<WakeSockets>,
}

impl TopicDirectory {
    /// Enters the directory of a topic, making it if nobody has.
    ///
    /// # Errors
    /// When the directory cannot be made, opened or trusted, or is being removed by a process that is stopped.
    pub fn enter(domain: &Domain, name: &TopicName) -> Result<Self, RegistryError> {
        let component = component(name);
        let path = domain.path().join(&component);
        let mut backoff = Backoff::new("removing files", &path);
        loop {
            if let Some(parent) = domain.open()?
                && let Some(directory) = directory::open_or_make_at(&parent, &component, &path)?
            {
                let entered = Self::hold(&directory, &path).and_then(|file| {
                    let map = |file: Locks| memory::Writable::map(&file, BYTES).map(|hints| (file, hints));
                    file.map(map).transpose().map_err(RegistryError::io("map", path.join(FILE)))
                });
                match entered {
                    Ok(Some((file, hints))) => {
                        super::memory::remove_orphans(&directory);
                        let (domain, name, origin) = (domain.clone(), name.clone(), Origin::here());
                        return Ok(Self {
                            domain,
                            name,
                            path,
                            directory,
                            file,
                            origin,
                            hints,
                            wake_sockets: Mutex::default(),
                        });
                    }
                    Ok(None) => {}
                    Err(error) => {
                        // A directory that was made for this is not left behind. One in which something is stays.
                        let _ = file::remove_directory(&path);
                        domain.tidy();
                        return Err(error);
                    }
                }
            }
            backoff.wait()?;
        }
    }

    /// The topic's file with its first byte read-locked. Nothing if it was removed before we held it.
    fn hold(directory: &OwnedFd, path: &Path) -> Result<Option<Locks>, RegistryError> {
        let path = path.join(FILE);
        let opened = Locks::open_if(|| file::open_writable(directory, FILE));
        let Some(file) = opened.map_err(RegistryError::io("open", &path))? else {
            return Self::make(directory).map_err(RegistryError::io("make", &path));
        };
        let locking = RegistryError::io("lock", &path);
        if !lock::take(&file, byte::LIFE, Hold::Shared).map_err(locking)? {
            return Ok(None);
        }
        let status = file::status(&file).map_err(RegistryError::io("look at", &path))?;
        let by_name = file::status_at(directory, FILE).map_err(RegistryError::io("look at", &path))?;
        if by_name.is_none_or(|by_name| by_name.identity != status.identity) {
            return Ok(None);
        }
        verify(file.file(), &path)?;
        Ok(Some(file))
    }

    fn make(directory: &OwnedFd) -> io::Result<Option<Locks>> {
        let making = || -> io::Result<_> {
            let file = Locks::open(|| file::unnamed(directory, 0o600))?;
            file::allocate(&file, 0..BYTES as u64)?;
            file.file().write_all_at(&MAGIC.to_le_bytes(), word::MAGIC as u64)?;
            let locked = lock::take(&file, byte::LIFE, Hold::Shared)?;
            debug_assert!(locked, "nobody else knows this file yet");
            failpoint::hit("enter.written");
            let linked = file::link(file.file(), directory, FILE)?;
            failpoint::hit("enter.linked");
            Ok(linked.then_some(file))
        };
        match making() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None), // the directory was removed
            result => result,
        }
    }

    /// The topic's name.
    pub fn name(&self) -> &TopicName {
        &self.name
    }

    /// A descriptor that is readable when endpoints come or go, in order or not.
    pub(crate) fn watch(&self) -> io::Result<Watch> {
        Watch::of_directory(&self.directory)
    }

    pub(super) fn directory(&self) -> &OwnedFd {
        &self.directory
    }

    /// A mailbox for the endpoint of this identity. It is removed when it is dropped, or with the endpoint's entry.
    ///
    /// # Errors
    /// When there is one already, or the directory cannot be written.
    pub fn mailbox(&self, owner: EndpointId) -> Result<Mailbox, RegistryError> {
        let name = format!("{}-{owner}", entry::MAILBOX);
        Mailbox::bind(&self.directory, self.path.join(&name), name)
    }

    /// Leaves a request in the mailbox of an endpoint.
    ///
    /// # Errors
    /// `NotFound` or `ConnectionRefused` if it has none; `WouldBlock` if it is full: try again later.
    pub fn ask(&self, owner: EndpointId, what: u64) -> io::Result<Answer> {
        Answer::ask(&self.directory, &format!("{}-{owner}", entry::MAILBOX), what)
    }

    /// The topic's directory, for errors and tools.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes this endpoint known: its entry is visible only complete, and alive.
    ///
    /// # Errors
    /// When the entry cannot be written, or in a process forked from the one that entered the topic.
    pub fn announce(&self, announcement: &Announcement) -> Result<Registration, RegistryError> {
        if self.is_forked_copy() {
            return Err(RegistryError::Forked { path: self.path.clone() });
        }
        let registration = entry::register(&self.directory, &self.path, announcement)?;
        self.count(announcement.role);
        Ok(registration)
    }

    /// Whether somebody removed this topic from outside: whoever comes now enters another one of its name.
    ///
    /// # Errors
    /// Those of `fstat`.
    pub fn was_removed(&self) -> io::Result<bool> {
        Ok(file::status(&self.file)?.links == 0)
    }

    /// Whether somebody removed from outside this topic, and this endpoint's entry.
    pub(crate) fn removed(&self, registration: &Registration) -> Result<Removed, RegistryError> {
        let looking = || RegistryError::io("look at", &self.path);
        let topic = self.was_removed().map_err(looking())?;
        let entry = registration.was_removed().map_err(looking())?;
        Ok(Removed { topic, entry })
    }

    /// Whether this is what a forked child has of its parent's.
    fn is_forked_copy(&self) -> bool {
        !self.origin.is_here()
    }

    /// Takes an entry back, before its owner is dropped. (A dropped registration is removed as that of a dead
    /// process is: by whoever looks next.)
    ///
    /// In a process forked from the one that announced it this does nothing: its parent is still there.
    pub fn withdraw(&self, registration: Registration) {
        if self.is_forked_copy() {
            return;
        }
        let role = registration.role();
        // If it cannot be said, it looks like a death.
        let _ = registration.mark_left();
        failpoint::hit("close.left");
        let removed = entry::remove(&self.directory, registration.name());
        failpoint::hit("close.unlinked");
        drop(registration);
        if removed.is_ok_and(|removed| removed) {
            self.count(role);
        }
    }

    /// As [`withdraw`](Self::withdraw), but the registration goes on: who has opened the entry sees that its owner has left,
    /// and still holds its lock.
    pub(crate) fn hide(&self, registration: &Registration) {
        if self.is_forked_copy() {
            return;
        }
        let _ = registration.mark_left();
        if entry::remove(&self.directory, registration.name()).is_ok_and(|removed| removed) {
            self.count(registration.role());
        }
    }

    /// Has publishers look again who subscribes: one of them has not noticed it, so the counter was wrong.
    pub(crate) fn count_again(&self) {
        self.count(Role::Subscriber);
    }

    /// Says that somebody came or went, and wakes those who wait for it.
    fn count(&self, role: Role) {
        let counter = self.counter(role);
        counter.add_one();
        futex::wake_all(counter);
        if role == Role::Publisher {
            self.ring(sync::total_order); // receivers sleep until one comes, too
        } else {
            self.notify_capacity(sync::total_order); // publishers sleep until it has read, or goes
        }
    }

    /// Wakes the receivers of this topic that sleep, after something to read was stored.
    #[inline]
    pub(crate) fn ring(&self, barrier: impl FnOnce()) {
        self.doorbell().ring(barrier, |waiting| self.wake(waiting));
    }

    #[cold]
    fn wake(&self, waiting: Waiting) {
        if waiting.includes(Waiting::ASLEEP) {
            futex::wake_all(self.doorbell().word());
        }
        if waiting.includes(Waiting::FOR_BELL) {
            // The count is that of the owner of the bit, or a later one: the bit was seen with acquire.
            let count = self.hints.words()[word::BELLS].load_acquire();
            self.wake_sockets.lock().unwrap_or_else(PoisonError::into_inner).ring(&self.directory, count);
        }
    }

    /// A bell for the subscriber of this identity. It is removed when it is dropped, or with the subscriber's entry.
    pub(crate) fn bind_wake_socket(&self, owner: EndpointId) -> Result<WakeSocket, RegistryError> {
        let bell = WakeSocket::bind(&self.directory, self.path.join(bell::name_of(owner)), owner)?;
        self.hints.words()[word::BELLS].add_one();
        Ok(bell)
    }

    /// Whether the bell of this subscriber hangs here.
    pub(crate) fn has_bell(&self, owner: EndpointId) -> Result<bool, RegistryError> {
        let name = bell::name_of(owner);
        let status = file::status_at(&self.directory, &name);
        Ok(status.map_err(RegistryError::io("look at", self.path.join(name)))?.is_some())
    }

    #[inline]
    pub(crate) fn doorbell(&self) -> Doorbell<'_> {
        Doorbell::new(&self.hints.words()[word::DOORBELL])
    }

    /// Sleeps until the doorbell is rung after it had this value, or the time is over; also for no reason.
    pub(crate) fn sleep(&self, value: u64, time: Duration) -> io::Result<()> {
        futex::wait(self.doorbell().word(), value, time)
    }

    /// Wakes the publishers of this topic that sleep, after a subscriber has said that it has read.
    #[inline]
    pub(crate) fn notify_capacity(&self, barrier: impl FnOnce()) {
        self.capacity_doorbell().ring(barrier, |_| self.wake_for_capacity());
    }

    #[cold]
    fn wake_for_capacity(&self) {
        futex::wake_all(self.capacity_doorbell().word());
    }

    /// The doorbell of publishers that wait until subscribers have read: the same, with the roles changed, and no wake_sockets.
    #[inline]
    pub(crate) fn capacity_doorbell(&self) -> Doorbell<'_> {
        Doorbell::new(&self.hints.words()[word::ROOM])
    }

    /// As [`sleep`](Self::sleep), on the other doorbell.
    pub(crate) fn sleep_for_capacity(&self, value: u64, time: Duration) -> io::Result<()> {
        futex::wait(self.capacity_doorbell().word(), value, time)
    }

    /// Sleeps until an endpoint of this role comes, or goes in order, since [`joins`](Self::joins) was `seen`, and
    /// returns what it is now: `seen`, if the time is over. One that is killed changes nothing: look at
    /// [`Peer::is_alive`] now and then.
    ///
    /// # Errors
    /// Those of `futex`.
    pub fn wait(&self, role: Role, seen: u64, time: Duration) -> Result<u64, RegistryError> {
        let start = Instant::now();
        loop {
            let now = self.joins(role);
            let left = time.saturating_sub(start.elapsed());
            if now != seen || left.is_zero() {
                return Ok(now);
            }
            // In slices: one that is killed after it counted has woken nobody.
            futex::wait(self.counter(role), seen, left.min(SLICE))
                .map_err(RegistryError::io("wait for changes of", &self.path))?;
        }
    }

    /// A number that changes whenever an endpoint of this role comes, or goes in order. It is a hint: compare it
    /// with the one before the last scan, and scan again if it differs.
    #[inline]
    pub fn joins(&self, role: Role) -> u64 {
        self.counter(role).load_acquire()
    }

    #[inline]
    fn counter(&self, role: Role) -> &Word {
        &self.hints.words()[counter(role)]
    }

    /// The names of the entries of a role, alive or dead.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn names(&self, role: Role) -> Result<Vec<String>, RegistryError> {
        entry::names(&self.directory, &self.path, role)
    }

    /// Opens the entry of an endpoint that lives; one of the dead is removed on the way. Nothing if its owner is
    /// dead or has withdrawn it.
    ///
    /// # Errors
    /// The outer one when the file cannot be opened, the inner one when it is no entry that can be used.
    pub fn open(&self, name: &str) -> Result<Option<Result<Peer, EntryError>>, RegistryError> {
        entry::open(&self.directory, &self.path, name)
    }

    /// Becomes one of the topic's publishers, for as long as this lives, or alone if `exclusive`.
    ///
    /// `agree` is called while no other publisher can come, with what live publishers have agreed on. If it returns `Ok(Some(record))` that becomes the record.
    ///
    /// The inner result is false if it cannot be alone, or if another one is.
    ///
    /// # Errors
    /// When files cannot be used, or the closure's.
    pub(crate) fn become_publisher<E: From<RegistryError>>(
        &self,
        exclusive: bool,
        agree: impl FnOnce(Agreed) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<bool, E> {
        let locking = || RegistryError::io("lock", self.path.join(FILE));
        let mut backoff = Backoff::new("agreeing on a schema", &self.path);
        while !lock::take(&self.file, byte::AGREEMENT, Hold::Alone).map_err(locking())? {
            backoff.wait()?;
        }
        let _agreeing = Unlock { file: &self.file, byte: byte::AGREEMENT };
        failpoint::hit("agree.locked");
        let alone = !lock::is_held_against(&self.file, byte::PUBLISHERS, Hold::Alone).map_err(locking())?;
        let hold = if exclusive { Hold::Alone } else { Hold::Shared };
        // Publishers take this lock only under the one above: it cannot be taken between a look and the try.
        if lock::is_held_against(&self.file, byte::PUBLISHERS, hold).map_err(locking())? {
            return Ok(false);
        }
        let opening = RegistryError::io("open", self.path.join(super::SCHEMA));
        let record = file::open(&self.directory, super::SCHEMA).map_err(opening)?;
        let agreed = match record {
            _ if alone => Agreed::Nobody,
            Some(record) => Agreed::Record(record),
            None => Agreed::Removed,
        };
        if let Some(record) = agree(agreed)? {
            self.replace_record(&record).map_err(RegistryError::io("write", self.path.join(super::SCHEMA)))?;
        }
        failpoint::hit("agree.recorded");
        Ok(lock::take(&self.file, byte::PUBLISHERS, hold).map_err(locking())?)
    }

    fn replace_record(&self, record: &[u8]) -> io::Result<()> {
        let file = file::unnamed(&self.directory, 0o400)?;
        file::check_size(record.len() as u64)?;
        file.write_all_at(record, 0)?;
        file::unlink(&self.directory, super::SCHEMA)?;
        failpoint::hit("agree.unlinked");
        let linked = file::link(&file, &self.directory, super::SCHEMA)?;
        debug_assert!(linked, "only the holder of the agreement's lock writes records");
        Ok(())
    }

    /// Removes the topic if nobody else is in it.
    fn leave(&self) -> io::Result<()> {
        // Given back first: of two that leave at once, neither could raise its lock while the other holds one. So
        // whoever tries last finds nobody.
        lock::give_back(&self.file, byte::LIFE)?;
        if !lock::take(&self.file, byte::LIFE, Hold::Alone)? {
            return Ok(()); // somebody stays, or is removing the topic
        }
        let status = file::status(&self.file)?;
        if file::status_at(&self.directory, FILE)?.is_none_or(|by_name| by_name.identity != status.identity) {
            return Ok(()); // it was removed from outside, and what is there now is another's
        }
        failpoint::hit("leave.alone");
        // Whoever lives in this topic holds a read lock, and there is none: what is left are the dead.
        for name in file::names(&self.directory)? {
            if name == super::SCHEMA || entry::is_ours(&name) {
                file::unlink(&self.directory, &name)?;
            }
        }
        failpoint::hit("leave.emptied");
        file::unlink(&self.directory, FILE)?;
        failpoint::hit("leave.unlinked");
        file::remove_directory(&self.path)?;
        self.domain.tidy();
        Ok(())
    }
}

impl Drop for TopicDirectory {
    fn drop(&mut self) {
        if self.is_forked_copy() {
            return; // its parent is still there
        }
        // Nothing can be done about an error here, and whoever comes next to this topic cleans up as well.
        let _ = self.leave();
    }
}

/// What somebody removed from outside.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Removed {
    pub(crate) topic: bool,
    pub(crate) entry: bool,
}

/// What the live publishers of a topic have agreed on.
pub(crate) enum Agreed {
    /// There are none: a record that is there is of the dead.
    Nobody,
    /// This record.
    Record(File),
    /// Something, but somebody has removed the record.
    Removed,
}

/// The name of a topic's directory.
pub(super) fn component(name: &TopicName) -> String {
    name.as_str().replace('/', "+")
}

/// The topic whose directory has this name, if it is one.
pub(super) fn topic_of(component: &str) -> Option<TopicName> {
    TopicName::new(&component.replace('+', "/")).ok().filter(|name| self::component(name) == component)
}

/// Where among the hints the joins of a role are counted.
#[inline]
pub(super) fn counter(role: Role) -> usize {
    match role {
        Role::Publisher => word::PUBLISHERS,
        Role::Subscriber => word::SUBSCRIBERS,
    }
}

/// Checks that a file is a topic's, of this version.
pub(super) fn verify(file: &File, path: &Path) -> Result<(), RegistryError> {
    let damaged = |found: String| Err(RegistryError::TopicFile { path: path.into(), found });
    let status = file::status(file).map_err(RegistryError::io("look at", path))?;
    if !status.is_regular || status.size != BYTES as u64 {
        return damaged(format!("it has {} bytes in place of {BYTES}", status.size));
    }
    let magic = file::read_up_to(file, 8).map_err(RegistryError::io("read", path))?;
    if magic != MAGIC.to_le_bytes() {
        return damaged(format!("it begins with {magic:02x?} in place of {:02x?}", MAGIC.to_le_bytes()));
    }
    Ok(())
}

/// A lock that is given back.
struct Unlock<'a> {
    file: &'a Locks,
    byte: u64,
}

impl Drop for Unlock<'_> {
    fn drop(&mut self) {
        let result = lock::give_back(self.file, self.byte);
        debug_assert!(result.is_ok());
    }
}

/// Waiting for something that takes other processes moments, and not for ever.
struct Backoff {
    doing: &'static str,
    path: PathBuf,
    since: Instant,
    pause: Duration,
}

impl Backoff {
    fn new(doing: &'static str, path: &Path) -> Self {
        Self { doing, path: path.into(), since: Instant::now(), pause: Duration::from_micros(20) }
    }

    fn wait(&mut self) -> Result<(), RegistryError> {
        let waited = self.since.elapsed();
        if waited > PATIENCE {
            return Err(RegistryError::Busy { doing: self.doing, path: self.path.clone(), waited });
        }
        process::sleep(self.pause);
        self.pause = (self.pause * 2).min(Duration::from_millis(10));
        Ok(())
    }
}
