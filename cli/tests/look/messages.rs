//! Messages that the tests publish.

use slotcast::{FixedVec, Pad, ShmMessage, Str};

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Mode {
    Off = 1,
    Driving,
    Fault = 7,
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct Pose {
    /// Along the street.
    #[shm(unit = "m")]
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) flags: [bool; 4],
    pub(crate) heading: f32,
}

/// Where a robot is.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct State {
    pub(crate) pose: Pose,
    pub(crate) count: u32,
    pub(crate) mode: Mode,
    pub(crate) name: Str<11>,
}

pub(crate) fn state(count: u32) -> State {
    let pose = Pose { x: 1.5, y: -0.5, flags: [true, false, false, true], heading: 0.1 };
    State { pose, count, mode: Mode::Driving, name: Str::truncated("left") }
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct Meters(pub(crate) f64);

/// A field of every kind.
#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct Everything {
    pub(crate) huge: [u128; 2],
    pub(crate) deep: [i128; 2],
    pub(crate) long: [u64; 2],
    pub(crate) offset: [i64; 2],
    pub(crate) wide: [f64; 8],
    pub(crate) distance: Meters,
    pub(crate) poses: FixedVec<Pose, 3>,
    pub(crate) narrow: [f32; 8],
    pub(crate) letters: [char; 4],
    pub(crate) int: i32,
    pub(crate) word: u32,
    pub(crate) short: i16,
    pub(crate) port: u16,
    pub(crate) tiny: i8,
    pub(crate) byte: u8,
    pub(crate) mode: Mode,
    pub(crate) on: bool,
    pub(crate) grid: [[u8; 2]; 3],
    pub(crate) texts: [Str<20>; 6],
    pub(crate) raw: FixedVec<u8, 18>,
    pub(crate) rest: Pad<16>,
}

/// Values that are easily changed on the way through text; others with another `seed`.
pub(crate) fn everything(seed: u32) -> Everything {
    let bits = |bits: u64| f64::from_bits(bits);
    let narrow = |bits: u32| f32::from_bits(bits);
    let texts = ["", "true", "0x10", " a: 'b' # \"c\"", "---\nnull\t", "größe 🦀"];
    let pose = Pose { x: f64::INFINITY, y: f64::NEG_INFINITY, flags: [true, false, true, false], heading: -0.0 };
    Everything {
        huge: [u128::MAX, u128::from(u64::MAX) + 1],
        deep: [i128::MIN, i128::from(i64::MIN) - 1],
        long: [u64::MAX, u64::from(seed)],
        offset: [i64::MIN, i64::MAX],
        wide: [
            bits(0x7ff8_0000_0000_0000),
            bits(0x7ff8_0000_0000_0001 + u64::from(seed)),
            bits(0xfff0_0000_0000_0001),
            -0.0,
            bits(1),
            bits(0x000f_ffff_ffff_ffff),
            f64::MAX,
            0.1,
        ],
        distance: Meters(1e300),
        poses: FixedVec::from_slice(&[pose, Pose { x: 5e-324, ..pose }]).unwrap(),
        narrow: [
            narrow(0x7fc0_0000),
            narrow(0x7f80_0001 + seed),
            narrow(0xffc0_0000),
            -0.0,
            narrow(1),
            f32::MAX,
            0.1,
            16_777_216.0,
        ],
        letters: ['\0', '\u{7f}', '~', '🦀'],
        int: i32::MIN,
        word: u32::MAX,
        short: i16::MIN,
        port: u16::MAX,
        tiny: i8::MIN,
        byte: 255,
        mode: Mode::Off,
        on: true,
        grid: [[1, 2], [3, 4], [5, 255]],
        texts: texts.map(Str::truncated),
        raw: FixedVec::from_slice(&[0, 9, 255]).unwrap(),
        rest: Pad::ZERO,
    }
}
