use crate::{numbers, publish, publisher, subscriber};
use slotcast::testing::TempDomain;

/// Depth, messages published before, requested history, and delivered history.
const CASES: &[(u64, u64, u64, std::ops::Range<u64>)] = &[
    (64, 0, 10, 0..0),
    (64, 5, 0, 0..0),
    (64, 5, 3, 2..5),
    (64, 5, 5, 0..5),
    (64, 5, u64::MAX, 0..5),
    (64, 64, u64::MAX, 0..64),
    (64, 65, u64::MAX, 1..65),
    (64, 1000, 64, 936..1000),
    (64, 1000, u64::MAX, 936..1000),
    (1, 10, 5, 9..10),
    (3, 10, 5, 7..10),
    (1000, 3000, 1000, 2000..3000),
];

#[test]
fn history_is_what_was_requested_up_to_the_depth() {
    for (depth, before, history, expected) in CASES.iter().cloned() {
        let domain = TempDomain::new();
        let mut publisher = publisher(&domain).depth(depth).create().unwrap();
        publish(&mut publisher, 0..before);
        let mut subscriber = subscriber(&domain).history(history).create().unwrap();
        let case = format!("depth {depth}, {before} before, history {history}");
        assert!(numbers(&mut subscriber).into_iter().eq(expected), "{case}");
        publish(&mut publisher, before..before + 1);
        assert_eq!(numbers(&mut subscriber), [before], "{case}");
        assert_eq!((subscriber.lost(), subscriber.skipped()), (0, 0), "{case}");
    }
}

#[test]
fn history_counts_for_each_publisher_and_a_later_one_is_read_from_its_first_message() {
    let domain = TempDomain::new();
    let mut one = publisher(&domain).create().unwrap();
    let mut other = publisher(&domain).depth(2).create().unwrap();
    publish(&mut one, 0..10);
    publish(&mut other, 100..110);
    let mut subscriber = subscriber(&domain).history(3).create().unwrap();
    let mut later = publisher(&domain).create().unwrap();
    publish(&mut later, 200..205);
    let mut all = numbers(&mut subscriber);
    all.sort_unstable();
    assert_eq!(all, [7, 8, 9, 108, 109, 200, 201, 202, 203, 204]);
}
