//! # Safety
//!
//! What a forked child inherits of its parent's endpoints is made harmless before it runs: an inert descriptor is put
//! in the place of each lock, so that the child does not keep its parent alive in the eyes of others, and memory of its
//! own, zero, where its parent writes, so that there are never two writers; where the kernel gives
//! no memory, none; and if that cannot be, the child ends before it runs. An epoch tells handles
//! that they are not the ones that were made; what looks before it has seen the epoch sees zeros.
//!
//! The file opts into unsafe code for `pthread_atfork` and for what the child's handler does, which is limited to
//! calls that are safe between fork and exec: `dup3`, `mmap`, and to end, `write` and `_exit`. The
//! list of what is to be done is locked by the forking thread before the fork and unlocked by it on
//! both sides, so that it is whole in the child whatever other threads were doing. A process made
//! without these handlers (`vfork`, `posix_spawn`) runs another program at once, and the
//! descriptors close by themselves. One made by `_Fork` or a bare `clone` that goes on in the same
//! program is not protected, and neither is a handle that is dropped in another handler of
//! `pthread_atfork`.
#![allow(unsafe_code, reason = "handlers of a fork replace descriptors and mappings")]

use crate::sync::Word;
use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is made harmless in a child.
struct Inherited {
    locks: Vec<RawFd>,
    ranges: Vec<(usize, usize)>,
    /// Stands in the child where locks were.
    inert: Option<OwnedFd>,
}

static INHERITED: Mutex<Inherited> = Mutex::new(Inherited { locks: Vec::new(), ranges: Vec::new(), inert: None });

/// How often this process is a fork of one that used this crate.
static EPOCH: Word = Word::new(0);

thread_local! {
    /// The list, held by the forking thread from before the fork until after it.
    static HELD: RefCell<Option<MutexGuard<'static, Inherited>>> = const { RefCell::new(None) };
}

/// The process in which a handle was created: a forked child has a copy of the handle, and must not use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin(u64);

impl Origin {
    /// Returns this process.
    #[inline]
    pub(crate) fn here() -> Self {
        // Relaxed: a fork happens between two instructions of the thread that lives on in the child.
        Self(EPOCH.load_relaxed())
    }

    /// Returns whether this is the process in which the handle was created, not a child forked from it.
    #[inline]
    pub(crate) fn is_here(self) -> bool {
        self == Self::here()
    }
}

/// Returns whether this process was forked from one that used this crate.
pub(crate) fn is_child() -> bool {
    EPOCH.load_relaxed() != 0
}

/// A file whose open description holds locks for this process, and for no child of it.
#[derive(Debug)]
pub(crate) struct Locks(Option<File>);

impl Locks {
    /// Opens a file that is to hold locks. The list is held meanwhile: no fork comes between the file and its place in
    /// the list, else its locks, taken later, would live on in the child.
    pub(crate) fn open(open: impl FnOnce() -> io::Result<File>) -> io::Result<Self> {
        let opened = Self::open_if(|| open().map(Some))?;
        Ok(opened.expect("it was opened"))
    }

    /// The same for a file that may not be there.
    pub(crate) fn open_if(open: impl FnOnce() -> io::Result<Option<File>>) -> io::Result<Option<Self>> {
        let mut inherited = inherited();
        if inherited.inert.is_none() {
            inherited.inert = Some(rustix::event::eventfd(0, rustix::event::EventfdFlags::CLOEXEC)?);
        }
        let Some(file) = open()? else { return Ok(None) };
        inherited.locks.push(file.as_raw_fd());
        Ok(Some(Self(Some(file))))
    }

    pub(crate) fn file(&self) -> &File {
        self.0.as_ref().expect("the file is there until drop")
    }
}

impl AsFd for Locks {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file().as_fd()
    }
}

impl Drop for Locks {
    fn drop(&mut self) {
        // Closed while the list is held: a number that is free again must not be in it.
        let mut inherited = inherited();
        let number = self.file().as_raw_fd();
        inherited.locks.retain(|&lock| lock != number);
        self.0 = None;
    }
}

/// Addresses that this process writes to, and no child of it.
pub(super) struct Addresses {
    start: usize,
    bytes: usize,
}

impl Addresses {
    pub(super) fn new(start: usize, bytes: usize) -> Self {
        inherited().ranges.push((start, bytes));
        Self { start, bytes }
    }
}

impl Drop for Addresses {
    fn drop(&mut self) {
        let mine = (self.start, self.bytes);
        inherited().ranges.retain(|&range| range != mine);
    }
}

/// Sees to it that a fork from here on is noticed.
pub(crate) fn notice() {
    drop(inherited());
}

fn inherited() -> MutexGuard<'static, Inherited> {
    register();
    lock()
}

/// Has the handlers called at every fork from now on. No `Once`: a child that is forked while another thread is in it
/// would wait there for ever. If two threads register at the same time the handlers are called twice, which is as once.
fn register() {
    static IS_REGISTERED: Word = Word::new(0);
    if IS_REGISTERED.load_acquire() == 0 {
        // SAFETY: the handlers are functions of this program, which stay; see the top of this file for what they do.
        let result = unsafe { libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child)) };
        assert_eq!(result, 0, "there is memory for three handlers");
        IS_REGISTERED.store_release(1);
    }
}

fn lock() -> MutexGuard<'static, Inherited> {
    INHERITED.lock().unwrap_or_else(PoisonError::into_inner)
}

extern "C" fn before() {
    HELD.with_borrow_mut(|held| {
        held.get_or_insert_with(lock);
    });
}

extern "C" fn after_in_parent() {
    HELD.with_borrow_mut(|held| *held = None);
}

extern "C" fn after_in_child() {
    HELD.with_borrow_mut(|held| {
        if let Some(mut inherited) = held.take() {
            neutralise(&inherited);
            inherited.locks.clear();
            inherited.ranges.clear();
        }
    });
    // Relaxed: a child begins with one thread.
    EPOCH.store_relaxed(EPOCH.load_relaxed() + 1);
}

fn neutralise(inherited: &Inherited) {
    if let Some(inert) = &inherited.inert {
        for &lock in &inherited.locks {
            // SAFETY: `lock` is the number of a descriptor that a `Locks` owns; it stays open, and leads elsewhere.
            unsafe { libc::dup3(inert.as_raw_fd(), lock, libc::O_CLOEXEC) };
        }
    }
    for &range in &inherited.ranges {
        // Memory of its own, for which there can be a limit, which is lower than what its parent
        // has mapped; else none, which nobody counts: a child that touches it dies, and its handles
        // do not.
        if !cover(range, libc::PROT_READ | libc::PROT_WRITE) && !cover(range, libc::PROT_NONE) {
            // It would be a second writer.
            let text = b"slotcast: this forked process ends, as it cannot be kept from its parent's memory\n";
            // SAFETY: so many bytes are there.
            unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
            // SAFETY: it takes a number alone, and may be called here.
            unsafe { libc::_exit(EX_OSERR) };
        }
    }
}

/// As the status of a process: the system failed.
const EX_OSERR: i32 = 71;

/// Maps private memory over a range. Whether that could be.
fn cover((start, bytes): (usize, usize), access: i32) -> bool {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
    // SAFETY: the range is a mapping that an `Addresses` stands for. It stays one that can be read
    // and written, of words of which any value is one, or becomes one of which every access ends
    // the process.
    let mapped = unsafe { libc::mmap(start as *mut libc::c_void, bytes, access, flags, -1, 0) };
    mapped != libc::MAP_FAILED
}
