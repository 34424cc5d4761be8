//! # Safety
//!
//! A message that is being written. The file opts into unsafe code to see its memory as the
//! message's type. It upholds that the memory is held by the loan alone and is large and aligned
//! enough for the type; that all its bytes are initialised at all times; and that they are a valid
//! value whenever a [`Loan`] exists. So nobody gets a `&mut MaybeUninit<T>` to it, through which
//! bytes could be made uninitialised again.
#![allow(unsafe_code, reason = "memory is seen as the message that is in it")]

use crate::record::{Header, Lent, Message, Payload, RawLoan, bytes_of, bytes_of_all};
use crate::registry::EndpointId;
use crate::schema::{AnyBytesValid, ShmMessage, ZeroValid};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// A message that is being written and that no subscriber sees yet.
///
/// [`Publisher::send`](crate::Publisher::send) publishes it; dropping it discards it. Several can
/// be open at once, and be written in any thread and sent in any order. A large message, or one of
/// variable size, is written where subscribers will read it.
///
/// A forked child must not read loans of its parent: those of large messages are zeroed there,
/// which is not valid for every type.
///
/// # Examples
///
/// ```
/// # use slotcast::{Publisher, Subscriber};
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// # let mut publisher = Publisher::<[u8]>::builder("camera/gray").domain(&domain).create()?;
/// # let mut subscriber = Subscriber::<[u8]>::builder("camera/gray").domain(&domain).create()?;
/// let mut image = publisher.loan_slice(640 * 480)?;
/// image[..640].fill(255); // a slice like any other
/// publisher.send(image)?;
/// # assert_eq!(subscriber.recv()?[639..641], [255, 0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a loan that is not sent is discarded"]
pub struct Loan<T: ?Sized, H = ()> {
    raw: RawLoan,
    /// The publisher that lent it.
    publisher: EndpointId,
    value: PhantomData<(H, Box<T>)>,
}

/// Memory for a message that was not written yet: its bytes are those of earlier messages, or zero.
///
/// # Examples
///
/// ```
/// # use slotcast::{Publisher, Subscriber};
/// # let folder = tempfile::tempdir_in("/dev/shm")?;
/// # let domain = slotcast::Domain::at(folder.path().join("domain"));
/// # let mut publisher = Publisher::<[f64]>::builder("samples").domain(&domain).create()?;
/// # let mut subscriber = Subscriber::<[f64]>::builder("samples").domain(&domain).create()?;
/// let memory = publisher.loan_slice_uninit(100)?;
/// let loan = memory.write_each(|index| (index as f64).sqrt());
/// publisher.send(loan)?;
/// # assert_eq!(subscriber.recv()?[9], 3.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a loan that is not written and sent is discarded"]
pub struct LoanUninit<T: ?Sized, H = ()> {
    raw: RawLoan,
    publisher: EndpointId,
    value: PhantomData<(H, Box<T>)>,
}

impl<T: ?Sized, H> Loan<T, H> {
    /// Creates a loan of memory that contains a message.
    ///
    /// # Safety
    /// The caller must ensure that `raw` has at least as many bytes as a message of this type, for
    /// slices as one of no elements, and that they are a valid value of it.
    #[inline]
    unsafe fn new(raw: RawLoan, publisher: EndpointId) -> Self {
        Self { raw, publisher, value: PhantomData }
    }

    pub(crate) fn publisher(&self) -> EndpointId {
        self.publisher
    }
}

impl<T: ?Sized, H> Lent for Loan<T, H> {
    #[inline]
    fn raw(&self) -> &RawLoan {
        &self.raw
    }

    #[inline]
    fn into_raw(self) -> RawLoan {
        self.raw
    }
}

impl<T: Payload + ?Sized, H: Header> LoanUninit<T, H> {
    /// Creates a loan of memory for a message, whose contents mean nothing.
    ///
    /// # Panics
    /// If it is too small for one.
    #[inline]
    pub(crate) fn new(raw: RawLoan, publisher: EndpointId) -> Self {
        let least = if T::IS_SLICE { Message::<T, H>::PAYLOAD_AT } else { Message::<T, H>::BYTES };
        assert!(raw.len() >= least, "the memory that was lent is smaller than a message");
        Self { raw, publisher, value: PhantomData }
    }

    /// Zeroes the message.
    #[inline]
    pub(crate) fn zeroed(mut self) -> Loan<T, H>
    where
        T: ZeroValid,
        H: ZeroValid,
    {
        // The traits can be implemented by anyone. What is relied on are the constants.
        const { assert!(Message::<T, H>::ZERO_VALID, "zeros are no value of this type: its `ZERO_VALID` is false") }
        let bytes = if T::IS_SLICE { self.raw.len() } else { Message::<T, H>::BYTES };
        self.raw.clear(0..bytes);
        // SAFETY: it is large enough, as `new` asserted, and all zero, which is a value, as was
        // asserted.
        unsafe { Loan::new(self.raw, self.publisher) }
    }
}

impl<T: ShmMessage> LoanUninit<T> {
    /// Writes the message.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<bool>::builder("ready").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<bool>::builder("ready").domain(&domain).create()?;
    /// let loan = publisher.loan_uninit()?.write(true);
    /// publisher.send(loan)?;
    /// # assert!(*subscriber.recv()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn write(self, value: T) -> Loan<T> {
        // SAFETY: the pointer is to memory that is large and aligned enough, and that the loan
        // alone holds. A message has no padding, so all its bytes stay initialised, and no
        // destructor that an earlier one in its place would need.
        unsafe { self.raw.start().cast().write(value) };
        // SAFETY: it is large enough, as `new` asserted, and the message was just written.
        unsafe { Loan::new(self.raw, self.publisher) }
    }

    /// Returns the bytes of the message, to be filled by other means. Then
    /// [`assume_filled`](Self::assume_filled) takes them as the message.
    #[inline]
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: the memory has this many bytes, all initialised; the loan is their only holder,
        // and is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.raw.start().as_ptr(), size_of::<T>()) }
    }
}

impl<T: ShmMessage, H: Header> LoanUninit<[T], H> {
    /// Returns the bytes of the elements, to be filled by other means. Then
    /// [`assume_filled`](Self::assume_filled) takes them as the message.
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: it is as large as a message of no elements, as `new` asserted.
        let elements = unsafe { Message::<[T], H>::payload(self.raw.start(), self.raw.len()) }.cast::<u8>();
        let bytes = self.raw.len() - Message::<[T], H>::PAYLOAD_AT;
        // SAFETY: the memory has this many bytes behind the header, all initialised; the loan is
        // their only holder, and is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(elements.as_ptr(), bytes) }
    }
}

impl<T: ShmMessage> LoanUninit<[T]> {
    /// Writes the message: a copy of these elements.
    ///
    /// # Panics
    /// If their number is not that which was lent.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[char]>::builder("word").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[char]>::builder("word").domain(&domain).create()?;
    /// let loan = publisher.loan_slice_uninit(2)?.write_slice(&['h', 'i']);
    /// publisher.send(loan)?;
    /// # assert_eq!(*subscriber.recv()?, ['h', 'i']);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_slice(self, elements: &[T]) -> Loan<[T]> {
        self.copied(&(), elements)
    }

    /// Writes the message in place, element by element: what `value` returns for each index, in
    /// order.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[bool]>::builder("grid/occupied").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[bool]>::builder("grid/occupied").domain(&domain).create()?;
    /// let loan = publisher.loan_slice_uninit(1000)?;
    /// publisher.send(loan.write_each(|index| index % 3 == 0))?;
    /// # assert_eq!(subscriber.recv()?[..4], [true, false, false, true]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn write_each(self, value: impl FnMut(usize) -> T) -> Loan<[T]> {
        self.written(&(), value)
    }
}

impl<T: ShmMessage, H: ShmMessage> LoanUninit<[T], H> {
    /// Writes the message: a header, and a copy of these elements.
    ///
    /// # Panics
    /// If their number is not that which was lent.
    pub fn write_slice_with(self, header: &H, elements: &[T]) -> Loan<[T], H> {
        self.copied(header, elements)
    }

    /// Writes the message in place: a header, and element by element what `value` returns for each
    /// index, in order.
    pub fn write_each_with(self, header: &H, value: impl FnMut(usize) -> T) -> Loan<[T], H> {
        self.written(header, value)
    }

    /// Writes a header, and takes the bytes of the elements as they are; only for elements of which
    /// any bytes are a value ([`AnyBytesValid`]). The header can be any message.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, ShmMessage, Subscriber};
    /// #[derive(ShmMessage)]
    /// #[repr(C)]
    /// struct Frame {
    ///     width: u32,
    ///     is_key: bool,
    ///     _pad: slotcast::Pad<3>,
    /// }
    ///
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[u8], Frame>::builder("camera").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[u8], Frame>::builder("camera").domain(&domain).create()?;
    /// let mut loan = publisher.loan_slice_uninit(640 * 480)?;
    /// loan.as_bytes_mut().fill(128); // the pixels
    /// let frame = loan.assume_filled_with(&Frame { width: 640, is_key: true, _pad: slotcast::Pad::ZERO });
    /// publisher.send(frame)?;
    /// # assert_eq!(subscriber.recv()?.header().width, 640);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn assume_filled_with(mut self, header: &H) -> Loan<[T], H>
    where
        T: AnyBytesValid,
    {
        const {
            assert!(
                Message::<[T], H>::ANY_BYTES_OF_PAYLOAD_VALID,
                "some bit patterns are not valid elements: their `EVERY_BIT_PATTERN_VALID` is false"
            );
        }
        self.raw.fill(0, bytes_of(header));
        // SAFETY: it is large enough, as `new` asserted. Its header was just written, and whatever
        // bytes its elements have are values, as was asserted.
        unsafe { Loan::new(self.raw, self.publisher) }
    }
}

impl<T: ShmMessage, H: Header + ZeroValid> LoanUninit<[T], H> {
    /// Zeroes the header, and takes the bytes of the elements as they are.
    pub(crate) fn zero_header(mut self) -> Loan<[T], H>
    where
        T: AnyBytesValid,
    {
        const {
            assert!(
                Message::<[T], H>::ANY_BYTES_OF_PAYLOAD_VALID && H::ZERO_VALID,
                "some bit patterns are not valid elements, or zeros are no value of the header"
            );
        }
        self.raw.clear(0..Message::<[T], H>::PAYLOAD_AT);
        // SAFETY: it is large enough, as `new` asserted. Zeros are a value of its header, and whatever
        // bytes its elements have are values, as was asserted.
        unsafe { Loan::new(self.raw, self.publisher) }
    }

    /// Zeroes the header, and keeps no element.
    pub(crate) fn without_elements(mut self) -> Loan<[T], H> {
        const { assert!(H::ZERO_VALID, "zeros are no value of this header") }
        self.raw.truncate(Message::<[T], H>::PAYLOAD_AT);
        self.raw.clear(0..Message::<[T], H>::PAYLOAD_AT);
        // SAFETY: it is large enough, as `new` asserted. Zeros are a value of its header, as was
        // asserted, and it has nothing else.
        unsafe { Loan::new(self.raw, self.publisher) }
    }
}

impl<T: ShmMessage, H: Header> LoanUninit<[T], H> {
    fn len(&self) -> usize {
        (self.raw.len() - Message::<[T], H>::PAYLOAD_AT) / size_of::<T>()
    }

    fn copied(mut self, header: &H, elements: &[T]) -> Loan<[T], H> {
        assert_eq!(elements.len(), self.len(), "write as many elements as were lent");
        self.raw.fill(0, header.header_bytes());
        self.raw.fill(Message::<[T], H>::PAYLOAD_AT, bytes_of_all(elements));
        // SAFETY: it is large enough, as `new` asserted. Its header and all its elements were just
        // written.
        unsafe { Loan::new(self.raw, self.publisher) }
    }

    fn written(mut self, header: &H, mut value: impl FnMut(usize) -> T) -> Loan<[T], H> {
        self.raw.fill(0, header.header_bytes());
        // SAFETY: it is as large as a message of no elements, as `new` asserted.
        let start = unsafe { Message::<[T], H>::payload(self.raw.start(), self.raw.len()) }.cast::<T>();
        for index in 0..self.len() {
            // SAFETY: the memory has this many elements, in one piece.
            let place = unsafe { start.add(index) };
            // SAFETY: it is aligned, and the loan is the only holder. A message has no padding, so
            // all bytes stay initialised, also if `value` panics, and no destructor that an earlier
            // one in its place would need.
            unsafe { place.write(value(index)) };
        }
        // SAFETY: as in `copied`.
        unsafe { Loan::new(self.raw, self.publisher) }
    }
}

impl<T: Payload + ?Sized, H: Header> LoanUninit<T, H> {
    /// Takes the bytes as they are as the message; only for types of which any bytes are a value
    /// ([`AnyBytesValid`]). The header's bytes, too: write it with [`Loan::header_mut`] before
    /// sending. If the header is of another type, use
    /// [`assume_filled_with`](LoanUninit::assume_filled_with).
    ///
    /// # Examples
    ///
    /// ```
    /// use std::io::Read;
    ///
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[u8]>::builder("camera/jpeg").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[u8]>::builder("camera/jpeg").domain(&domain).create()?;
    /// # let mut camera = "a file".as_bytes();
    /// let mut loan = publisher.loan_slice_uninit(1 << 20)?; // at most 1 MiB
    /// let length = camera.read(loan.as_bytes_mut())?;
    /// let mut image = loan.assume_filled();
    /// image.truncate(length); // what was filled
    /// publisher.send(image)?;
    /// # assert_eq!(*subscriber.recv()?, *b"a file");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Of other types, write elements instead of their bytes:
    ///
    /// ```compile_fail,E0277
    /// let mut publisher = slotcast::Publisher::<[bool]>::new("grid/occupied")?;
    /// let mut loan = publisher.loan_slice_uninit(1000)?;
    /// loan.as_bytes_mut().fill(2);
    /// publisher.send(loan.assume_filled())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// What was not written can neither be sent nor read:
    ///
    /// ```compile_fail,E0308
    /// let mut publisher = slotcast::Publisher::<[bool]>::new("grid/occupied")?;
    /// let loan = publisher.loan_slice_uninit(1000)?;
    /// publisher.send(loan)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// ```compile_fail,E0608
    /// let mut publisher = slotcast::Publisher::<[bool]>::new("grid/occupied")?;
    /// let loan = publisher.loan_slice_uninit(1000)?;
    /// let first = loan[0];
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[inline]
    pub fn assume_filled(self) -> Loan<T, H>
    where
        T: AnyBytesValid,
        H: AnyBytesValid,
    {
        // The trait can be implemented by anyone. What is relied on are the constants.
        const {
            assert!(
                Message::<T, H>::ANY_BYTES_VALID,
                "some bit patterns are not valid for this type: its `EVERY_BIT_PATTERN_VALID` is false"
            );
        }
        // SAFETY: it is large enough, as `new` asserted, and whatever bytes are there are a value,
        // as was asserted.
        unsafe { Loan::new(self.raw, self.publisher) }
    }
}

impl<T: ShmMessage, H: Header> Loan<[T], H> {
    /// Keeps only the first `len` elements: to send what was filled of a loan that was created for
    /// the most that could come. Does nothing if there are fewer. The memory that the message takes
    /// is that of what was lent.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[u8]>::builder("log").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[u8]>::builder("log").domain(&domain).create()?;
    /// let mut line = publisher.loan_slice(200)?;
    /// line[..5].copy_from_slice(b"hello");
    /// line.truncate(5);
    /// publisher.send(line)?;
    /// # assert_eq!(*subscriber.recv()?, *b"hello");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.raw.truncate(Message::<[T], H>::bytes(len));
        }
    }
}

impl<T: Payload + ?Sized, H: ShmMessage> Loan<T, H> {
    /// Returns the header.
    pub fn header(&self) -> &H {
        // SAFETY: a message with a header begins with it; see the top of this file.
        unsafe { self.raw.start().cast().as_ref() }
    }

    /// Returns the header, to be written.
    ///
    /// # Examples
    ///
    /// ```
    /// # use slotcast::{Publisher, Subscriber};
    /// # let folder = tempfile::tempdir_in("/dev/shm")?;
    /// # let domain = slotcast::Domain::at(folder.path().join("domain"));
    /// # let mut publisher = Publisher::<[u8], u32>::builder("rows").domain(&domain).create()?;
    /// # let mut subscriber = Subscriber::<[u8], u32>::builder("rows").domain(&domain).create()?;
    /// let mut rows = publisher.loan_slice(640 * 480)?;
    /// *rows.header_mut() = 640; // bytes of a row
    /// publisher.send(rows)?;
    /// # assert_eq!(*subscriber.recv()?.header(), 640);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn header_mut(&mut self) -> &mut H {
        // SAFETY: as above; the loan is the only holder, and is borrowed mutably.
        unsafe { self.raw.start().cast().as_mut() }
    }
}

impl<T: Payload + ?Sized, H: Header> Deref for Loan<T, H> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: a loan holds a message.
        let payload = unsafe { Message::<T, H>::payload(self.raw.start(), self.raw.len()) };
        // SAFETY: a loan holds a message; nobody else accesses the memory while it is held.
        unsafe { payload.as_ref() }
    }
}

impl<T: Payload + ?Sized, H: Header> DerefMut for Loan<T, H> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: a loan holds a message.
        let mut payload = unsafe { Message::<T, H>::payload(self.raw.start(), self.raw.len()) };
        // SAFETY: a loan holds a message; it is the only holder, and is borrowed mutably.
        unsafe { payload.as_mut() }
    }
}

/// Prints which publisher lent it. For the message itself, print `*loan`.
impl<T: ?Sized, H> fmt::Debug for Loan<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loan").field("publisher", &format_args!("{}", self.publisher)).finish()
    }
}

impl<T: ?Sized, H> fmt::Debug for LoanUninit<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoanUninit(..)")
    }
}
