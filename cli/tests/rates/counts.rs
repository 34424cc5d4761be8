//! `hz` and `bw`: what is counted is exact.

use crate::tool::Tool;
use rustix::process::Signal;
use serde_json::Value;
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{Publisher, Subscriber};

fn number(line: &Value, field: &str) -> u64 {
    line.pointer(field).and_then(Value::as_u64).unwrap_or_else(|| panic!("{field} in {line}"))
}

/// Publishes as fast as it can.
#[test]
fn child_publishes_many() {
    testing::process(|script| {
        let mut publisher = Publisher::<u64>::builder("many").domain(script.domain()).create().unwrap();
        script.say("created");
        script.hear("publish");
        for number in 0..script.argument::<u64>(0) {
            publisher.publish(&number).unwrap();
        }
        script.say("published");
        script.hear("end");
    });
}

#[test]
fn the_sum_of_all_refreshes_is_what_was_published() {
    const MANY: u64 = 2_000_000;
    let domain = TempDomain::new();
    let hz = Tool::start(&domain, "hz many --format json --interval 0.05");
    assert_eq!(number(&hz.json(), "/total"), 0, "it watches before anything is published");
    let (mut sum, mut before) = (0, 0);
    // The second one ends and another follows it: the total goes on.
    for round in 1..=2 {
        let mut publisher = Process::start("counts::child_publishes_many", &domain, &[&MANY.to_string()]);
        publisher.expect("created");
        publisher.tell("publish");
        publisher.expect("published");
        publisher.tell("end");
        publisher.finish();
        hz.json_when("all is counted", |line| {
            let total = number(line, "/total");
            assert!((before..=round * MANY).contains(&total), "{line}");
            before = total;
            sum += number(line, "/messages");
            assert_eq!(sum, total, "{line}");
            total == round * MANY
        });
    }
    hz.signal(Signal::INT);
    let (status, rest, errors) = hz.finish();
    assert!(status.success(), "{status}");
    for line in rest {
        assert_eq!(number(&serde_json::from_str(&line).unwrap(), "/messages"), 0, "{line}");
    }
    assert!(errors.contains("there is no topic \"many\""), "{errors}");
}

#[test]
fn messages_of_before_do_not_count_and_those_of_the_last_moment_do() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create().unwrap();
    (0..100).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    let hz = Tool::start(&domain, "hz /counter --format json --interval 0.3");
    assert_eq!(number(&hz.json(), "/total"), 0);
    (100..1000).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    hz.signal(Signal::TERM);
    let (status, lines, _) = hz.finish();
    assert!(status.success(), "{status}");
    let counted = lines.iter().map(|line| number(&serde_json::from_str(line).unwrap(), "/messages"));
    assert_eq!(counted.sum::<u64>(), 900, "{lines:?}");
}

#[test]
fn intervals_are_those_of_the_timestamps() {
    let domain = TempDomain::new();
    let hz = Tool::start(&domain, "hz timed --format json -i 0.05 --window 1000000");
    hz.json();
    let mut publisher = Publisher::<u64>::builder("timed").timestamps(true).domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<u64>::builder("timed").domain(&domain).create().unwrap();
    (0..50).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    let times: Vec<u64> = subscriber.try_iter().map(|sample| sample.unwrap().timestamp().unwrap()).collect();
    let mut intervals: Vec<u64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    intervals.sort_unstable();
    let line = hz.json_when("all is counted", |line| number(line, "/total") == 50);
    assert_eq!(line["intervals_ns"]["source"], "timestamps");
    let told = ["count", "p50", "p99", "max"].map(|field| number(&line, &format!("/intervals_ns/{field}")));
    assert_eq!(told, [49, intervals[24], intervals[48], intervals[48]], "{intervals:?}");
}

#[test]
fn several_topics_and_patterns_are_watched_at_once() {
    let domain = TempDomain::new();
    let create = |topic: &str| Publisher::<u32>::builder(topic).domain(&domain).create().unwrap();
    let mut left = create("robot/left/imu");
    let _other = create("robot/left/camera");
    let hz = Tool::start(&domain, "hz robot/*/imu clock --format json --interval 0.05");
    assert_eq!([hz.json(), hz.json()].map(|line| line["topic"].clone()), ["clock", "robot/left/imu"]);
    let mut right = create("robot/right/imu");
    left.publish(&1).unwrap();
    (0..3).for_each(|number| assert_eq!(right.publish(&number), Ok(u64::from(number))));
    let mut totals = std::collections::BTreeMap::new();
    hz.json_when("all is counted", |line| {
        totals.insert(line["topic"].as_str().unwrap().to_owned(), number(line, "/total"));
        totals.values().sum::<u64>() == 4 && totals.len() == 3
    });
    let totals: Vec<_> = totals.iter().map(|(topic, total)| (topic.as_str(), *total)).collect();
    assert_eq!(totals, [("clock", 0), ("robot/left/imu", 1), ("robot/right/imu", 3)]);
}

#[test]
fn bytes_of_variable_size_are_read_from_the_messages() {
    let domain = TempDomain::new();
    let bw = Tool::start(&domain, "bw blobs fixed --format json -i 0.05 -w 1000000");
    bw.json();
    let mut blobs = Publisher::<[u8]>::builder("blobs").depth(64).domain(&domain).create().unwrap();
    for bytes in 1..=40 {
        blobs.publish_slice(&vec![0; bytes * 100]).unwrap();
    }
    let mut fixed = Publisher::<[u64; 5]>::builder("fixed").domain(&domain).create().unwrap();
    (0..1000).for_each(|number| assert_eq!(fixed.publish(&[number; 5]), Ok(number)));
    let mut seen = [None, None];
    bw.json_when("all is counted", |line| {
        match (line["topic"].as_str(), number(line, "/total")) {
            (Some("blobs"), 40) => seen[0] = Some(line.clone()),
            (Some("fixed"), 1000) => seen[1] = Some(line.clone()),
            _ => {}
        }
        seen.iter().all(Option::is_some)
    });
    let [Some(blobs), Some(fixed)] = seen else { panic!("both were counted") };
    let sizes = ["/total_bytes", "/size/min", "/size/mean", "/size/max"];
    assert_eq!(sizes.map(|field| number(&blobs, field)), [82_000, 100, 2050, 4000], "{blobs}");
    assert_eq!(sizes.map(|field| number(&fixed, field)), [40_000, 40, 40, 40], "{fixed}");
    assert_eq!((&blobs["estimated"], &fixed["estimated"]), (&Value::Bool(false), &Value::Bool(false)));
}

#[test]
fn statistics_are_printed_when_asked_for() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create().unwrap();
    let hz = Tool::start(&domain, "hz counter -i 0.01");
    hz.line();
    publisher.publish(&1).unwrap();
    let line = {
        let mut line = hz.line();
        testing::until("it is counted", || {
            line = hz.line();
            line.contains("1 message ")
        });
        line
    };
    assert!(line.starts_with("counter "), "{line}");
    hz.signal(Signal::USR1);
    hz.error("statistics after");
    hz.signal(Signal::INT);
    let (status, _, errors) = hz.finish();
    assert!(status.success());
    assert!(errors.contains("statistics after") && errors.contains("counter: 1 message, 8 B"), "{errors}");
}

#[test]
fn wrong_arguments_and_silence_have_their_codes() {
    let domain = TempDomain::new();
    for (arguments, code) in [
        ("hz", 2),
        ("hz counter -i 0", 2),
        ("hz counter -i nan", 2),
        ("hz counter -w 0", 2),
        ("hz counter -n 0", 2),
        ("hz //counter", 2),
        ("hz counter -n 1 -i 0.01", 1),
        ("bw counter --timeout 0 -i 0.01", 1),
        ("lag counter -n 2 -i 0.01", 1),
        ("latency counter -n 1 -i 0.01", 1),
    ] {
        let (status, lines, errors) = Tool::start(&domain, arguments).finish();
        assert_eq!(status.code(), Some(code), "{arguments}: {lines:?} {errors}");
        assert!(!errors.is_empty(), "{arguments}");
    }
    assert!(!domain.path().exists(), "watching creates nothing");
}

#[test]
fn a_reader_that_closes_the_pipe_is_no_error() {
    let domain = TempDomain::new();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_slotcast"));
    command.arg("--domain").arg(domain.path()).args(["hz", "counter", "-i", "0.01"]);
    let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut status = None;
    testing::until("it ends", || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    assert!(status.unwrap().success());
}

#[test]
fn it_is_told_why_nothing_comes() {
    let domain = TempDomain::new();
    let mut publisher = Process::start("counts::child_publishes_many", &domain, &["10"]);
    publisher.expect("created");
    publisher.tell("publish");
    publisher.expect("published");
    publisher.stop();
    let hz = Tool::start(&domain, "hz many -i 0.1");
    hz.error(&format!("kill -CONT {}", publisher.id()));
    testing::until("the line says it, too", || hz.line().ends_with("is stopped"));
    publisher.kill();
    testing::until("nobody is there any more", || hz.line().ends_with("no publisher"));
}

#[test]
fn a_publisher_that_announces_itself_again_is_counted_once() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder("counter").domain(&domain).create().unwrap();
    let hz = Tool::start(&domain, "hz counter --format json -i 0.05");
    assert_eq!(number(&hz.json(), "/total"), 0);
    (0..10).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    hz.json_when("ten are counted", |line| number(line, "/total") == 10);
    std::fs::remove_dir_all(domain.path().join("counter")).unwrap();
    // It notices that while it publishes, and announces itself in a new directory.
    let mut published = 10;
    testing::until("it has announced itself again", || {
        publisher.publish(&published).unwrap();
        published += 1;
        domain.path().join("counter").exists()
    });
    publisher.publish(&published).unwrap();
    published += 1;
    hz.json_when("all are counted", |line| {
        assert!(number(line, "/total") <= published, "{line}");
        number(line, "/total") == published && line["publishers"] == 1
    });
}
