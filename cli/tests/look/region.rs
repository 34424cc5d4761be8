//! `region`: what it prints of regions that are created here, and what it does to them.

use crate::temp_region::TempRegion;
use crate::tool::{Ended, run};
use serde_json::{Value, json};
use slotcast::ShmMessage;
use slotcast::region::{
    Array, Atomic, Channel, Future, Latch, Lazy, Map, Monitor, Mutex, Pool, Queue, Region, RingBuffer, Semaphore, Set,
    Signal, Stack,
};
use slotcast::testing::{PATIENCE, TempDomain};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Point {
    x: f64,
    y: f32,
    id: u32,
}

const SIZE: u64 = 1 << 18;

fn region(arguments: &[&str]) -> Ended {
    run(&TempDomain::new(), &[&["region"], arguments].concat())
}

#[track_caller]
fn json(arguments: &[&str]) -> Value {
    serde_json::from_str(region(&[arguments, &["--format", "json"]].concat()).text()).unwrap()
}

/// Returns the elements of a structure.
#[track_caller]
fn dump(name: &str, structure: &str) -> Vec<Value> {
    let ended = region(&["dump", name, structure, "--format", "ndjson"]);
    ended.lines().into_iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn regions_are_listed_with_their_structures() {
    let name = TempRegion::new();
    let created = name.create(SIZE);
    Array::<Point>::create(&created, "points", 3).unwrap();
    let listed = json(&["list", &name]);
    let row = &listed[0];
    assert_eq!((&row["region"], &row["structures"], &row["version"]), (&json!(&*name), &json!(1), &json!(2)));
    assert_eq!((&row["size_bytes"], &row["recorded"]), (&json!(SIZE), &json!(true)));
    assert_eq!(row["free_bytes"], json!(created.free().unwrap()));
    assert!(region(&["list", &name]).lines()[1].starts_with(&*name));

    let info = json(&["info", &name]);
    let entry = created.find("points").unwrap().unwrap();
    let expected = json!({
        "name": "points", "kind": "array", "offset": entry.offset, "size_bytes": 8 + 3 * 16,
        "capacity": 3, "element_bytes": 16, "types": ["Point"], "verified": true,
    });
    assert_eq!(info["structures"], json!([expected]));
    let text = region(&["info", &name]);
    assert!(text.lines()[2].contains("array") && text.lines()[2].ends_with("         3     16 B  Point"), "{text:?}");
}

#[test]
fn elements_are_printed_by_their_recorded_types() {
    let name = TempRegion::new();
    let created = name.create(SIZE);
    let points = Array::<Point>::create(&created, "points", 2).unwrap();
    points.set(1, &Point { x: 0.5, y: -1.0, id: 7 }).unwrap();
    let queue = Queue::<u16>::create(&created, "queue", 4).unwrap();
    let stack = Stack::<i32>::create(&created, "stack", 4).unwrap();
    let ring = RingBuffer::<[u8; 3]>::create(&created, "ring", 4).unwrap();
    for number in 0..6 {
        queue.push(&number, PATIENCE).unwrap();
        if number < 3 {
            queue.pop(PATIENCE).unwrap();
            stack.push(&-i32::from(number), PATIENCE).unwrap();
        }
        ring.push_dropping(&[u8::try_from(number).unwrap(); 3]).unwrap();
    }
    assert_eq!(dump(&name, "points"), [json!({"x": 0.0, "y": 0.0, "id": 0}), json!({"x": 0.5, "y": -1.0, "id": 7})]);
    assert_eq!(dump(&name, "queue"), [3, 4, 5]);
    assert_eq!(dump(&name, "stack"), [-2, -1, 0]);
    let kept: Vec<_> = (6 - ring.len().unwrap()..6).map(|number| json!([number, number, number])).collect();
    assert_eq!(dump(&name, "ring"), kept);
    assert_eq!(region(&["dump", &name, "queue", "-n", "2"]).text(), "3\n---\n4\n---\n");
}

#[test]
fn values_and_keys_are_printed() {
    let name = TempRegion::new();
    let created = name.create(SIZE);
    Atomic::<u64>::create(&created, "atomic", &1).unwrap().store(&2).unwrap();
    let map = Map::<u32, f64>::create(&created, "map", 8).unwrap();
    map.insert(&1, &0.5).unwrap();
    map.insert(&1, &1.5).unwrap();
    map.insert(&2, &2.5).unwrap();
    map.remove(&2).unwrap();
    Set::<u32>::create(&created, "set", 8).unwrap().insert(&9).unwrap();
    let pool = Pool::<u32>::create(&created, "pool", 4).unwrap();
    let taken = pool.acquire(PATIENCE).unwrap();
    taken.set(&5);
    Signal::<u32>::create(&created, "signal", &1).unwrap().set(PATIENCE, &8).unwrap();
    Channel::<u32>::create(&created, "channel", 4).unwrap().send(&6, PATIENCE).unwrap();
    Channel::<u32>::create(&created, "rendezvous", 0).unwrap();
    let future = Future::<u32>::create(&created, "future").unwrap();
    assert!(dump(&name, "future").is_empty());
    future.set(&3).unwrap();
    Lazy::<u32>::create(&created, "lazy").unwrap().force(PATIENCE, || 4).unwrap();
    Latch::create(&created, "latch", 5).unwrap();
    for (structure, value) in
        [("atomic", 2), ("set", 9), ("pool", 5), ("signal", 8), ("channel", 6), ("future", 3), ("lazy", 4)]
    {
        assert_eq!(dump(&name, structure), [value], "{structure}");
    }
    assert_eq!(dump(&name, "map"), [json!({"key": 1, "value": 1.5})]);
    assert_eq!(dump(&name, "latch"), [json!({"count": 5, "initial": 5})]);
    region(&["dump", &name, "rendezvous"]).fails(1, "without a buffer");
    Monitor::create(&created, "monitor").unwrap();
    region(&["dump", &name, "monitor"]).fails(2, "which has no elements");
}

#[test]
fn what_is_not_recorded_is_printed_as_it_is_said_to_be() {
    let name = TempRegion::new();
    let created = Region::builder(&name).without_records().create(SIZE).unwrap();
    Array::<f64>::create(&created, "samples", 2).unwrap().set(1, &0.25).unwrap();
    Semaphore::create(&created, "permits", 3, 4).unwrap();
    let before = fs::read(name.path()).unwrap();
    let samples = ["dump", &name, "samples"];
    region(&samples).fails(2, "say what it is with --kind and --dtype");
    region(&[&samples[..], &["--kind", "array"]].concat()).fails(2, "name it with --dtype");
    region(&[&samples[..], &["--kind", "queue", "--dtype", "f64"]].concat()).fails(2, "a queue");
    region(&[&samples[..], &["--kind", "array", "--dtype", "u8"]].concat()).fails(2, "bytes over");
    let typed = region(&[&samples[..], &["--kind", "array", "--dtype", "f64", "--format", "ndjson"]].concat());
    assert_eq!(typed.lines(), ["0.0", "0.25"]);
    let permits = region(&["dump", &name, "permits", "--kind", "semaphore", "--format", "ndjson"]);
    assert_eq!(permits.text(), "{\"count\":3,\"waiting\":0,\"max\":4}\n");
    assert!(region(&["info", &name]).text().contains("not verified"));
    assert!(before == fs::read(name.path()).unwrap(), "looking has changed the region");
}

#[test]
fn what_is_wrong_is_found_and_repaired() {
    let name = TempRegion::new();
    let created = name.create(SIZE);
    let mutex = Mutex::create(&created, "lock").unwrap();
    let entry = created.find("lock").unwrap().unwrap();
    assert_eq!(region(&["check", &name]).text(), "");
    drop((mutex, created));
    // A count of permits that no mutex can have.
    let file = File::options().write(true).open(name.path()).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &9_u32.to_le_bytes(), entry.offset).unwrap();
    let found = region(&["check", &name]);
    assert!(found.code == Some(1) && found.output.contains("`lock`"), "{found:?}");
    let in_use = Region::open(&name).unwrap();
    region(&["repair", &name]).fails(2, "while others use it");
    drop(in_use);
    assert!(region(&["repair", &name]).text().contains("`lock`"));
    assert_eq!(json(&["check", &name]), json!([]));
}

#[test]
fn only_regions_are_removed() {
    let (name, other) = (TempRegion::new(), TempRegion::new());
    name.create(SIZE);
    fs::write(other.path(), "text").unwrap();
    assert_eq!(region(&["rm", "--dry-run", &name]).text(), format!("{}\n", &*name));
    assert!(name.path().exists());
    region(&["rm", &other]).fails(2, "--force");
    region(&["rm", "-n", &other]).fails(2, "--force");
    let both = region(&["rm", &other, &name]);
    assert!(both.code == Some(2) && both.output == format!("{}\n", &*name), "{both:?}");
    assert!(!name.path().exists() && other.path().exists());
    region(&["rm", "--force", &other]).text();
    assert!(!other.path().exists());
    region(&["rm", &name]).fails(1, "there is no region");
    region(&["rm", "../tmp/x"]).fails(2, "not the name of a region");
}

#[test]
fn errors_name_what_is_near_and_what_is_refused() {
    let name = TempRegion::new();
    let created = name.create(SIZE);
    Array::<u8>::create(&created, "samples", 1).unwrap();
    region(&["info", &name[..name.len() - 1]]).fails(1, &format!("`{}`", &*name));
    region(&["dump", &name, "sampels"]).fails(1, "did you mean `samples`?");
    region(&["dump", &name, "samples", "--dtype", "f64"]).fails(2, "its type is recorded");
    region(&["list", "no-such-region-*"]).fails(1, "no such region");
    fs::set_permissions(name.path(), Permissions::from_mode(0o000)).unwrap();
    if File::open(name.path()).is_err() {
        region(&["info", &name]).fails(2, "ermission denied");
    }
}

/// What has room for elements says for how many.
#[test]
fn capacities_are_listed() {
    let name = TempRegion::new();
    let created = name.create(SIZE);
    Queue::<u16>::create(&created, "queue", 4).unwrap();
    Stack::<i32>::create(&created, "stack", 5).unwrap();
    RingBuffer::<[u8; 3]>::create(&created, "ring", 6).unwrap();
    Map::<u32, u64>::create(&created, "map", 7).unwrap();
    Pool::<u64>::create(&created, "pool", 8).unwrap();
    Mutex::create(&created, "mutex").unwrap();
    let info = json(&["info", &name]);
    let capacity = |structure: &Value| (structure["name"].as_str().unwrap().to_owned(), structure["capacity"].clone());
    let found: Vec<_> = info["structures"].as_array().unwrap().iter().map(capacity).collect();
    let expected = [
        ("queue", json!(4)),
        ("stack", json!(5)),
        ("ring", json!(6)),
        ("map", json!(7)),
        ("pool", json!(8)),
        ("mutex", Value::Null),
    ];
    assert_eq!(found, expected.map(|(name, capacity)| (name.to_owned(), capacity)));
}

/// A future that failed says why.
#[test]
fn the_error_of_a_future_is_printed() {
    let name = TempRegion::new();
    let created = name.create(SIZE);
    let future = Future::<u32>::create(&created, "answer").unwrap();
    assert_eq!(dump(&name, "answer"), [] as [Value; 0]);
    future.fail("no question").unwrap();
    assert_eq!(dump(&name, "answer"), [json!({"error": "no question"})]);
}
