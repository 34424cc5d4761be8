//! Messages by value: the same ones, with the same checks and counts, as samples would be.

use crate::{numbers, publish, publisher, subscriber};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use slotcast::schema::{InvalidValue, Schema};
use slotcast::testing::{self, Process, TempDomain};
use slotcast::{MessageInfo, Publisher, RecvError, ShmMessage, Subscriber};
use slotcast_tests::message::Counted;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// Returns all messages that are present, with what is known of each.
fn drained<T: ShmMessage + Clone>(subscriber: &mut Subscriber<T>) -> Vec<(T, MessageInfo)> {
    let mut all = Vec::new();
    let count = subscriber.drain(|message, info| all.push((message.clone(), info))).unwrap();
    assert_eq!(count, all.len() as u64);
    all
}

#[test]
fn one_by_one_in_order() {
    let domain = TempDomain::new();
    let (mut publisher, mut subscriber) = (publisher(&domain).create().unwrap(), subscriber(&domain).create().unwrap());
    assert_eq!(subscriber.try_take().unwrap(), None);
    publish(&mut publisher, 0..50);
    for number in 0..50 {
        assert_eq!(subscriber.try_take().unwrap(), Some(number));
    }
    assert_eq!(subscriber.try_take().unwrap(), None);
}

#[test]
fn many_at_once_in_order() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(5000).create().unwrap();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut out = [u64::MAX; 300];
    assert_eq!(subscriber.take_many(&mut out).unwrap(), 0);
    assert_eq!(subscriber.take_many(&mut []).unwrap(), 0);
    let (mut next, mut published) = (0, 0);
    for round in [1, 2, 15, 16, 17, 299, 300, 301, 1023, 1024, 1025, 4000] {
        publish(&mut publisher, published..published + round);
        published += round;
        loop {
            out.fill(u64::MAX);
            let count = subscriber.take_many(&mut out).unwrap();
            assert_eq!(out[..count], Vec::from_iter(next..next + count as u64));
            assert!(out[count..].iter().all(|&number| number == u64::MAX), "the others stay what they were");
            next += count as u64;
            if count == 0 {
                break;
            }
        }
        assert_eq!(next, published);
    }
    assert_eq!(subscriber.lost(), 0);
}

#[test]
fn what_is_known_of_each_is_told() {
    let domain = TempDomain::new();
    let mut timed = publisher(&domain).timestamps(true).create().unwrap();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let before = slotcast::now_ns();
    publish(&mut timed, 0..3);
    let received = drained(&mut subscriber);
    assert_eq!(received.len(), 3);
    for (number, info) in &received {
        assert_eq!((info.sequence, info.publisher, info.lost_before), (*number, timed.id(), 0));
        assert!(info.timestamp.is_some_and(|time| (before..=slotcast::now_ns()).contains(&time)));
    }
    drop(timed);
    let mut untimed = publisher(&domain).create().unwrap();
    publish(&mut untimed, 0..1);
    let (_, info) = drained(&mut subscriber)[0];
    assert_eq!((info.publisher, info.timestamp), (untimed.id(), None));
}

#[test]
fn losses_are_counted_and_told_with_the_next_message() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).depth(8).create().unwrap();
    let mut taking = subscriber(&domain).create().unwrap();
    let mut sampling = subscriber(&domain).create().unwrap();
    publish(&mut publisher, 0..5);
    assert_eq!(drained(&mut taking).len(), 5);
    assert_eq!(numbers(&mut sampling).len(), 5);
    publish(&mut publisher, 5..200);
    let samples: Vec<_> = sampling.try_iter().map(|sample| sample.unwrap()).collect();
    let samples: Vec<_> = samples.iter().map(|sample| (**sample, sample.lost_before())).collect();
    let taken: Vec<_> = drained(&mut taking).into_iter().map(|(number, info)| (number, info.lost_before)).collect();
    assert_eq!(taken, samples);
    assert_eq!(taken[0], (192, 187));
    assert_eq!((taking.lost(), sampling.lost()), (187, 187));
    publish(&mut publisher, 200..400);
    let mut out = [0; 100];
    let mut count = 0;
    loop {
        let more = taking.take_many(&mut out[count..]).unwrap();
        if more == 0 {
            break;
        }
        count += more;
    }
    assert_eq!(out[..count], Vec::from_iter(392..400));
    assert_eq!(taking.lost(), 187 + 192);
}

#[test]
fn all_publishers_have_their_turns() {
    let domain = TempDomain::new();
    let mut publishers = [(); 3].map(|()| publisher(&domain).depth(100).create().unwrap());
    let mut subscriber = subscriber(&domain).create().unwrap();
    for publisher in &mut publishers {
        publish(publisher, 0..100);
    }
    let mut next: HashMap<_, u64> = HashMap::new();
    let mut runs = Vec::new();
    for (number, info) in drained(&mut subscriber) {
        let expected = next.entry(info.publisher).or_default();
        assert_eq!((number, info.sequence), (*expected, *expected));
        *expected += 1;
        match runs.last_mut() {
            Some((publisher, length)) if *publisher == info.publisher => *length += 1,
            _ => runs.push((info.publisher, 1)),
        }
    }
    assert!(next.values().all(|&count| count == 100) && next.len() == 3, "{next:?}");
    // Those that were just found are read one by one at first.
    assert!(runs[..9].iter().all(|&(_, length)| length <= 17), "{runs:?}");
}

#[test]
fn settings_that_skip_messages_hold() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).create().unwrap();
    let mut latest = subscriber(&domain).latest().create().unwrap();
    publish(&mut publisher, 0..10);
    assert_eq!(drained(&mut latest).iter().map(|message| message.0).collect::<Vec<_>>(), [9]);
    assert_eq!((latest.lost(), latest.skipped()), (0, 9));
}

/// Larger than what is copied into the ring.
type Large = [u16; 5000];

#[test]
fn large_messages_too() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Large>::builder("large").domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<Large>::builder("large").domain(&domain).create().unwrap();
    (0..8).for_each(|number| assert!(publisher.publish(&[number; 5000]).is_ok()));
    assert_eq!(subscriber.try_take().unwrap().unwrap()[4999], 0);
    let mut out = [[9; 5000]; 3];
    assert_eq!(subscriber.take_many(&mut out).unwrap(), 1);
    assert_eq!((out[0][0], out[1][0]), (1, 9));
    assert_eq!(drained(&mut subscriber).iter().map(|message| message.0[77]).collect::<Vec<_>>(), [2, 3, 4, 5, 6, 7]);
}

#[derive(ShmMessage, Clone, Copy, Debug, PartialEq)]
#[repr(C)]
struct Switch {
    number: u8,
    on: bool,
}

/// Claims to be a [`Switch`], with any bytes.
struct Invalid(#[expect(dead_code, reason = "its bytes are published")] [u8; 2]);

// SAFETY: this is false, and that is tested: a publisher that lies about its messages. Within this
// process nothing follows from it, as every bit pattern is valid for this type itself.
unsafe impl ShmMessage for Invalid {
    const SCHEMA: &'static Schema = Switch::SCHEMA;
    const EVERY_BIT_PATTERN_VALID: bool = true;

    fn validate(_: &[u8]) -> Result<(), InvalidValue> {
        Ok(())
    }
}

#[test]
fn what_is_not_valid_is_reported_and_nothing_before_it_is_lost() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Invalid>::builder("switch").domain(&domain).create().unwrap();
    let switch = |number: u8| Switch { number, on: true };
    for how in ["drain", "many", "take"] {
        let mut subscriber = Subscriber::<Switch>::builder("switch").domain(&domain).create().unwrap();
        for number in 0..8 {
            publisher.publish(&Invalid([number, if number == 6 { 7 } else { 1 }])).unwrap();
        }
        let (mut taken, mut errors) = (Vec::new(), Vec::new());
        for _ in 0..20 {
            let result = match how {
                "drain" => subscriber.drain(|message, _| taken.push(*message)).map(|_| ()),
                "many" => {
                    let mut out = [switch(99); 4];
                    subscriber.take_many(&mut out).map(|count| taken.extend(&out[..count]))
                }
                _ => subscriber.try_take().map(|message| taken.extend(message)),
            };
            errors.extend(result.err());
        }
        assert_eq!(taken, [0, 1, 2, 3, 4, 5, 7].map(switch), "{how}");
        assert!(matches!(errors[..], [RecvError::Invalid { .. }]), "{how}: {errors:?}");
        let text = errors[0].to_string();
        assert!(text.ends_with("is not valid: field `on` is 7, not a bool (0 or 1); it was discarded"), "{text}");
        assert_eq!(subscriber.lost(), 0);
    }
}

#[test]
fn a_panic_repeats_and_loses_nothing() {
    let domain = TempDomain::new();
    let (mut publisher, mut subscriber) = (publisher(&domain).create().unwrap(), subscriber(&domain).create().unwrap());
    publish(&mut publisher, 0..40);
    assert_eq!(subscriber.try_take().unwrap(), Some(0));
    let mut seen = Vec::new();
    let drain = AssertUnwindSafe(|| {
        subscriber.drain(|&number, _| {
            seen.push(number);
            assert!(number != 20, "here");
        })
    });
    catch_unwind(drain).unwrap_err();
    seen.extend(numbers(&mut subscriber));
    assert_eq!(seen, Vec::from_iter(1..40));
}

#[test]
fn a_descriptor_is_not_readable_once_all_is_taken() {
    let domain = TempDomain::new();
    let (mut publisher, mut subscriber) = (publisher(&domain).create().unwrap(), subscriber(&domain).create().unwrap());
    let descriptor = subscriber.event_fd().unwrap();
    let is_readable = |time: Duration| {
        let time = Timespec::try_from(time).unwrap();
        poll(&mut [PollFd::new(&descriptor, PollFlags::IN)], Some(&time)).unwrap() == 1
    };
    for round in 0..3 {
        while subscriber.take_many(&mut [0; 64]).unwrap() > 0 {}
        assert!(!is_readable(Duration::from_millis(1)), "round {round}");
        publish(&mut publisher, 0..20);
        assert!(is_readable(Duration::from_secs(20)), "round {round}");
        assert_eq!(subscriber.take_many(&mut [0; 10]).unwrap(), 10);
    }
}

/// Publishes losslessly as fast as it can.
#[test]
fn child_streams() {
    testing::process(|script| {
        let builder = Publisher::<Counted>::builder("stream").domain(script.domain());
        let mut publisher = builder.lossless(Duration::from_secs(60)).create().unwrap();
        publisher.wait_for_subscribers(1, Duration::from_secs(60)).unwrap();
        let count: u64 = script.argument(0);
        (0..count).for_each(|number| assert_eq!(publisher.publish(&Counted::new(number)), Ok(number)));
        publisher.close(Duration::from_secs(60)).unwrap();
        script.say("published");
    });
}

#[test]
fn a_lossless_stream_between_processes_is_whole() {
    const COUNT: u64 = 300_000;
    let domain = TempDomain::new();
    let mut subscriber = Subscriber::<Counted>::builder("stream").domain(&domain).lossless().create().unwrap();
    let mut child = Process::start("taking::child_streams", &domain, &[&COUNT.to_string()]);
    let mut next = 0;
    let mut check = |message: &Counted| {
        assert!(message.is_whole() && message.number == next, "{message:?} in place of {next}");
        next += 1;
        next
    };
    let mut out = [Counted::new(0); 50];
    let mut last = 0;
    while last < COUNT {
        subscriber.drain(|message, _| last = check(message)).unwrap();
        let count = subscriber.take_many(&mut out).unwrap();
        out[..count].iter().for_each(|message| last = check(message));
        if let Some(message) = subscriber.try_take().unwrap() {
            last = check(&message);
        }
    }
    assert_eq!(subscriber.lost(), 0);
    child.expect("published");
    child.finish();
}
