//! Messages of every kind, with names that languages do not like.

use slotcast::{FixedVec, Pad, ShmMessage, Str};

/// Where it is. */ /* ends \
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Point {
    #[shm(unit = "m */")]
    pub(crate) x: f32,
    pub(crate) y: f32,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(i16)]
pub(crate) enum Gear {
    Reverse = -1,
    /// Nothing moves.
    Neutral,
    None = 7,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(u64)]
#[expect(non_camel_case_types, reason = "names of other languages")]
pub(crate) enum Wide {
    INT64_MAX = 0x7fff_ffff_ffff_ffff,
    Greatest = u64::MAX,
    mro = 0,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(i64)]
pub(crate) enum Least {
    Least = i64::MIN,
    Zero = 0,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Stamped<T> {
    pub(crate) stamp: u64,
    pub(crate) value: T,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(transparent)]
pub(crate) struct Meters(pub(crate) f64);

/// Everything at once.
///
/// In two paragraphs.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C, align(64))]
#[shm(name = "test.Everything", version = 2)]
#[expect(non_snake_case, reason = "names of other languages")]
pub(crate) struct Everything {
    /// When it was measured.
    #[shm(unit = "ns")]
    pub(crate) stamp: u64,
    pub(crate) class: u64,
    pub(crate) unsigned: u128,
    pub(crate) low: i128,
    pub(crate) path: FixedVec<Point, 3>,
    pub(crate) grid: [[i32; 3]; 2],
    pub(crate) name: Str<13>,
    pub(crate) on: bool,
    pub(crate) r#gen: Gear,
    pub(crate) letter: char,
    pub(crate) modes: FixedVec<bool, 4>,
    pub(crate) r#type: Stamped<u64>,
    pub(crate) lambda: Stamped<f64>,
    pub(crate) Wide: Wide,
    pub(crate) least: [Least; 2],
    pub(crate) Point: Point,
    pub(crate) int32_t: [Meters; 2],
    pub(crate) NULL: Str<5>,
    pub(crate) INT64_MAX: [u8; 3],
    pub(crate) _Bool: [Gear; 2],
    pub(crate) std: u32,
    pub(crate) _pad: Pad<88>,
}

/// What ROS can express.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Pose {
    #[shm(unit = "ns")]
    pub(crate) stamp: u64,
    pub(crate) points: [Point; 2],
    pub(crate) gears: [Gear; 2],
    pub(crate) frame_id: Str<12>,
}
