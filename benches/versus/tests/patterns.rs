//! A quick run measures the patterns beside messages, with every peer that offers them.

use std::process::{Command, Output};

/// The rows, and how many peers are in each.
const ROWS: [(&str, usize); 12] = [
    ("notify, the listener does nothing", 4),
    ("notify, the listener polls", 4),
    ("notify there and back, both sleep", 4),
    ("notify there and back, both asleep for long", 4),
    ("call and answer, 64 B, both poll", 4),
    ("call and answer, 64 B, both sleep", 4),
    ("call and answer, 64 B, both asleep for long", 4),
    ("set 48 B, nobody gets it", 5),
    ("set 48 B, the other process gets it", 5),
    ("get 48 B, nobody sets it", 5),
    ("get 48 B, the other process sets it", 5),
    ("set 48 B until the other process gets it", 5),
];

#[test]
fn events_services_and_values_are_measured() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_slotcast-versus"));
    // Some rounds: those during which the processors moved do not count.
    command.args(["--rounds", "6", "--milliseconds", "2", "events", "services", "values"]);
    let Output { status, stdout, stderr } = command.output().expect("it can be started");
    let (said, errors) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{said}{errors}");
    for (name, peers) in ROWS {
        let is_row = |line: &&str| line.trim_start().strip_prefix(name).is_some_and(|rest| rest.starts_with("  "));
        let rows: Vec<&str> = said.lines().filter(is_row).collect();
        // One time in each row is that of a cache line. There are two rows if the processors moved.
        let found = rows.iter().map(|row| times(row)).sum::<usize>();
        assert!(!rows.is_empty() && found >= rows.len() + peers, "{name}:\n{said}");
    }
}

/// Returns how many times are in a row.
fn times(row: &str) -> usize {
    row.split_whitespace().filter(|word| matches!(*word, "ns" | "µs" | "ms")).count()
}
