//! Topics and publishers that come and go while they are recorded.

use crate::messages::{Point, Pose, folder, of, pose, read, record, wait};
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{Publisher, ShmMessage, TopicName};
use slotcast_record::Recorder;

#[test]
fn topics_that_appear_are_recorded_from_their_beginning() {
    let (_folder, path) = folder();
    let domain = TempDomain::new();
    let recorder = Recorder::builder().topics(|name| name.as_str().starts_with("robot/")).domain(&domain);
    let recorder = recorder.start(&path).unwrap();
    let mut publishers = Vec::new();
    for number in 0..50 {
        let builder = Publisher::<Pose>::builder(TopicName::new(&format!("robot/{number}")).unwrap());
        let mut publisher = builder.domain(&domain).create().unwrap();
        for number in 0..10 {
            publisher.publish(&pose(number)).unwrap();
        }
        publishers.push(publisher);
    }
    let mut other = Publisher::<Pose>::builder("other").domain(&domain).create().unwrap();
    other.publish(&pose(0)).unwrap();
    wait(&recorder, 500);
    let status = recorder.finish().unwrap();
    assert_eq!((status.topics.len(), status.messages(), status.lost()), (50, 500, 0));
    let (_, messages) = read(&path);
    for number in 0..50 {
        let sequences = of(&messages, &format!("robot/{number}")).iter().map(|read| read.sequence).collect::<Vec<_>>();
        assert_eq!(sequences, (0..10).collect::<Vec<_>>());
    }
    assert!(of(&messages, "other").is_empty());
}

#[test]
fn messages_from_before_are_recorded_if_wanted() {
    for history in [false, true] {
        let (_folder, path) = folder();
        let domain = TempDomain::new();
        let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create().unwrap();
        for number in 0..10 {
            publisher.publish(&number).unwrap();
        }
        let recorder = record(&domain, &path, |builder| if history { builder.history() } else { builder });
        publisher.publish(&10).unwrap();
        wait(&recorder, if history { 11 } else { 1 });
        assert_eq!(recorder.finish().unwrap().messages(), if history { 11 } else { 1 });
    }
}

#[test]
fn losses_are_counted_exactly() {
    let (_folder, path) = folder();
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).depth(4).create().unwrap();
    let recorder = record(&domain, &path, |builder| builder);
    const COUNT: u64 = 200_000;
    for number in 0..COUNT {
        publisher.publish(&number).unwrap();
    }
    let seen = || recorder.status().messages() + recorder.status().lost();
    until("all is received or lost", || seen() == COUNT);
    let status = recorder.finish().unwrap();
    assert!(status.lost() > 0, "a ring of four messages was enough");
    let (recording, messages) = read(&path);
    assert_eq!(messages.len() as u64 + recording.losses()["counter"], COUNT);
    assert_eq!(recording.losses()["counter"], status.lost());
    let last = u64::from_le_bytes(messages.last().unwrap().bytes[..].try_into().unwrap());
    assert_eq!(last, COUNT - 1);
    for message in &messages {
        assert_eq!(u64::from(message.sequence), u64::from_le_bytes(message.bytes[..].try_into().unwrap()));
    }
}

#[test]
fn child_publishes() {
    testing::process(|script| {
        let mut publisher = Publisher::<u64>::builder("counter").domain(script.domain()).create().unwrap();
        let first = script.argument::<u64>(0);
        for number in first..first + 10 {
            publisher.publish(&number).unwrap();
        }
        script.say("published");
        script.hear("end");
    });
}

#[test]
fn a_publisher_is_killed_and_started_again() {
    let (_folder, path) = folder();
    let domain = TempDomain::new();
    let recorder = record(&domain, &path, |builder| builder);
    for life in 0..3_u64 {
        let mut child = Process::start("topics::child_publishes", &domain, &[&(life * 10).to_string()]);
        child.expect("published");
        wait(&recorder, life * 10 + 10);
        child.kill();
    }
    recorder.finish().unwrap();
    let (recording, messages) = read(&path);
    let numbers: Vec<u64> =
        messages.iter().map(|read| u64::from_le_bytes(read.bytes[..].try_into().unwrap())).collect();
    assert_eq!(numbers, (0..30).collect::<Vec<_>>());
    let mut publishers: Vec<_> = recording.channels().map(|(_, channel)| channel.publisher().unwrap()).collect();
    publishers.dedup();
    assert_eq!(publishers.len(), 3);
}

#[test]
fn a_topic_changes_its_type() {
    let (_folder, path) = folder();
    let domain = TempDomain::new();
    let recorder = record(&domain, &path, |builder| builder);
    for round in 0..3 {
        let mut poses = Publisher::<Pose>::builder("robot").domain(&domain).create().unwrap();
        poses.publish(&pose(1)).unwrap();
        wait(&recorder, round * 2 + 1);
        drop(poses);
        let mut points = Publisher::<Point>::builder("robot").domain(&domain).create().unwrap();
        points.publish(&Point { x: 1.0, y: 2.0 }).unwrap();
        wait(&recorder, round * 2 + 2);
    }
    let status = recorder.finish().unwrap();
    assert_eq!((status.topics["robot"].messages, status.lost()), (6, 0), "{status:#?}");
    let mut recording = slotcast_record::Recording::open(&path).unwrap();
    let mut hashes = Vec::new();
    while let Some(message) = recording.next_message().unwrap() {
        hashes.push(message.channel.layout().unwrap().hash());
    }
    assert_eq!(hashes, [Pose::HASH, Point::HASH, Pose::HASH, Point::HASH, Pose::HASH, Point::HASH]);
}
