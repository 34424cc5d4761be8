//! As many subscribers as a publisher can serve: which are granted, which are told otherwise, and
//! what it costs.

use crate::{LONG, TOPIC, publisher, subscriber};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use slotcast::testing::TempDomain;
use slotcast::{CreateError, Domain, Publisher, RecvError, Subscriber};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const MOST: usize = 112;
const RESERVED: usize = 16;

/// Large enough for a pool.
type Large = [u64; 200];

fn holders(domain: &Domain, count: usize) -> Vec<Subscriber<Large>> {
    let holder = || Subscriber::<Large>::builder(TOPIC).domain(domain).max_samples(2).create().unwrap();
    (0..count).map(|_| holder()).collect()
}

#[test]
fn a_lossy_publisher_accepts_lossless_subscribers_however_many_hold_samples() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Large>::builder(TOPIC).domain(&domain).create().unwrap();
    let mut holders = holders(&domain, MOST);
    publisher.publish(&[1; 200]).unwrap();
    assert!(holders.iter_mut().all(|holder| holder.try_recv().unwrap().unwrap().is_in_place()));
    let mut reader = Subscriber::<Large>::builder(TOPIC).domain(&domain).lossless().create().unwrap();
    publisher.publish(&[2; 200]).unwrap();
    let error = reader.try_recv().unwrap_err();
    assert!(matches!(error, RecvError::NotLossless { .. }), "{error}");
    assert_eq!(reader.try_recv().unwrap().unwrap()[0], 2);
}

#[test]
fn subscribers_that_hold_samples_leave_places_for_lossless_ones() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Large>::builder(TOPIC).domain(&domain).lossless(LONG).create().unwrap();
    let mut holders = holders(&domain, MOST);
    publisher.publish(&[1; 200]).unwrap();
    let in_place =
        holders.iter_mut().filter_map(|holder| holder.try_recv().unwrap()).filter(|sample| sample.is_in_place());
    assert_eq!(in_place.count(), MOST - RESERVED);
    let lossless = || Subscriber::<Large>::builder(TOPIC).domain(&domain).lossless().create();
    let mut readers: Vec<_> = (0..RESERVED).map(|_| lossless().unwrap()).collect();
    publisher.publish(&[2; 200]).unwrap();
    for reader in &mut readers {
        let sample = reader.try_recv().unwrap().unwrap();
        assert_eq!((sample[0], sample.is_in_place()), (2, true));
    }
    let error = lossless().unwrap_err();
    assert!(matches!(error, CreateError::NotLossless { .. }), "{error}");
    // A subscriber that leaves frees a place for one that copied until now.
    holders.drain(..2 * RESERVED);
    publisher.publish(&[3; 200]).unwrap();
    let last = holders.last_mut().unwrap().try_iter().last().unwrap().unwrap();
    assert_eq!((last[0], last.is_in_place()), (3, true));
}

#[test]
fn the_last_subscriber_with_a_place_does_not_block_itself() {
    let domain = TempDomain::new();
    let mut publisher = publisher(&domain).lossless(Duration::ZERO).create().unwrap();
    let _others: Vec<_> = (1..MOST).map(|_| subscriber(&domain).create().unwrap()).collect();
    let is_set = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_set.load(Ordering::Relaxed) {
                let _ = publisher.try_publish(&0); // it grants new subscribers, whether it has capacity for the message or not
            }
        });
        let made: Vec<_> = (0..200).map(|_| subscriber(&domain).create().map(drop)).collect();
        is_set.store(true, Ordering::Relaxed);
        let refused: Vec<_> = made.into_iter().filter_map(Result::err).collect();
        assert!(refused.is_empty(), "{} times, last {:?}", refused.len(), refused.last());
    });
}

#[test]
fn subscribers_without_a_place_are_not_opened_again_at_every_arrival() {
    const TOO_MANY: usize = 40;
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Large>::builder(TOPIC).domain(&domain).create().unwrap();
    let _holders = holders(&domain, MOST + TOO_MANY);
    publisher.publish(&[1; 200]).unwrap();
    let _one_more = holders(&domain, 1);
    let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).unwrap();
    inotify::add_watch(&watch, domain.path().join(TOPIC), WatchFlags::OPEN).unwrap();
    publisher.publish(&[2; 200]).unwrap();
    let mut space = [std::mem::MaybeUninit::uninit(); 8192];
    let mut events = inotify::Reader::new(&watch, &mut space);
    let mut opened = 0;
    while let Ok(event) = events.next() {
        opened += usize::from(event.file_name().is_some() && !event.events().contains(ReadFlags::ISDIR));
    }
    assert!((1..=4).contains(&opened), "{opened} files were opened for one new subscriber");
}
