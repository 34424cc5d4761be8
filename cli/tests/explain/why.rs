//! `why`: each reason, in processes that have it.

use crate::children::start;
use crate::root::Root;
use crate::tool::run;
use slotcast::testing::{Process, until};
use slotcast::{Domain, LoanError, Observer, Publisher, Subscriber};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// Returns what the tool says, as JSON.
fn explain(domain: &Domain, topic: &str, code: i32) -> serde_json::Value {
    let printed = run(domain, &["why", topic, "--format", "json"]).with(code);
    let mut explained: serde_json::Value = serde_json::from_str(&printed).unwrap();
    // The machine on which the tests run may have other users with domains.
    let is_of_the_machine =
        |reason: &serde_json::Value| reason["text"].as_str().unwrap().contains(" has domains, too, in ");
    explained["reasons"].as_array_mut().unwrap().retain(|reason| !is_of_the_machine(reason));
    explained
}

fn kinds(explained: &serde_json::Value) -> Vec<&str> {
    explained["reasons"].as_array().unwrap().iter().map(|reason| reason["kind"].as_str().unwrap()).collect()
}

fn text(explained: &serde_json::Value, index: usize) -> &str {
    explained["reasons"][index]["text"].as_str().unwrap()
}

fn named(process: &Process, name: &str) -> String {
    format!("(pid {}, ", process.id()) + &format!("{} \"{name}\")", program())
}

/// The program that all processes of a test run, as the SDK names it.
fn program() -> String {
    let path = std::env::current_exe().unwrap();
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn messages_that_come_need_no_reason() {
    let root = Root::new();
    let domain = root.domain("robot");
    let _arm = start("streams", &domain, &["arm"]);
    let explained = explain(&domain, "arm", 0);
    assert_eq!((&explained["comes"], kinds(&explained).len()), (&true.into(), 0));
    assert_eq!(run(&domain, &["why", "/arm"]).with(0), "arm: messages come\n");
}

#[test]
fn there_is_no_publisher() {
    let root = Root::new();
    let domain = root.domain("robot");
    let _subscriber = Subscriber::<u64>::builder("robot/imu").domain(&domain).create().unwrap();
    let explained = explain(&domain, "robot/imu", 1);
    assert_eq!(kinds(&explained), ["no_publisher"]);
    assert!(text(&explained, 0).ends_with("; 1 subscriber waits for one."), "{explained}");
    assert_eq!(explained["reasons"][0]["endpoints"][0]["pid"], std::process::id());
    let misspelled = explain(&domain, "robot/imv", 1);
    assert!(misspelled["reasons"][0]["remedy"].as_str().unwrap().starts_with("Did you mean `robot/imu`?"));
}

#[test]
fn the_publisher_has_died() {
    let root = Root::new();
    let domain = root.domain("robot");
    let mut arm = start("publishes", &domain, &["arm", "3"]);
    arm.kill();
    let explained = explain(&domain, "arm", 1);
    assert_eq!(kinds(&explained), ["dead"]);
    assert_eq!(text(&explained, 0), format!("The publisher {} has died.", named(&arm, "arm")));
}

#[test]
fn the_publisher_is_stopped() {
    let root = Root::new();
    let domain = root.domain("robot");
    let mut arm = start("streams", &domain, &["arm"]);
    arm.stop();
    let explained = explain(&domain, "arm", 1);
    assert_eq!(kinds(&explained), ["stopped"]);
    assert_eq!(
        text(&explained, 0),
        format!("The publisher {} is stopped: by a signal, a debugger, or a frozen container.", named(&arm, "arm"))
    );
    arm.go_on();
    until("messages come again", || run(&domain, &["why", "arm"]).code == 0);
}

#[test]
fn the_publisher_is_silent() {
    let root = Root::new();
    let domain = root.domain("robot");
    let arm = start("publishes", &domain, &["arm", "3"]);
    let explained = explain(&domain, "arm", 1);
    assert_eq!(kinds(&explained), ["silent"]);
    let (begin, end) = text(&explained, 0).split_once(" for ").unwrap();
    assert_eq!(begin, format!("The publisher {} lives, and has published nothing", named(&arm, "arm")));
    assert!(end.ends_with(" s, after 3 messages."), "{end}");
    let _quiet = start("publishes", &domain, &["quiet", "0"]);
    assert!(text(&explain(&domain, "quiet", 1), 0).ends_with("lives, and has published nothing so far."));
}

#[test]
fn the_publisher_is_in_another_domain() {
    let root = Root::new();
    let (here, there) = (root.domain("robot"), root.domain("simulation"));
    let arm = start("publishes", &there, &["arm", "1"]);
    let explained = explain(&here, "arm", 1);
    assert_eq!(kinds(&explained), ["other_domain", "no_publisher"]);
    let expected = format!(
        "The publisher (pid {}, {} \"arm\") is on this topic in another domain, {}.",
        arm.id(),
        program(),
        there.path().display()
    );
    assert_eq!(text(&explained, 0), expected);
}

#[test]
fn the_schema_differs_at_a_field() {
    let root = Root::new();
    let domain = root.domain("robot");
    // A subscriber that comes second is refused.
    let gripper = start("expects_bytes", &domain, &["arm"]);
    let arm = start("streams", &domain, &["arm"]);
    let explained = explain(&domain, "arm", 1);
    assert_eq!((kinds(&explained), &explained["comes"]), (vec!["mismatch"], &true.into()));
    let expected = format!(
        "The publisher {} and the subscriber {} have different layouts: the message: the publisher has u64 at byte 0, \
         the subscriber expects [u8; 8] at byte 0.",
        named(&arm, "arm"),
        named(&gripper, "gripper")
    );
    assert_eq!(text(&explained, 0), expected);
    let printed = run(&domain, &["why", "arm"]).with(1);
    assert!(printed.starts_with("arm: messages come, but not everywhere\n1. The publisher (pid "), "{printed}");
}

#[test]
fn a_lossless_publisher_waits() {
    let root = Root::new();
    let domain = root.domain("robot");
    let mut arm = start("publishes_losslessly", &domain, &["arm"]);
    let mut log = start("reads_one", &domain, &["arm"]);
    arm.tell("publish");
    log.expect("read");
    let observed = Observer::new(&domain).topic("arm").unwrap().unwrap();
    until("the ring is full", || {
        let publisher = observed.endpoints().unwrap().remove(0).peer.unwrap();
        observed.published(&publisher).unwrap() == 5
    });
    let explained = explain(&domain, "arm", 1);
    assert_eq!(kinds(&explained), ["lossless", "silent"]);
    let expected = format!(
        "The lossless publisher {} waits for the subscriber {}, which has 4 messages to read: the ring has 4.",
        named(&arm, "arm"),
        named(&log, "log")
    );
    assert_eq!(text(&explained, 0), expected);
    // Stopped, it is the stopped process that comes first.
    log.stop();
    assert_eq!(kinds(&explain(&domain, "arm", 1)), ["stopped", "lossless", "silent"]);
}

#[test]
fn the_pool_is_exhausted() {
    let root = Root::new();
    let domain = root.domain("robot");
    let builder = Publisher::<[u8]>::builder("frames").domain(&domain).name("camera").depth(1).max_memory(64 << 10);
    let mut camera = builder.create().unwrap();
    let mut viewer = start("holds_samples", &domain, &["frames", "2"]);
    assert!(camera.wait_for_subscribers(1, slotcast::testing::PATIENCE).unwrap());
    for _ in 0..2 {
        // The first messages are copied until the publisher has found the subscriber.
        camera.publish_slice(&[0; 20_000]).unwrap();
        viewer.expect("holds one");
    }
    assert!(matches!(camera.loan_slice(40_000), Err(LoanError::PoolExhausted(_))));
    let explained = explain(&domain, "frames", 1);
    assert_eq!(kinds(&explained), ["pool", "silent"]);
    let held = format!("Samples are held: 2 by the subscriber {}.", named(&viewer, "viewer"));
    assert!(text(&explained, 0).ends_with(&held), "{explained}");
}

#[test]
fn the_domain_is_open_to_others() {
    let root = Root::new();
    let domain = root.domain("robot");
    let _arm = start("publishes", &domain, &["arm", "1"]);
    fs::set_permissions(domain.path(), fs::Permissions::from_mode(0o777)).unwrap();
    let explained = explain(&domain, "arm", 1);
    assert_eq!(kinds(&explained), ["permission"]);
    assert!(text(&explained, 0).contains("is accessible to other users (mode 777)"), "{explained}");
    fs::set_permissions(domain.path(), fs::Permissions::from_mode(0o700)).unwrap();
}

#[test]
fn an_entry_is_damaged() {
    let root = Root::new();
    let domain = root.domain("robot");
    let _arm = start("publishes", &domain, &["arm", "1"]);
    let topic = domain.path().join("arm");
    let entry =
        fs::read_dir(&topic).unwrap().flatten().find(|entry| entry.file_name().to_string_lossy().starts_with("p-"));
    let entry = entry.unwrap().path();
    fs::write(&entry, "rubbish").unwrap();
    let explained = explain(&domain, "arm", 1);
    assert_eq!(kinds(&explained), ["permission"]);
    assert!(text(&explained, 0).contains("is damaged"), "{explained}");
}

#[test]
fn the_topic_must_have_a_valid_name() {
    let root = Root::new();
    let error = run(&root.domain("robot"), &["why", "no such"]).failed();
    assert!(error.contains("is not a valid topic name"), "{error}");
}

/// A directory as that of a user's domains, which is removed when this is dropped.
struct Home(std::path::PathBuf);

impl Drop for Home {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn the_publisher_is_another_users() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("skipped: only root can start processes of other users");
    }
    // No user has this number, so this is nobody's default domain.
    let user = 0x4000_0000 + std::process::id();
    let home = Home(format!("/dev/shm/slotcast-{user}").into());
    fs::create_dir(&home.0).unwrap();
    fs::set_permissions(&home.0, fs::Permissions::from_mode(0o700)).unwrap();
    std::os::unix::fs::chown(&home.0, Some(user), None).unwrap();
    let _theirs = start("publishes_as_user", &Domain::at(home.0.join("default")), &["other/user", &user.to_string()]);
    let root = Root::new();
    let domain = root.domain("robot");
    let explained = explain(&domain, "other/user", 1);
    assert_eq!(kinds(&explained), ["other_user", "no_publisher"]);
    let expected = format!("User {user} has a publisher on this topic, in {}.", home.0.display());
    assert_eq!(text(&explained, 0), expected);
    // Looking into their domain itself is refused.
    let explained = explain(&Domain::at(home.0.join("default")), "other/user", 1);
    assert_eq!(kinds(&explained)[0], "permission");
    assert!(
        text(&explained, 0).contains(&format!("belongs to user {user}, but this process runs as user 0")),
        "{explained}"
    );
}

#[test]
fn the_memory_of_the_publisher_cannot_be_read() {
    let root = Root::new();
    let domain = root.domain("robot");
    let arm = start("places_files", &domain, &["arm"]);
    let topic = fs::read_dir(domain.path().join("arm")).unwrap();
    let memory = topic.flatten().find(|entry| entry.file_name().to_string_lossy().starts_with("m-")).unwrap();
    fs::remove_file(memory.path()).unwrap();
    let explained = explain(&domain, "arm", 1);
    assert_eq!(kinds(&explained), ["permission"]);
    let begin = format!("The memory of the publisher (pid {}, {}) cannot be read: ", arm.id(), program());
    assert!(text(&explained, 0).starts_with(&begin), "{explained}");
}
