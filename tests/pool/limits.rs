//! More of something than there are places: a subscriber that joins too late copies, and gets no
//! wrong error.

use crate::messages::{Large, large, number};
use slotcast::registry::{Memory, Role, TopicDirectory};
use slotcast::testing::{self, Process, TempDomain, until};
use slotcast::{CreateError, Delivery, Domain, Placement, Publisher, RecvError, Subscriber, TopicName};
use std::fs::File;
use std::os::fd::AsRawFd;

fn subscriber(domain: &Domain, most: u64) -> Subscriber<Large> {
    Subscriber::builder("x").domain(domain).max_samples(most).create().unwrap()
}

/// Publishes a message that all receive. Returns how many hold it in place.
fn in_place(publisher: &mut Publisher<Large>, subscribers: &mut [Subscriber<Large>]) -> usize {
    let sequence = publisher.publish(&large(7)).unwrap();
    let mut count = 0;
    for subscriber in subscribers {
        let sample = subscriber.try_recv().unwrap().unwrap();
        assert_eq!((sample.sequence(), sample.lost_before(), number(&sample[..])), (sequence, 0, 7));
        count += usize::from(sample.is_in_place());
        assert!(subscriber.try_recv().unwrap().is_none());
    }
    count
}

#[test]
fn more_subscribers_than_can_be_granted_copy() {
    const MOST: usize = 112;
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Large>::builder("x").domain(&domain).create().unwrap();
    let mut subscribers: Vec<_> = (0..MOST + 3).map(|_| subscriber(&domain, 1)).collect();
    for _ in 0..20 {
        assert_eq!(in_place(&mut publisher, &mut subscribers), MOST);
    }
    // When some leave, those that were too late get their places.
    subscribers.drain(..2);
    let late = subscriber(&domain, 1);
    subscribers.push(late);
    in_place(&mut publisher, &mut subscribers);
    assert_eq!(in_place(&mut publisher, &mut subscribers), MOST);
    subscribers.truncate(50);
    in_place(&mut publisher, &mut subscribers);
    assert_eq!(in_place(&mut publisher, &mut subscribers), 50);
}

#[test]
fn more_pins_than_are_scanned_are_not_granted() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Large>::builder("x").domain(&domain).create().unwrap();
    // 16 subscribers have 4096 pins: no more are granted, although the pool has space for 16 000
    // slots.
    let mut subscribers: Vec<_> = (0..18).map(|_| subscriber(&domain, 256)).collect();
    for _ in 0..20 {
        assert_eq!(in_place(&mut publisher, &mut subscribers), 16);
    }
    let last = subscriber(&domain, 1);
    subscribers.push(last);
    assert_eq!(in_place(&mut publisher, &mut subscribers), 16, "not one");
    subscribers.drain(..2);
    in_place(&mut publisher, &mut subscribers);
    let after = in_place(&mut publisher, &mut subscribers);
    assert!((16..=17).contains(&after), "{after}");
}

#[test]
fn a_pool_has_at_most_64_gib() {
    let domain = TempDomain::new();
    for bytes in [(1 << 36) + 1, u64::MAX] {
        let large = Publisher::<Large>::builder("x").domain(&domain).max_memory(bytes).create().unwrap_err();
        let slices = Publisher::<[u8]>::builder("y").domain(&domain).max_memory(bytes).create().unwrap_err();
        for error in [large, slices] {
            assert!(matches!(error, CreateError::Setting { .. }), "{error}");
            let text = error.to_string();
            assert!(text.contains(&format!("`max_memory` is {bytes} bytes, and must be between")), "{text}");
            assert!(text.contains("and 68719476736"), "{text}");
        }
    }
    let mut publisher = Publisher::<Large>::builder("x").domain(&domain).max_memory(1 << 36).create().unwrap();
    assert_eq!(in_place(&mut publisher, &mut []), 0);
    assert!(publisher.pool_memory() <= 1 << 20);
}

/// Argument: whether it is lossless. Subscribes with a control page that nobody can open, and
/// reports the outcome.
#[test]
fn child_subscribes_behind_a_page_that_cannot_be_opened() {
    testing::process(|script| {
        let builder = Subscriber::<Large>::builder("x").domain(script.domain()).placement(Placement::Sealed);
        let is_lossless = script.argument(0);
        let builder = if is_lossless { builder.lossless() } else { builder };
        let mut subscriber = builder.create().unwrap();
        let topic = TopicDirectory::enter(script.domain(), &TopicName::new("x").unwrap()).unwrap();
        let name = topic.names(Role::Subscriber).unwrap().remove(0);
        let Memory::Sealed(handle) = topic.open(&name).unwrap().live().unwrap().memory.unwrap().place else {
            panic!("it was to be sealed")
        };
        let nothing = File::open("/dev/null").unwrap();
        // SAFETY: the call takes two numbers. The first belonged to the control page, which is
        // mapped. The replacement is closed in its place.
        let result = unsafe { libc::dup2(nothing.as_raw_fd(), handle.descriptor) };
        assert_eq!(result, handle.descriptor);
        script.say("ready");
        let (mut copied, mut reported) = (0, 0);
        while copied < 20 || is_lossless && reported == 0 {
            match subscriber.recv() {
                Ok(sample) => {
                    assert_eq!((number(&sample[..]), sample.is_in_place()), (sample.sequence(), false));
                    copied += 1;
                }
                Err(error @ RecvError::NotLossless { .. }) => {
                    assert!(error.to_string().contains("cannot open the control page of this subscriber"), "{error}");
                    reported += 1;
                }
                Err(error) => panic!("{error}"),
            }
        }
        script.say(&reported.to_string());
        script.hear("end");
    });
}

#[test]
fn a_subscriber_whose_page_cannot_be_opened_copies_and_is_refused_only_if_lossless() {
    for (lossless, reported) in [("false", "0"), ("true", "1")] {
        let domain = TempDomain::new();
        let mut other =
            Process::start("limits::child_subscribes_behind_a_page_that_cannot_be_opened", &domain, &[lossless]);
        other.expect("ready");
        let builder = Publisher::<Large>::builder("x").domain(&domain).lossless(testing::PATIENCE);
        // More than is published until the publisher gives up opening the page, some hundreds: a
        // subscriber that is slow loses none meanwhile.
        let mut publisher = builder.depth(4096).create().unwrap();
        let mut number = 0;
        until("it is refused, if it is lossless", || {
            publisher.publish(&large(number)).unwrap();
            number += 1;
            let readers = publisher.readers().unwrap();
            let delivery = if lossless == "true" { Delivery::Refused } else { Delivery::Lossy };
            number >= 30 && readers.iter().any(|reader| reader.delivery == delivery)
        });
        other.expect(reported);
        other.tell("end");
        other.finish();
    }
}

#[test]
fn large_messages_fit_with_default_settings() {
    /// 17 of them are more than 1 GiB.
    type Huge = [u8; 61 << 20];
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Huge>::builder("x").domain(&domain).create().unwrap();
    let mut subscribers = [(); 2].map(|()| Subscriber::<Huge>::builder("x").domain(&domain).create().unwrap());
    let mut message = publisher.loan_uninit().unwrap().assume_filled();
    message[(61 << 20) - 1] = 7;
    publisher.send(message).unwrap();
    for subscriber in &mut subscribers {
        let sample = subscriber.try_recv().unwrap().unwrap();
        assert_eq!((sample[(61 << 20) - 1], sample.is_in_place()), (7, true));
    }
}

#[test]
fn the_longest_messages_fit_with_default_settings() {
    const LONGEST: usize = 61 << 20;
    let domain = TempDomain::new();
    let create = |len: u64| Publisher::<[u8]>::builder("x").domain(&domain).max_len(len).create();
    let mut publisher = create(LONGEST as u64).unwrap();
    for number in 0..2 {
        let mut loan = publisher.loan_slice_uninit(LONGEST).unwrap().assume_filled();
        loan[LONGEST - 1] = number;
        publisher.send(loan).unwrap();
    }
    let pool = std::fs::read_to_string("/proc/self/maps").unwrap();
    let sizes = pool.lines().filter(|line| line.contains("slotcast")).map(|line| {
        let (start, end) = line.split_once(' ').unwrap().0.split_once('-').unwrap();
        u64::from_str_radix(end, 16).unwrap() - u64::from_str_radix(start, 16).unwrap()
    });
    // 16 are in the ring, and there is space for 20 more; slots are up to a quarter larger.
    let needed = LONGEST as u64 * 5 / 4 * 36;
    assert_eq!(sizes.filter(|size| (needed..needed + (1 << 20)).contains(size)).count(), 1);
    drop(publisher);
    let error = create(u64::MAX / 2).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "`max_len` is 9223372036854775807 elements, which take 9223372036854775807 bytes, but `max_memory` is by \
             default 1073741824 bytes: lower `max_len`, since `max_memory` can be at most 68719476736"
        ),
        "{error}"
    );
    let error = Publisher::<[u64]>::builder("x").domain(&domain).max_memory(4096).max_len(513).create();
    let error = error.unwrap_err().to_string();
    assert!(
        error.ends_with(
            "`max_len` is 513 elements, which take 4104 bytes, but `max_memory` is 4096 bytes: lower `max_len`, or \
             raise `max_memory`"
        ),
        "{error}"
    );
}
