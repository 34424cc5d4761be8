//! Messages that reveal a torn copy.

use slotcast::{Domain, Publisher, Subscriber};

/// 64 KiB of words that are derived from a number.
pub(crate) type Large = [u64; 8192];

/// Creates the message of a number.
pub(crate) fn large(number: u64) -> Box<Large> {
    let mut message = vec![0; 8192].into_boxed_slice();
    fill(&mut message, number);
    message.try_into().unwrap()
}

/// Fills words with those of a number.
pub(crate) fn fill(words: &mut [u64], number: u64) {
    for (index, word) in words.iter_mut().enumerate() {
        *word = word_of(number, index);
    }
}

fn word_of(number: u64, index: usize) -> u64 {
    number.wrapping_add((index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Returns the number of a message, which must be whole.
#[track_caller]
pub(crate) fn number(words: &[u64]) -> u64 {
    let number = words[0];
    for (index, &word) in words.iter().enumerate() {
        assert_eq!(word, word_of(number, index), "message {number} is torn at word {index}");
    }
    number
}

pub(crate) fn publisher(domain: &Domain) -> Publisher<Large> {
    Publisher::builder("x").domain(domain).create().unwrap()
}

pub(crate) fn subscriber(domain: &Domain) -> Subscriber<Large> {
    Subscriber::builder("x").domain(domain).create().unwrap()
}
