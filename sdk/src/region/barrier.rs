//! Barriers.

use super::block::Block;
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::new::New;
use super::waiting::{ring, wait};
use crate::protocol::region::barrier::{Arrival, Leaving, Rounds};
use crate::sync::Word32;
use crate::sys::shared_memory::Held;
use std::time::Duration;

/// Where the fields are, in words of 32 bits.
const ARRIVED: usize = 0;
const GENERATION: usize = 1;
const PARTICIPANTS: usize = 2;

/// How often a participant tries to leave while others come and go.
const TRIES: u32 = 10_000;

/// A point at which a fixed number of participants wait for each other, again and again.
///
/// A participant that dies before it arrives keeps the others waiting until their time is over. One
/// that dies while it waits has arrived: the others go on.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Barrier, Region};
/// use std::time::Duration;
/// # let name = format!("slotcast-doc-barrier-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let barrier = Barrier::create(&region, "step", 2)?;
/// std::thread::scope(|scope| {
///     let other = scope.spawn(|| barrier.wait(Duration::from_secs(10)));
///     let was_last = barrier.wait(Duration::from_secs(10))?;
///     assert_ne!(was_last, other.join().unwrap()?);
///     Ok::<(), Box<dyn std::error::Error>>(())
/// })?;
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Barrier {
    block: Block,
    words: Held<Word32>,
}

impl Barrier {
    /// Creates a barrier for a number of participants.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`],
    /// [`RegionError::StructureName`], and [`RegionError::Argument`] if there are 0 participants,
    /// or more than 2^31 - 1.
    pub fn create(region: &Region, name: &str, participants: u32) -> Result<Self, RegionError> {
        if participants == 0 || i32::try_from(participants).is_err() {
            let problem = format!("it cannot have {participants} participants").into();
            return Err(RegionError::Argument { region: region.name().into(), structure: name.into(), problem });
        }
        let kind = StructureKind::Barrier;
        let new = New { name: name.into(), kind, size: 16, element_size: 0, schemas: &[], extra: 0 };
        Self::of(region.create_one(new, |block| {
            block.header::<Word32>(0, 4)?[PARTICIPANTS].store_relaxed(participants);
            Ok(())
        })?)
    }

    /// Opens a barrier that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Layout`] and
    /// [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region.open_one(name, StructureKind::Barrier, &[])?)
    }

    /// Opens a barrier, or creates it if there is none.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str, participants: u32) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name, participants))
    }

    fn of(block: Block) -> Result<Self, RegionError> {
        let words = block.header::<Word32>(0, 4)?;
        let participants = words[PARTICIPANTS].load_relaxed().cast_signed();
        if block.size != 16 || participants <= 0 {
            let size = block.size;
            return Err(block.layout(format!("it has {size} bytes and {participants} participants")));
        }
        Ok(Self { block, words })
    }

    /// Waits up to `timeout` until all participants have arrived. Returns whether this one was the
    /// last.
    ///
    /// # Errors
    /// [`StructureError::TimedOut`]: then this participant has left again, as if it had not come.
    /// [`StructureError::Corrupt`] if more have arrived than there are.
    pub fn wait(&self, timeout: Duration) -> Result<bool, StructureError> {
        if self.block.inner.is_forked_copy() {
            return Err(self.block.timed_out(timeout, "was opened elsewhere"));
        }
        let generation = self.rounds().generation();
        if self.is_last(self.rounds().arrive())? {
            return Ok(true);
        }
        let released = self.wait_for_release(generation, timeout);
        if released || self.leave(generation)? {
            Ok(false)
        } else {
            Err(self.block.timed_out(timeout, "is not complete"))
        }
    }

    fn rounds(&self) -> Rounds<'_> {
        Rounds::new(&self.words[ARRIVED], &self.words[GENERATION], self.participants())
    }

    /// Wakes the others if this participant is the last.
    fn is_last(&self, arrival: Arrival) -> Result<bool, StructureError> {
        match arrival {
            Arrival::Early => Ok(false),
            Arrival::Last => {
                ring(&self.block.inner, self.block.first_bell());
                Ok(true)
            }
            Arrival::TooMany(arrived) => {
                let participants = self.participants();
                Err(self.block.corrupt(format!("{arrived} of {participants} participants have arrived")))
            }
        }
    }

    fn wait_for_release(&self, generation: u32, timeout: Duration) -> bool {
        let released = || (self.rounds().generation() != generation).then_some(());
        wait(&self.block.inner, self.block.first_bell(), timeout, released).is_some()
    }

    /// Takes back the arrival, after the time is over. Returns whether the others came meanwhile.
    fn leave(&self, generation: u32) -> Result<bool, StructureError> {
        for _ in 0..TRIES {
            match self.rounds().leave(generation) {
                Leaving::Left => return Ok(false),
                Leaving::Released(arrival) => return self.is_last(arrival).map(|_| true),
                Leaving::Soon => std::thread::yield_now(),
            }
        }
        Ok(false)
    }

    /// Returns the number of participants.
    pub fn participants(&self) -> u32 {
        self.words[PARTICIPANTS].load_relaxed()
    }

    /// Returns how many have arrived and wait. It may be outdated at once.
    pub fn arrived(&self) -> u32 {
        self.words[ARRIVED].load_relaxed()
    }
}

impl std::fmt::Debug for Barrier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Barrier", f)
    }
}
