//! The failpoints, at which a test can stop a process.

use crate::{book, code};
use std::collections::BTreeSet;

#[test]
fn every_failpoint_is_in_the_book() {
    let mut points = BTreeSet::new();
    for (_, source) in code::all() {
        for after in source.split("failpoint::hit(\"").skip(1) {
            points.insert(after.split_once('"').unwrap().0.to_owned());
        }
    }
    assert_eq!(book::column("points").into_iter().collect::<BTreeSet<_>>(), points, "book/src/testing.md");
}
