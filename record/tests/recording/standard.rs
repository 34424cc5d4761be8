//! Messages of ROS's own, with headers and strings: they have the name that all viewers know, are in
//! the file as ROS writes them, and come back bit for bit.

use crate::messages::{folder, read, record, wait};
use slotcast::dynamic::Layout;
use slotcast::testing::TempDomain;
use slotcast::{Pad, Publisher, ShmMessage, Str};
use slotcast_record::ros2::Encoding;
use slotcast_record::{RecorderBuilder, Recording};
use std::path::Path;

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Time {
    sec: i32,
    nanosec: u32,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Header {
    stamp: Time,
    frame_id: Str<24>,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Vector3 {
    x: f64,
    y: f64,
    z: f64,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Point {
    x: f64,
    y: f64,
    z: f64,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Quaternion {
    x: f64,
    y: f64,
    z: f64,
    w: f64,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Pose {
    position: Point,
    orientation: Quaternion,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Imu {
    header: Header,
    orientation: Quaternion,
    orientation_covariance: [[f64; 3]; 3],
    angular_velocity: Vector3,
    angular_velocity_covariance: [f64; 9],
    linear_acceleration: Vector3,
    linear_acceleration_covariance: [f64; 9],
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(i8)]
pub(crate) enum Fix {
    None = -1,
    Fix = 0,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct NavSatStatus {
    status: Fix,
    _pad: Pad<1>,
    service: u16,
}

/// With gaps in memory that differ from those in a file.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct NavSatFix {
    header: Header,
    status: NavSatStatus,
    _pad: Pad<4>,
    latitude: f64,
    longitude: f64,
    altitude: f64,
    position_covariance: [f64; 9],
    position_covariance_type: u8,
    _end: Pad<7>,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Image {
    header: Header,
    height: u32,
    width: u32,
    encoding: Str<8>,
    is_bigendian: u8,
    _pad: Pad<3>,
    step: u32,
}

#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct PoseArray {
    header: Header,
}

/// Has the name of a standard message, and other fields.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Temperature {
    header: Header,
    celsius: f64,
}

/// A message of nobody's with a header in it.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Motor {
    header: Header,
    current: f64,
}

/// A name of each length from none to all that fits, so that each gap behind it is there.
const FRAME: &str = "base_link/arm/größe_12345";

pub(crate) fn header(number: usize) -> Header {
    Header {
        stamp: Time { sec: -1, nanosec: u32::try_from(number).unwrap() },
        frame_id: Str::truncated(&FRAME[..(0..=number).rev().find(|end| FRAME.is_char_boundary(*end)).unwrap()]),
    }
}

/// How many messages each topic has.
pub(crate) const MESSAGES: usize = 24;

/// Writes a file with standard messages on five topics, others on two, and returns nothing: the
/// headers are those of the numbers from 0.
pub(crate) fn write(path: &Path, set: impl FnOnce(RecorderBuilder) -> RecorderBuilder) {
    let domain = TempDomain::new();
    let mut imu = Publisher::<Imu>::builder("imu").domain(&domain).create().unwrap();
    let mut fix = Publisher::<NavSatFix>::builder("fix").domain(&domain).create().unwrap();
    let mut images = Publisher::<[u8], Image>::builder("image").domain(&domain).create().unwrap();
    let mut poses = Publisher::<[Pose], PoseArray>::builder("poses").domain(&domain).create().unwrap();
    let mut vector = Publisher::<Vector3>::builder("vector").domain(&domain).create().unwrap();
    let mut warm = Publisher::<Temperature>::builder("temperature").domain(&domain).create().unwrap();
    let mut motor = Publisher::<Motor>::builder("motor").domain(&domain).create().unwrap();
    let recorder = record(&domain, path, set);
    let mut published = 0;
    for number in 0..MESSAGES {
        let (header, x) = (header(number), number as f64 + 0.5);
        let (v, q) = (Vector3 { x, y: -x, z: f64::MAX }, Quaternion { x, y: 0.0, z: -0.0, w: 1.0 });
        let covariance = std::array::from_fn(|index| index as f64 * x);
        imu.publish(&Imu {
            header,
            orientation: q,
            orientation_covariance: [[x, 0.0, 1.0]; 3],
            angular_velocity: v,
            angular_velocity_covariance: covariance,
            linear_acceleration: v,
            linear_acceleration_covariance: covariance,
        })
        .unwrap();
        let status = if number.is_multiple_of(2) { Fix::None } else { Fix::Fix };
        fix.publish(&NavSatFix {
            header,
            status: NavSatStatus { status, _pad: Pad::ZERO, service: 0x8001 },
            _pad: Pad::ZERO,
            latitude: x,
            longitude: -x,
            altitude: 0.25,
            position_covariance: covariance,
            position_covariance_type: 2,
            _end: Pad::ZERO,
        })
        .unwrap();
        let (encoding, height, width) = (Str::truncated("mono8"), 2, u32::try_from(number).unwrap());
        let image = Image { header, height, width, encoding, is_bigendian: 0, _pad: Pad::ZERO, step: width };
        let pixels: Vec<u8> = (0..=u8::MAX).cycle().take(number * 2).collect();
        images.publish_slice_with(&image, &pixels).unwrap();
        let pose = Pose { position: Point { x, y: 1.0, z: 2.0 }, orientation: q };
        poses.publish_slice_with(&PoseArray { header }, &vec![pose; number % 3]).unwrap();
        vector.publish(&v).unwrap();
        warm.publish(&Temperature { header, celsius: x }).unwrap();
        motor.publish(&Motor { header, current: x }).unwrap();
        published += 7;
        wait(&recorder, published);
    }
    assert_eq!(recorder.finish().unwrap().lost(), 0);
}

/// Returns the layout of a topic in a file.
fn layout(path: &Path, topic: &str) -> Layout {
    let mut recording = Recording::open(path).unwrap();
    while let Some(message) = recording.next_message().unwrap() {
        if message.channel.topic == topic {
            return message.channel.layout().unwrap().clone();
        }
    }
    panic!("{topic} is not in the file")
}

fn encoding(path: &Path, topic: &str) -> Encoding {
    Encoding::of(&layout(path, topic))
}

#[test]
fn standard_messages_come_back_bit_for_bit() {
    let (_folder, path) = folder();
    write(&path, |builder| builder);
    let (_, messages) = read(&path);
    for topic in ["imu", "fix", "image", "poses", "temperature", "motor"] {
        let of = crate::messages::of(&messages, topic);
        assert_eq!(of.len(), MESSAGES, "{topic}");
        for (number, message) in of.iter().enumerate() {
            let header = header(number);
            let stamp = [&(-1_i32).to_le_bytes()[..], &u32::try_from(number).unwrap().to_le_bytes()].concat();
            let mut frame = header.frame_id.as_str().as_bytes().to_vec();
            frame.resize(24, 0);
            assert_eq!(message.bytes[..32], [stamp, frame].concat(), "{topic} {number}");
        }
    }
    let imu = crate::messages::of(&messages, "imu");
    assert_eq!(imu[3].bytes.len(), size_of::<Imu>());
    assert_eq!(imu[3].bytes[32..40], 3.5_f64.to_le_bytes());
    let image = &crate::messages::of(&messages, "image")[3].bytes;
    let elements_at = image.len() - 6;
    assert_eq!(image[elements_at..], [0, 1, 2, 3, 4, 5]);
    assert_eq!(image[40..45], *b"mono8");
    let fix = &crate::messages::of(&messages, "fix")[2].bytes;
    assert_eq!(fix[32..36], [0xff, 0, 1, 0x80]);
}

#[test]
fn they_have_the_names_of_ros_only_if_all_fields_agree() {
    let (_folder, path) = folder();
    write(&path, |builder| builder);
    let mut recording = Recording::open(&path).unwrap();
    let mut names = Vec::new();
    while let Some(message) = recording.next_message().unwrap() {
        if names.iter().all(|(topic, _)| *topic != message.channel.topic) {
            names.push((message.channel.topic.clone(), message.channel.schema_name.clone()));
        }
    }
    names.sort();
    let names: Vec<_> = names.iter().map(|(topic, name)| (topic.as_str(), name.as_str())).collect();
    assert_eq!(
        names,
        [
            ("fix", "sensor_msgs/msg/NavSatFix"),
            ("image", "sensor_msgs/msg/Image"),
            ("imu", "sensor_msgs/msg/Imu"),
            ("motor", "slotcast/msg/Motor"),
            ("poses", "geometry_msgs/msg/PoseArray"),
            ("temperature", "slotcast/msg/Temperature"),
            ("vector", "geometry_msgs/msg/Vector3"),
        ]
    );
    // A part of another message with a string in it has other bytes than ROS's own: another name.
    let motor = encoding(&path, "motor");
    assert!(motor.text.contains("MSG: slotcast/Header\n"), "{}", motor.text);
    assert!(motor.text.contains("MSG: builtin_interfaces/Time\n"), "{}", motor.text);
    let image = encoding(&path, "image");
    assert!(image.text.contains("\nuint8[] data\n") && image.text.contains("MSG: std_msgs/Header\n"), "{}", image.text);
}

#[test]
fn what_is_not_such_a_message_is_refused() {
    let (_folder, path) = folder();
    write(&path, |builder| builder);
    let imu = encoding(&path, "imu");
    let message = vec![1_u8; size_of::<Imu>()];
    let store = |encoding: &Encoding, message: &[u8]| {
        let (first, second) = encoding.stored(message).unwrap();
        [&first, second].concat()
    };
    let stored = store(&imu, &message);
    assert_eq!(imu.restored(&stored).unwrap(), message);
    // The text has no zero at all, and the file has one behind it.
    assert_eq!(stored[12..16], 25_u32.to_le_bytes());
    assert_eq!(stored[40], 0);
    assert!(imu.stored(&message[1..]).is_err());
    assert!(imu.stored(&[&message[..], &[0]].concat()).is_err());
    for len in 0..stored.len() {
        assert!(imu.restored(&stored[..len]).is_err(), "{len}");
    }
    assert!(imu.restored(&[&stored[..], &[0]].concat()).is_err());
    for (at, value) in [(12, 0), (12, 26), (12, 24), (15, 0xff), (0, 1), (40, 7)] {
        let mut changed = stored.clone();
        changed[at] = value;
        let error = imu.restored(&changed).unwrap_err().to_string();
        assert!(error.starts_with(&format!("a message has {} bytes where ", stored.len())), "{at}: {error}");
    }

    let poses = encoding(&path, "poses");
    let elements_at = usize::try_from(layout(&path, "poses").schema().elements_at()).unwrap();
    for count in 0..3 {
        let mut message = vec![0; elements_at + count * size_of::<Pose>()];
        message[8..11].copy_from_slice(b"arm");
        message[elements_at..].fill(9);
        let stored = store(&poses, &message);
        assert_eq!(poses.restored(&stored).unwrap(), message);
        let mut changed = stored.clone();
        let at = 4 + 8 + 4 + 4; // the encapsulation, the time, and the string with its zero
        changed[at + 3] = 0x80; // of the number of elements
        assert!(poses.restored(&changed).is_err());
        assert!(poses.stored(&message[..message.len() - 1]).is_err());
    }
}
