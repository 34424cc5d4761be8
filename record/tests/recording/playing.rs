//! What is played is what was recorded.

use crate::messages::{Pose, all_kinds, folder, pose, read, record, wait};
use slotcast::testing::{PATIENCE, TempDomain};
use slotcast::{Publisher, Subscriber, TopicName};
use slotcast_record::{Flow, PlayError, Player};
use std::path::Path;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Writes a file with 20 messages, 10 ms apart.
fn ticks(path: &Path) {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Pose>::builder("robot/pose").domain(&domain).depth(32).create().unwrap();
    let recorder = record(&domain, path, |builder| builder.chunk_bytes(200));
    for number in 0..20 {
        publisher.publish(&pose(number)).unwrap();
        wait(&recorder, u64::from(number) + 1);
        thread::sleep(Duration::from_millis(10));
    }
    recorder.finish().unwrap();
}

/// Subscribes to a topic, and receives from it in another thread.
fn receive(domain: &TempDomain, topic: &'static str, count: u32) -> JoinHandle<Vec<Pose>> {
    let mut subscriber = Subscriber::<Pose>::builder(topic).domain(domain).history(100).create().unwrap();
    let mut next = move || *subscriber.recv_timeout(PATIENCE).unwrap().expect("another message");
    thread::spawn(move || (0..count).map(|_| next()).collect())
}

#[test]
fn a_recording_of_what_is_played_is_the_same() {
    let (folder, path) = folder();
    all_kinds(&path, |builder| builder);
    let again = folder.path().join("again.mcap");
    let domain = TempDomain::new();
    let recorder = record(&domain, &again, |builder| builder.lossless());
    let player = Player::builder().domain(&domain).wait_for_subscribers(1, PATIENCE).keep_alive(Duration::ZERO);
    let status = player.play([&path]).unwrap();
    assert_eq!((status.messages(), status.refused.len(), status.backwards), (43, 0, 0));
    wait(&recorder, 43);
    recorder.finish().unwrap();
    let ((first, played), (second, recorded)) = (read(&path), read(&again));
    for topic in ["robot/pose", "all", "scan", "camera", "odd"] {
        let of = |messages: &[crate::messages::Read]| -> Vec<(u32, Vec<u8>)> {
            let of_topic = messages.iter().filter(|message| message.topic == topic);
            of_topic.map(|message| (message.sequence, message.bytes.clone())).collect()
        };
        assert!(!of(&played).is_empty() && of(&played) == of(&recorded), "{topic}");
        let hash = |recording: &slotcast_record::Recording| {
            let channel = recording.channels().find(|(_, channel)| channel.topic == topic).unwrap().1.clone();
            channel.layout().unwrap().hash()
        };
        assert_eq!(hash(&first), hash(&second));
    }
}

#[test]
fn a_typed_subscriber_receives_it_in_order_on_another_topic() {
    let (_folder, path) = folder();
    ticks(&path);
    let domain = TempDomain::new();
    let receiving = receive(&domain, "test/pose", 20);
    let player = Player::builder().domain(&domain).rate(f64::INFINITY).wait_for_subscribers(1, PATIENCE);
    let status = player.remap("robot/pose", &TopicName::new("test/pose").unwrap()).play([&path]).unwrap();
    assert_eq!(status.topics["robot/pose"], 20);
    assert_eq!(receiving.join().unwrap(), (0..20).map(pose).collect::<Vec<_>>());
}

#[test]
fn pauses_follow_the_rate() {
    let (_folder, path) = folder();
    ticks(&path);
    let recording = slotcast_record::Overview::of(&path).unwrap();
    for (rate, factor) in [(1.0, 1.0), (4.0, 0.25)] {
        let begun = Instant::now();
        let mut dues = Vec::new();
        let wait = |until: Instant| {
            dues.push(until);
            Flow::GoOn
        };
        Player::builder().domain(&TempDomain::new()).rate(rate).play_with([&path], wait).unwrap();
        dues.pop(); // the end
        let last = dues[19].duration_since(dues[0]).as_secs_f64();
        assert!((last - recording.duration().as_secs_f64() * factor).abs() < 1e-6, "{last} {recording:#?}");
        assert!(dues.is_sorted() && dues[0] >= begun);
    }
}

#[test]
fn a_part_is_played() {
    let (_folder, path) = folder();
    ticks(&path);
    let (mut start, mut end, mut number) = (0, 0, 0);
    let mut recording = slotcast_record::Recording::open(&path).unwrap();
    let mut first = None;
    let (after, time) = (Duration::from_millis(60), Duration::from_millis(70));
    while let Some(message) = recording.next_message().unwrap() {
        let first = *first.get_or_insert(message.log_time);
        let passed = Duration::from_nanos(message.log_time - first);
        start += u32::from(passed < after);
        end += u32::from(passed < after + time);
        number += 1;
    }
    assert!(start > 0 && end < number && start < end);
    let domain = TempDomain::new();
    let receiving = receive(&domain, "robot/pose", end - start);
    let player = Player::builder().domain(&domain).start(after).duration(time).wait_for_subscribers(1, PATIENCE);
    assert_eq!(player.play([&path]).unwrap().messages(), u64::from(end - start));
    assert_eq!(receiving.join().unwrap(), (start..end).map(pose).collect::<Vec<_>>());
}

#[test]
fn it_is_stopped_paused_and_repeated() {
    let (_folder, path) = folder();
    ticks(&path);
    let domain = TempDomain::new();
    let mut count = 0;
    let status = Player::builder().domain(&domain).repeat().keep_alive(Duration::ZERO);
    let status = status.play_with([&path], |_| {
        count += 1;
        if count == 51 { Flow::Stop } else { Flow::GoOn }
    });
    assert_eq!(status.unwrap().messages(), 50);
    let mut dues = Vec::new();
    let player = Player::builder().domain(&domain).keep_alive(Duration::ZERO);
    let status = player.play_with([&path], |until| {
        dues.push(until);
        if dues.len() == 5 { Flow::Later(Duration::from_secs(100)) } else { Flow::GoOn }
    });
    assert_eq!(status.unwrap().messages(), 20);
    assert_eq!(dues[5] - dues[4], Duration::from_secs(100)); // the same message, later
}

#[test]
fn files_of_other_programs_are_explained() {
    let (_folder, path) = folder();
    let mut writer = mcap::Writer::new(std::fs::File::create(&path).unwrap()).unwrap();
    let channel = writer.add_channel(0, "chat", "json", &Default::default()).unwrap();
    let header = mcap::records::MessageHeader { channel_id: channel, sequence: 0, log_time: 1, publish_time: 1 };
    writer.write_to_known_channel(&header, b"{}").unwrap();
    writer.finish().unwrap();
    drop(writer);
    let error = Player::builder().domain(&TempDomain::new()).play([&path]).unwrap_err();
    assert!(matches!(error, PlayError::Nothing { .. }));
    assert!(
        error.to_string().contains("topic \"chat\": the file does not contain the layout of its messages"),
        "{error}"
    );
    let overview = slotcast_record::Overview::of(&path).unwrap();
    assert_eq!((overview.topics["chat"].messages, overview.topics["chat"].encoding.as_str()), (1, "json"));
}

/// Subscribers, lossless ones too, count the same losses as the recorder; without `gaps` none. In
/// lockstep, as a gap that is longer than a ring overtakes those that are slow.
#[test]
fn gaps_are_played() {
    const GAPS: [u64; 4] = [0, 3, 0, 1000]; // the last one is longer than a ring
    let (_folder, path) = folder();
    let domain = TempDomain::new();
    let mut poses = Publisher::<Pose>::builder("pose").domain(&domain).depth(32).create().unwrap();
    let mut words = Publisher::<[u8]>::builder("word").domain(&domain).depth(32).create().unwrap();
    let recorder = record(&domain, &path, |builder| builder);
    for (number, gap) in (0..).zip(GAPS) {
        poses.skip(gap).unwrap();
        words.skip(gap).unwrap();
        poses.publish(&pose(number)).unwrap();
        words.publish_slice(&[u8::try_from(number).unwrap(); 3]).unwrap();
        wait(&recorder, 2 * (u64::from(number) + 1));
    }
    recorder.finish().unwrap();
    drop((poses, words));
    for (gaps, lost) in [(true, 1003), (false, 0)] {
        let domain = TempDomain::new();
        let receive = |is_lossless: bool| {
            let builder = Subscriber::<Pose>::builder("pose").domain(&domain);
            let mut subscriber = if is_lossless { builder.lossless() } else { builder }.create().unwrap();
            thread::spawn(move || {
                let numbers: Vec<_> = (0..4).map(|_| *subscriber.recv_timeout(PATIENCE).unwrap().unwrap()).collect();
                (numbers, subscriber.lost())
            })
        };
        let receiving = [receive(false), receive(true)];
        let mut words = Subscriber::<[u8]>::builder("word").domain(&domain).create().unwrap();
        let reading = thread::spawn(move || {
            let read: Vec<_> = (0..4).map(|_| words.recv_timeout(PATIENCE).unwrap().unwrap().to_vec()).collect();
            (read, words.lost())
        });
        let player = Player::builder().domain(&domain).wait_for_subscribers(1, PATIENCE).lockstep(PATIENCE);
        let player = if gaps { player.gaps() } else { player };
        let status = player.play([&path]).unwrap();
        assert_eq!((status.messages(), status.skipped), (8, 2 * lost));
        for receiving in receiving {
            assert_eq!(receiving.join().unwrap(), ((0..4).map(pose).collect(), lost));
        }
        assert_eq!(reading.join().unwrap(), ((0..4).map(|number| vec![number; 3]).collect(), lost));
    }
}
