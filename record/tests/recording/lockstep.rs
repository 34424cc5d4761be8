//! The same programs do the same each time, and follow the time of what is played.

use crate::messages::{Pose, folder, pose, record, wait};
use slotcast::testing::{self, PATIENCE, Process, TempDomain};
use slotcast::{Clock, ClockChange, Domain, Publisher, ShmMessage, Subscriber, WaitSet};
use slotcast_record::{Flow, PlayError, Player, Recording};
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// What the first stage makes of a pose.
#[derive(ShmMessage, Clone, Copy, Debug)]
#[repr(C)]
struct Estimate {
    number: u64,
    time: u64,
}

/// Computes for a time that differs from run to run.
fn compute() {
    let seed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos();
    let (begun, time) = (Instant::now(), Duration::from_micros(u64::from(seed % 1000)));
    while begun.elapsed() < time {
        std::hint::spin_loop();
    }
}

fn subscriber<T: ShmMessage>(topic: &str, domain: &Domain) -> Subscriber<T> {
    Subscriber::builder(topic).domain(domain).lossless().create().unwrap()
}

/// Argument: how many poses. An ordinary program: estimates something from each pose.
#[test]
fn child_estimates() {
    testing::process(|script| {
        let mut poses = subscriber::<Pose>("pose", script.domain());
        let mut estimates =
            Publisher::<Estimate>::builder("estimate").domain(script.domain()).lossless(PATIENCE).create().unwrap();
        let mut clock = Clock::in_domain(script.domain());
        script.say("ready");
        for _ in 0..script.argument(0) {
            let pose = *poses.recv().unwrap();
            compute();
            let estimate = Estimate { number: pose.number.into(), time: clock.now().unwrap() };
            estimates.publish(&estimate).unwrap();
        }
        script.hear("end");
    });
}

/// Argument: how many messages. An ordinary program: hashes what it receives on two topics, in order,
/// with the time at which it does so.
#[test]
fn child_hashes() {
    testing::process(|script| {
        let mut estimates = subscriber::<Estimate>("estimate", script.domain());
        let mut ticks = subscriber::<u64>("tick", script.domain());
        let mut clock = Clock::in_domain(script.domain());
        let mut set = WaitSet::new().unwrap();
        set.add_subscriber(&mut estimates).unwrap();
        set.add_subscriber(&mut ticks).unwrap();
        let (mut hasher, mut count) = (DefaultHasher::new(), 0);
        script.say("ready");
        while count < script.argument(0) {
            set.wait().unwrap();
            while let Some(estimate) = estimates.try_recv().unwrap() {
                compute();
                ("estimate", estimate.number, estimate.time, clock.now().unwrap()).hash(&mut hasher);
                count += 1;
            }
            while let Some(tick) = ticks.try_recv().unwrap() {
                compute();
                ("tick", *tick, clock.now().unwrap()).hash(&mut hasher);
                count += 1;
            }
        }
        script.say(&hasher.finish().to_string());
        script.hear("end");
    });
}

/// Records poses and ticks in turn, as fast as possible, and returns the hash that they have to give.
fn input(path: &Path, count: u32) -> u64 {
    let domain = TempDomain::new();
    let mut poses = Publisher::<Pose>::builder("pose").domain(&domain).depth(64).create().unwrap();
    let mut ticks = Publisher::<u64>::builder("tick").domain(&domain).depth(64).create().unwrap();
    let recorder = record(&domain, path, |builder| builder);
    for number in 0..count {
        poses.publish(&pose(number)).unwrap();
        wait(&recorder, 2 * u64::from(number) + 1);
        ticks.publish(&number.into()).unwrap();
        wait(&recorder, 2 * u64::from(number) + 2);
    }
    recorder.finish().unwrap();
    let (mut recording, mut hasher, mut time) = (Recording::open(path).unwrap(), DefaultHasher::new(), 0);
    let (mut poses, mut ticks) = (0_u64, 0_u64);
    while let Some(message) = recording.next_message().unwrap() {
        time = time.max(message.log_time);
        if message.channel.topic == "pose" {
            ("estimate", poses, time, time).hash(&mut hasher);
            poses += 1;
        } else {
            ("tick", ticks, time).hash(&mut hasher);
            ticks += 1;
        }
    }
    assert_eq!((poses, ticks), (count.into(), count.into()));
    hasher.finish()
}

#[test]
fn ten_runs_of_two_ordinary_programs_give_the_same_hash() {
    let (_folder, path) = folder();
    let expected = input(&path, 40);
    for _ in 0..10 {
        let domain = TempDomain::new();
        let mut estimating = Process::start("lockstep::child_estimates", &domain, &["40"]);
        let mut hashing = Process::start("lockstep::child_hashes", &domain, &["80"]);
        estimating.expect("ready");
        hashing.expect("ready");
        let player = Player::builder().domain(&domain).lockstep(PATIENCE).wait_for_subscribers(1, PATIENCE);
        let status = player.keep_alive(Duration::ZERO).play([&path]).unwrap();
        assert_eq!(status.messages(), 80);
        assert_eq!(hashing.listen(), expected.to_string());
        for mut process in [estimating, hashing] {
            process.tell("end");
            process.finish();
        }
    }
}

#[test]
fn a_stopped_program_is_named_and_a_killed_one_is_not_waited_for() {
    let (_folder, path) = folder();
    input(&path, 3);
    let domain = TempDomain::new();
    let mut other = Process::start("lockstep::child_estimates", &domain, &["40"]);
    other.expect("ready");
    other.stop();
    let player = || Player::builder().domain(&domain).keep_alive(Duration::ZERO);
    let error = player().lockstep(Duration::from_millis(50)).play([&path]).unwrap_err();
    assert!(matches!(error, PlayError::NotAtRest { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains(&format!("pid {}", other.id())) && text.contains("is stopped"), "{text}");
    other.kill();
    assert_eq!(player().lockstep(PATIENCE).play([&path]).unwrap().messages(), 6);
}

/// Writes a file with the messages of another one, a second apart.
fn each_second(from: &Path, to: &Path, count: u64) {
    let mut recording = Recording::open(from).unwrap();
    let first = recording.next_message().unwrap().expect("a message");
    let mut writer = mcap::Writer::new(std::fs::File::create(to).unwrap()).unwrap();
    let channel = &first.channel;
    let schema = writer.add_schema(&channel.schema_name, &channel.schema_encoding, b"").unwrap();
    let channel_id = writer.add_channel(schema, &channel.topic, &channel.message_encoding, &channel.metadata).unwrap();
    for number in 0..count {
        let log_time = 1_000_000_000 * (1 + number);
        let sequence = u32::try_from(number).unwrap();
        let header = mcap::records::MessageHeader { channel_id, sequence, log_time, publish_time: log_time };
        writer.write_to_known_channel(&header, first.stored).unwrap();
    }
    writer.finish().unwrap();
}

#[test]
fn an_hour_passes_in_moments_for_those_that_ask_the_clock() {
    let (folder, path) = folder();
    input(&path, 1);
    let long = folder.path().join("hour.mcap");
    each_second(&path, &long, 3600);
    let domain = TempDomain::new();
    let mut subscriber = subscriber::<Pose>("pose", &domain);
    let mut clock = Clock::in_domain(&domain);
    let receiving = thread::spawn(move || {
        for number in 1..=3600 {
            subscriber.recv_timeout(PATIENCE).unwrap().expect("another message");
            // The player waits only until it was read, as this is its own process.
            assert!(clock.now().unwrap() >= 1_000_000_000 * number);
        }
        clock.now().unwrap()
    });
    let player = Player::builder().domain(&domain).lockstep(PATIENCE).keep_alive(Duration::from_secs(1));
    assert_eq!(player.play([&long]).unwrap().messages(), 3600);
    assert_eq!(receiving.join().unwrap(), 3600 * 1_000_000_000);
}

#[test]
fn the_clock_follows_rate_pauses_steps_and_loops() {
    let (folder, path) = folder();
    input(&path, 1);
    let slow = folder.path().join("slow.mcap");
    each_second(&path, &slow, 4);
    let domain = TempDomain::new();
    let mut clock = Clock::in_domain(&domain);
    let (sender, times) = mpsc::channel();
    let mut calls = 0;
    let player = Player::builder().domain(&domain).clock().paused().repeat().keep_alive(Duration::ZERO);
    let status = player.play_with([&slow], |until| {
        calls += 1;
        let now = clock.now().unwrap();
        sender.send((now, until.saturating_duration_since(Instant::now()))).unwrap();
        match calls {
            1 | 2 => Flow::GoOn, // two steps: at 1 s and at 2 s
            3 => Flow::Rate(1000.0),
            4 => Flow::Resume,
            5 => {
                thread::sleep(until.saturating_duration_since(Instant::now())); // to 3 s
                assert_eq!(clock.now().unwrap(), 3_000_000_000);
                Flow::GoOn
            }
            6 => Flow::Pause,
            7 => Flow::GoOn,
            8 => {
                let change = clock.last_change();
                assert!(matches!(change, Some(ClockChange::Jumped { to, .. }) if to == now), "{change:?}");
                Flow::GoOn
            }
            _ => Flow::Stop,
        }
    });
    assert_eq!(status.unwrap().messages(), 5);
    let times: Vec<_> = times.try_iter().collect();
    let at: Vec<_> = times.iter().map(|(now, _)| *now).collect();
    assert_eq!(at[..4], [1, 1, 2, 2].map(|second| second * 1_000_000_000), "{times:?}");
    assert!((2_000_000_000..=3_000_000_000).contains(&at[4]) && at[7] == 1_000_000_000, "{times:?}");
    assert!(times[2].1 > Duration::from_secs(3600) && times[4].1 <= Duration::from_millis(1), "{times:?}");
}
