//! `schema diff`, `schema lock` and `schema check`.

use crate::messages::Point;
use crate::tool::run;
use slotcast::testing::TempDomain;
use slotcast::{Publisher, ShmMessage, Subscriber};
use std::fs;

mod old {
    #[derive(slotcast::ShmMessage, Clone, Copy)]
    #[repr(C)]
    pub(super) struct Imu {
        stamp: u64,
        temp: f32,
        flags: u32,
    }
}

mod new {
    #[derive(slotcast::ShmMessage, Clone, Copy)]
    #[repr(C)]
    pub(super) struct Imu {
        stamp: u64,
        temp: [u8; 4],
        flags: u32,
    }
}

fn publisher<T: ShmMessage>(domain: &TempDomain, topic: &str) -> Publisher<T> {
    Publisher::builder(topic).domain(domain).create().unwrap()
}

#[test]
fn differences_are_named_with_both_sides() {
    let domain = TempDomain::new();
    let _old = publisher::<old::Imu>(&domain, "left/imu");
    let _new = publisher::<new::Imu>(&domain, "right/imu");
    let same = run(&domain, &["schema", "diff", "left/imu", "/left/imu"]).with(0);
    assert_eq!(same, "left/imu and /left/imu have the same layout\n");
    let differs = run(&domain, &["schema", "diff", "left/imu", "right/imu"]).with(1);
    assert_eq!(differs, "field `temp`: left/imu has f32 at byte 8, right/imu has [u8; 4] at byte 8\n");
    let json = run(&domain, &["schema", "diff", "left/imu", "right/imu", "--format", "json"]).with(1);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["same"], &json["differences"][0]["path"]), (&false.into(), &"temp".into()));
}

#[test]
fn a_lock_file_finds_what_changed() {
    let domain = TempDomain::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("slotcast.lock");
    let file = file.to_str().unwrap();
    let nothing = run(&domain, &["schema", "lock", "-o", file]);
    assert_eq!((nothing.code, nothing.out.as_str()), (1, ""), "{}", nothing.err);
    assert!(!fs::exists(file).unwrap());

    let (imu, point) = (publisher::<old::Imu>(&domain, "robot/imu"), publisher::<Point>(&domain, "robot/point"));
    assert_eq!(run(&domain, &["schema", "lock", "-o", file]).with(0), format!("{file}: 2 topics\n"));
    assert_eq!(run(&domain, &["schema", "check", file]).with(0), "robot/imu: same\nrobot/point: same\n");

    drop((imu, point));
    let _new = publisher::<new::Imu>(&domain, "robot/imu");
    let _other = publisher::<u8>(&domain, "other");
    let changed = run(&domain, &["schema", "check", file]).with(1);
    let pid = std::process::id();
    assert!(changed.starts_with(&format!("robot/imu: changed by the publisher pid {pid}, ")), "{changed}");
    let rest = format!(
        "  field `temp`: {file} has f32 at byte 8, the publisher has [u8; 4] at byte 8\n\
         robot/point: no living endpoint, not compared\nother: not in {file}\n"
    );
    assert_eq!(changed.split_once('\n').unwrap().1, rest);
    let json = run(&domain, &["schema", "check", file, "--format", "json"]).with(1);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let states: Vec<_> = json.as_array().unwrap().iter().map(|checked| checked["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["changed", "absent", "new"]);
}

#[test]
fn absent_topics_can_be_allowed_and_patterns_chosen() {
    let domain = TempDomain::new();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("robot.lock");
    let file = file.to_str().unwrap();
    let kept = (publisher::<u8>(&domain, "robot/left/imu"), publisher::<u8>(&domain, "host/load"));
    assert_eq!(run(&domain, &["schema", "lock", "/robot/**", "-o", file]).with(0), format!("{file}: 1 topic\n"));
    drop(kept);
    run(&domain, &["schema", "check", file]).with(1);
    run(&domain, &["schema", "check", file, "--allow-absent"]).with(0);
    // A subscriber that expects something else counts, too.
    let _expects = Subscriber::<u16>::builder("robot/left/imu").domain(&domain).create().unwrap();
    let changed = run(&domain, &["schema", "check", file, "--allow-absent"]).with(1);
    assert!(changed.contains("has u8 at byte 0, the subscriber has u16 at byte 0"), "{changed}");
}

#[test]
fn a_damaged_lock_file_is_refused() {
    let domain = TempDomain::new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("slotcast.lock");
    let file = path.to_str().unwrap();
    assert!(run(&domain, &["schema", "check", file]).failed().contains("there is no lock file"));
    let _imu = publisher::<old::Imu>(&domain, "robot/imu");
    run(&domain, &["schema", "lock", "-o", file]).with(0);
    let text = fs::read_to_string(&path).unwrap();
    for (from, to, reason) in [
        ("\"version\": 1", "\"version\": 9", "has version 9, but this tool knows version 1"),
        ("\"temp\"", "\"heat\"", "it was edited by hand"),
        ("robot/imu", "robot imu", "is not a valid topic name"),
        ("\"topics\"", "\"tropics\"", "is no lock file"),
    ] {
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let error = run(&domain, &["schema", "check", file]).failed();
        assert!(error.contains(reason), "{error}");
    }
}
