use crate::{publish, publisher, subscriber};
use slotcast::testing::TempDomain;

fn now() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes one `struct timespec`.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut time) };
    assert_eq!(result, 0);
    u64::try_from(time.tv_sec).unwrap() * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap()
}

#[test]
fn timestamps_are_the_times_of_publishing_where_enabled() {
    let domain = TempDomain::new();
    let mut subscriber = subscriber(&domain).create().unwrap();
    let mut with = publisher(&domain).timestamps(true).create().unwrap();
    let mut without = publisher(&domain).create().unwrap();
    let mut last = now();
    for number in 0..100 {
        publish(&mut with, number..number + 1);
        let after = now();
        let time = subscriber.try_recv().unwrap().unwrap().timestamp().unwrap();
        assert!(last <= time && time <= after, "{last} <= {time} <= {after}");
        last = time;
        publish(&mut without, number..number + 1);
        assert_eq!(subscriber.try_recv().unwrap().unwrap().timestamp(), None);
    }
}
