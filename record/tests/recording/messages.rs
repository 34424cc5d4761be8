//! Messages of all kinds, and files with them.

use slotcast::testing::{PATIENCE, TempDomain};
use slotcast::{FixedVec, Publisher, ShmMessage, Str};
use slotcast_record::{Message, Recorder, RecorderBuilder, Recording};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct Pose {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) theta: f32,
    pub(crate) number: u32,
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(i16)]
pub(crate) enum Gear {
    Reverse = -1,
    Neutral = 0,
    First = 7,
}

/// Everything that a message can have.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Everything {
    pub(crate) wide: [u64; 2],
    pub(crate) path: FixedVec<Point, 3>,
    pub(crate) corners: FixedVec<f32, 3>,
    pub(crate) name: Str<16>,
    pub(crate) letter: char,
    pub(crate) gear: Gear,
    pub(crate) on: bool,
    /// At an odd place.
    pub(crate) modes: FixedVec<bool, 12>,
    pub(crate) byte: i8,
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub(crate) struct ScanHeader {
    pub(crate) angle: f32,
    pub(crate) step: f32,
    pub(crate) number: u32,
}

/// What ROS has no definition for: its lengths are between its elements.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Lists {
    pub(crate) lists: [FixedVec<u8, 8>; 2],
}

pub(crate) fn pose(number: u32) -> Pose {
    Pose { x: f64::from(number) * 0.5, y: -f64::from(number), theta: 0.25, number }
}

pub(crate) fn everything() -> Everything {
    Everything {
        wide: [u64::MAX, 1],
        path: FixedVec::from_slice(&[Point { x: 1.5, y: -0.0 }, Point { x: f64::NAN, y: 2.0 }]).unwrap(),
        corners: FixedVec::from_slice(&[0.5, -1.0]).unwrap(),
        modes: FixedVec::from_slice(&[true, false]).unwrap(),
        name: Str::try_from("größe").unwrap(),
        letter: 'ß',
        gear: Gear::Reverse,
        on: true,
        byte: -8,
    }
}

/// Where files of a test are.
pub(crate) fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.mcap");
    (folder, path)
}

pub(crate) fn record(
    domain: &TempDomain,
    path: &Path,
    set: impl FnOnce(RecorderBuilder) -> RecorderBuilder,
) -> Recorder {
    set(Recorder::builder().all().domain(domain)).start(path).unwrap()
}

pub(crate) fn wait(recorder: &Recorder, messages: u64) {
    assert!(recorder.wait_for_messages(messages, PATIENCE), "{:#?}", recorder.status());
}

/// A message as it was read again.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) topic: String,
    pub(crate) channel: u16,
    pub(crate) sequence: u32,
    pub(crate) bytes: Vec<u8>,
}

impl Read {
    pub(crate) fn of(message: &Message<'_>) -> Self {
        Self {
            topic: message.channel.topic.clone(),
            channel: message.channel_id,
            sequence: message.sequence,
            bytes: message.bytes().unwrap().unwrap().into_owned(),
        }
    }
}

pub(crate) fn read(path: &Path) -> (Recording, Vec<Read>) {
    let mut recording = Recording::open(path).unwrap();
    let mut messages = Vec::new();
    while let Some(message) = recording.next_message().unwrap() {
        messages.push(Read::of(&message));
    }
    (recording, messages)
}

pub(crate) fn of<'a>(messages: &'a [Read], topic: &str) -> Vec<&'a Read> {
    messages.iter().filter(|message| message.topic == topic).collect()
}

/// Writes a file with messages of all kinds, and returns what was published.
pub(crate) fn all_kinds(path: &Path, set: impl FnOnce(RecorderBuilder) -> RecorderBuilder) -> Vec<(String, Vec<u8>)> {
    let domain = TempDomain::new();
    let mut poses = Publisher::<Pose>::builder("robot/pose").domain(&domain).name("odometry").create().unwrap();
    let mut all = Publisher::<Everything>::builder("all").domain(&domain).create().unwrap();
    let mut scans = Publisher::<[f32], ScanHeader>::builder("scan").domain(&domain).create().unwrap();
    let mut images = Publisher::<[u8]>::builder("camera").domain(&domain).create().unwrap();
    let mut odd = Publisher::<Lists>::builder("odd").domain(&domain).create().unwrap();
    let recorder = record(&domain, path, set);
    let mut published = Vec::new();
    for number in 0..20_u32 {
        poses.publish(&pose(number)).unwrap();
        published.push(("robot/pose".to_owned(), bytes_of_pose(&pose(number))));
        let header = ScanHeader { angle: -1.5, step: 0.25, number };
        let ranges: Vec<f32> = (0..number).map(|range| range as f32 * 0.1).collect();
        scans.publish_slice_with(&header, &ranges).unwrap();
        wait(&recorder, u64::from(number) * 2 + 2);
    }
    all.publish(&everything()).unwrap();
    let image: Vec<u8> = (0..400_000_u32).map(|byte| byte.wrapping_mul(2_654_435_761).to_le_bytes()[3]).collect();
    images.publish_slice(&image).unwrap();
    published.push(("camera".to_owned(), image));
    odd.publish(&Lists { lists: [FixedVec::from_slice(b"ab").unwrap(), FixedVec::new()] }).unwrap();
    wait(&recorder, 43);
    let status = recorder.finish().unwrap();
    assert_eq!((status.messages(), status.lost()), (43, 0), "{status:#?}");
    published
}

pub(crate) fn bytes_of_pose(pose: &Pose) -> Vec<u8> {
    let Pose { x, y, theta, number } = pose;
    [&x.to_le_bytes()[..], &y.to_le_bytes(), &theta.to_le_bytes(), &number.to_le_bytes()].concat()
}
