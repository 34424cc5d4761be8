//! A message that reveals a torn copy.

use slotcast::ShmMessage;

/// A number, and five words that are derived from it.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct Counted {
    /// The number.
    pub number: u64,
    check: [u64; 5],
}

impl Counted {
    /// Creates the message of a number.
    pub fn new(number: u64) -> Self {
        Self { number, check: [1, 2, 3, 4, 5].map(|word| (number + word).wrapping_mul(0x9e37_79b9_7f4a_7c15)) }
    }

    /// Returns whether its words are those of its number.
    pub fn is_whole(&self) -> bool {
        *self == Self::new(self.number)
    }
}
