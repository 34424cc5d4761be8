//! # Safety
//!
//! What a forked child inherits of its parent's endpoints is made harmless before it runs: an inert descriptor is put
//! in the place of each descriptor of a lock or of shared memory, so that the child keeps neither
//! its parent alive for others, nor its parent's memory; and memory of its own, zero, where its
//! parent reads and writes, so that there are never two writers, and nothing is kept; where the
//! kernel gives no memory, none; and if that cannot be, the child ends before it runs. An epoch
//! tells handles that they are not the ones that were made; what looks before it has seen the
//! epoch sees zeros.
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
use std::cell::UnsafeCell;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What is made harmless in a child.
struct Inherited {
    descriptors: Vec<RawFd>,
    ranges: Vec<Range>,
}

/// Addresses that a child must not share with its parent.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Range {
    start: usize,
    bytes: usize,
    /// Whether a child's copies of handles may write there.
    is_writable: bool,
}

static INHERITED: Mutex<Inherited> = Mutex::new(Inherited { descriptors: Vec::new(), ranges: Vec::new() });

/// How often this process is a fork of one that used this crate.
static EPOCH: Word = Word::new(0);

/// The lock of the list, from before a fork until after it.
///
/// Not a thread-local: handlers of a fork run also where those are destroyed already, in an `atexit` handler or in the
/// destructor of another thread-local.
struct DuringFork {
    /// The thread that forks, 0 if none does. Only this thread stores its own number, and clears it.
    thread: Word,
    guard: UnsafeCell<Option<MutexGuard<'static, Inherited>>>,
}

// SAFETY: `guard` is accessed only by the thread that holds the lock: it is stored after the lock was taken, and taken out
// before it is given back.
unsafe impl Sync for DuringFork {}

static DURING_FORK: DuringFork = DuringFork { thread: Word::new(0), guard: UnsafeCell::new(None) };

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

/// A file of this process, and of no child of it: its locks are not held by a child, and memory behind it is not kept.
/// In a forked child the descriptor leads elsewhere.
#[derive(Debug)]
pub(crate) struct OwnFile(Option<File>);

impl OwnFile {
    /// Opens a file. The list is held meanwhile: no fork comes between the file and its place in the list, else its
    /// locks, taken later, would live on in the child.
    pub(crate) fn open(open: impl FnOnce() -> io::Result<File>) -> io::Result<Self> {
        let opened = Self::open_if(|| open().map(Some))?;
        Ok(opened.expect("it was opened"))
    }

    /// The same for a file that may not be there.
    pub(crate) fn open_if(open: impl FnOnce() -> io::Result<Option<File>>) -> io::Result<Option<Self>> {
        let mut inherited = inherited();
        let Some(file) = open()? else { return Ok(None) };
        inherited.descriptors.push(file.as_raw_fd());
        Ok(Some(Self(Some(file))))
    }

    pub(crate) fn file(&self) -> &File {
        self.0.as_ref().expect("the file is there until drop")
    }
}

impl AsFd for OwnFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file().as_fd()
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        // Closed while the list is held: a number that is free again must not be in it.
        let mut inherited = inherited();
        let number = self.file().as_raw_fd();
        inherited.descriptors.retain(|&descriptor| descriptor != number);
        self.0 = None;
    }
}

/// Addresses of memory that this process shares with others, and that no child of it has.
pub(super) struct Addresses(Range);

impl Addresses {
    pub(super) fn new(start: usize, bytes: usize, is_writable: bool) -> Self {
        let range = Range { start, bytes, is_writable };
        inherited().ranges.push(range);
        Self(range)
    }
}

impl Drop for Addresses {
    fn drop(&mut self) {
        inherited().ranges.retain(|range| *range != self.0);
    }
}

/// The same, for the files whose locks say that an endpoint lives.
pub(crate) type Locks = OwnFile;

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

/// The number of this thread.
fn this_thread() -> u64 {
    u64::from(rustix::thread::gettid().as_raw_nonzero().get().unsigned_abs())
}

extern "C" fn before() {
    let thread = this_thread();
    // Relaxed: if it is this thread's number, this thread has stored it.
    if DURING_FORK.thread.load_relaxed() == thread {
        return; // the handlers are registered twice
    }
    let guard = lock();
    // SAFETY: this thread holds the lock, and nothing else borrows it.
    unsafe { *DURING_FORK.guard.get() = Some(guard) };
    DURING_FORK.thread.store_relaxed(thread);
}

extern "C" fn after_in_parent() {
    if DURING_FORK.thread.load_relaxed() == this_thread() {
        drop(take());
    }
}

extern "C" fn after_in_child() {
    // A child begins with one thread, the one that forked; it has another number here.
    if DURING_FORK.thread.load_relaxed() == 0 {
        return; // the handlers are registered twice
    }
    if let Some(mut inherited) = take() {
        neutralise(&inherited);
        inherited.descriptors.clear();
        inherited.ranges.clear();
    }
    // Relaxed: a child begins with one thread.
    EPOCH.store_relaxed(EPOCH.load_relaxed() + 1);
}

/// Takes out what the forking thread holds, in that thread or its copy in the child.
fn take() -> Option<MutexGuard<'static, Inherited>> {
    DURING_FORK.thread.store_relaxed(0);
    // SAFETY: this thread holds the lock, and nothing else borrows it.
    unsafe { (*DURING_FORK.guard.get()).take() }
}

fn neutralise(inherited: &Inherited) {
    if !inherited.descriptors.is_empty() {
        replace(&inherited.descriptors);
    }
    for &range in &inherited.ranges {
        // Memory of its own, for which there can be a limit, which is lower than what its parent
        // has mapped; else none, which nobody counts: a child that touches it dies, and its handles
        // do not.
        let access = if range.is_writable { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
        if !cover(range, access) && !cover(range, libc::PROT_NONE) {
            // It would be a second writer.
            end(b"slotcast: this forked process ends, as it cannot be kept from its parent's memory\n");
        }
    }
}

/// Puts an inert descriptor in the place of each of these.
fn replace(descriptors: &[RawFd]) {
    // SAFETY: it takes numbers alone, and is a bare system call.
    let make = || unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
    let mut inert = make();
    if let (..0, Some(&first)) = (inert, descriptors.first()) {
        // No number may be free: then this one is, and the next descriptor gets it.
        // SAFETY: an `OwnFile` owns it, which nothing in this process uses before there is another one in its place.
        unsafe { libc::close(first) };
        inert = make();
    }
    if inert < 0 {
        end(b"slotcast: this forked process ends, as it cannot be kept from its parent's locks\n"); // it would keep it alive
    }
    for &descriptor in descriptors.iter().filter(|&&descriptor| descriptor != inert) {
        // SAFETY: `descriptor` is the number of a descriptor that an `OwnFile` owns; it stays open, and leads elsewhere.
        unsafe { libc::dup3(inert, descriptor, libc::O_CLOEXEC) };
    }
    if !descriptors.contains(&inert) {
        // SAFETY: it takes a number alone; the descriptor was made above, and nothing else has it.
        unsafe { libc::close(inert) };
    }
}

/// Ends a forked child that cannot be made harmless, with a text on standard error.
fn end(text: &[u8]) -> ! {
    // SAFETY: so many bytes are there.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
    // SAFETY: it takes a number alone, and may be called here.
    unsafe { libc::_exit(EX_OSERR) }
}

/// As the status of a process: the system failed.
const EX_OSERR: i32 = 71;

/// Maps private memory over a range. Whether that could be.
fn cover(Range { start, bytes, .. }: Range, access: i32) -> bool {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
    // SAFETY: the range is a mapping that an `Addresses` stands for. It stays one that can be read
    // and written, of words of which any value is one, or becomes one of which every access ends
    // the process.
    let mapped = unsafe { libc::mmap(start as *mut libc::c_void, bytes, access, flags, -1, 0) };
    mapped != libc::MAP_FAILED
}
