//! What happens to a parent's endpoints in a forked child.
//!
//! A child inherits its parent's locks, which would keep the parent alive as seen by others, and
//! its writable mappings, which would make the child a second writer. Both are made harmless before
//! the child runs:
//!
//! 1. An inert descriptor replaces each file that holds locks.
//! 2. Zeroed memory of its own covers each range that the parent writes. Where the kernel gives no
//!    memory, an inaccessible mapping covers it. If that fails too, the child ends before it runs.
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
//! handler is limited to calls that are safe between fork and exec: `dup3`, `mmap` and, to end the
//! child, `write` and `_exit`.
#![allow(unsafe_code, reason = "handlers of a fork replace descriptors and mappings")]

use crate::sync::Word;
use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What has to be made harmless in a child.
struct Inherited {
    locks: Vec<RawFd>,
    ranges: Vec<(usize, usize)>,
    /// Replaces files with locks in the child.
    inert: Option<OwnedFd>,
}

static INHERITED: Mutex<Inherited> = Mutex::new(Inherited { locks: Vec::new(), ranges: Vec::new(), inert: None });

/// The number of forks between this process and the first one that used this crate.
static EPOCH: Word = Word::new(0);

thread_local! {
    /// The list, locked by the forking thread from before the fork until after it.
    static HELD: RefCell<Option<MutexGuard<'static, Inherited>>> = const { RefCell::new(None) };
}

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

/// Returns whether this process was forked from one that used this crate.
pub(crate) fn is_child() -> bool {
    EPOCH.load_relaxed() != 0
}

/// A file whose open description holds locks for this process, and never for a forked child.
#[derive(Debug)]
pub(crate) struct Locks(Option<File>);

impl Locks {
    /// Opens a file that is to hold locks.
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
        if inherited.inert.is_none() {
            inherited.inert = Some(rustix::event::eventfd(0, rustix::event::EventfdFlags::CLOEXEC)?);
        }
        let Some(file) = open()? else { return Ok(None) };
        inherited.locks.push(file.as_raw_fd());
        Ok(Some(Self(Some(file))))
    }

    pub(crate) fn file(&self) -> &File {
        self.0.as_ref().expect("only drop takes the file")
    }
}

impl AsFd for Locks {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file().as_fd()
    }
}

impl Drop for Locks {
    fn drop(&mut self) {
        // Closed while the list is locked: the number of a closed descriptor must not be in it.
        let mut inherited = inherited();
        let number = self.file().as_raw_fd();
        inherited.locks.retain(|&lock| lock != number);
        self.0 = None;
    }
}

/// A mapping that this process writes, and that is covered in a forked child.
pub(super) struct Addresses {
    start: usize,
    bytes: usize,
}

impl Addresses {
    /// Lists a mapping. In a forked child it becomes zeros, or inaccessible.
    ///
    /// # Safety
    /// The caller must ensure that these addresses are a writable mapping that starts on a page,
    /// until the returned value is dropped.
    pub(super) unsafe fn new(start: usize, bytes: usize) -> Self {
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
    // Relaxed: a child starts with one thread.
    EPOCH.store_relaxed(EPOCH.load_relaxed() + 1);
}

fn neutralise(inherited: &Inherited) {
    if let Some(inert) = &inherited.inert {
        for &lock in &inherited.locks {
            // SAFETY: `lock` is the number of a descriptor that a `Locks` owns. It stays open and
            // leads elsewhere.
            unsafe { libc::dup3(inert.as_raw_fd(), lock, libc::O_CLOEXEC) };
        }
    }
    for &range in &inherited.ranges {
        // Memory of the child's own may exceed a limit that shared memory does not. An inaccessible
        // mapping counts against no limit; a child that touches it dies, but its handles never do.
        if !cover(range, libc::PROT_READ | libc::PROT_WRITE) && !cover(range, libc::PROT_NONE) {
            // The child would be a second writer.
            let text =
                b"slotcast: this forked process ends, because it cannot be kept from writing its parent's memory\n";
            // SAFETY: `text` has that many bytes.
            unsafe { libc::write(libc::STDERR_FILENO, text.as_ptr().cast(), text.len()) };
            // SAFETY: the call takes only a number, and is allowed here.
            unsafe { libc::_exit(EX_OSERR) };
        }
    }
}

/// The exit status for a failure of the operating system (`sysexits.h`).
const EX_OSERR: i32 = 71;

/// Maps private memory over a range. Returns whether that succeeded.
fn cover((start, bytes): (usize, usize), access: i32) -> bool {
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED | libc::MAP_NORESERVE;
    // SAFETY: the range is a mapping, as the caller of `Addresses::new` ensures. It stays readable
    // and writable, with zeros, or every access to it ends the process.
    let mapped = unsafe { libc::mmap(start as *mut libc::c_void, bytes, access, flags, -1, 0) };
    mapped != libc::MAP_FAILED
}
