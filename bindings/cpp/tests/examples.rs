//! The C++ examples, run as a user runs them, with those in Rust, in a registry of their own.

use slotcast::registry::Role;
use slotcast::testing::until;
use slotcast::{Domain, Observer};
use slotcast_cpp::peers::{Build, Peer, build};
use slotcast_cpp::{compilers, library, programs, root, rust_program};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

struct Registry(TempDir);

impl Registry {
    fn new() -> Self {
        Self(tempfile::Builder::new().prefix("slotcast-test-").tempdir_in("/dev/shm").unwrap())
    }

    fn command(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env("SLOTCAST_ROOT", self.0.path().join("root")).env_remove("SLOTCAST_DOMAIN");
        command
    }

    fn start(&self, program: &Path, arguments: &[&str]) -> Peer {
        Peer::run(self.command(program, arguments))
    }

    /// Returns how many messages of a topic were received.
    fn received(&self, topic: &str) -> u64 {
        let observer = Observer::new(&Domain::at(self.0.path().join("root/default")));
        let Ok(Some(topic)) = observer.topic(topic) else { return 0 };
        let peers = topic.endpoints().into_iter().flatten().filter_map(|endpoint| endpoint.peer.ok());
        let subscribers = peers.filter(|peer| peer.role == Role::Subscriber);
        subscribers.filter_map(|peer| topic.subscriber(peer).ok()).map(|subscriber| subscriber.received()).sum()
    }
}

/// Compiles an example, by the first compiler.
fn example(source: &str) -> Option<PathBuf> {
    let compilers = compilers();
    Some(build(compilers.first()?, &format!("examples/{source}"), Build::Newer))
}

/// Compiles an example in C, with the compiler with which Rust links.
fn example_in_c(name: &str) -> PathBuf {
    let (folder, program) = (root().join("c"), programs().join(format!("hello-{name}-c")));
    let mut command = Command::new("cc");
    command.args(["-std=c11", "-D_GNU_SOURCE"]).arg("-I").arg(folder.join("include"));
    command.arg(folder.join("examples").join(name).with_extension("c")).arg("-o").arg(&program);
    assert!(command.arg(library()).args(["-lpthread", "-ldl", "-lm"]).status().unwrap().success(), "{command:?}");
    program
}

#[test]
fn hello_in_every_pair_of_languages() {
    let (Some(publisher), Some(subscriber)) = (example("hello/publisher.cpp"), example("hello/subscriber.cpp")) else {
        return;
    };
    let publishers = [publisher, example_in_c("publisher"), rust_program("hello-publisher")];
    let subscribers = [subscriber, example_in_c("subscriber"), rust_program("hello-subscriber")];
    for (publisher, subscriber) in publishers.iter().flat_map(|one| subscribers.iter().map(move |other| (one, other))) {
        let registry = Registry::new();
        let mut subscriber = registry.start(subscriber, &[]);
        let _publisher = registry.start(publisher, &[]);
        let first: u64 = subscriber.line().parse().unwrap();
        subscriber.expect(&(first + 1).to_string());
    }
}

/// They are short enough for a slide.
#[test]
fn each_side_of_hello_is_under_twelve_lines() {
    for side in ["publisher", "subscriber"] {
        let text = fs::read_to_string(root().join(format!("cpp/examples/hello/{side}.cpp"))).unwrap();
        let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("//")).count();
        assert!(lines < 12, "{side}: {lines} lines");
    }
}

#[test]
fn a_camera_in_cpp_is_watched_in_rust() {
    let Some(camera) = example("camera.cpp") else { return };
    let registry = Registry::new();
    let mut watcher = registry.start(&rust_program("frames"), &["watch", "meter"]);
    watcher.expect("meter: waiting for a publisher on frames/camera, until Ctrl-C");
    let mut camera = registry.start(&camera, &["64", "48"]);
    camera.write(&[100; 64 * 48 * 3 * 5]);
    // A camera that ends before a watcher has found it was not seen.
    until("all frames are received", || registry.received("frames/camera") == 5);
    camera.give(&[100; 7]);
    camera.expect("camera: 5 frames of 64x48");
    let report = watcher.line();
    assert!(report.starts_with("meter: 0 lost, 5 received") && report.contains("100 of 255 bright"), "{report}");
    watcher.finish();
    camera.finish();
}

#[test]
fn a_camera_in_rust_is_watched_in_cpp() {
    let Some(watch) = example("watch.cpp") else { return };
    let registry = Registry::new();
    let mut watcher = registry.start(&watch, &[]);
    let camera =
        registry.command(&rust_program("frames"), &["--frames", "90", "--rate", "30"]).stdout(Stdio::null()).status();
    assert!(camera.unwrap().success());
    let mut line = watcher.line();
    assert!(line.contains(": 1920x1080 rgb8, ") && line.ends_with(" of 255 bright"), "{line}");
    let mut frames = 0;
    while !line.starts_with("watch: ") {
        frames += 1;
        line = watcher.line();
    }
    assert!(line.starts_with(&format!("watch: {frames} received, {frames} in place")), "{line}");
    watcher.finish();
}

#[test]
fn a_robot_in_rust_is_driven_in_cpp() {
    let Some(drive) = example("drive.cpp") else { return };
    let registry = Registry::new();
    let mut driver = registry.start(&drive, &["0.1"]); // it waits for the robot
    let mut robot = registry.start(&rust_program("goal"), &["robot"]);
    robot.expect("robot: ready");
    driver.expect("at 0.05 m, 0.05 m left");
    driver.expect("at 0.10 m, 0.00 m left");
    driver.expect("there");
    driver.finish();
    let mut far = registry.start(&drive, &["11"]);
    far.expect("the server refuses: the road goes from 0 to 10 m, not to 11 m (code 1)");
    far.finish();
}

/// The headers are what the tool prints today.
#[test]
fn telemetry_is_watched_with_printed_headers() {
    let Some(watch) = example("telemetry/watch.cpp") else { return };
    let registry = Registry::new();
    let _telemetry = registry.start(&rust_program("telemetry"), &["publish"]);
    let mut watch = registry.start(&watch, &["20"]);
    let (mut cpu, mut memory) = (false, false);
    while !(cpu && memory) {
        let line = watch.line();
        cpu |= line.starts_with("cpu ") && line.contains(" cores: ");
        memory |= line.starts_with("memory: ") && line.ends_with(" MiB available");
    }
    for topic in ["cpu", "memory"] {
        let printed = registry
            .command(&rust_program("slotcast"), &["schema", &format!("host/{topic}"), "--format", "cpp"])
            .output();
        let committed = fs::read_to_string(root().join(format!("cpp/examples/telemetry/{topic}.hpp"))).unwrap();
        assert_eq!(
            String::from_utf8(printed.unwrap().stdout).unwrap(),
            committed,
            "{topic}.hpp is not what the tool prints"
        );
    }
}
