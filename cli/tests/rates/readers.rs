//! `lag` and `delay`: what subscribers have not read.

use crate::tool::Tool;
use serde_json::Value;
use slotcast::testing::{TempDomain, until};
use slotcast::{Publisher, ShmMessage, Subscriber};

#[test]
fn what_a_subscriber_has_not_read_and_has_lost_is_told() {
    let domain = TempDomain::new();
    let mut publisher =
        Publisher::<u64>::builder("counter").depth(8).timestamps(true).name("clock").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<u64>::builder("counter").name("display").domain(&domain).create().unwrap();
    let lag = Tool::start(&domain, "lag counter --format json -i 0.02");
    let first = lag.json();
    assert_eq!(first["readers"][0]["unread"], 0, "{first}");
    (0..6).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    assert_eq!(subscriber.try_iter().take(2).count(), 2);
    let line = lag.json_when("four are unread", |line| line["readers"][0]["unread"] == 4);
    let reader = &line["readers"][0];
    assert_eq!((&reader["subscriber"]["name"], &reader["publisher"]["name"]), (&"display".into(), &"clock".into()));
    assert_eq!((&reader["depth"], &reader["lost"], &line["total_lost"]), (&8.into(), &0.into(), &0.into()));
    assert!(reader["oldest_unread_ns"].as_u64() > Some(0), "{line}");
    (6..100).for_each(|number| assert_eq!(publisher.publish(&number), Ok(number)));
    let received = subscriber.try_iter().count() as u64;
    let lost = 98 - received;
    let line = lag.json_when("the loss is told", |line| line["total_lost"] == lost);
    let reader = &line["readers"][0];
    assert_eq!(
        (&reader["unread"], &reader["lost"], &reader["oldest_unread_ns"]),
        (&0.into(), &lost.into(), &Value::Null)
    );
    drop(subscriber);
    let line = lag.json_when("it has left", |line| line["subscribers"] == 0);
    assert_eq!((&line["total_lost"], &line["readers"]), (&lost.into(), &Value::Array(Vec::new())));
}

#[test]
fn the_delay_of_a_subscriber_is_how_long_its_messages_waited() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder("counter").timestamps(true).domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<u64>::builder("counter").domain(&domain).create().unwrap();
    let delay = Tool::start(&domain, "latency counter --format json -i 0.02 -w 1000");
    delay.json();
    let before = slotcast::now_ns();
    publisher.publish(&1).unwrap();
    let line = delay.json_when("it is unread", |line| line["readers"][0]["oldest_unread_ns"].is_u64());
    assert_eq!((&line["seen_ns"]["count"], &line["readers"][0]["delay_ns"]), (&1.into(), &Value::Null));
    let waited = slotcast::now_ns() - before;
    subscriber.recv().unwrap();
    let line = delay.json_when("it was read", |line| line["readers"][0]["delay_ns"]["count"] == 1);
    let told = line["readers"][0]["delay_ns"]["max"].as_u64().unwrap();
    assert!((waited - waited / 2..slotcast::now_ns() - before).contains(&told), "{told} of {waited}");
}

#[test]
fn messages_without_timestamps_have_no_delay_and_it_is_said_why() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<u64>::builder("counter").timestamps(false).domain(&domain).create().unwrap();
    let delay = Tool::start(&domain, "delay counter -i 0.02");
    delay.line();
    publisher.publish(&1).unwrap();
    until("it is counted", || delay.line().contains("create the publisher with `timestamps(true)`"));
}

#[derive(Clone, Copy, Debug, ShmMessage)]
#[repr(C)]
struct Stamp {
    sec: i32,
    nanosec: u32,
}

#[derive(Clone, Copy, Debug, ShmMessage)]
#[repr(C)]
struct Measured {
    stamp: Stamp,
    taken_ns: u64,
}

#[test]
fn the_age_of_what_a_message_describes_is_told_from_a_field() {
    const AGO: u64 = 5_000_000_000;
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Measured>::builder("measured").timestamps(true).domain(&domain).create().unwrap();
    let since_1970 = std::time::UNIX_EPOCH.elapsed().unwrap();
    let (sec, nanosec) = (i32::try_from(since_1970.as_secs() - 5).unwrap(), since_1970.subsec_nanos());
    let before = slotcast::now_ns();
    // The machine may have been started less than five seconds ago.
    let taken_ns = before.saturating_sub(AGO);
    publisher.publish(&Measured { stamp: Stamp { sec, nanosec }, taken_ns }).unwrap();
    let took = slotcast::now_ns() - before;
    for (field, expected) in [("stamp", AGO), ("taken_ns", before - taken_ns)] {
        let delay = Tool::start(&domain, &format!("delay measured --field {field} --format json -i 0.02"));
        let line = delay.json_when("the age is told", |line| line["field_ns"]["count"] == 1);
        let told = line["field_ns"]["max"].as_u64().unwrap();
        // The two clocks are read one after the other, and one of them may be adjusted.
        assert!((expected - AGO / 10..=expected + took + AGO / 10).contains(&told), "{field}: {told}");
    }
    let delay = Tool::start(&domain, "delay measured --field stmp -i 0.02");
    until("a wrong field is told", || delay.line().contains("did you mean `stamp`"));
    let delay = Tool::start(&domain, "delay measured --field stamp.sec -n 1 -i 0.02 --format json");
    assert!(delay.json()["field_ns"]["count"] == 1, "a number of nanoseconds, however unlikely");
}
