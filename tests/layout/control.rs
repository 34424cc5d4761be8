//! The control page of a subscriber.

use crate::book::{self, Layout};
use crate::entry;
use slotcast::testing::TempDomain;
use slotcast::{Publisher, ShmMessage, Subscriber};

#[test]
fn a_control_page_shows_how_far_its_subscriber_has_read() {
    let domain = TempDomain::new();
    let create = || Publisher::<u64>::builder("x").domain(&domain).depth(4).create().unwrap();
    let mut first = create();
    first.publish(&0).unwrap();
    let mut subscriber = Subscriber::<u64>::builder("x").domain(&domain).create().unwrap();
    let mut second = create();

    let entry = entry::find(&domain.path().join("x"), "s-");
    let file = entry.memory();
    let (page, line) = (Layout::of("control"), Layout::of("line"));
    assert_eq!(page.bytes(&file, 0, "magic"), book::magic("slotctl", 1));
    assert_eq!(page.word(&file, 0, "size"), 65_536);
    assert_eq!(entry.word("bytes"), 65_536);
    assert_eq!(page.word(&file, 0, "nonce"), entry.word("nonce"));
    assert_eq!(page.number(&file, 0, "id"), entry.number("id"));
    assert_eq!(page.number(&file, 0, "hash"), u64::HASH.0);
    let lines = page.range("lines").step_by(64);
    assert_eq!(lines.clone().count(), 952);
    assert_eq!(page.word(&file, 0, "pins"), 0, "messages are small");
    let read = |publisher: u128| {
        let at = lines.clone().find(|&at| line.number(&file, at, "publisher") == publisher)?;
        Some(["start", "cursor", "lost", "skipped"].map(|field| line.word(&file, at, field)))
    };
    let totals = || ["received", "lost", "skipped"].map(|field| page.word(&file, 0, field));

    assert_eq!(read(first.id().0), Some([1, 1, 0, 0]), "it came late");
    for number in 1..=3 {
        first.publish(&number).unwrap();
    }
    for number in 0..20 {
        second.publish(&number).unwrap();
    }
    assert_eq!(subscriber.try_iter().count(), 3 + 4);
    assert_eq!(page.word(&file, 0, "used"), 2);
    assert_eq!(read(first.id().0), Some([1, 4, 0, 0]));
    assert_eq!(read(second.id().0), Some([0, 20, 16, 0]));
    assert_eq!(totals(), [0, 0, 0]);

    let dropped = second.id().0;
    drop(second);
    assert!(subscriber.try_recv().unwrap().is_none());
    assert_eq!(read(dropped), None);
    assert_eq!(totals(), [4, 16, 0]);

    drop(subscriber);
    let mut subscriber = Subscriber::<u64>::builder("x").domain(&domain).latest().create().unwrap();
    for number in 4..14 {
        first.publish(&number).unwrap();
    }
    assert_eq!(**subscriber.try_recv().unwrap().as_ref().unwrap(), 13);
    let file = entry::find(&domain.path().join("x"), "s-").memory();
    let at = page.offset("lines");
    let values = ["start", "cursor", "lost", "skipped"].map(|field| line.word(&file, at, field));
    assert_eq!(values, [4, 14, 0, 9]);
}
