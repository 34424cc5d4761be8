//! The topic's file.

use crate::book::{self, Layout};
use slotcast::testing::TempDomain;
use slotcast::{Publisher, Subscriber};
use std::fs::File;
use std::os::unix::fs::MetadataExt;

#[test]
fn the_topic_file_counts_who_comes_and_goes() {
    let domain = TempDomain::new();
    let publisher = Publisher::<u64>::builder("x").domain(&domain).create().unwrap();
    let file = File::open(domain.path().join("x/topic")).unwrap();
    let status = file.metadata().unwrap();
    assert_eq!((status.size(), status.mode() & 0o7777), (4096, 0o600));
    let layout = Layout::of("topic");
    assert_eq!(layout.bytes(&file, 0, "magic"), book::magic("slottop", 1));
    let counts = || (layout.word(&file, 0, "publishers"), layout.word(&file, 0, "subscribers"));
    assert_eq!(counts(), (1, 0));
    let subscriber = Subscriber::<u64>::builder("x").domain(&domain).create().unwrap();
    assert_eq!(counts(), (1, 1));
    drop(publisher);
    assert_eq!(counts(), (2, 1));
    drop(subscriber);
    assert_eq!(counts(), (2, 2));
}
