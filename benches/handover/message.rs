//! What is sent: words that follow from a number, so that whoever receives them sees whether they are whole.

/// A message of 48 bytes: with its stamp and time it fills one cache line.
pub(crate) type Small = [u64; 6];

/// The message of this number.
#[inline]
pub(crate) fn of<const W: usize>(number: u64) -> [u64; W] {
    std::array::from_fn(|word| number + word as u64)
}

/// Checks that these words are the message of this number.
///
/// # Panics
/// If not: then what is measured does not work.
#[inline]
pub(crate) fn check<const W: usize>(words: &[u64; W], number: u64) {
    let wrong = words.iter().zip(0..).fold(0, |wrong, (&found, word)| wrong | (found ^ (number + word)));
    assert!(wrong == 0, "message {number} is {words:?}");
}
