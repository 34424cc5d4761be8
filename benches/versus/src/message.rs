//! What is in the messages: words that follow from a number, so that a receiver notices any that is
//! torn, stale or in the wrong place.

use serde::{Deserialize, Serialize};

/// The highest bit of the number marks the last message of a round.
pub(crate) const LAST: u64 = 1 << 63;

/// Above this many words, what is read is summed; up to it, each word is compared.
const COMPARED: usize = 128;

/// How much of a message is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Use {
    /// The first eight bytes are written and read, whatever the size.
    Touch,
    /// All bytes are written and read.
    Full,
}

/// Returns what the words of a message begin with, apart from the first.
#[inline]
fn key(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Writes the message of a number.
#[inline]
pub(crate) fn write<const W: usize>(words: &mut [u64; W], number: u64, how: Use) {
    if how == Use::Full && W > 1 {
        let key = key(number);
        for (word, index) in words.iter_mut().zip(0..) {
            *word = key.wrapping_add(index);
        }
    }
    words[0] = number;
}

/// Reads the message of a number, and returns whether it is that.
#[inline]
pub(crate) fn is<const W: usize>(words: &[u64; W], number: u64, how: Use) -> bool {
    if how == Use::Touch || W == 1 {
        return words[0] == number;
    }
    let key = key(number);
    if W <= COMPARED {
        let differences = words.iter().zip(0..).skip(1);
        return differences.fold(words[0] ^ number, |all, (&word, index)| all | (word ^ key.wrapping_add(index))) == 0;
    }
    let sum = words.iter().fold(0_u64, |sum, &word| sum.wrapping_add(word));
    let count = W as u64;
    // The first word is the number instead of the key.
    let keys = key.wrapping_mul(count).wrapping_add(count * (count - 1) / 2);
    words[0] == number && sum == keys.wrapping_sub(key).wrapping_add(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_noticed<const W: usize>() {
        let mut words = [0; W];
        write(&mut words, 7, Use::Full);
        assert!(is(&words, 7, Use::Full));
        assert!(!is(&words, 8, Use::Full));
        for index in 0..W {
            let mut torn = words;
            torn[index] ^= 1 << 40;
            assert!(!is(&torn, 7, Use::Full), "word {index} of {W}");
        }
    }

    #[test]
    fn a_wrong_word_is_noticed() {
        is_noticed::<1>();
        is_noticed::<8>();
        is_noticed::<128>();
        is_noticed::<512>();
    }
}
