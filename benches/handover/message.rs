//! The messages: words derived from a number, so that a receiver notices torn copies.

/// A message of 48 bytes: with its stamp and time it fills one cache line.
pub(crate) type Small = [u64; 6];

/// Creates the message of a number.
#[inline]
pub(crate) fn of<const W: usize>(number: u64) -> [u64; W] {
    std::array::from_fn(|word| number + word as u64)
}

/// Asserts that these words are the message of a number.
///
/// # Panics
/// If they are not: then what is measured does not work.
#[inline]
pub(crate) fn check<const W: usize>(words: &[u64; W], number: u64) {
    let wrong = words.iter().zip(0..).fold(0, |wrong, (&found, word)| wrong | (found ^ (number + word)));
    assert!(wrong == 0, "message {number} is {words:?}");
}
