//! Sets.

use super::element::Element;
use super::error::RegionError;
use super::failure::StructureError;
use super::handle::Region;
use super::kind::StructureKind;
use super::map::Map;

/// A fixed number of keys, which any number of processes add and remove: a [`Map`] without values.
///
/// # Examples
///
/// ```
/// use slotcast::region::{Region, Set};
/// # let name = format!("slotcast-doc-set-{}", std::process::id());
///
/// let region = Region::create(&name, 1 << 20)?;
/// let seen = Set::<u64>::create(&region, "seen", 100)?;
/// assert!(seen.insert(&7)?);
/// assert!(!seen.insert(&7)?);
/// assert!(seen.contains(&7)? && seen.remove(&7)?);
/// assert!(seen.is_empty());
/// # Region::remove(&name)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Set<K> {
    map: Map<K, u8>,
}

impl<K: Element> Set<K> {
    /// Creates an empty set for up to `capacity` keys.
    ///
    /// # Errors
    /// Those of [`Map::create`].
    pub fn create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        let map = Map::create_as(region, name, StructureKind::Set, capacity, &[K::SCHEMA])?;
        Ok(Self { map })
    }

    /// Opens a set that exists.
    ///
    /// # Errors
    /// Those of [`Map::open`].
    pub fn open(region: &Region, name: &str) -> Result<Self, RegionError> {
        Ok(Self { map: Map::of(region.open_one(name, StructureKind::Set, &[K::SCHEMA])?)? })
    }

    /// Opens a set, or creates it if there is none. One that exists may have another capacity.
    ///
    /// # Errors
    /// Those of both, except those that say which exists.
    pub fn open_or_create(region: &Region, name: &str, capacity: u32) -> Result<Self, RegionError> {
        region.open_or(name, || Self::open(region, name), || Self::create(region, name, capacity))
    }

    /// Adds a key. Returns whether it was not there before: of several processes that add it at the
    /// same time, one gets `true`.
    ///
    /// # Errors
    /// Those of [`Map::insert`].
    pub fn insert(&self, key: &K) -> Result<bool, StructureError> {
        self.map.insert(key, &1)
    }

    /// Removes a key. Returns whether it was there.
    ///
    /// # Errors
    /// Those of [`Map::remove`].
    pub fn remove(&self, key: &K) -> Result<bool, StructureError> {
        Ok(self.map.remove(key)?.is_some())
    }

    /// Returns whether a key is there.
    ///
    /// # Errors
    /// Those of [`Map::get`].
    pub fn contains(&self, key: &K) -> Result<bool, StructureError> {
        self.map.contains(key)
    }

    /// Returns how many keys there are; see [`Map::len`].
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Returns whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Returns for how many keys there are slots.
    pub fn capacity(&self) -> usize {
        self.map.capacity()
    }

    /// Returns all keys, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = K> + '_ {
        self.map.iter().map(|(key, _)| key)
    }
}

impl<K> std::fmt::Debug for Set<K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Set").field("map", &self.map).finish()
    }
}
