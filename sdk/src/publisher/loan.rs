//! # Safety
//!
//! A message being written. The file opts into unsafe code to see its memory as the message's type; what it upholds: the
//! memory is held by the loan alone, is large and aligned enough for the type, all its bytes are initialised at all
//! times, and it holds a value of the type whenever a [`Loan`] exists. So nobody gets a `&mut MaybeUninit<T>` to it,
//! through which bytes could be made uninitialised again.
#![allow(unsafe_code, reason = "memory is seen as the message that is in it")]

use crate::record::{Header, Lent, Message, Payload, RawLoan, bytes_of_all};
use crate::registry::EndpointId;
use crate::schema::ShmMessage;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// A message that is being written and that nobody else sees yet.
///
/// It is sent with [`Publisher::send`](crate::Publisher::send); dropped, it is discarded. Several may be open at
/// once, and be sent in any order and from any thread. A large message, or one of variable size, is written where
/// subscribers will read it. A child of a fork must not look at loans of its parent: those of large messages are zero there, which
/// not every type can be.
#[must_use = "a loan that is not sent is discarded"]
pub struct Loan<T: ?Sized, H = ()> {
    raw: RawLoan,
    /// The publisher that it is from.
    publisher: EndpointId,
    value: PhantomData<(H, Box<T>)>,
}

/// Memory for a message that was not written yet: its bytes are those of earlier messages, or zero.
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
    /// The caller must ensure that `raw` has at least as many bytes as a message of this type, for slices as one of no
    /// elements, and that they are a valid value of it.
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

    /// Zeroes the message: only for types for which all-zero bytes are valid, checked at compile time.
    #[inline]
    pub(crate) fn zeroed(mut self) -> Loan<T, H> {
        const { assert!(Message::<T, H>::ZERO_VALID, "all bytes zero are no value of this type") }
        let bytes = if T::IS_SLICE { self.raw.len() } else { Message::<T, H>::BYTES };
        self.raw.clear(0..bytes);
        // SAFETY: it is large enough, as `new` asserted, and all zero, which is a value, as was asserted.
        unsafe { Loan::new(self.raw, self.publisher) }
    }
}

impl<T: ShmMessage> LoanUninit<T> {
    /// Writes the message.
    #[inline]
    pub fn write(self, value: T) -> Loan<T> {
        // SAFETY: the pointer is to memory that is large and aligned enough, and that the loan alone holds. A message has
        // no padding, so all its bytes stay initialised, and no destructor that an earlier one in its place would need.
        unsafe { self.raw.start().cast().write(value) };
        // SAFETY: it is large enough, as `new` asserted, and the message was just written.
        unsafe { Loan::new(self.raw, self.publisher) }
    }

    /// The bytes of the message, to be filled by other means.
    #[inline]
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: so many bytes are there, all initialised; the loan is their only holder, and is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(self.raw.start().as_ptr(), size_of::<T>()) }
    }
}

impl<T: ShmMessage, H: Header> LoanUninit<[T], H> {
    /// The bytes of the elements, to be filled by other means.
    pub fn as_bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: it is as large as a message of no elements, as `new` asserted.
        let elements = unsafe { Message::<[T], H>::payload(self.raw.start(), self.raw.len()) }.cast::<u8>();
        let bytes = self.raw.len() - Message::<[T], H>::PAYLOAD_AT;
        // SAFETY: so many bytes are there, all initialised; the loan is their only holder, and is borrowed mutably.
        unsafe { std::slice::from_raw_parts_mut(elements.as_ptr(), bytes) }
    }
}

impl<T: ShmMessage> LoanUninit<[T]> {
    /// Writes the message: a copy of these elements.
    ///
    /// # Panics
    /// If they are not as many as were lent.
    pub fn write_slice(self, elements: &[T]) -> Loan<[T]> {
        self.copied(&(), elements)
    }

    /// Writes the message in place, element by element: what is returned for each index, in order.
    ///
    /// ```no_run
    /// let mut publisher = slotcast::Publisher::<[bool]>::new("grid/occupied")?;
    /// let loan = publisher.loan_slice_uninit(1000)?;
    /// publisher.send(loan.write_each(|index| index % 3 == 0))?;
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
    /// If they are not as many as were lent.
    pub fn write_slice_with(self, header: &H, elements: &[T]) -> Loan<[T], H> {
        self.copied(header, elements)
    }

    /// Writes the message in place: a header, and element by element what is returned for each index, in order.
    pub fn write_each_with(self, header: &H, value: impl FnMut(usize) -> T) -> Loan<[T], H> {
        self.written(header, value)
    }
}

impl<T: ShmMessage, H: Header> LoanUninit<[T], H> {
    fn len(&self) -> usize {
        (self.raw.len() - Message::<[T], H>::PAYLOAD_AT) / size_of::<T>()
    }

    fn copied(mut self, header: &H, elements: &[T]) -> Loan<[T], H> {
        assert_eq!(elements.len(), self.len(), "as many elements as were lent are to be written");
        self.raw.fill(0, header.bytes());
        self.raw.fill(Message::<[T], H>::PAYLOAD_AT, bytes_of_all(elements));
        // SAFETY: it is large enough, as `new` asserted. Its header and all its elements were just written.
        unsafe { Loan::new(self.raw, self.publisher) }
    }

    fn written(mut self, header: &H, mut value: impl FnMut(usize) -> T) -> Loan<[T], H> {
        self.raw.fill(0, header.bytes());
        // SAFETY: it is as large as a message of no elements, as `new` asserted.
        let start = unsafe { Message::<[T], H>::payload(self.raw.start(), self.raw.len()) }.cast::<T>();
        for index in 0..self.len() {
            // SAFETY: so many elements are there, of one piece of memory.
            let place = unsafe { start.add(index) };
            // SAFETY: it is aligned, and the loan is the only holder. A message has no padding, so all bytes stay initialised,
            // also if `value` panics, and no destructor that an earlier one in its place would need.
            unsafe { place.write(value(index)) };
        }
        // SAFETY: as in `copied`.
        unsafe { Loan::new(self.raw, self.publisher) }
    }
}

impl<T: Payload + ?Sized, H: Header> LoanUninit<T, H> {
    /// Takes the bytes that are there as the message, for types of which every bit pattern is a value (checked when
    /// compiling). The header's, too: say it before sending, with [`Loan::header_mut`].
    ///
    /// ```no_run
    /// # use std::io::Read;
    /// let mut publisher = slotcast::Publisher::<[u8]>::new("camera/jpeg")?;
    /// let mut loan = publisher.loan_slice_uninit(1 << 20)?;
    /// let length = std::io::stdin().read(loan.as_bytes_mut())?;
    /// let mut image = loan.assume_filled();
    /// image.truncate(length); // what was filled
    /// publisher.send(image)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Of other types elements are written, and not their bytes:
    ///
    /// ```compile_fail,E0080
    /// let mut publisher = slotcast::Publisher::<[bool]>::new("grid/occupied")?;
    /// let mut loan = publisher.loan_slice_uninit(1000)?;
    /// loan.as_bytes_mut().fill(2);
    /// publisher.send(loan.assume_filled())?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// and nothing is sent, or read, that was not written:
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
    pub fn assume_filled(self) -> Loan<T, H> {
        const {
            assert!(
                Message::<T, H>::EVERY_BIT_PATTERN_VALID,
                "not every bit pattern is a value of this type: use `write`, or `write_slice` or `write_each` of elements"
            );
        }
        // SAFETY: it is large enough, as `new` asserted, and whatever bytes are there are a value, as was asserted.
        unsafe { Loan::new(self.raw, self.publisher) }
    }
}

impl<T: ShmMessage, H: Header> Loan<[T], H> {
    /// Keeps the first elements alone, to send what was filled of a loan that was made for the most that could come. Of
    /// fewer elements it changes nothing. The memory that it takes is that of what was lent.
    pub fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.raw.truncate(Message::<[T], H>::bytes(len));
        }
    }
}

impl<T: Payload + ?Sized, H: ShmMessage> Loan<T, H> {
    /// The header.
    pub fn header(&self) -> &H {
        // SAFETY: a message with a header begins with it; see the top of this file.
        unsafe { self.raw.start().cast().as_ref() }
    }

    /// The header, to be written.
    pub fn header_mut(&mut self) -> &mut H {
        // SAFETY: the same; the loan is the only holder, and is borrowed mutably.
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

impl<T: Payload + fmt::Debug + ?Sized, H: Header> fmt::Debug for Loan<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Loan").field(&&**self).finish()
    }
}

impl<T: ?Sized, H> fmt::Debug for LoanUninit<T, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LoanUninit(..)")
    }
}
