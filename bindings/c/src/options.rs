//! Settings, as C passes them. Zero is the default.

use crate::failure::Failure;
use crate::text;
use slotcast::Domain;
use slotcast::dynamic::{PublisherBuilder, SubscriberBuilder};
use std::ffi::c_char;
use std::time::Duration;

/// What C has declared as `bool`. It can be any byte: see `truth`.
pub type Flag = u8;

/// Start with sc_publisher_options_default(). In other fields than the first, zero is the default.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PublisherOptions {
    /// `sizeof(sc_publisher_options)`
    struct_size: u64,
    /// A directory; null: the default domain.
    domain: *const c_char,
    /// What the publisher is called in texts and by the tool.
    name: *const c_char,
    /// How many messages stay readable.
    depth: u64,
    /// How many messages are kept for subscribers that join later.
    history: u64,
    /// The most elements of a message of variable size.
    max_len: u64,
    /// The most memory for messages, in bytes.
    max_memory: u64,
    /// Not 0: waits for lossless subscribers up to this time.
    lossless_ns: i64,
    /// Not 0: promises to publish at least this often. A membership reports when that is broken.
    alive_every_ns: i64,
    /// Be the only publisher of the topic.
    exclusive: Flag,
    /// Allocate all memory at once.
    prefault: Flag,
    /// Use large pages where the kernel has some.
    huge_pages: Flag,
    /// Keep the memory from being swapped out.
    lock_memory: Flag,
    /// Store the time of publishing in each message.
    timestamps: Flag,
}

/// Start with sc_subscriber_options_default().
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SubscriberOptions {
    /// `sizeof(sc_subscriber_options)`
    struct_size: u64,
    /// A directory; null: the default domain.
    domain: *const c_char,
    /// What the subscriber is called in texts and by the tool.
    name: *const c_char,
    /// How many messages to receive first that were published before.
    history: u64,
    /// How many large messages can be held in place at once; `UINT64_MAX`: the default.
    max_samples: u64,
    /// The size of the largest message that is copied, in bytes.
    max_copy: u64,
    /// The most messages to receive from each publisher in a second; 0: no limit.
    rate_limit_hz: f64,
    /// Receive the newest message of each publisher alone.
    latest: Flag,
    /// Make publishers wait instead of losing messages.
    lossless: Flag,
}

// `tests/programs/peer.c` asserts the same of the header.
const _: () = {
    assert!(size_of::<PublisherOptions>() == 80 && std::mem::offset_of!(PublisherOptions, exclusive) == 72);
    assert!(size_of::<SubscriberOptions>() == 64 && std::mem::offset_of!(SubscriberOptions, latest) == 56);
};

/// Options that begin with their size.
///
/// # Safety
/// All bytes zero must be a value, and the first field is a `u64`.
unsafe trait Sized64: Copy {
    /// What fields are that the caller does not know.
    fn unset() -> Self;
}

// SAFETY: numbers and null pointers; `struct_size` is first.
unsafe impl Sized64 for PublisherOptions {
    fn unset() -> Self {
        // SAFETY: as the trait requires.
        unsafe { std::mem::zeroed() }
    }
}

// SAFETY: numbers and null pointers; `struct_size` is first.
unsafe impl Sized64 for SubscriberOptions {
    fn unset() -> Self {
        // SAFETY: as the trait requires.
        let zero: Self = unsafe { std::mem::zeroed() };
        Self { max_samples: u64::MAX, ..zero }
    }
}

/// Reads options of an older or newer header: what that one does not know has its default.
///
/// # Safety
/// The caller must ensure that there are as many bytes as the options say.
#[expect(private_bounds, reason = "the trait is for the two structs here")]
pub(crate) unsafe fn read<T: Sized64>(options: *const T) -> Result<T, Failure> {
    let mut known = T::unset();
    if options.is_null() {
        return Ok(known);
    }
    // SAFETY: the size is first, as the trait requires.
    let size = unsafe { options.cast::<u64>().read() };
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    // All fields have 8 bytes or are in a word of single ones: so none is cut in two.
    if !(8..=4096).contains(&size) || !size.is_multiple_of(8) {
        return Err(Failure::argument(format_args!(
            "struct_size of the options is {size}: start with sc_publisher_options_default() or \
             sc_subscriber_options_default()"
        )));
    }
    let bytes = options.cast::<u8>();
    let common = size.min(size_of::<T>());
    // SAFETY: the caller ensures that the source has them, and the target is not smaller.
    unsafe { bytes.copy_to_nonoverlapping((&raw mut known).cast(), common) };
    // SAFETY: the offset is not beyond the end.
    let rest = unsafe { bytes.add(common) };
    // SAFETY: the caller ensures that these bytes are there.
    let newer = unsafe { std::slice::from_raw_parts(rest, size - common) };
    if newer.iter().any(|&byte| byte != 0) {
        return Err(Failure::argument(
            "the options have a setting that this version of the library does not know: install the version of the \
             header",
        ));
    }
    Ok(known)
}

/// Returns a truth value that C has stored. Options that were not initialised can have any byte.
fn truth(byte: u8, setting: &str) -> Result<bool, Failure> {
    match byte {
        0 => Ok(false),
        1 => Ok(true),
        other => Err(Failure::argument(format_args!(
            "{setting} is {other}, and can be true or false: start with sc_publisher_options_default() or \
             sc_subscriber_options_default()"
        ))),
    }
}

/// Returns a time; the longest one for a negative number.
pub(crate) fn duration(ns: i64) -> Duration {
    u64::try_from(ns).map_or(Duration::MAX, Duration::from_nanos)
}

/// Returns the domain of this path, if one is given.
///
/// # Safety
/// As [`text`].
pub(crate) unsafe fn domain(path: *const c_char) -> Result<Option<Domain>, Failure> {
    // SAFETY: as the caller ensures.
    let path = unsafe { text(path, "the domain") }?;
    Ok(path.map(Domain::at))
}

impl PublisherOptions {
    /// Applies the settings.
    ///
    /// # Safety
    /// The caller must ensure that the texts are null or end with a NUL.
    pub(crate) unsafe fn apply(&self, mut builder: PublisherBuilder) -> Result<PublisherBuilder, Failure> {
        // SAFETY: as the caller ensures.
        if let Some(domain) = unsafe { domain(self.domain) }? {
            builder = builder.domain(&domain);
        }
        // SAFETY: as the caller ensures.
        if let Some(name) = unsafe { text(self.name, "the name") }? {
            builder = builder.name(name);
        }
        if self.depth != 0 {
            builder = builder.depth(self.depth);
        }
        if self.history != 0 {
            builder = builder.history(self.history);
        }
        if self.max_len != 0 {
            builder = builder.max_len(self.max_len);
        }
        if self.max_memory != 0 {
            builder = builder.max_memory(self.max_memory);
        }
        if self.lossless_ns != 0 {
            builder = builder.lossless(duration(self.lossless_ns));
        }
        if self.alive_every_ns != 0 {
            builder = builder.alive_every(duration(self.alive_every_ns));
        }
        if truth(self.exclusive, "exclusive")? {
            builder = builder.exclusive();
        }
        builder = builder.prefault(truth(self.prefault, "prefault")?);
        builder = builder.huge_pages(truth(self.huge_pages, "huge_pages")?);
        builder = builder.lock_memory(truth(self.lock_memory, "lock_memory")?);
        Ok(builder.timestamps(truth(self.timestamps, "timestamps")?))
    }
}

impl SubscriberOptions {
    /// Applies the settings.
    ///
    /// # Safety
    /// The caller must ensure that the texts are null or end with a NUL.
    pub(crate) unsafe fn apply(&self, mut builder: SubscriberBuilder) -> Result<SubscriberBuilder, Failure> {
        // SAFETY: as the caller ensures.
        if let Some(domain) = unsafe { domain(self.domain) }? {
            builder = builder.domain(&domain);
        }
        // SAFETY: as the caller ensures.
        if let Some(name) = unsafe { text(self.name, "the name") }? {
            builder = builder.name(name);
        }
        if self.history != 0 {
            builder = builder.history(self.history);
        }
        if self.max_samples != u64::MAX {
            builder = builder.max_samples(self.max_samples);
        }
        if self.max_copy != 0 {
            builder = builder.max_copy(self.max_copy);
        }
        if self.rate_limit_hz != 0.0 {
            builder = builder.rate_limit(self.rate_limit_hz);
        }
        if truth(self.latest, "latest")? {
            builder = builder.latest();
        }
        if truth(self.lossless, "lossless")? {
            builder = builder.lossless();
        }
        Ok(builder)
    }
}
