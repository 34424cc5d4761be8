//! What is in a file.

use crate::messages::{Everything, Lists, Pose, ScanHeader, all_kinds, everything, folder, of, read};
use slotcast::dynamic::Layout;
use slotcast::{Publisher, ShmMessage};
use slotcast_record::Compression;

#[test]
fn messages_come_back_to_the_bit() {
    for compression in [Compression::None, Compression::Lz4, Compression::Zstd] {
        for compress_large in [false, true] {
            let (_folder, path) = folder();
            let published = all_kinds(&path, |builder| builder.compression(compression).compress_large(compress_large));
            let (recording, messages) = read(&path);
            assert!(recording.is_finished() && recording.damage().is_empty() && recording.losses().is_empty());
            assert_eq!(messages.len(), 43);
            for topic in ["robot/pose", "camera"] {
                let expected = published.iter().filter(|message| message.0 == topic).map(|message| &message.1);
                assert!(of(&messages, topic).iter().map(|message| &message.bytes).eq(expected), "{topic}");
            }
            let sequences = of(&messages, "robot/pose").iter().map(|message| message.sequence).collect::<Vec<_>>();
            assert_eq!(sequences, (0..20).collect::<Vec<_>>());
        }
    }
}

#[test]
fn values_and_types_come_back() {
    let (_folder, path) = folder();
    all_kinds(&path, |builder| builder);
    let (recording, messages) = read(&path);
    let hash = |topic: &str| {
        let channel = recording.channels().find(|(_, channel)| channel.topic == topic).unwrap().1;
        channel.layout().unwrap_or_else(|| panic!("{:?}", channel.why_no_layout())).hash()
    };
    assert_eq!(hash("robot/pose"), Pose::HASH);
    assert_eq!(hash("all"), Everything::HASH);
    assert_eq!(hash("odd"), Lists::HASH);
    let domain = slotcast::testing::TempDomain::new();
    let scans = Publisher::<[f32], ScanHeader>::builder("scan").domain(&domain).create().unwrap();
    assert_eq!(hash("scan"), Layout::published("scan", &domain).unwrap().hash());
    drop(scans);
    let value = Layout::of::<Everything>().unwrap().decode(&of(&messages, "all")[0].bytes).unwrap();
    assert_eq!(value.get("name").unwrap().to_string(), format!("{:?}", everything().name.as_str()));
    assert_eq!(value.get("path").unwrap().to_string(), "[{x: 1.5, y: -0.0}, {x: NaN, y: 2.0}]");
    let channel = recording.channels().find(|(_, channel)| channel.topic == "robot/pose").unwrap().1;
    assert_eq!((channel.publisher_name(), channel.qos().unwrap().depth), ("odometry", 64));
    assert_eq!((channel.message_encoding.as_str(), channel.schema_name.as_str()), ("cdr", "slotcast/msg/Pose"));
}

#[test]
fn what_ros_cannot_express_is_told() {
    let (_folder, path) = folder();
    let domain = slotcast::testing::TempDomain::new();
    let _odd = Publisher::<Lists>::builder("odd").domain(&domain).create().unwrap();
    let recorder = crate::messages::record(&domain, &path, |builder| builder);
    let status = recorder.finish().unwrap();
    assert_eq!(
        status.problems,
        ["topic \"odd\" is stored in an encoding that only slotcast reads: field `lists` of Lists cannot be in a ROS \
          message: it has lists in an array, and their lengths are between their elements; make the list a field of a \
          struct"]
    );
}
