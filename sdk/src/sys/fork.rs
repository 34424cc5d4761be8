//! What happens to a parent's endpoints in a forked child.
//!
//! A child inherits its parent's locks, which would keep the parent alive as seen by others, its
//! writable mappings, which would make the child a second writer, and memory that it has no use
//! for. All of it is made harmless before the child runs:
//!
//! 1. An inert descriptor replaces each file that holds locks or is shared memory.
//! 2. Zeroed memory of its own covers each shared mapping. Where the kernel gives no memory, an
//!    inaccessible mapping covers it. If that fails too, the child ends before it runs.
//! 3. The epoch changes, which tells a handle that it is a copy ([`Origin`]). Code that runs before
//!    it has checked the epoch sees zeros.
//!
//! The forking thread locks the list of locks and ranges before the fork and unlocks it on both
//! sides. So the list is consistent in the child, whatever other threads were doing.
//!
//! A process created without these handlers (`vfork`, `posix_spawn`) runs another program at once,
//! and its descriptors close by themselves. Two cases are not protected: a process created by
//! `_Fork` or a bare `clone` that stays in the same program, and a handle that is dropped in
//! another `pthread_atfork` handler.
//!
//! # Safety
//!
//! The file opts into unsafe code for `pthread_atfork` and for what the child's handler does. The
//! handler is limited to calls that are safe between fork and exec: `eventfd`, `close`, `dup3`,
//! `mmap` and, to end the child, `write` and `_exit`.
#![allow(unsafe_code, reason = "handlers of a fork replace descriptors and mappings")]

use crate::sync::Word;
use std::cell::UnsafeCell;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What has to be made harmless in a child.
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

/// The number of forks between this process and the first one that used this crate.
static EPOCH: Word = Word::new(0);

/// The lock of the list, from before a fork until after it.
///
/// Not a thread-local: fork handlers also run where those are already destroyed, in an `atexit`
/// handler or in the destructor of another thread-local.
struct DuringFork {
    /// The thread that forks, 0 if none does. Only this thread stores its own number, and clears
    /// it.
    thread: Word,
    guard: UnsafeCell<Option<MutexGuard<'static, Inherited>>>,
}

// SAFETY: `guard` is accessed only by the thread that holds the lock: it is stored after the lock
// was taken, and taken out before the lock is released.
unsafe impl Sync for DuringFork {}

static DURING_FORK: DuringFork = DuringFork { thread: Word::new(0), guard: UnsafeCell::new(None) };

/// The process in which a handle was created: a forked child has a copy of the handle, and must not
/// use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin(u64);

impl Origin {
    /// Returns this process.
    #[inline]
    pub(crate) fn here() -> Self {
        // Relaxed: a fork happens between two instructions of the thread that lives on in the
        // child.
        Self(EPOCH.load_relaxed())
    }

    /// Returns whether this is the process in which the handle was created, not a child forked from
    /// it.
    #[inline]
    pub(crate) fn is_here(self) -> bool {
        self == Self::here()
    }
}

/// Returns how many forks are between this process and the first one that used this crate.
pub(super) fn epoch() -> u64 {
    EPOCH.load_relaxed()
}

/// Returns whether this process was forked from one that used this crate.
pub(crate) fn is_child() -> bool {
    epoch() != 0
}

/// A file of this process, and of no child of it: a forked child holds none of its locks, and does
/// not keep the memory behind it. In a child the descriptor leads elsewhere.
#[derive(Debug)]
pub(crate) struct OwnFile(Option<File>);

impl OwnFile {
    /// Opens a file.
    ///
    /// The list is locked meanwhile, so no fork comes between opening the file and listing it.
    /// Otherwise locks taken later would live on in the child.
    pub(crate) fn open(open: impl FnOnce() -> io::Result<File>) -> io::Result<Self> {
        let opened = Self::open_if(|| open().map(Some))?;
        Ok(opened.expect("a file was opened"))
    }

    /// Opens a file that is to hold locks, if it exists.
    pub(crate) fn open_if(open: impl FnOnce() -> io::Result<Option<File>>) -> io::Result<Option<Self>> {
        let mut inherited = inherited();
        let Some(file) = open()? else { return Ok(None) };
        inherited.descriptors.push(file.as_raw_fd());
        Ok(Some(Self(Some(file))))
    }

    pub(crate) fn file(&self) -> &File {
        self.0.as_ref().expect("only drop takes the file")
    }
}

impl AsFd for OwnFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file().as_fd()
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        // Closed while the list is locked: the number of a closed descriptor must not be in it.
        let mut inherited = inherited();
        let number = self.file().as_raw_fd();
        inherited.descriptors.retain(|&descriptor| descriptor != number);
        self.0 = None;
    }
}

/// A mapping that this process shares with others, and that is covered in a forked child.
pub(super) struct Addresses(Range);

impl Addresses {
    /// Lists a mapping. In a forked child it becomes zeros, or inaccessible.
    ///
    /// # Safety
    /// The caller must ensure that these addresses are a mapping that starts on a page, until the
    /// returned value is dropped.
    pub(super) unsafe fn new(start: usize, bytes: usize, is_writable: bool) -> Self {
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

fn inherited() -> MutexGuard<'static, Inherited> {
    install_handlers();
    lock()
}

/// Installs the handlers, so that every fork from now on is noticed.
///
/// Not a `Once`: a child forked while another thread is inside would wait there for ever. If two
/// threads install them at the same time the handlers are called twice, with the same effect as
/// once.
pub(crate) fn install_handlers() {
    static IS_INSTALLED: Word = Word::new(0);
    if IS_INSTALLED.load_acquire() == 0 {
        // SAFETY: the handlers are functions of this program, which stay; the file's documentation
        // says what they do.
        let result = unsafe { libc::pthread_atfork(Some(before), Some(after_in_parent), Some(after_in_child)) };
        assert_eq!(result, 0, "there is memory for three handlers");
        IS_INSTALLED.store_release(1);
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
    // A child starts with one thread, the one that forked; it has another number here.
    if DURING_FORK.thread.load_relaxed() == 0 {
        return; // the handlers are registered twice
    }
    if let Some(mut inherited) = take() {
        neutralise(&inherited);
        inherited.descriptors.clear();
        inherited.ranges.clear();
    }
    // Relaxed: a child starts with one thread.
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
        // Memory of the child's own may exceed a limit that shared memory does not. An inaccessible
        // mapping counts against no limit; a child that touches it dies, but its handles never do.
        let access = if range.is_writable { libc::PROT_READ | libc::PROT_WRITE } else { libc::PROT_READ };
        if !cover(range, access) && !cover(range, libc::PROT_NONE) {
            // The child would be a second writer.
            end(b"slotcast: this forked process ends, because it cannot be kept from its parent's memory\n");
        }
    }
}

/// Replaces each descriptor by an inert one.
fn replace(descriptors: &[RawFd]) {
    // SAFETY: it takes only numbers, and is a bare system call.
    let make = || unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
    let mut inert = make();
    if let (..0, Some(&first)) = (inert, descriptors.first()) {
        // There may be no free number: then this one is freed, and the next descriptor gets it.
        // SAFETY: an `OwnFile` owns it, which nothing in this process uses before there is another
        // one in its place.
        unsafe { libc::close(first) };
        inert = make();
    }
    if inert < 0 {
        // The child would keep its parent alive.
        end(b"slotcast: this forked process ends, because it cannot be kept from its parent's locks\n");
    }
    for &descriptor in descriptors.iter().filter(|&&descriptor| descriptor != inert) {
        // SAFETY: `descriptor` is the number of a descriptor that an `OwnFile` owns. It stays open
        // and leads elsewhere.
        unsafe { libc::dup3(inert, descriptor, libc::O_CLOEXEC) };
    }
    if !descriptors.contains(&inert) {
        // SAFETY: it takes only a number; the descriptor was created above, and nothing else has
        // it.
        unsafe { libc::close(inert) };
    }
}

/// Ends a forked child that cannot be made harmless, with a text on standard error.
fn end(text: &[u8]) -> ! {
    // SAFETY: `text` has that many bytes.
    unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
    // SAFETY: the call takes only a number, and is allowed here.
    unsafe { libc::_exit(EX_OSERR) }
}

/// The exit status for a failure of the operating system (`sysexits.h`).
const EX_OSERR: i32 = 71;

/// Maps private memory over a range. Returns whether that succeeded.
fn cover(Range { start, bytes, .. }: Range, access: i32) -> bool {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
    // SAFETY: the range is a mapping, as the caller of `Addresses::new` ensures. It stays readable
    // and writable, with zeros, or every access to it ends the process.
    let mapped = unsafe { libc::mmap(start as *mut libc::c_void, bytes, access, flags, -1, 0) };
    mapped != libc::MAP_FAILED
}
