//! Random numbers that can be had again.

/// Xorshift: what it gives depends on the seed alone.
#[derive(Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Those of `SLOTCAST_STORM_SEED`; else others in each process. The seed is printed, so that a run that failed can be
    /// had again, as far as it depends on these numbers.
    ///
    /// # Panics
    /// If what the variable says is no number.
    pub fn of_this_run() -> Self {
        let seed = variable("SLOTCAST_STORM_SEED").unwrap_or_else(|| u64::from(std::process::id()));
        println!("SLOTCAST_STORM_SEED={seed}");
        Self::new(seed)
    }

    /// The next one.
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// One that is less.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// An index of something that has so many.
    #[expect(clippy::cast_possible_truncation, reason = "less than a usize")]
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }
}

/// What a variable of the environment says, if there is one.
///
/// # Panics
/// If it says something else.
pub fn variable<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}")))
}
