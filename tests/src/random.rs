//! Random numbers that can be reproduced.

/// Xorshift: its numbers depend on the seed alone.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// Creates the generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Creates a generator from `SLOTCAST_STORM_SEED`, or with a different seed in each process.
    ///
    /// The seed is printed, so that a failed run can be repeated as far as it depends on these
    /// numbers.
    ///
    /// # Panics
    /// If the variable is not a number.
    pub fn of_this_run() -> Self {
        let seed = variable("SLOTCAST_STORM_SEED").unwrap_or_else(|| u64::from(std::process::id()));
        println!("SLOTCAST_STORM_SEED={seed}");
        Self::new(seed)
    }

    /// Returns the next number.
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Returns a number less than `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Returns an index into something of length `len`.
    #[expect(clippy::cast_possible_truncation, reason = "less than a usize")]
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }
}

/// Returns the parsed value of an environment variable, or `None` if it is not set.
///
/// # Panics
/// If the value cannot be parsed.
pub fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}")))
}
