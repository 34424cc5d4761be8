//! What a publisher grants its subscribers, in its own memory.

use crate::book::Layout;
use crate::entry;
use slotcast::testing::TempDomain;
use slotcast::{LaggardPolicy, Publisher, Subscriber};
use std::time::Duration;

#[test]
fn grants_are_where_the_book_says() {
    let domain = TempDomain::new();
    let builder = Publisher::<u64>::builder("x").domain(&domain).depth(4).lossless(Duration::ZERO);
    let mut publisher = builder.laggards(LaggardPolicy::Detach).create().unwrap();
    let memory = entry::find(&domain.path().join("x"), "p-").memory();
    let (segment, grant) = (Layout::of("segment"), Layout::of("grant"));
    let changes = || segment.word(&memory, 0, "changes");
    let read = |index: u64| {
        let start = segment.offset("grants") + 32 * index;
        let word = |field| grant.word(&memory, start, field);
        (grant.number(&memory, start, "subscriber"), word("start"), word("line"))
    };
    assert_eq!(segment.word(&memory, 0, "flags"), 8);
    assert_eq!((changes(), read(0)), (0, (0, 0, 0)));
    publisher.publish(&0).unwrap();

    let lossless = || Subscriber::<u64>::builder("x").domain(&domain).lossless().create().unwrap();
    let mut first = lossless();
    let id = entry::find(&domain.path().join("x"), "s-").number("id");
    let second = lossless();
    publisher.publish(&1).unwrap();
    let grants = [read(0), read(1)];
    assert!(grants.contains(&(id, 1, 0)) || grants.contains(&(id, 1, 1)), "{grants:?}");
    assert_eq!((read(0).1, read(1).1, read(2)), (1, 1, (0, 0, 0)));
    drop(second);
    publisher.publish(&2).unwrap();
    let place = u64::from(read(1).0 == id);
    assert_eq!(read(1 - place).0 & u128::from(u64::MAX), 0, "it was removed");
    assert_eq!(first.try_iter().count(), 2);
    for number in 3..7 {
        publisher.publish(&number).unwrap();
    }
    assert_eq!(read(place), (id, 1, 1), "its first line is read");
    let before = changes();
    for number in 7..20 {
        publisher.publish(&number).unwrap();
    }
    assert_eq!(read(place), (id, 1, u64::MAX), "it was let go");
    assert_eq!(changes(), before + 1);
}
