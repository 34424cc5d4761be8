//! Names of regions that tests use: removed at the end, also when the test fails.

use slotcast::region::Region;
use std::ops::Deref;

/// The name of a region that does not exist yet. What has it is removed when this is dropped.
#[derive(Debug)]
pub struct TempRegion(String);

impl TempRegion {
    /// Returns a new name.
    #[expect(clippy::new_without_default, reason = "each is another")]
    pub fn new() -> Self {
        let mut bytes = [0; 8];
        rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).expect("random bytes");
        Self(format!("slotcast-test-region-{:016x}", u64::from_le_bytes(bytes)))
    }

    /// Returns the path of the region's file.
    pub fn path(&self) -> std::path::PathBuf {
        std::path::Path::new("/dev/shm").join(&self.0)
    }

    /// Creates the region.
    ///
    /// # Panics
    /// If it cannot be created.
    pub fn create(&self, size: u64) -> Region {
        Region::create(&self.0, size).expect("a new region")
    }
}

impl Deref for TempRegion {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Drop for TempRegion {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.path());
    }
}
