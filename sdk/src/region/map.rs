//! Maps.

use super::block::Block;
use super::element::{Element, Elements, bytes_of};
use super::error::RegionError;
use super::failure::StructureError;
use super::format::align8;
use super::handle::Region;
use super::kind::StructureKind;
use super::new::New;
use super::record::Schemas;
use super::waiting::{PATIENCE, wait};
use crate::failpoint;
use crate::protocol::region::cell::{Cell, Writing};
use crate::protocol::region::key::{Key, State};
use crate::sync::{Word, Word32};
use crate::sys::shared_memory::Held;
use xxhash_rust::const_xxh3::xxh3_64;

/// Bytes before the words of the slots: the capacity, the sizes of a key and a value, and the
/// number of keys that have a value.
const HEADER: usize = 24;
const COUNT_AT: usize = 16;

/// The words of a slot: of its key, of its value's cell, and whether each copy has a value.
const WORDS: usize = 4;
const KEY: usize = 0;
const CELL: usize = 1;
const IS_PRESENT: usize = 2;

/// A fixed number of keys with values, which any number of processes read and change.
///
/// Looking up takes no lock and waits for nobody. Of several processes that change the value of one
/// key, one does so at a time; one that dies while it does leaves the old value. A key that was
/// removed keeps its slot, for when it is inserted again.
///
/// # Examples
///
/// ```
/// use slotcast::Str;
/// use slotcast::region::{Map, Region};
/// # let name = format!("slotcast-doc-map-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let words = Map::<Str<16>, u64>::create(&region, "words", 100)?;
/// for word in "to be or not to be".split(' ') {
///     words.update(&word.try_into()?, |count| Some(count.unwrap_or(0) + 1))?;
/// }
/// assert_eq!(words.get(&"be".try_into()?)?, Some(2));
/// assert_eq!((words.len(), words.remove(&"or".try_into()?)?), (4, Some(1)));
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Map<K, V> {
    block: Block,
    count: Held<Word>,
    words: Held<Word>,
    keys: Elements<K>,
    values: Elements<V>,
}

/// Where the parts of a map are, in bytes, and the size of all.
struct Places {
    keys: usize,
    values: usize,
    end: u64,
}

impl<K: Element, V: Element> Map<K, V> {
    /// Creates an empty map for up to `capacity` keys. Looking up slows down if almost all are
    /// used.
    ///
    /// # Errors
    /// [`RegionError::NoSpace`], [`RegionError::TableFull`], [`RegionError::StructureExists`],
    /// [`RegionError::StructureName`], and [`RegionError::Argument`] if the capacity is 0.
    pub fn create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        Self::create_as(region, name, StructureKind::Map, capacity, &[K::SCHEMA, V::SCHEMA])
    }

    pub(super) fn create_as(
        region: &Region,
        name: &str,
        kind: StructureKind,
        capacity: u32,
        schemas: Schemas<'_>,
    ) -> Result<Self, RegionError> {
        let Some(places) = Self::places(capacity).filter(|_| capacity != 0) else {
            let problem = format!("it cannot have {capacity} keys").into();
            return Err(RegionError::Argument { region: region.name().into(), structure: name.into(), problem });
        };
        let element_size = size_of::<K>() + size_of::<V>();
        let new = New { name: name.into(), kind, size: places.end, element_size, schemas, extra: 0 };
        let block = region.create_one(new, |block| {
            block.header::<Word>(0, 1)?[0].store_relaxed(u64::from(capacity));
            let sizes = block.header::<Word32>(8, 2)?;
            for (at, size) in [size_of::<K>(), size_of::<V>()].into_iter().enumerate() {
                sizes[at].store_relaxed(u32::try_from(size).unwrap_or(u32::MAX));
            }
            Ok(())
        })?;
        Self::of(block)
    }

    /// Opens a map that exists.
    ///
    /// # Errors
    /// [`RegionError::NoStructure`], [`RegionError::Kind`], [`RegionError::Type`],
    /// [`RegionError::Layout`] and [`RegionError::Corrupt`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Self::of(region.open_one(name, StructureKind::Map, &[K::SCHEMA, V::SCHEMA])?)
    }

    /// Opens a map, or creates it if there is none. One that exists may have another capacity.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name, capacity))
    }

    pub(super) fn of(block: Block) -> Result<Self, RegionError> {
        let sizes = block.header::<Word32>(8, 2)?;
        block.check_element(sizes[0].load_relaxed(), size_of::<K>())?;
        block.check_element(sizes[1].load_relaxed(), size_of::<V>())?;
        let capacity = block.header::<Word>(0, 1)?[0].load_relaxed();
        let parts = u32::try_from(capacity).ok().filter(|&capacity| capacity != 0).and_then(|capacity| {
            let (places, slots) = (Self::places(capacity)?, capacity as usize);
            let keys = Elements::new(&block, places.keys, slots)?;
            let values = Elements::new(&block, places.values, 2 * slots)?;
            Some((block.words::<Word>(HEADER, WORDS * slots)?, keys, values))
        });
        let Some((words, keys, values)) = parts else {
            let size = block.size;
            return Err(block.layout(format!("it says {capacity} keys, which does not fit its {size} bytes")));
        };
        Ok(Self { count: block.header::<Word>(COUNT_AT, 1)?, words, keys, values, block })
    }

    fn places(capacity: u32) -> Option<Places> {
        let slots = u64::from(capacity);
        let keys = HEADER as u64 + 8 * WORDS as u64 * slots;
        let values = align8(keys.checked_add(slots.checked_mul(size_of::<K>() as u64)?)?)?;
        let end = values.checked_add((2 * slots).checked_mul(size_of::<V>() as u64)?)?;
        Some(Places { keys: usize::try_from(keys).ok()?, values: usize::try_from(values).ok()?, end: align8(end)? })
    }

    fn slot(&self, slot: usize) -> &[Word] {
        &self.words[WORDS * slot..][..WORDS]
    }

    fn key(&self, slot: usize) -> Key<'_> {
        Key(&self.slot(slot)[KEY])
    }

    fn cell(&self, slot: usize) -> Cell<'_> {
        Cell::new(&self.slot(slot)[CELL])
    }

    /// Returns the slots in which a key can be, the most likely first.
    #[expect(clippy::cast_possible_truncation, reason = "it is below the number of slots")]
    fn probes(&self, key: &K) -> impl Iterator<Item = usize> {
        let slots = self.keys.count();
        let first = (xxh3_64(bytes_of(key)) % slots as u64) as usize;
        (first..slots).chain(0..first)
    }

    fn has_key(&self, slot: usize, key: &K) -> bool {
        bytes_of(&self.keys.load(slot)) == bytes_of(key)
    }

    /// Finds the slot of a key.
    fn find(&self, key: &K) -> Option<usize> {
        for slot in self.probes(key) {
            match self.key(slot).state() {
                State::Free => return None,
                State::Set if self.has_key(slot, key) => return Some(slot),
                _ => {}
            }
        }
        None
    }

    /// Finds the slot of a key, or gives it one.
    fn find_or_claim(&self, key: &K) -> Result<usize, StructureError> {
        for slot in self.probes(key) {
            let mut is_first = true;
            let found = wait(&self.block.inner, None, PATIENCE, || {
                let asks = !std::mem::take(&mut is_first);
                self.try_slot(slot, key, asks)
            });
            match found {
                Some(true) => return Ok(slot),
                Some(false) => {}
                None => return Err(self.block.stuck(PATIENCE)),
            }
        }
        let slots = self.keys.count();
        Err(self.block.refused(format!("is full: it has {slots} keys, counting those that were removed")))
    }

    /// Returns whether a slot is that of a key now, or `None` while another process claims it.
    fn try_slot(&self, slot: usize, key: &K, asks: bool) -> Option<bool> {
        let seen = self.key(slot).state();
        let is_available = match seen {
            State::Set => return Some(self.has_key(slot, key)),
            State::Free => true,
            State::Claimed(token) => asks && self.block.inner.is_dead(token),
        };
        if !is_available || !self.key(slot).claim(seen, self.block.inner.token()) {
            return None;
        }
        failpoint::hit("map.claimed");
        self.keys.store(slot, key);
        self.key(slot).set();
        Some(true)
    }

    /// Reads the value in a slot.
    fn value(&self, slot: usize) -> Result<Option<V>, StructureError> {
        let read = self.cell(slot).read(|copy| {
            let is_present = self.slot(slot)[IS_PRESENT + copy].load_relaxed() != 0;
            is_present.then(|| self.values.load(2 * slot + copy))
        });
        read.map(|(_, value)| value).ok_or_else(|| self.block.corrupt("a cell changes all the time".into()))
    }

    /// Returns the value of a key.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    pub fn get(&self, key: &K) -> Result<Option<V>, StructureError> {
        self.find(key).map_or(Ok(None), |slot| self.value(slot))
    }

    /// Returns whether a key has a value.
    ///
    /// # Errors
    /// [`StructureError::Corrupt`].
    pub fn contains(&self, key: &K) -> Result<bool, StructureError> {
        Ok(self.get(key)?.is_some())
    }

    /// Sets the value of a key. Returns whether it had none before.
    ///
    /// # Errors
    /// [`StructureError::Refused`] if there is no slot for the key; [`StructureError::Stuck`] if
    /// another process has been changing it for ten seconds; [`StructureError::Corrupt`].
    pub fn insert(&self, key: &K, value: &V) -> Result<bool, StructureError> {
        let slot = self.find_or_claim(key)?;
        Ok(!self.change(slot, |_, next| {
            self.values.store(next, value);
            true
        })?)
    }

    /// Removes a key. Returns the value that it had.
    ///
    /// # Errors
    /// [`StructureError::Stuck`] and [`StructureError::Corrupt`].
    pub fn remove(&self, key: &K) -> Result<Option<V>, StructureError> {
        let Some(slot) = self.find(key) else { return Ok(None) };
        let mut before = None;
        self.change(slot, |current, _| {
            before = current;
            false
        })?;
        Ok(before)
    }

    /// Changes the value of a key, while no other process does: from what it is, if it has one, to
    /// what `change` returns; `None` removes it. Returns the new value.
    ///
    /// # Errors
    /// Those of [`insert`](Self::insert).
    pub fn update(&self, key: &K, change: impl FnOnce(Option<V>) -> Option<V>) -> Result<Option<V>, StructureError> {
        let slot = self.find_or_claim(key)?;
        let mut after = None;
        self.change(slot, |current, next| {
            after = change(current);
            after.as_ref().is_some_and(|value| {
                self.values.store(next, value);
                true
            })
        })?;
        Ok(after)
    }

    /// Writes the next copy of a value: `write` gets the current value and the index of the copy,
    /// and returns whether it has written one. Returns whether there was a value before.
    fn change(&self, slot: usize, write: impl FnOnce(Option<V>, usize) -> bool) -> Result<bool, StructureError> {
        struct GiveUp<'a>(Cell<'a>, Option<Writing>);
        impl Drop for GiveUp<'_> {
            fn drop(&mut self) {
                if let Some(writing) = self.1.take() {
                    self.0.give_up(writing);
                }
            }
        }
        let (inner, cell) = (&self.block.inner, self.cell(slot));
        let mut asks = false;
        let writing = wait(inner, None, PATIENCE, || {
            let asked = std::mem::replace(&mut asks, true);
            cell.begin(inner.token(), |token| asked && inner.is_dead(token)).ok()
        });
        let writing = writing.ok_or_else(|| self.block.stuck(PATIENCE))?;
        let mut unless_done = GiveUp(cell, Some(writing));
        let flags = &self.slot(slot)[IS_PRESENT..];
        let was_present = flags[writing.current()].load_relaxed() != 0;
        let current = was_present.then(|| self.values.load(2 * slot + writing.current()));
        let is_present = write(current, 2 * slot + writing.next());
        flags[writing.next()].store_relaxed(u64::from(is_present));
        unless_done.1 = None;
        if !cell.publish(writing) {
            return Err(self.block.corrupt("another process has taken the place of the one that writes".into()));
        }
        match (was_present, is_present) {
            (false, true) => drop(self.count[0].add(1)),
            (true, false) => drop(self.count[0].add(u64::MAX)),
            _ => {}
        }
        Ok(was_present)
    }

    /// Returns how many keys have a value. A process that was killed while it inserted or removed
    /// one may have left it wrong by one; [`Region::repair`] counts again.
    pub fn len(&self) -> usize {
        usize::try_from(self.count[0].load_relaxed()).unwrap_or(usize::MAX).min(self.capacity())
    }

    /// Returns whether no key has a value.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns for how many keys there are slots.
    pub fn capacity(&self) -> usize {
        self.keys.count()
    }

    /// Returns all keys and their values, in no particular order. What others change meanwhile may
    /// or may not be seen.
    pub fn iter(&self) -> impl Iterator<Item = (K, V)> + '_ {
        (0..self.capacity()).filter_map(|slot| {
            let is_set = self.key(slot).state() == State::Set;
            let value = is_set.then(|| self.value(slot).ok().flatten()).flatten()?;
            Some((self.keys.load(slot), value))
        })
    }
}

impl<K, V> std::fmt::Debug for Map<K, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.block.fmt_as("Map", f)
    }
}
