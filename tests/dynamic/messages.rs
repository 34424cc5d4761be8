use serde::{Serialize, Serializer};
use slotcast::{FixedVec, ShmMessage, Str};

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[repr(u8)]
pub(crate) enum Mode {
    Idle = 1,
    Driving,
    Charging = 7,
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq, Serialize)]
#[repr(C)]
pub(crate) struct Pose {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) flags: [bool; 4],
    pub(crate) heading: f32,
}

/// A field of every kind.
#[derive(ShmMessage, Clone, Copy, Debug, Serialize)]
#[repr(C)]
pub(crate) struct Everything {
    pub(crate) huge: u128,
    pub(crate) deep: i128,
    pub(crate) stamp: u64,
    pub(crate) offset: i64,
    #[serde(serialize_with = "as_list")]
    pub(crate) poses: FixedVec<Pose, 3>,
    pub(crate) ratio: f32,
    pub(crate) letter: char,
    pub(crate) count: u32,
    pub(crate) delta: i32,
    pub(crate) small: i16,
    pub(crate) port: u16,
    pub(crate) mode: Mode,
    pub(crate) on: bool,
    pub(crate) tiny: i8,
    pub(crate) byte: u8,
    #[serde(serialize_with = "as_text")]
    pub(crate) name: Str<20>,
    pub(crate) grid: [[u8; 2]; 3],
    #[serde(serialize_with = "as_list")]
    pub(crate) raw: FixedVec<u8, 6>,
}

fn as_text<S: Serializer, const N: usize>(text: &Str<N>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

fn as_list<S: Serializer, T: ShmMessage + Serialize, const N: usize>(
    list: &FixedVec<T, N>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list)
}

pub(crate) fn pose() -> Pose {
    Pose { x: 1.5, y: -0.1, flags: [true, false, false, true], heading: 0.1 }
}

pub(crate) fn everything() -> Everything {
    Everything {
        huge: u128::MAX,
        deep: i128::MIN,
        stamp: u64::MAX,
        offset: i64::MIN,
        poses: FixedVec::from_slice(&[pose(), Pose { x: f64::INFINITY, ..pose() }]).unwrap(),
        ratio: f32::NAN,
        letter: 'ß',
        count: 7,
        delta: -7,
        small: i16::MIN,
        port: u16::MAX,
        mode: Mode::Driving,
        on: true,
        tiny: -1,
        byte: 255,
        name: "base_link".try_into().unwrap(),
        grid: [[1, 2], [3, 4], [5, 6]],
        raw: FixedVec::from_slice(&[9, 8]).unwrap(),
    }
}
