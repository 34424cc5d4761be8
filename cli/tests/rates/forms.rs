//! The forms of JSON are those that the book documents.

use crate::tool::Tool;
use serde_json::Value;
use slotcast::testing::{TempDomain, until};
use slotcast::{Counters, Publisher, ShmMessage, Subscriber};
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, ShmMessage)]
#[repr(C)]
struct Counter {
    value: u64,
    step: u64,
}

const BOOK: &str = include_str!("../../../book/src/seeing.md");

/// Returns the names of the fields that the book lists for a command, wherever they are.
fn documented(command: &str) -> BTreeSet<String> {
    let rows = BOOK.lines().filter(|line| {
        let commands = line.strip_prefix("| ").and_then(|line| line.split(" | ").next()).unwrap_or_default();
        commands.split(", ").any(|name| name == format!("`{command}`")) && line.contains('"')
    });
    let fields = rows.flat_map(|row| row.split('"').skip(1).step_by(2).map(str::to_owned));
    // Values that a field can have stand after its name and a colon.
    let values = ["timestamps", "polls", "running", "stopped", "alive", "ended"];
    fields.filter(|field| !values.contains(&field.as_str())).collect()
}

fn collect(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                found.insert(name.clone());
                collect(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

#[test]
fn every_field_is_documented_and_every_documented_field_exists() {
    let domain = TempDomain::new();
    let mut publisher = Publisher::<Counter>::builder("counter").timestamps(true).domain(&domain).create().unwrap();
    let mut subscriber = Subscriber::<Counter>::builder("counter").domain(&domain).create().unwrap();
    let counters = Counters::builder("counter").domain(&domain).create().unwrap();
    counters.counter("frames", "").unwrap().add(1);
    counters.report("the shutter is stuck");
    for command in ["hz", "bw", "lag", "delay", "stat"] {
        let field = if command == "delay" { "--field value" } else { "" };
        let tool = Tool::start(&domain, &format!("{command} counter {field} --format json -i 0.05"));
        let (expected, mut found) = (documented(command), BTreeSet::new());
        assert!(expected.len() > 10, "{command}: {expected:?}");
        until(&format!("{command} prints all of {expected:?}"), || {
            publisher.publish(&Counter { value: 1, step: 1 }).unwrap();
            publisher.publish(&Counter { value: 2, step: 1 }).unwrap();
            subscriber.recv().unwrap();
            collect(&tool.json(), &mut found);
            let undocumented: Vec<_> = found.difference(&expected).collect();
            assert!(undocumented.is_empty(), "{command}: {undocumented:?}");
            found == expected
        });
    }
}
