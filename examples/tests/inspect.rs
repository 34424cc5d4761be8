//! The example `inspect`, on topics that are published here.

use slotcast::{Domain, Publisher, ShmMessage, Str};
use std::process::{Command, Output};
use std::time::Duration;

#[derive(ShmMessage, Clone, Copy)]
#[repr(C)]
struct Wheel {
    /// Of the axle.
    #[shm(unit = "1/s")]
    speed: f64,
    steps: [u16; 4],
    name: Str<8>,
}

fn inspect(domain: &Domain, arguments: &[&str]) -> Output {
    let mut program = std::env::current_exe().unwrap();
    program.pop(); // of `deps/`
    program.pop();
    Command::new(program.join("examples/inspect")).args(arguments).arg("--domain").arg(domain.path()).output().unwrap()
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_owned()).unwrap()
}

#[test]
fn topics_are_listed_and_messages_printed() {
    let directory = tempfile::Builder::new().tempdir_in("/dev/shm").unwrap();
    let domain = Domain::at(directory.path().join("domain"));
    let output = inspect(&domain, &[]);
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let output = inspect(&domain, &["wheel/left"]);
    assert!(!output.status.success());
    assert!(
        text(&output.stderr).starts_with("inspect: no endpoint is on topic \"wheel/left\" in /dev/shm/"),
        "{output:?}"
    );

    let mut publisher = Publisher::<Wheel>::builder("wheel/left").domain(&domain).name("axle").create().unwrap();
    for step in 0..3 {
        let name = Str::truncated("left");
        publisher.publish(&Wheel { speed: 0.5, steps: [step, 2, 3, 4], name }).unwrap();
    }
    let listed = text(&inspect(&domain, &[]).stdout);
    assert!(listed.starts_with("wheel/left\n    publisher of Wheel, pid "), "{listed}");
    assert!(listed.ends_with(" \"axle\": 3 published; depth 64, memory up to 12.0 KiB\n"), "{listed}");
    let builder = Publisher::<[u8]>::builder("camera/frames").domain(&domain).lossless(Duration::ZERO);
    let frames = builder.max_memory(1 << 20).create().unwrap();
    let listed = text(&inspect(&domain, &[]).stdout);
    assert!(listed.starts_with("camera/frames\n    publisher of [u8], pid "), "{listed}");
    assert!(listed.contains(": 0 published; depth 8, memory up to 1.0 MiB, lossless\n"), "{listed}");
    drop(frames);

    let shown = text(&inspect(&domain, &["wheel/left", "--history", "2", "--count", "2"]).stdout);
    let expected = format!(
        "\
struct Wheel {{ // 24 bytes, aligned to 8
    speed: f64,      // at 0, in 1/s: Of the axle.
    steps: [u16; 4], // at 8
    name: Str<8>,    // at 16
}}
{{\"publisher\":\"{id}\",\"sequence\":1,\"lost_before\":0,\"value\":{{\"speed\":0.5,\"steps\":[1,2,3,4],\"name\":\"left\"}}}}
{{\"publisher\":\"{id}\",\"sequence\":2,\"lost_before\":0,\"value\":{{\"speed\":0.5,\"steps\":[2,2,3,4],\"name\":\"left\"}}}}
",
        id = publisher.id()
    );
    assert_eq!(shown, expected);

    let part = text(&inspect(&domain, &["wheel/left", "steps[0]", "--count", "1"]).stdout);
    assert!(part.ends_with(",\"value\":2}\n"), "{part}");
    let wrong = inspect(&domain, &["wheel/left", "steps[4]"]);
    assert_eq!(
        text(&wrong.stderr),
        "inspect: path `steps[4]`: [u16; 4] has no element 4; they are numbered from 0 to 3\n"
    );
}

/// The domain of the process that dies.
const ROOT: &str = "INSPECT_TEST_DOMAIN";

#[test]
fn the_dead_are_listed_as_dead() {
    let directory = tempfile::Builder::new().tempdir_in("/dev/shm").unwrap();
    let domain = Domain::at(directory.path().join("domain"));
    let mut dying = Command::new(std::env::current_exe().unwrap());
    dying.args(["--exact", "child_dies_as_a_publisher"]).env(ROOT, domain.path());
    assert!(!dying.output().unwrap().status.success());
    let listed = text(&inspect(&domain, &[]).stdout);
    assert!(listed.starts_with("frames\n    publisher of [u8] with header u64, pid "), "{listed}");
    assert!(listed.ends_with(": dead\n"), "{listed}");
}

/// Aborts its process, which the test above has started for that. Does nothing in an ordinary run.
#[test]
fn child_dies_as_a_publisher() {
    let Some(root) = std::env::var_os(ROOT) else { return };
    let domain = Domain::at(std::path::PathBuf::from(root));
    let _publisher = Publisher::<[u8], u64>::builder("frames").domain(&domain).create().unwrap();
    std::process::abort();
}
