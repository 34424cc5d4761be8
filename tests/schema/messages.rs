//! Messages that several of these tests use.

use slotcast::{FixedVec, ShmMessage, Str};

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(i16)]
pub enum Gear {
    Reverse = -1,
    Neutral,
    First,
    Fourth = 4,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
#[shm(name = "test.Everything", version = 2)]
pub struct Everything {
    /// When it was measured.
    #[shm(unit = "ns")]
    pub stamp: u64,
    pub wide: u64,
    pub path: FixedVec<Point, 3>,
    pub grid: [[i32; 3]; 2],
    pub name: Str<13>,
    pub on: bool,
    pub gear: Gear,
    pub letter: char,
    pub modes: FixedVec<bool, 4>,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Meters(pub f64);

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C, align(32))]
pub struct Aligned {
    pub values: [u64; 4],
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub struct Stamped<T> {
    pub stamp: u64,
    pub value: T,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub struct Samples<const N: usize> {
    pub stamp: u64,
    pub values: [u64; N],
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub struct Wide {
    pub signed: i128,
    pub unsigned: u128,
}
